"""The thread of a line: it opens again what went away, tells trouble once, and never dies."""

import threading
import time
from collections.abc import Callable

import pytest
import structlog

from hardware.driver import LineDriver, OpenLine
from hardware.errors import LineUnavailable
from hardware.ports import PointAnswered, PumpCommand, PumpEvent, ReadState, Rest, Stop, Transmit


class Ears:
    """What the station is told."""

    def __init__(self) -> None:
        self.events: list[PumpEvent] = []
        self.troubles: list[str | None] = []

    def until(self, look: Callable[[], object], seconds: float = 5) -> None:
        """Wait for something."""
        end = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < end, (self.events, self.troubles)
            time.sleep(0.002)


class Port:
    """A line under the test's hand."""

    byte_micros = 0

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.written: list[bytes] = []
        self.closed = False
        self.broken = ""

    def write(self, data: bytes) -> None:
        if self.broken:
            raise LineUnavailable(self.broken)
        self.written.append(data)

    def read(self, micros: int) -> bytes:
        if self.answers:
            return self.answers.pop(0)
        time.sleep(min(micros, 2_000) / 1_000_000)
        return b""

    def close(self) -> None:
        self.closed = True


class Asker:
    """A session that asks and rests by turns."""

    def __init__(self, wait: int = 5_000, rest: int = 2_000) -> None:
        self.wait, self.rest_for = wait, rest
        self.submitted: list[PumpCommand] = []
        self.received: list[bytes] = []
        self.timed_out = self.lost = 0
        self.fails: Exception | None = None
        self._resting = False
        self._events: list[PumpEvent] = []

    def next(self, now: int) -> Transmit | Rest:
        if self.fails is not None:
            why, self.fails = self.fails, None
            raise why
        self._resting = not self._resting
        return Rest(self.rest_for) if self._resting else Transmit(b"?", self.wait)

    def receive(self, data: bytes, now: int) -> bool:
        self.received.append(data)
        self._events.append(PointAnswered(1))
        return data == b"!"

    def time_out(self, now: int) -> None:
        self.timed_out += 1

    def line_lost(self) -> None:
        self.lost += 1

    def submit(self, command: PumpCommand) -> None:
        self.submitted.append(command)

    def events(self) -> list[PumpEvent]:
        events, self._events = self._events, []
        return events


def driver(session: Asker, opens: Callable[[], OpenLine], ears: Ears) -> LineDriver:
    return LineDriver("one", opens, session, ears.events.extend, ears.troubles.append)


def test_answers_become_events_and_silence_a_time_out() -> None:
    port, session, ears = Port(), Asker(), Ears()
    port.answers = [b"", b"!"]
    line = driver(session, lambda: port, ears)
    line.start()
    ears.until(lambda: session.timed_out > 2 and ears.events)
    line.stop()
    assert ears.events == [PointAnswered(1)]
    assert ears.troubles == []
    assert port.closed


def test_an_answer_that_dribbles_in_is_waited_for() -> None:
    """Its time is up, but its bytes keep coming."""
    port, session, ears = Port(), Asker(wait=1_000), Ears()
    port.answers = [b"a", b"b", b"c", b"!"]
    line = driver(session, lambda: port, ears)
    line.start()
    ears.until(lambda: b"!" in session.received)
    line.stop()
    assert session.received[:4] == [b"a", b"b", b"c", b"!"]


def test_a_command_ends_a_rest() -> None:
    session, ears = Asker(rest=60_000_000), Ears()
    line = driver(session, Port, ears)
    line.start()
    time.sleep(0.05)
    line.submit(Stop(1))
    ears.until(lambda: session.submitted == [Stop(1)], 1)
    line.stop()


def test_a_port_that_is_missing_is_told_once_and_once_when_it_is_there() -> None:
    session, ears, port = Asker(), Ears(), Port()
    tries: list[int] = []

    def opens() -> OpenLine:
        tries.append(1)
        if len(tries) < 4:
            raise LineUnavailable("There is no serial port.")
        return port

    line = driver(session, opens, ears)
    line.start()
    ears.until(lambda: port.written)
    ears.until(lambda: len(ears.troubles) == 2)
    line.stop()
    assert ears.troubles == ["There is no serial port.", None]
    assert session.lost == 3


def test_a_port_that_goes_away_in_mid_talk_is_closed_and_opened_again() -> None:
    session, ears = Asker(), Ears()
    ports: list[Port] = []

    def opens() -> OpenLine:
        ports.append(Port())
        return ports[-1]

    line = driver(session, opens, ears)
    line.start()
    ears.until(lambda: ports and ports[0].written)
    ports[0].broken = "The adapter was pulled."
    ears.until(lambda: len(ports) == 2 and ears.troubles == ["The adapter was pulled.", None])
    line.stop()
    assert ports[0].closed
    assert session.lost == 1


def test_commands_are_heard_while_the_line_is_away() -> None:
    def opens() -> OpenLine:
        raise LineUnavailable("gone")

    session, ears = Asker(), Ears()
    line = driver(session, opens, ears)
    line.start()
    ears.until(lambda: ears.troubles)
    line.submit(ReadState(1))
    ears.until(lambda: session.submitted == [ReadState(1)])
    line.stop()


def test_a_fault_of_ours_is_logged_once_and_the_line_starts_anew() -> None:
    session, ears = Asker(), Ears()
    line = driver(session, Port, ears)
    with structlog.testing.capture_logs() as logs:
        line.start()
        for _ in range(2):
            session.fails = ZeroDivisionError("ours")
            ears.until(lambda: session.fails is None)
            ears.until(lambda: ears.troubles and ears.troubles[-1] is None)
        line.stop()
    assert [entry["event"] for entry in logs].count("line driver failed") == 1
    assert session.lost == 2
    assert "starts again" in str(ears.troubles[0])


def test_stop_ends_the_thread_wherever_it_is() -> None:
    for opens in (Port, lambda: (_ for _ in ()).throw(LineUnavailable("gone"))):
        line = driver(Asker(rest=60_000_000), opens, Ears())
        line.start()
        time.sleep(0.02)
        started = time.monotonic()
        line.stop()
        assert time.monotonic() - started < 1
        assert "line one" not in {thread.name for thread in threading.enumerate()}


def test_a_driver_that_never_started_stops_quietly() -> None:
    driver(Asker(), Port, Ears()).stop()


@pytest.mark.parametrize("word", ["on_events", "on_trouble"])
def test_a_listener_that_fails_does_not_end_the_line(word: str) -> None:
    """The event loop may be closed already when the last event comes."""
    failed: list[int] = []

    def fails(_: object) -> None:
        failed.append(1)
        raise RuntimeError("Event loop is closed")

    port, session, ears = Port(), Asker(), Ears()
    port.answers = [b"!"] * 3
    listeners = {"on_events": ears.events.extend, "on_trouble": ears.troubles.append, word: fails}
    line = LineDriver("one", lambda: port, session, **listeners)  # type: ignore[arg-type]
    with structlog.testing.capture_logs():
        line.start()
        session.fails = ValueError("ours")
        ears.until(lambda: failed)
        before = len(port.written)
        ears.until(lambda: len(port.written) > before)
        line.stop()
