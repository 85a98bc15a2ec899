"""What is asked while something else waits, and answers that come glued together: every driver in the registry."""

from collections.abc import Callable
from random import Random

import pytest

from hardware.ports import Authorise, Clear, CommandDone, CommandFailed, PumpState, ReadTotaliser, TotaliserRead
from hardware.protocol import DispenserProtocol
from tests.contract.station import FLOW, SECOND, Station, drivers
from tests.contract.test_faults import MODULUS, a_volume, assert_one_end_each, modulus_of, must_be_right
from tests.fakes.wires import Parts

pytestmark = pytest.mark.slow

FIRST, SECOND_CUSTOMER = 12_340, 27_180
SEEN_BY_NOBODY = 5_000
REPEATS = ("wayne-dart", "tatsuno-pde")
"""Their pumps send an answer that was not acknowledged once more, as it was when it was asked for."""


class Glue:
    """A converter that keeps an answer back now and then, until the next one: then it hands over both at once."""

    def __init__(self, odds: float, spare: int = 0, on_hold: Callable[[], None] = lambda: None) -> None:
        self.odds = odds
        self.spare = spare
        """So many answers pass first."""
        self.on_hold = on_hold
        self.glued = 0
        self._held = b""

    def __call__(self, data: bytes, dice: Random) -> Parts:
        if self._held:
            data, self._held = self._held + data, b""
            self.glued += 1
            return [(0, data)]
        self.spare -= 1
        if self.spare >= 0 or dice.random() >= self.odds:
            return [(0, data)]
        self._held = data
        self.on_hold()
        return []


def sold_and_next_one_waits(protocol: DispenserProtocol) -> Station:
    """The first customer has paid, and the second holds the nozzle; nothing was cleared yet."""
    station = Station(protocol).start()
    pump = station.pump()
    pump.lift(1, station.wire.now)
    station.release(1, 1)
    station.flow(FIRST)
    pump.hang_up(station.wire.now)
    station.wire.run(SECOND // 10)
    assert station.finish(1)[0] == FIRST
    pump.lift(1, station.wire.now)
    station.wire.run(SECOND)
    return station


@drivers
def test_a_release_behind_a_waiting_clear_is_carried_out_and_its_sale_is_not_cleared(
    protocol: DispenserProtocol,
) -> None:
    station = sold_and_next_one_waits(protocol)
    first = len(station.wire.events)
    station.wire.submit(Clear(1), Authorise(1, (1,)))
    ends = station.wire.until(lambda: _ends(station, first, 2), 120)
    assert [type(end.command) for end in ends] == [Clear, Authorise], "one end each, in the order in which they came"
    assert all(isinstance(end, CommandDone) for end in ends), ends
    assert station.pump().released
    station.flow(SECOND_CUSTOMER)
    station.pump().hang_up(station.wire.now)
    station.wire.run(SECOND // 10)
    assert station.finish(1)[0] == SECOND_CUSTOMER
    assert station.state() is PumpState.FINISHED, "and it stands until its own clear comes"


@drivers
def test_a_clear_that_comes_behind_the_next_release_spares_its_sale(protocol: DispenserProtocol) -> None:
    """The clear of the last sale asked once more, too late: it clears nothing, whatever is answered."""
    station = sold_and_next_one_waits(protocol)
    station.insist(Clear(1))
    station.wire.submit(Authorise(1, (1,)), Clear(1))
    station.wire.until(lambda: station.pump().released, 120)
    station.pump().body.squeeze(FLOW, SECOND_CUSTOMER)
    station.wire.run(60 * SECOND)
    station.pump().hang_up(station.wire.now)
    station.wire.run(SECOND)
    assert station.finish(1)[0] == SECOND_CUSTOMER
    assert_one_end_each(station)


@drivers
def test_f02_answers_glued_together_feed_nobody_twice(protocol: DispenserProtocol) -> None:
    """One of the two is late, and nobody can say which: no filling gets another's figures, no release comes twice."""
    glue = Glue(0.08)
    station, dice = Station(protocol, seed=5).start(), Random(5)
    station.wire.back = glue
    for _ in range(4):
        filled = station.fill(dice.choice((1, 2)), dice.randint(1, station.nozzles), a_volume(dice))
        must_be_right(filled)
        assert filled.moved(min(MODULUS, modulus_of(station))) == filled.truth.volume
    assert glue.glued > 10
    assert_one_end_each(station)


@drivers
@pytest.mark.parametrize("spare", range(6))
def test_f02_an_answer_kept_back_is_not_the_answer_to_the_question_asked_again(
    protocol: DispenserProtocol, spare: int
) -> None:
    """The totaliser moved while its answer hung in a converter; the old one and the right one come glued together."""
    station = Station(protocol).start()
    totalisers = station.pump().body.totalisers

    def moves() -> None:
        totalisers[1] += SEEN_BY_NOBODY
        glue.odds = 0

    station.wire.back = glue = Glue(1, spare, moves)
    was, first = totalisers[1], len(station.wire.events)
    while not glue.glued:
        first = len(station.wire.events)
        station.do(ReadTotaliser(1, 1))
    read = [event.volume for event in station.wire.events[first:] if isinstance(event, TotaliserRead)]
    assert totalisers[1] == was + SEEN_BY_NOBODY
    said_before = {was} if protocol.name in REPEATS else set()
    assert set(read) <= {totalisers[1]} | said_before, (
        "what was said before it moved answers no question that was asked after"
    )
    assert station.totaliser(1, 1) == totalisers[1]


def _ends(station: Station, first: int, count: int) -> list[CommandDone | CommandFailed]:
    ends = [event for event in station.wire.events[first:] if isinstance(event, CommandDone | CommandFailed)]
    return ends if len(ends) >= count else []
