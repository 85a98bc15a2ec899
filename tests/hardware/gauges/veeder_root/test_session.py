"""A session and a simulated console over a wire that is good or bad, in virtual time."""

import itertools
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.gauges.ports import (
    AlarmsRead,
    DeliveriesRead,
    GaugeAnswered,
    GaugeEvent,
    GaugeSetup,
    GaugeSilent,
    InventoryRead,
    ReadNow,
    Silence,
    Units,
    VolumeUnit,
)
from hardware.gauges.veeder_root.session import VeederRootSession
from hardware.gauges.veeder_root.simulator import FAULTS, Console, SimulatedTank
from hardware.ports import Blemish, Blemished, Rest, Transmit

SECOND = 1_000_000
T = TypeVar("T")


class Scene:
    """A console and its session with the time between them."""

    def __init__(self, console: Console | None = None, setup: GaugeSetup | None = None) -> None:
        self.console = console or Console(
            [SimulatedTank(1, 30_000_000, 18_000_000), SimulatedTank(2, 20_000_000, 5_000)]
        )
        self.session = VeederRootSession(setup or GaugeSetup(every=10 * SECOND))
        self.now = 1_000 * SECOND
        self.events: list[GaugeEvent] = []
        self.blemishes: list[Blemished] = []
        self.asked: list[int] = []
        self._coming: list[tuple[int, bytes]] = []

    def run(self, seconds: float) -> "Scene":
        until = self.now + int(seconds * SECOND)
        while self.now < until:
            action = self.session.next(self.now)
            if isinstance(action, Transmit):
                self.asked.append(self.now)
                for answer in self.console.receive(action.data, self.now):
                    self._coming.append((self.now + answer.after, answer.data))
            else:
                self._rest(action, until)
            self._collect()
        return self

    def _rest(self, rest: Rest, until: int) -> None:
        self.now = min(until, self.now + max(1, rest.micros))
        self.console.advance(self.now)
        due = [data for at, data in self._coming if at <= self.now]
        self._coming = [(at, data) for at, data in self._coming if at > self.now]
        if due:
            self.session.receive(b"".join(due), self.now)

    def _collect(self) -> None:
        for event in self.session.events():
            if isinstance(event, Blemished):
                self.blemishes.append(event)
            else:
                self.events.append(event)

    def told(self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]


def test_a_console_is_asked_for_levels_alarms_and_deliveries_and_then_left_alone() -> None:
    scene = Scene().run(9)
    assert scene.console.questions == ["i20100", "i20500", "i20200"]
    assert scene.events[0] == GaugeAnswered()
    [inventory] = scene.told(InventoryRead)
    assert [(one.tank, one.level.volume) for one in inventory.tanks] == [(1, 18_000_000), (2, 5_000)]
    assert scene.told(AlarmsRead) == [AlarmsRead(())]
    assert scene.told(DeliveriesRead) == [DeliveriesRead(())]


def test_levels_are_read_again_when_it_is_time_and_deliveries_only_now_and_then() -> None:
    scene = Scene().run(95)
    assert len(scene.told(InventoryRead)) == 10
    assert len(scene.told(DeliveriesRead)) == 2


def test_a_delivery_is_seen_coming_and_told_when_it_is_over() -> None:
    scene = Scene().run(15)
    scene.console.deliver(2, 6_000_000, flow=200_000)
    scene.run(60)
    delivering = [any(one.delivering for one in read.tanks) for read in scene.told(InventoryRead)]
    assert True in delivering
    last = scene.told(DeliveriesRead)[-1].deliveries
    assert [(one.tank, one.before.volume, one.after.volume) for one in last] == [(2, 5_000, 6_005_000)]


def test_alarms_come_and_go() -> None:
    scene = Scene().run(5)
    scene.console.tanks[1].alarms |= {3, 5}
    scene.run(10)
    assert [one.alarm for one in scene.told(AlarmsRead)[-1].alarms] == ["high_water", "low_product"]
    scene.console.tanks[1].alarms.clear()
    assert scene.run(10).told(AlarmsRead)[-1].alarms == ()


def test_a_person_may_have_it_read_at_once() -> None:
    scene = Scene(setup=GaugeSetup(every=60 * SECOND)).run(5)
    scene.session.submit(ReadNow())
    scene.run(2)
    assert len(scene.told(InventoryRead)) == 2


