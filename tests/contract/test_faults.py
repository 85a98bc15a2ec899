"""Bad wires and broken pumps: whatever happens, a driver never says what is not so, and what it says is proved.

Every driver in the registry, every fault of the simulation; in virtual time.
"""

from collections import Counter
from random import Random

import pytest

from hardware.ports import (
    Authorise,
    CommandDone,
    CommandFailed,
    PumpCommand,
    PumpState,
    SetPrices,
    Stop,
    Suspend,
)
from hardware.protocol import Ability, DispenserProtocol
from hardware.simulation.faults import FAULTS, LINE_FAULTS, Faults
from shared.sale import Finding, prove
from tests.contract.station import Filled, Station, able, drivers
from tests.fakes.wires import Fault, all_of, bytewise, cut, flipping, late, lossy, noisy

pytestmark = pytest.mark.slow

_ONLY_WITH = {Suspend: (Ability.SUSPEND,), SetPrices: (Ability.READS_PRICES,)}


def _name(command: object) -> str:
    return type(command).__name__


MODULUS = 10**11
"""No totaliser of these stories reaches its end but where that is the story."""
BAD: dict[str, Fault] = {
    "byte by byte": bytewise,
    "lossy": lossy(0.08),
    "late": late(0.08),
    "flipping bits": flipping(0.08),
    "noisy": noisy(0.15),
    "cut off": cut(0.08),
    "all at once": all_of(lossy(0.02), late(0.02), flipping(0.02), noisy(0.05)),
}
ODDS = dict.fromkeys(LINE_FAULTS, 0.06) | {"cpu-reset": 0.5, "previous-sale-added": 0.7, "frozen": 0.2}
SPOIL_THE_DISPLAY = ("cpu-reset", "previous-sale-added")
MIXED = {
    **dict.fromkeys(LINE_FAULTS, 0.008),
    **dict.fromkeys(("ignored-command", "frozen"), 0.01),
    **dict.fromkeys(("stale-totals", "unsolicited-last-sale", "nozzle-bounce"), 0.15),
}


@drivers
@pytest.mark.parametrize("wire", BAD)
def test_fillings_over_a_bad_wire_are_proved_by_the_totaliser(protocol: DispenserProtocol, wire: str) -> None:
    station, dice = Station(protocol, BAD[wire], seed=7).start(), Random(7)
    for _ in range(6):
        must_be_right(station.fill(dice.choice((1, 2)), dice.randint(1, station.nozzles), a_volume(dice)))


@drivers
@pytest.mark.parametrize("fault", FAULTS)
def test_with_any_fault_a_filling_is_right_or_seen_to_be_doubtful(protocol: DispenserProtocol, fault: str) -> None:
    faults = Faults({fault: ODDS.get(fault, 0.3)}, seed=3)
    station, dice = Station(protocol, seed=3, faults=faults).start(), Random(3)
    for _ in range(6):
        filled = station.fill(1, station.nozzles, a_volume(dice))
        moved = filled.moved(modulus_of(station))
        assert moved == filled.truth.volume + filled.dripped, "the meters never lie"
        if fault not in SPOIL_THE_DISPLAY:
            assert filled.right
        elif not filled.right:
            assert filled.shown[0] != moved, "a wrong display is seen by the totaliser"
    assert_one_end_each(station)


@drivers
def test_200_fillings_under_mixed_faults_agree_fen_for_fen_and_millilitre_for_millilitre(
    protocol: DispenserProtocol,
) -> None:
    station, dice = Station(protocol, seed=11, faults=Faults(MIXED, seed=11)).start(), Random(11)
    fillings = [station.fill(1 + at % 2, dice.randint(1, station.nozzles), a_volume(dice)) for at in range(200)]
    assert all(filled.right for filled in fillings)
    assert [filled.moved(MODULUS) for filled in fillings] == [filled.truth.volume for filled in fillings]
    told = Counter((filled.truth.point, *filled.shown) for filled in fillings)
    truth = Counter((f.point, f.volume, f.amount) for point in (1, 2) for f in station.pump(point).body.fillings)
    assert told == truth, "none lost, none twice"
    assert_one_end_each(station)


@drivers
def test_f01_the_previous_sale_inside_this_one_is_seen_by_the_totaliser(protocol: DispenserProtocol) -> None:
    """Chengdu, 2025: 40.78 L were dispensed; with the 27.18 L of the sale before, 67.96 L were shown and billed."""
    station = Station(protocol).start()
    must_be_right(station.fill(1, 1, 27_180))
    station.faults.set("previous-sale-added", 1)
    filled = station.fill(1, 1, 40_780)
    assert (filled.shown[0], filled.moved(MODULUS), filled.truth.volume) == (67_960, 40_780, 40_780)
    assert prove(filled.before, filled.after, filled.shown[0], MODULUS).finding is Finding.MISMATCH


@drivers
def test_f05_a_zero_volume_release_is_no_filling(protocol: DispenserProtocol) -> None:
    station = Station(protocol, faults=Faults({"zero-volume-sale": 1})).start()
    before = station.totaliser(1, 1)
    station.pump().lift(1, station.wire.now)
    station.release(1, 1)
    station.pump().hang_up(station.wire.now)
    station.wire.run(3_000_000)
    assert station.settled_totaliser(1, 1) == before
    if station.state() is PumpState.FINISHED:
        assert station.figures() == (0, 0)


@drivers
@pytest.mark.parametrize(
    "command", [Authorise(1, (1,)), Stop(1), Suspend(1), SetPrices(1, {1: 7_460, 2: 7_950})], ids=_name
)
def test_what_is_accepted_and_not_done_is_not_said_to_be_done(
    protocol: DispenserProtocol, command: PumpCommand
) -> None:
    able(protocol, *_ONLY_WITH.get(type(command), ()))
    station = Station(protocol).start()
    if not isinstance(command, SetPrices):
        station.pump().lift(1, station.wire.now)
    if isinstance(command, Stop | Suspend):
        station.release(1, 1)
        station.flow(1_000)
    if isinstance(command, SetPrices):
        command = SetPrices(1, {nozzle: command.prices[nozzle] for nozzle in range(1, station.nozzles + 1)})
    was = station.pump().released
    station.faults.set("ignored-command", 1)
    assert isinstance(station.do(command), CommandFailed)
    assert station.pump().released is was


def a_volume(dice: Random) -> int:
    return dice.randrange(350, 5_000) * 10


def must_be_right(filled: Filled) -> None:
    assert filled.right
    assert prove(filled.before, filled.after, filled.shown[0], MODULUS).finding is Finding.PROVED


def modulus_of(station: Station) -> int:
    """Where this station's totalisers start again, as far as the story gets there."""
    heads = [getattr(pump, "manners", None) for pump in station.line.pumps.values()]
    return min((head.totaliser_modulus for head in heads if head is not None), default=MODULUS)


def assert_one_end_each(station: Station) -> None:
    """Each command was done or failed, once; and no release was said to be done more often than fuel was released."""
    ends = [event for event in station.wire.events if isinstance(event, CommandDone | CommandFailed)]
    assert len(ends) == station.wire.submitted
    released = [end for end in ends if isinstance(end, CommandDone) and isinstance(end.command, Authorise)]
    assert len(released) <= sum(len(pump.body.fillings) for pump in station.line.pumps.values())
