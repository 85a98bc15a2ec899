"""F11: an adapter is pulled out and comes back, while nobody fuels and while somebody does; and a second opener."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from hardware.driver import LineDriver
from hardware.errors import LineUnavailable
from hardware.line import Line
from hardware.ports import (
    Authorise,
    CommandDone,
    FillingRead,
    PointAnswered,
    PointSilent,
    PumpCommand,
    PumpEvent,
    PumpState,
    PumpStateRead,
    ReadState,
)
from hardware.registry import dispenser
from hardware.watch.recording import Head
from hardware.watch.watch import LineWatch
from tests.fakes.adapter import Adapter, adapter

pytestmark = pytest.mark.slow

E = TypeVar("E")
DART = dispenser("wayne-dart")


class Life:
    """A driver on an adapter, and what it said."""

    def __init__(self, at: Adapter) -> None:
        self.adapter = at
        self.events: list[PumpEvent] = []
        self.troubles: list[str | None] = []
        watch = LineWatch(Head("one", DART.name, points=tuple(at.points)))
        self.driver = LineDriver(
            "one",
            lambda: Line(str(at.link), DART.line).open(),
            DART.session(at.points),
            self.events.extend,
            self.troubles.append,
            watch,
        )

    def until(self, look: Callable[[], object], seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < end, (self.events[-20:], self.troubles)
            time.sleep(0.005)

    def told(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def answers(self) -> None:
        """Both points answer (again)."""
        self.until(lambda: {event.point for event in self.told(PointAnswered)} == {1, 2})

    def do(self, command: PumpCommand) -> None:
        self.driver.submit(command)
        self.until(lambda: CommandDone(command.point, command) in self.events)

    def lose(self) -> None:
        """Pull the adapter out, and see that it is noticed."""
        self.events.clear()
        self.adapter.pull()
        self.until(lambda: self.troubles and self.troubles[-1] is not None)
        self.until(lambda: {event.point for event in self.told(PointSilent)} == {1, 2})

    def regain(self) -> None:
        """Plug it in again: another device node, the same name."""
        self.events.clear()
        self.adapter.plug()
        self.answers()
        assert self.troubles[-1] is None


def handles() -> list[str]:
    """What this process has open; of what is gone Linux says “(deleted)”."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(os.readlink(link))
    return found


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    with adapter(tmp_path / "usb-FTDI_A50285BI-if00-port0", DART) as at:
        life = Life(at)
        life.driver.start()
        life.answers()
        yield life
        life.driver.stop()


def test_f11_an_adapter_pulled_while_nobody_fuels_is_told_once_and_its_return_once(life: Life) -> None:
    for _ in range(2):
        before = os.path.realpath(life.adapter.link)
        life.lose()
        assert [name for name in handles() if name.startswith(before)] == []  # else it comes back as ttyUSB1
        life.regain()
    assert [bool(trouble) for trouble in life.troubles] == [True, False, True, False]
    report = life.driver.watch.report()
    assert (report.lost, report.well) == (2, True)
    assert report.lost_at > 0


def test_f11_an_adapter_pulled_while_fuelling_comes_back_to_the_filling_that_went_on(life: Life) -> None:
    at = life.adapter
    at.lift(2)
    life.do(Authorise(1, (2,)))
    at.squeeze(2_000, 3_000)
    life.until(lambda: any(event.volume > 0 for event in life.told(FillingRead)))
    life.lose()
    time.sleep(1.2)  # the fuel that flows meanwhile is nobody's loss
    sold = at.act(lambda pump, _: pump.body.volume)
    assert sold > 1_500
    life.regain()
    life.until(lambda: PumpStateRead(1, PumpState.FUELLING) in life.events)
    life.until(lambda: at.act(lambda pump, _: pump.body.volume) == 3_000)
    at.hang_up()
    life.until(lambda: PumpStateRead(1, PumpState.FINISHED) in life.events)
    life.do(ReadState(1))
    (filling,) = at.pumps[1].body.fillings
    assert life.told(FillingRead)[-1] == FillingRead(1, 3_000, filling.amount)


def test_f11_a_second_program_is_refused_by_name_and_the_first_goes_on(life: Life) -> None:
    with pytest.raises(LineUnavailable, match=rf"in use by .*\(process {os.getpid()}\)"):
        Line(str(life.adapter.link), DART.line).open()
    code = f"""
from hardware.line import Line
from hardware.registry import dispenser
Line({str(life.adapter.link)!r}, dispenser("wayne-dart").line).open()
"""
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"(process {os.getpid()})" in other.stderr
    life.do(ReadState(2))
    assert life.troubles == []


def test_f11_a_port_that_somebody_else_has_is_taken_as_soon_as_he_lets_go(tmp_path: Path) -> None:
    with adapter(tmp_path / "port", DART) as at:
        other = Line(str(at.link), DART.line).open()
        life = Life(at)
        life.driver.start()
        life.until(lambda: life.troubles)
        assert "in use by" in str(life.troubles[0])
        other.close()
        life.answers()
        assert life.troubles[-1] is None
        life.driver.stop()


def test_the_books_know_the_points_and_their_times(life: Life) -> None:
    watch = life.driver.watch
    life.until(lambda: watch.report().health.exchanges > 20)
    report = watch.report()
    assert [point.answers for point in report.points] == [True, True]
    assert all(point.health.exchanges for point in report.points)
    assert 0 < report.health.times.least <= report.health.times.p99
    assert {entry.way for entry in watch.entries()} >= {"out", "in", "told"}


def test_f02_an_answer_that_comes_too_late_is_in_the_books_and_not_in_the_sale(life: Life) -> None:
    """The orphan of an unanswered question is counted at the point, and told to nobody."""
    at = life.adapter
    receive = at.line.receive
    held: list[list[object]] = []

    def late(data: bytes, now: int) -> object:
        answers = receive(data, now)
        if not held and answers:
            held.append(list(answers))
            return []
        if len(held) == 1 and answers:
            held.append([])
            return [*held[0], *answers]
        return answers

    life.events.clear()
    at.line.receive = late  # type: ignore[method-assign, assignment]
    life.until(lambda: len(held) == 2)
    life.do(ReadState(1))
    life.do(ReadState(2))
    health = life.driver.watch.report().health
    assert health.time_outs >= 1
    assert sum(health.blemishes.values()) >= 1
    assert life.told(PointSilent) == []
