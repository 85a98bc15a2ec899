"""Prices per grade and level, proved by the totals; and totals in all their forms."""

from collections import Counter

import pytest

from hardware.dispensers.gilbarco import blocks
from hardware.dispensers.gilbarco.blocks import Price, Special
from hardware.dispensers.gilbarco.readings import GradeTotals, encode_totals
from hardware.dispensers.gilbarco.words import Code
from hardware.ports import (
    Authorise,
    Clear,
    Decimals,
    PriceRead,
    PumpState,
    ReadTotaliser,
    SetPrices,
    Suspend,
    TotaliserRead,
)
from hardware.simulation.faults import Faults
from tests.hardware.dispensers.gilbarco.loop import SECOND, Loop

TOTAL = {1: 123_456_780, 2: 10}


def told(loop: Loop) -> list[Price]:
    said = [blocks.decode(action.data) for action in loop.blocks()]
    return [block for block in said if isinstance(block, Price)]


# ── Prices ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_price_that_differs_is_set_on_both_levels_and_read_back() -> None:
    loop = Loop().start()
    loop.done(SetPrices(1, {1: 7_360, 2: 7_950}))
    assert told(loop) == [Price(2, 1, 795), Price(2, 2, 795)]
    assert loop.told(PriceRead) == [PriceRead(1, 1, 7_360), PriceRead(1, 2, 7_950)]
    assert loop.pump().prices == {1: 7_360, 2: 7_950}


def test_the_second_level_is_left_alone_where_that_is_asked() -> None:
    loop = Loop(options={"second_level": False}).start()
    loop.done(SetPrices(1, {1: 7_460, 2: 7_950}))
    assert told(loop) == [Price(1, 1, 746), Price(2, 1, 795)]


def test_prices_that_hold_already_are_proved_and_not_sent() -> None:
    loop = Loop().start()
    loop.done(SetPrices(1, {1: 7_360, 2: 7_850}))
    assert told(loop) == []
    assert loop.told(PriceRead) == [PriceRead(1, 1, 7_360), PriceRead(1, 2, 7_850)]


def test_f09_a_price_that_was_taken_and_not_kept_is_seen() -> None:
    loop = Loop(faults=Faults({"ignored-command": 1})).start()
    assert "kept its old prices" in loop.failed(SetPrices(1, {1: 7_360, 2: 7_950}))
    assert set(Counter(told(loop)).values()) == {3}
    assert loop.told(PriceRead) == []


def test_f09_prices_are_not_touched_while_fuel_may_flow() -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    assert "can't be changed while it is fuelling" in loop.failed(SetPrices(1, {1: 7_460, 2: 7_950}))
    assert told(loop) == []


@pytest.mark.parametrize("price", [7_855, 100_000, 0])
def test_a_price_that_the_display_can_not_show_is_refused_whole(price: int) -> None:
    loop = Loop().start()
    assert "can't show" in loop.failed(SetPrices(1, {1: 7_460, 2: price}))
    assert "no price" in loop.failed(SetPrices(1, {1: 7_460}))
    assert told(loop) == []


def test_a_pump_without_prices_is_ready_as_soon_as_it_has_all() -> None:
    loop = Loop(programmed=False).start()
    loop.done(SetPrices(1, {1: 7_360, 2: 7_850}))
    assert loop.state() is PumpState.READY


# ── Totals ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_totals_have_two_decimals_and_eight_digits() -> None:
    loop = Loop(totalisers=TOTAL).start()
    loop.done(ReadTotaliser(1, 1))
    loop.done(ReadTotaliser(1, 2))
    assert loop.told(TotaliserRead) == [TotaliserRead(1, 1, 123_456_780, 10**9), TotaliserRead(1, 2, 10, 10**9)]


def test_totals_with_one_decimal_are_coarse_and_told_so() -> None:
    decimals = Decimals(volume=3, amount=2, price=2, totaliser=1)
    loop = Loop(totalisers=TOTAL, habits={"totals": "tenths"}, decimals=decimals).start()
    loop.done(ReadTotaliser(1, 1))
    assert loop.told(TotaliserRead) == [TotaliserRead(1, 1, 123_456_700, 10**10)]


def test_the_missing_digit_stands_apart() -> None:
    """Special function 010 says that totals have one decimal, and the second one of each grade."""
    loop = Loop(totalisers=TOTAL, options={"flagged_totals": True}, habits={"totals": "apart"}).start()
    assert [loop.total(nozzle) for nozzle in (1, 2)] == [123_456_780, 10]
    assert loop.told(TotaliserRead)[-1].modulus == 10**10
    loop.fuel(12_340)
    assert loop.read()[0] is PumpState.FINISHED
    assert loop.total(1) == 123_469_120


