"""A station before simulated Lanfeng guns: control, limits, and ends that the pump does not tell."""

from functools import partial
from typing import Final

import pytest

from hardware.dispensers.lanfeng.frames import Code, decode
from hardware.dispensers.lanfeng.protocol import PROTOCOL
from hardware.dispensers.lanfeng.simulator import LanfengPump
from hardware.ports import (
    Authorise,
    Clear,
    FillingRead,
    PointAnswered,
    PumpState,
    ReadState,
    ReadTotaliser,
    SetPrices,
    Stop,
    Suspend,
)
from shared.sale import Preset, PresetKind
from tests.contract.station import SECOND, Station
from tests.hardware.dispensers import story
from tests.hardware.dispensers.story import failed, fuel, next_agent, quiet

_READS: Final = {Code.QUERY, Code.TOTAL_VOLUME}


island = partial(story.island, PROTOCOL)


def pump(station: Station) -> LanfengPump:
    head = station.pump()
    assert isinstance(head, LanfengPump)
    return head


def asked(station: Station, since: int = 0) -> list[Code | None]:
    return [decode(frame).code for frame in station.wire.sent[since:]]


def pauses(station: Station, code: Code) -> list[int]:
    """Microseconds from the end of each such command until the next question."""
    return [micros for data, micros in quiet(station) if decode(data).code is code]


# ── Reading first ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_after_start_it_is_only_read() -> None:
    station = island(controlled=False)
    station.wire.run(20 * SECOND)
    assert set(asked(station)) == _READS


def test_after_silence_it_is_only_read_until_the_station_asks() -> None:
    station = island()
    pump(station).silence(True)
    station.wire.run(10 * SECOND)
    pump(station).silence(False)
    since = len(station.wire.sent)
    before = len(station.told(PointAnswered))
    station.wire.until(lambda: len(station.told(PointAnswered)) > before)
    station.wire.run(5 * SECOND)
    assert set(asked(station, since)) == _READS


def test_control_is_taken_before_the_first_release() -> None:
    station = island(controlled=False)
    pump(station).controlled = False
    pump(station).body.out = 1  # lifted while it was sold by hand, and not released yet
    station.done(Authorise(1, (1,)))
    assert pump(station).controlled
    codes = asked(station)
    assert codes.index(Code.TAKE_CONTROL) < codes.index(Code.FUEL)


def test_a_pump_that_sold_by_itself_is_found_and_comes_under_control_when_that_is_recorded() -> None:
    station = island(controlled=False)
    pump(station).lift(1, station.wire.now)
    station.flow(5_000)
    assert station.state() is PumpState.FUELLING
    pump(station).hang_up(station.wire.now)
    station.wire.run(SECOND)
    assert station.finish(1)[0] == 5_000
    station.done(Clear(1))
    assert pump(station).controlled


def test_a_sale_by_itself_between_two_polls_is_found_by_its_display_and_the_totals() -> None:
    station = island()
    station.fill(1, 1, 3_000)
    head = pump(station)
    head.controlled = False
    head.lift(1, station.wire.now)
    head.body.squeeze(10_000_000, 7_000)
    head.advance(station.wire.now + 1_000)
    head.advance(station.wire.now + 900_000)
    head.hang_up(station.wire.now + 900_000)
    station.wire.run(3 * SECOND)
    assert station.state() is PumpState.FINISHED
    assert station.figures()[0] == 7_000


# ── Its waits ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_left_in_peace_for_600_ms_after_a_release_and_800_ms_after_a_stop() -> None:
    station = island()
    pump(station).lift(1, station.wire.now)
    station.done(Authorise(1, (1,)))
    station.done(Stop(1))
    assert min(pauses(station, Code.FUEL)) >= 600_000
    assert min(pauses(station, Code.STOP)) >= 800_000


# ── Releases and limits ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hung_up_gun_is_not_released() -> None:
    assert "Lift it first" in failed(island(), Authorise(1, (1,)))


@pytest.mark.parametrize("preset_releases", [False, True])
@pytest.mark.parametrize("limit_ends", [False, True])
def test_a_limit_holds_whether_it_releases_by_itself_or_not(preset_releases: bool, limit_ends: bool) -> None:
    station = island(preset_releases=preset_releases, limit_ends=limit_ends)
    pump(station).lift(1, station.wire.now)
    station.done(Authorise(1, (1,), Preset(PresetKind.VOLUME, 20_000)))
    assert asked(station).count(Code.FUEL) == (0 if preset_releases else 1)
    station.flow(30_000)
    assert station.state() is (PumpState.FINISHED if limit_ends else PumpState.LIMIT_REACHED)
    pump(station).hang_up(station.wire.now)
    station.wire.run(SECOND)
    assert station.finish(1)[0] == 20_000


def test_a_limit_that_does_not_fit_its_digits_is_not_released() -> None:
    station = island()
    pump(station).lift(1, station.wire.now)
    over = Preset(PresetKind.AMOUNT, 1_000_000_00)
    assert "can't be preset" in failed(station, Authorise(1, (1,), over))
    assert Code.FUEL not in asked(station)


