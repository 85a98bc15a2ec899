"""A station before simulated Censtar pumps: sales are confirmed once recorded, and what the notes leave open."""

from functools import partial
from typing import Final

import pytest

from hardware.dispensers.censtar.frames import Code, decode
from hardware.dispensers.censtar.protocol import PROTOCOL
from hardware.dispensers.censtar.simulator import CenstarPump
from hardware.ports import (
    AlarmRaised,
    Authorise,
    Clear,
    FillingRead,
    PointAnswered,
    PointSilent,
    PumpState,
    ReadState,
    SetPrices,
    Stop,
    Suspend,
)
from shared.sale import Preset, PresetKind
from tests.contract.station import SECOND, Station
from tests.hardware.dispensers import story
from tests.hardware.dispensers.story import failed, fuel, next_agent, quiet

_READS: Final = {Code.STATUS, Code.READ_PRICE, Code.TOTALS, Code.READ_SALE, Code.RUNNING}
LIMIT: Final = Preset(PresetKind.VOLUME, 20_000)


island = partial(story.island, PROTOCOL)


def pump(station: Station) -> CenstarPump:
    head = station.pump()
    assert isinstance(head, CenstarPump)
    return head


def asked(station: Station) -> list[Code]:
    return [decode(frame).code for frame in station.wire.sent]


# ── The unread sale ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sale_stands_until_it_is_recorded_and_is_then_confirmed_by_its_number() -> None:
    station = island()
    fuel(station)
    station.wire.run(60 * SECOND)
    assert (station.state(), station.figures()[0]) == (PumpState.FINISHED, 5_000)
    assert Code.CONFIRM_SALE not in asked(station)
    station.done(Clear(1))
    assert [decode(sent).data for sent in station.wire.sent if sent[1] == Code.CONFIRM_SALE] == [b"\0\1"]
    station.wire.until(lambda: station.state() is PumpState.READY)


def test_a_sale_that_was_not_confirmed_is_found_by_the_next_agent() -> None:
    first = island()
    fuel(first)
    after = next_agent(first)
    assert (after.state(), after.figures()) == (PumpState.FINISHED, first.figures())
    assert set(asked(after)) <= _READS


def test_another_sale_than_the_recorded_one_is_not_confirmed() -> None:
    """Between the reading and the recording somebody sold by hand: confirming that one would lose it."""
    station = island()
    fuel(station)
    pump(station).sequence += 1
    assert "Another sale stands there now" in failed(station, Clear(1))
    assert Code.CONFIRM_SALE not in asked(station)
    station.done(Clear(1))


def test_a_confirmation_that_is_not_obeyed_is_repeated() -> None:
    station = island()
    fuel(station)
    station.faults.set("ignored-command", 1)
    assert "does not let its last sale be confirmed" in failed(station, Clear(1))
    assert asked(station).count(Code.CONFIRM_SALE) == 5
    station.faults.set("ignored-command", 0)
    station.done(Clear(1))


def test_it_is_not_released_while_a_sale_is_unread() -> None:
    station = island()
    fuel(station)
    assert "not recorded yet" in failed(station, Authorise(1, (1,)))
    assert pump(station).body.fillings[-1].volume == 5_000


def test_f05_a_filling_without_a_sale_is_over_with_what_the_display_shows() -> None:
    """The pump's computer started anew in mid-sale: no sale is left, and the totaliser alone knows what flowed."""
    station = island()
    pump(station).lift(1, station.wire.now)
    station.release(1, 1)
    station.flow(5_000)
    pump(station).restart(station.wire.now)
    station.wire.run(3 * SECOND)
    assert (station.state(), station.figures()) == (PumpState.FINISHED, (0, 0))
    assert station.totaliser(1, 1) == 5_000
    station.done(Clear(1))
    assert Code.CONFIRM_SALE not in asked(station)


# ── The record and the display ────────────────────────────────────────────────────────────────────────────────────────


def test_where_record_and_display_differ_the_display_is_told_with_an_alarm() -> None:
    """As it is when the 20 bits are meant otherwise than we read them."""
    station = island(sale="digits")
    fuel(station)
    assert station.finish(1)[0] == 5_000
    assert station.told(AlarmRaised) == [AlarmRaised(1, "sale_record_unclear", 0x15)]
    station.done(Clear(1))


def test_where_the_display_is_empty_the_record_is_told() -> None:
    station = island(display_clears=True)
    fuel(station)
    assert station.finish(1)[0] == 5_000
    assert station.told(AlarmRaised) == []


# ── Releases, limits and stops ────────────────────────────────────────────────────────────────────────────────────────


def test_after_start_it_is_only_read() -> None:
    station = island(closed=True)
    station.wire.run(20 * SECOND)
    assert set(asked(station)) <= _READS


def test_a_closed_pump_is_opened_when_it_is_to_be_released() -> None:
    station = island(closed=True)
    pump(station).lift(1, station.wire.now)
    station.done(Authorise(1, (1,)))
    assert asked(station).count(Code.MODE) == 1