def test_a_silent_console_is_told_once_and_asked_less_and_less_often() -> None:
    scene = Scene()
    scene.console.odds["silent"] = 1
    scene.run(3_000)
    assert scene.told(GaugeSilent) == [GaugeSilent(Silence.NO_ANSWER)]
    rounds = scene.asked[::2]
    gaps = [(after - before) // SECOND for before, after in itertools.pairwise(rounds)]
    assert gaps[0] < 20
    assert gaps == sorted(gaps)
    assert 300 <= gaps[-1] <= 310
    assert next(b - a for a, b in zip(scene.asked[::2], scene.asked[1::2], strict=False)) >= 3 * SECOND
    scene.console.odds["silent"] = 0
    scene.run(310)
    assert scene.told(GaugeAnswered) == [GaugeAnswered()]
    assert scene.told(InventoryRead)


def test_one_lost_answer_is_asked_for_again_and_nobody_hears_of_it() -> None:
    scene = Scene().run(9)
    scene.console.odds["silent"] = 1
    scene.run(2)
    scene.console.odds["silent"] = 0
    scene.run(8)
    assert scene.told(GaugeSilent) == []
    assert len(scene.told(InventoryRead)) == 2


@pytest.mark.parametrize(
    ("fault", "blemish"), [("wrong-checksum", Blemish.MISREAD), ("noise", Blemish.NOISE), ("cut", None)]
)
def test_a_reply_that_is_spoilt_is_no_level(fault: str, blemish: Blemish | None) -> None:
    scene = Scene()
    scene.console.odds[fault] = 1
    scene.run(60)
    if fault == "noise":
        assert scene.told(InventoryRead)
    else:
        assert scene.told(InventoryRead) == []
        assert len(scene.told(GaugeSilent)) == 1
    assert blemish is None or blemish in {one.kind for one in scene.blemishes}


def test_a_wrong_rate_is_told_apart_from_silence() -> None:
    scene = Scene()
    scene.console.odds["wrong-checksum"] = 1
    assert scene.run(30).told(GaugeSilent) == [GaugeSilent(Silence.UNREADABLE)]


def test_dribbled_replies_are_read() -> None:
    scene = Scene()
    scene.console.odds["dribbled"] = 1
    assert scene.run(30).told(InventoryRead)


def test_a_console_that_wants_its_security_code_says_so_and_answers_with_it() -> None:
    console = Console([SimulatedTank(1, 30_000_000, 18_000_000)])
    console.security_code = "SESAME"
    scene = Scene(console).run(10)
    assert scene.told(GaugeSilent)[0].why in {Silence.REFUSED, Silence.NO_ANSWER}
    scene = Scene(console, GaugeSetup(every=10 * SECOND, security_code="SESAME")).run(10)
    assert scene.told(InventoryRead)


def test_a_console_without_a_list_of_deliveries_is_asked_for_the_last_one() -> None:
    console = Console([SimulatedTank(1, 30_000_000, 18_000_000)])
    console.rejected = {"i202"}
    scene = Scene(console).run(15)
    scene.console.deliver(1, 1_000_000, flow=500_000)
    scene.run(120)
    assert len(scene.told(DeliveriesRead)[-1].deliveries) == 1
    assert console.questions.count("i20200") == 1
    assert scene.told(GaugeSilent) == []


def test_a_console_that_knows_nothing_but_levels_is_still_a_gauge() -> None:
    console = Console([SimulatedTank(1, 30_000_000, 18_000_000)])
    console.rejected = {"i202", "i20C", "i205"}
    scene = Scene(console).run(200)
    assert len(scene.told(InventoryRead)) == 20
    assert scene.told(GaugeSilent) == []
    assert {question: console.questions.count(question) for question in ("i20200", "i20C00", "i20500")} == {
        "i20200": 1,
        "i20C00": 1,
        "i20500": 1,
    }


def test_minus_infinity_is_no_level_and_no_silence() -> None:
    scene = Scene()
    scene.console.odds["no-value"] = 1
    scene.run(5)
    assert [one.level.volume for one in scene.told(InventoryRead)[0].tanks] == [None, None]
    assert scene.told(GaugeSilent) == []


def test_a_lost_connection_is_told_and_everything_is_asked_anew() -> None:
    scene = Scene().run(5)
    scene.session.line_lost()
    assert scene.session.events() == [GaugeSilent(Silence.LINE_LOST)]
    scene.session.line_lost()
    assert scene.session.events() == []
    scene.run(5)
    assert len(scene.told(InventoryRead)) == 2


def test_a_console_in_gallons_says_the_same_litres() -> None:
    console = Console([SimulatedTank(1, 30_000_000, 18_000_000)], unit=VolumeUnit.GALLON)
    scene = Scene(console, GaugeSetup(Units(volume=VolumeUnit.GALLON))).run(5)
    volume = scene.told(InventoryRead)[0].tanks[0].level.volume
    assert volume is not None
    assert abs(volume - 18_000_000) <= 2


def test_a_reply_that_nobody_asked_for_is_counted_and_not_believed() -> None:
    scene = Scene().run(5)
    before = len(scene.events)
    scene.session.receive(b"\x01i201002611220800&&F9A0\x03", scene.now)
    scene.session.receive(b"rubbish", scene.now)
    told = scene.session.events()
    assert len(scene.events) == before
    assert all(isinstance(event, Blemished) for event in told)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(FAULTS.keys() - {"no-value"})), st.floats(0, 0.4)), st.integers(0, 1_000))
def test_under_any_faults_a_level_is_right_or_not_told(odds: dict[str, float], seed: int) -> None:
    tanks = [SimulatedTank(1, 30_000_000, 18_000_000), SimulatedTank(2, 20_000_000, 5_000)]
    scene = Scene(Console(tanks, odds, seed)).run(600)
    for read in scene.told(InventoryRead):
        assert [(one.tank, one.level.volume) for one in read.tanks] == [(1, 18_000_000), (2, 5_000)]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=20))
def test_any_bytes_leave_the_session_in_step(pieces: list[bytes]) -> None:
    scene = Scene()
    for piece in pieces:
        scene.session.next(scene.now)
        scene.session.receive(piece, scene.now)
    scene.run(700)
    assert scene.told(InventoryRead)
