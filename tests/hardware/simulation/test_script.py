"""Customers by script: each step happens, in its order, and nonsense is refused before anybody comes."""

import pytest

from hardware.ports import PumpState
from hardware.simulation.faults import Faults
from hardware.simulation.head import Head
from hardware.simulation.pump import SimulatedPoint, TrueFilling
from hardware.simulation.script import Visit, Visitors, step
from shared.errors import Refused
from shared.sale import Preset, PresetKind

SECOND = 1_000_000
PRICES = {1: 7_360, 2: 7_850}


class Forecourt:
    """One point, whoever comes by script, and somebody who releases nozzle 2 and no other."""

    def __init__(self, *visits: Visit, speed: int = 1_000, preset: Preset | None = None, releases: bool = True) -> None:
        self.head = Head(SimulatedPoint(1, 0x50, ("92#", "95#"), prices=PRICES), Faults())
        self.visitors = Visitors({1: self.head}, visits, speed)
        self.preset = preset
        self.releases = releases
        self.now = 7 * SECOND
        self.out: list[int] = []

    def run(self, seconds: int) -> "Forecourt":
        for _ in range(seconds * 50):
            self.now += SECOND // 50
            self.head.advance(self.now)
            self.visitors.act(self.now)
            if self.out[-1:] != [self.head.body.out]:
                self.out.append(self.head.body.out)
            if self.releases and self.head.body.out == 2 and self.head.state is PumpState.READY:
                self.head.authorise((2,), self.preset, self.now)
        return self

    def fillings(self) -> list[TrueFilling]:
        return self.head.body.fillings


def visit(*deeds: str, at: int = 0) -> Visit:
    return Visit(at * SECOND, 1, tuple(map(step, deeds)))


def test_somebody_lifts_waits_fuels_and_hangs_up() -> None:
    forecourt = Forecourt(visit("lift 2", "wait", "fuel 20.5", "hang up", at=5)).run(4)
    assert forecourt.out == [0]
    (filling,) = forecourt.run(60).fillings()
    assert (filling.nozzle, filling.volume, filling.amount) == (2, 20_500, 16_093)
    assert forecourt.visitors.gone


def test_the_wrong_nozzle_first_and_then_the_right_one() -> None:
    forecourt = Forecourt(visit("lift 1", "wait 2", "hang up", "lift 2", "wait", "fuel 1", "hang up")).run(20)
    assert forecourt.out == [1, 0, 2, 0]
    assert [(filling.nozzle, filling.volume) for filling in forecourt.fillings()] == [(2, 1_000)]


def test_a_nozzle_bounces() -> None:
    forecourt = Forecourt(visit("lift 2", "wait", "fuel 1", "bounce", "wait 1", "hang up")).run(20)
    assert forecourt.out == [2, 0, 2, 0]
    assert [filling.volume for filling in forecourt.fillings()] == [1_000]


def test_a_little_more_after_a_while_is_the_same_filling() -> None:
    forecourt = Forecourt(visit("lift 2", "wait", "fuel 3", "wait 2", "fuel 0.5", "hang up")).run(30)
    assert [filling.volume for filling in forecourt.fillings()] == [3_500]


def test_without_litres_until_the_pump_stops_by_itself() -> None:
    preset = Preset(PresetKind.VOLUME, 10_000)
    forecourt = Forecourt(visit("lift 2", "wait", "fuel", "hang up"), preset=preset).run(60)
    assert [filling.volume for filling in forecourt.fillings()] == [10_000]


def test_whoever_is_not_released_for_two_minutes_leaves() -> None:
    forecourt = Forecourt(visit("lift 2", "wait", "fuel 5", "hang up"), releases=False).run(119)
    assert forecourt.out == [2]
    assert forecourt.run(5).out == [2, 0]
    assert forecourt.visitors.gone
    assert forecourt.fillings() == []


def test_the_next_one_waits_for_the_place() -> None:
    forecourt = Forecourt(visit("lift 2", "wait", "fuel 6", "hang up"), visit("lift 1", "wait 1", "hang up", at=2)).run(
        30
    )
    assert forecourt.out == [2, 0, 1, 0]


def test_speed_shortens_waiting_and_lets_fuel_flow_faster_and_changes_nothing_else() -> None:
    slow, fast = (
        Forecourt(visit("wait 10", "lift 2", "wait", "fuel 30", "hang up", at=10), speed=speed)
        for speed in (1_000, 10_000)
    )
    assert fast.run(9).visitors.gone
    assert not slow.run(9).visitors.gone
    assert [f.volume for f in slow.run(80).fillings()] == [f.volume for f in fast.fillings()] == [30_000]


@pytest.mark.parametrize(
    "text", ["dance", "lift", "lift two", "wait -1", "wait nan", "wait inf", "fuel -3", "fuel 1,5", ""]
)
def test_nonsense_is_refused_with_what_may_stand_there(text: str) -> None:
    with pytest.raises(Refused, match="Known are: lift N"):
        step(text)


def test_a_nozzle_or_a_point_that_is_not_there_is_refused_before_anybody_comes() -> None:
    with pytest.raises(Refused, match="no nozzle 3"):
        Forecourt(visit("lift 1", "lift 3"))
    with pytest.raises(Refused, match="point 2"):
        Forecourt(Visit(0, 2, ()))