@pytest.mark.parametrize(("flag", "volume", "modulus"), [(0, 1_234_567_800, 10**10), (2, 123_456_780, 10**9)])
def test_the_flag_says_how_many_decimals_totals_have(flag: int, volume: int, modulus: int) -> None:
    loop = Loop(totalisers=TOTAL, options={"flagged_totals": True}).start()
    loop.pump().message = lambda function: f"{flag}00001" if function == 0x010 else ""  # type: ignore[method-assign]
    loop.done(ReadTotaliser(1, 1))
    assert loop.told(TotaliserRead) == [TotaliserRead(1, 1, volume, modulus)]


@pytest.mark.parametrize("message", ["300001", "01", None])
def test_f07_totals_that_nobody_can_read_for_certain_are_not_invented(message: str | None) -> None:
    loop = Loop(totalisers=TOTAL, options={"flagged_totals": True}).start()
    loop.pump().message = lambda function: message  # type: ignore[method-assign]
    assert loop.total(1) is None


def test_where_the_digits_say_totals_they_say_nothing_of_levels() -> None:
    loop = Loop(options={"flagged_totals": True}, habits={"totals": "apart"}).start()
    loop.lift(2)
    loop.done(Authorise(1, (2,)))
    assert {block.data[2] for block in loop.blocks()} == {0xFE}, "no level was named"


def test_totals_of_three_grades_are_those_of_a_pump_with_two() -> None:
    loop = Loop(totalisers=TOTAL, habits={"endeavour": True}).start()
    assert [loop.total(nozzle) for nozzle in (1, 2)] == [123_456_780, 10]
    loop.fuel(10_000)
    assert loop.read()[0] is PumpState.FINISHED
    assert {event.nozzle for event in loop.told(PriceRead)} <= {1, 2}


def test_grades_are_matched_by_their_number_and_not_by_their_place() -> None:
    loop = Loop().start()
    grades = (GradeTotals(2, 222, 0, 785, 785), GradeTotals(1, 111, 0, 736, 736))
    hear = loop.pump().hear
    loop.pump().hear = lambda code, now: encode_totals(grades) if code is Code.TOTALS else hear(code, now)  # type: ignore[method-assign]
    assert [loop.total(nozzle) for nozzle in (1, 2)] == [1_110, 2_220]


def test_totals_are_not_readable_while_fuel_may_flow_and_old_while_it_is_stopped() -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    asked = loop.said(0x51)
    assert loop.total(1) is None
    assert loop.said(0x51) == asked
    loop.flow(10_000)
    loop.done(Suspend(1))
    assert loop.total(1) == 0
    loop.hang_up()
    loop.wire.run(2 * SECOND)
    assert loop.total(1) == 10_000


def test_totals_start_again_after_eight_digits() -> None:
    loop = Loop(totalisers={1: 999_999_000}).start()
    loop.fuel(2_000)
    assert loop.total(1) == 1_000
    assert loop.read() == (PumpState.FINISHED, (2_000, 1_472))
    loop.done(Clear(1))


@pytest.mark.parametrize("late", range(750_000, 990_000, 30_000))
def test_f02_totals_name_no_pump_so_late_ones_are_waited_for(late: int) -> None:
    """The last answer of pump 1 is so late that pump 2 could be asked by then: it must not be told as pump 2's."""
    loop = Loop(2).start()
    loop.pump(1).body.totalisers[1] = 111_110
    hear, asked = loop.pump(1).hear, list[int]()

    def third(code: Code, now: int) -> bytes:
        answer = hear(code, now)
        if code is not Code.TOTALS:
            return answer
        asked.append(now)
        if len(asked) == 3:
            loop.wire._coming.append((now + late, answer))
        return b""

    loop.pump(1).hear = third  # type: ignore[method-assign]
    loop.done(ReadTotaliser(1, 1))
    loop.done(ReadTotaliser(2, 1))
    assert {read.point: read.volume for read in loop.told(TotaliserRead)} == {1: None, 2: 0}


def test_questions_only_are_put_to_special_functions() -> None:
    loop = Loop(options={"flagged_totals": True}, habits={"totals": "apart"}).start()
    loop.total(1)
    assert [blocks.decode(action.data) for action in loop.blocks()] == [Special(0x010)]