def test_a_limit_that_is_not_acknowledged_is_not_released() -> None:
    station = island()
    head = pump(station)
    head.lift(1, station.wire.now)
    station.wire.back = lambda data, dice: [] if decode(data).code is Code.FIXED_VOLUME else [(0, data)]
    assert "does not take the limit" in failed(station, Authorise(1, (1,), Preset(PresetKind.VOLUME, 20_000)))
    assert not head.released
    assert Code.FUEL not in asked(station)


def test_a_question_that_the_line_hands_back_is_no_total_of_zero() -> None:
    """The question for the total has the very bytes of the answer “zero”."""
    station = island()
    station.fill(1, 1, 10_000)
    station.faults.set("echo", 0.1)
    assert {station.totaliser(1, 1) for _ in range(30)} == {10_000}
    station.faults.set("echo", 1)
    station.wire.run(SECOND)
    assert "totals" in failed(station, ReadTotaliser(1, 1))


def test_on_a_line_that_hands_back_what_is_sent_no_limit_is_believed() -> None:
    """The answer to a limit looks like the question, and there is no way to read a limit back."""
    station = island({"echo": 1.0})
    pump(station).lift(1, station.wire.now)
    why = failed(station, Authorise(1, (1,), Preset(PresetKind.VOLUME, 20_000)))
    assert "echo = true" in why
    assert not pump(station).released


def test_a_release_that_is_heard_and_not_obeyed_is_said_again() -> None:
    station = island()
    pump(station).lift(1, station.wire.now)
    station.faults.set("ignored-command", 1)
    station.wire.at(500_000, lambda now: station.faults.set("ignored-command", 0))
    station.done(Authorise(1, (1,)))
    assert pump(station).released
    assert asked(station).count(Code.FUEL) == 2


def test_a_release_that_is_never_obeyed_is_taken_back() -> None:
    station = island({"ignored-command": 1.0})
    pump(station).lift(1, station.wire.now)
    assert "does not take the release" in failed(station, Authorise(1, (1,)))
    assert asked(station)[-20:].count(Code.STOP) >= 1


def test_it_is_not_released_while_its_last_filling_waits_to_be_recorded() -> None:
    station = island()
    fuel(station)
    station.finish(1)
    pump(station).lift(1, station.wire.now)
    station.wire.run(SECOND)
    assert "not recorded yet" in failed(station, Authorise(1, (1,)))


def test_it_can_not_be_halted_for_a_while() -> None:
    assert "Stop it" in failed(island(), Suspend(1))


# ── The end, which the pump does not tell ─────────────────────────────────────────────────────────────────────────────


def test_f05_the_sale_before_is_not_the_sale_of_a_release_that_nobody_used() -> None:
    """Until fuel flows the display shows what was sold before; a release that ends so has sold nothing."""
    station = island()
    station.fill(1, 1, 7_000)
    station.faults.set("unsolicited-last-sale", 1)
    pump(station).lift(1, station.wire.now)
    station.release(1, 1)
    station.wire.run(2 * SECOND)
    assert (station.state(), station.figures()) == (PumpState.AUTHORISED, (0, 0))
    pump(station).hang_up(station.wire.now)
    station.wire.run(SECOND)
    assert station.finish(1) == (0, 0)


def test_the_same_figures_twice_are_two_sales_when_the_totals_moved() -> None:
    station = island()
    for _ in range(2):
        filled = station.fill(1, 1, 5_000)
        assert filled.right
        assert filled.moved(10**11) == 5_000


def test_the_figures_stand_until_the_station_has_recorded_them() -> None:
    station = island()
    fuel(station)
    station.wire.run(60 * SECOND)
    assert (station.state(), station.figures()[0]) == (PumpState.FINISHED, 5_000)
    station.done(Clear(1))
    station.done(ReadState(1))
    assert (station.state(), station.figures()) == (PumpState.READY, (0, 0))


def test_what_was_recorded_before_a_silence_is_not_found_again_behind_it() -> None:
    station = island()
    station.fill(1, 1, 5_000)
    station.session.line_lost()
    before = len(station.told(PointAnswered))
    station.wire.until(lambda: len(station.told(PointAnswered)) > before)
    station.wire.run(SECOND)
    assert station.state() is PumpState.READY


def test_what_stands_when_the_agent_starts_is_told_as_finished() -> None:
    """It may be recorded already; that the station knows by its totaliser, and nobody else does."""
    first = island()
    fuel(first)
    after = next_agent(first)
    assert (after.state(), after.figures()[0]) == (PumpState.FINISHED, 5_000)
    assert FillingRead(1, *after.figures()) in after.told(FillingRead)


# ── Prices ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_price_counts_when_a_query_reads_it_back() -> None:
    station = island({"ignored-command": 1.0})
    assert "does not take the price" in failed(station, SetPrices(1, {1: 7_850}))
    station.faults.set("ignored-command", 0)
    station.done(SetPrices(1, {1: 7_850}))
    assert pump(station).prices == {1: 7_850}


def test_a_price_with_more_digits_than_the_display_is_refused() -> None:
    station = island()
    assert "can't show this price" in failed(station, SetPrices(1, {1: 7_855}))
    assert "can't show this price" in failed(station, SetPrices(1, {1: 123_450}))
    assert Code.PRICE not in asked(station)