def test_a_pump_out_of_order_is_not_released() -> None:
    station = island()
    pump(station).switch_off(station.wire.now)
    station.wire.until(lambda: station.state() is PumpState.OFF)
    assert "out of order" in failed(station, Authorise(1, (1,)))


@pytest.mark.parametrize("limit_releases", [False, True])
@pytest.mark.parametrize("limit_ends", [False, True])
def test_a_limit_holds_whether_it_releases_by_itself_or_not(limit_releases: bool, limit_ends: bool) -> None:
    station = island(limit_releases=limit_releases, limit_ends=limit_ends)
    pump(station).lift(1, station.wire.now)
    station.done(Authorise(1, (1,), LIMIT))
    assert asked(station).count(Code.AUTHORISE) == (0 if limit_releases else 1)
    station.flow(30_000)
    station.wire.run(SECOND)
    assert station.state() is (PumpState.FINISHED if limit_ends else PumpState.LIMIT_REACHED)
    pump(station).hang_up(station.wire.now)
    station.wire.run(SECOND)
    assert station.finish(1)[0] == 20_000


def test_a_repeated_limit_keeps_its_chain_number_and_the_next_sale_has_another() -> None:
    station = island()
    lost = [True]
    station.wire.back = lambda data, dice: [] if data[1] == Code.VOLUME_LIMIT and lost and lost.pop() else [(0, data)]
    for _ in range(2):
        pump(station).lift(1, station.wire.now)
        station.done(Authorise(1, (1,), LIMIT))
        pump(station).hang_up(station.wire.now)
        station.wire.run(2 * SECOND)
        station.done(Clear(1))
    assert pump(station).chains == [b"\0\1", b"\0\1", b"\0\2"]


def test_a_refused_limit_releases_nothing() -> None:
    station = island()
    pump(station).set_prices({1: 7_360}, station.wire.now)
    station.wire.back = lambda data, dice: [
        (0, bytes.fromhex("FC 02 01 00 CC CF") if data[1] == Code.VOLUME_LIMIT else data)
    ]
    pump(station).lift(1, station.wire.now)
    assert "refuses the limit" in failed(station, Authorise(1, (1,), LIMIT))
    assert not pump(station).released


def test_a_stop_may_end_the_filling_or_halt_it_until_the_nozzle_hangs() -> None:
    station = island(stop_halts=True)
    pump(station).lift(1, station.wire.now)
    station.release(1, 1)
    pump(station).body.squeeze(600)
    station.wire.run(5 * SECOND)
    station.done(Stop(1))
    assert station.state() is PumpState.FINISHED
    assert "hang it up first" in failed(station, Clear(1))
    pump(station).hang_up(station.wire.now)
    station.wire.run(SECOND)
    assert station.finish(1)[0] == pump(station).body.fillings[-1].volume
    station.done(Clear(1))


def test_commands_without_an_answer_are_proved_by_the_status() -> None:
    station = island(silent_commands=True)
    assert station.fill(1, 1, 5_000).right
    assert station.told(PointSilent) == []


def test_it_can_not_be_halted_for_a_while() -> None:
    assert "Stop it" in failed(island(), Suspend(1))


# ── Reading and prices ────────────────────────────────────────────────────────────────────────────────────────────────


def test_five_tries_in_a_row_may_fail_before_a_pump_counts_as_silent() -> None:
    station = island()
    fuel(station)
    station.wire.back = lambda data, dice: [] if data[1] == Code.READ_SALE else [(0, data)]
    before = len(station.told(FillingRead))
    assert "does not tell its last sale" in failed(station, ReadState(1))
    assert station.told(PointSilent) == []
    assert len(station.told(FillingRead)) == before, "what was read before is no second reading"


def test_a_sale_is_read_again_where_its_answer_was_lost() -> None:
    station = island()
    fuel(station)
    lost = [True, True, True]
    station.wire.back = lambda data, dice: [] if data[1] == Code.READ_SALE and lost and lost.pop() else [(0, data)]
    station.done(ReadState(1))
    assert station.figures()[0] == 5_000


def test_100_ms_of_quiet_lie_between_an_answer_and_the_next_question() -> None:
    station = island()
    pump(station).lift(1, station.wire.now)
    station.release(1, 1)
    station.flow(5_000)
    assert min(micros for _, micros in quiet(station)) >= 100_000


def test_a_price_counts_when_it_is_read_back() -> None:
    station = island({"ignored-command": 1.0})
    assert "does not take the price" in failed(station, SetPrices(1, {1: 7_850}))
    station.faults.set("ignored-command", 0)
    station.done(SetPrices(1, {1: 7_850}))
    assert pump(station).prices == {1: 7_850}


def test_after_silence_the_unread_sale_is_told_again() -> None:
    station = island()
    fuel(station)
    station.session.line_lost()
    before = len(station.told(PointAnswered))
    station.wire.until(lambda: len(station.told(PointAnswered)) > before)
    station.wire.run(SECOND)
    assert (station.state(), station.figures()[0]) == (PumpState.FINISHED, 5_000)
