"""Customers: what they want is what they get, and the same seed brings the same ones."""

from hardware.dispensers.wayne_dart.commands import AllowedNozzles, Command, Dcc
from hardware.dispensers.wayne_dart.simulator import DartLine, DartPump
from hardware.simulation.customers import Customers
from hardware.simulation.faults import Faults
from hardware.simulation.pump import SimulatedPoint, TrueFilling
from shared.sale import Preset, PresetKind

SECOND = 1_000_000
PRICES = {1: 7_360, 2: 7_850}


class Forecourt:
    """Two points, and somebody who releases whatever is lifted."""

    def __init__(self, every: int = 0, seed: int = 1, releases: bool = True) -> None:
        places = [SimulatedPoint(n, 0x4F + n, ("92#", "95#"), prices=PRICES) for n in (1, 2)]
        self.line = DartLine(places, Faults())
        self.customers = Customers(self.line.pumps, every, 1_000, seed)
        self.releases = releases
        self.now = 0

    def run(self, seconds: int) -> None:
        for _ in range(seconds * 10):
            self.now += SECOND // 10
            self.line.advance(self.now)
            self.customers.act(self.now)
            for pump in self.line.pumps.values():
                assert isinstance(pump, DartPump)
                if self.releases and pump.body.out and pump.word == "finished":
                    self.release(pump)

    def release(self, pump: DartPump, preset: Preset | None = None) -> None:
        for said in (Command(Dcc.RESET), AllowedNozzles((1, 2)), Command(Dcc.AUTHORISE)):
            pump.obey(said, self.now)
        pump.preset = preset

    def fillings(self) -> list[TrueFilling]:
        return [filling for pump in self.line.pumps.values() for filling in pump.body.fillings]


def test_a_customer_gets_what_he_wants_and_leaves() -> None:
    forecourt = Forecourt()
    forecourt.customers.send(1, forecourt.now, 2, 40_780)
    forecourt.run(120)
    (filling,) = forecourt.fillings()
    assert (filling.point, filling.nozzle, filling.volume, filling.grade) == (1, 2, 40_780, "95#")
    assert 60 < (filling.ended - filling.started) // SECOND < 90  # at 30 to 40 litres a minute
    assert forecourt.customers.at(1) is None


def test_a_customer_without_a_wish_stops_at_the_preset() -> None:
    forecourt = Forecourt(releases=False)
    forecourt.customers.send(1, forecourt.now, 1, None)
    forecourt.run(1)
    pump = forecourt.line.pumps[1]
    assert isinstance(pump, DartPump)
    forecourt.release(pump, Preset(PresetKind.VOLUME, 10_000))
    forecourt.run(60)
    assert [filling.volume for filling in forecourt.fillings()] == [10_000]


def test_a_customer_stops_when_told() -> None:
    forecourt = Forecourt()
    customer = forecourt.customers.send(1, forecourt.now, 1, None)
    forecourt.run(10)
    customer.hang_up_at(15_000)
    forecourt.run(60)
    assert [filling.volume for filling in forecourt.fillings()] == [15_000]


def test_a_customer_who_is_never_served_drives_away() -> None:
    forecourt = Forecourt(releases=False)
    forecourt.customers.send(1, forecourt.now, 1, 10_000)
    forecourt.run(125)
    assert forecourt.customers.at(1) is None
    assert forecourt.line.pumps[1].body.out == 0
    assert forecourt.fillings() == []


def test_a_busy_hour_comes_again_with_the_same_seed() -> None:
    first, second, other = (Forecourt(every=30 * SECOND, seed=seed) for seed in (5, 5, 6))
    for forecourt in (first, second, other):
        forecourt.run(1_800)
    assert first.fillings() == second.fillings() != other.fillings()
    assert 20 < len(first.fillings()) < 80
    assert all(8_000 <= filling.volume <= 55_000 for filling in first.fillings())


def test_nobody_comes_any_more_after_closing() -> None:
    forecourt = Forecourt(every=10 * SECOND)
    forecourt.run(60)
    forecourt.customers.close()
    forecourt.run(200)
    before = len(forecourt.fillings())
    forecourt.run(200)
    assert len(forecourt.fillings()) == before
    assert all(pump.body.out == 0 for pump in forecourt.line.pumps.values())
