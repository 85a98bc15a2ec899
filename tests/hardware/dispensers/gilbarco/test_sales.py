"""The end of a sale: read in the turn in which it is seen, found where it was missed, and never told twice."""

import pytest

from hardware.dispensers.gilbarco.readings import encode_money
from hardware.dispensers.gilbarco.words import Code
from hardware.ports import (
    AlarmRaised,
    Authorise,
    Clear,
    FillingRead,
    Identified,
    NozzleLifted,
    NozzleReturned,
    PumpState,
    PumpStateRead,
    ReadState,
    Stop,
)
from hardware.simulation.faults import Faults
from shared.sale import Preset, PresetKind
from tests.hardware.dispensers.gilbarco.loop import FLOW, SECOND, Loop

SALE = (10_000, 7_360)


# ── EOT ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_end_of_a_sale_is_read_before_any_other_pump_is_polled() -> None:
    """EOT is lost at the first poll of another pump."""
    loop = Loop(3).start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    loop.wire.sent.clear()
    loop.hang_up()
    loop.wire.until(lambda: loop.state() is PumpState.FINISHED)
    at = loop.wire.sent.index(b"\x41")
    assert loop.wire.sent[at - 1 : at + 2] == [b"\x01", b"\x41", b"\x51"]
    assert loop.figures() == SALE


def test_final_figures_are_told_before_the_end_and_the_nozzle_after_it() -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    loop.wire.events.clear()
    loop.hang_up()
    loop.wire.run(2 * SECOND)
    assert loop.wire.events == [
        FillingRead(1, *SALE),
        PumpStateRead(1, PumpState.FINISHED),
        NozzleReturned(1, 1),
    ]


def test_a_sale_stays_until_it_is_cleared_and_is_not_found_again() -> None:
    loop = Loop(1).start()
    loop.fuel(10_000)
    loop.wire.run(5 * SECOND)
    assert loop.read() == (PumpState.FINISHED, SALE)
    loop.done(Clear(1))
    loop.wire.run(5 * SECOND)
    assert loop.read() == (PumpState.READY, (0, 0))


def test_each_reading_of_a_sale_that_stands_is_a_new_one() -> None:
    loop = Loop().start()
    loop.fuel(10_000)
    before = loop.said(0x41)
    loop.done(ReadState(1))
    loop.done(ReadState(1))
    assert loop.said(0x41) == before + 2


def test_a_sale_that_is_lost_on_the_line_is_read_again_in_the_same_turn() -> None:
    loop = Loop(2).start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    hear, lost = loop.pump().hear, [1, 1]
    loop.pump().hear = lambda code, now: (  # type: ignore[method-assign]
        (hear(code, now), b"")[lost.pop()] if code is Code.TRANSACTION and lost else hear(code, now)
    )
    loop.wire.sent.clear()
    loop.hang_up()
    loop.wire.until(lambda: loop.state() is PumpState.FINISHED)
    first, last = loop.wire.sent.index(b"\x41"), loop.wire.sent.index(b"\x51")
    assert loop.wire.sent[first:last].count(b"\x41") == 3
    assert b"\x02" not in loop.wire.sent[first:last]
    assert loop.figures() == SALE


def test_end_of_sale_told_by_nobody_is_found_by_what_has_changed() -> None:
    """Some pumps in China go from BUSY to OFF; and an EOT may be lost while another pump is polled."""
    loop = Loop(2, habits={"end_of_sale": False}).start()
    for ml, amount in ((10_000, 7_360), (10_000, 7_360), (20, 15)):
        loop.fuel(ml)
        assert loop.read() == (PumpState.FINISHED, (ml, amount))
        loop.done(Clear(1))


def test_a_release_that_nobody_used_is_no_sale_though_the_last_one_can_still_be_read() -> None:
    for end_of_sale in (True, False):
        loop = Loop(habits={"end_of_sale": end_of_sale}).start()
        loop.fuel(10_000)
        loop.done(Clear(1))
        loop.lift()
        loop.done(Authorise(1, (1,)))
        loop.wire.events.clear()
        loop.hang_up()
        loop.wire.run(2 * SECOND)
        assert loop.states() == [PumpState.READY]
        assert loop.read() == (PumpState.READY, (0, 0))


@pytest.mark.parametrize("end_of_sale", [True, False])
def test_f05_a_short_filling_between_two_polls_is_a_sale_though_it_equals_the_last_one(end_of_sale: bool) -> None:
    loop = Loop(habits={"end_of_sale": end_of_sale}).start()
    for _ in range(2):
        in_a_moment(loop)
        truth = loop.pump().body.fillings[-1]
        assert loop.read() == (PumpState.FINISHED, (truth.volume, truth.amount))
        loop.done(Clear(1))
    assert len({filling.volume for filling in loop.pump().body.fillings}) == 1


def test_f05_a_short_filling_is_a_sale_though_the_totals_are_told_as_before() -> None:
    loop = Loop(habits={"end_of_sale": False}, faults=Faults({"stale-totals": 1})).start()
    in_a_moment(loop)
    assert loop.read()[0] is PumpState.FINISHED


def in_a_moment(loop: Loop) -> None:
    """So short a filling that nobody sees it flow."""
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.pump().body.squeeze(FLOW)
    loop.line.advance(loop.wire.now + 30_000)
    loop.pump().hang_up(loop.wire.now + 30_000)
    loop.wire.run(SECOND)


@pytest.mark.parametrize("lost", [4, 100])
def test_a_sale_that_can_not_be_read_is_told_late_or_without_figures_but_never_with_wrong_ones(lost: int) -> None:
    loop = Loop().start()
    loop.fuel(20_000)
    loop.done(Clear(1))
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    hear, answers = loop.pump().hear, [b""] * lost
    loop.pump().hear = lambda code, now: (  # type: ignore[method-assign]
        answers.pop() if code is Code.TRANSACTION and answers else hear(code, now)
    )
    loop.wire.events.clear()
    loop.hang_up()
    loop.wire.until(lambda: loop.state() is PumpState.FINISHED)
    told = [event for event in loop.wire.events if isinstance(event, FillingRead)]
    assert told == ([FillingRead(1, *SALE)] if lost == 4 else [])
    if lost == 100:
        assert "last sale" in loop.failed(ReadState(1))


def test_with_the_next_handle_up_an_old_sale_is_not_taken_for_the_new_one() -> None:
    """In CALL some pumps still tell the sale before; where the totals don't prove it, hanging up is awaited."""
    loop = Loop(habits={"end_of_sale": False, "stale_in_call": True}).start()
    loop.fuel(20_000)
    loop.done(Clear(1))
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    loop.hang_up()
    loop.pump().lift(2, loop.wire.now)
    loop.wire.events.clear()
    loop.wire.run(5 * SECOND)
    assert PumpState.FINISHED not in loop.states()
    assert FillingRead(1, 20_000, 14_720) not in loop.told(FillingRead)
    assert "can't be read yet" in loop.failed(Clear(1))
    loop.hang_up()
    loop.wire.run(2 * SECOND)
    assert loop.read() == (PumpState.FINISHED, SALE)


def test_with_the_next_handle_up_a_sale_that_the_totals_prove_is_taken() -> None:
    loop = Loop(habits={"end_of_sale": False}).start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    loop.hang_up()
    loop.pump().lift(2, loop.wire.now)
    loop.wire.run(3 * SECOND)
    assert loop.figures() == SALE
    assert loop.states()[-1] is PumpState.FINISHED


@pytest.mark.parametrize("nozzle", [1, 2])
def test_who_lifts_before_the_end_of_the_last_sale_was_polled_is_seen_to_have_lifted_anew(nozzle: int) -> None:
    """EOT was lost to another pump's poll: only the handle of the next customer is seen."""
    loop = Loop(habits={"end_of_sale": False}).start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    loop.wire.events.clear()
    loop.hang_up()
    loop.pump().lift(nozzle, loop.wire.now)
    loop.wire.run(3 * SECOND)
    assert [event for event in loop.wire.events if not isinstance(event, FillingRead)] == [
        NozzleReturned(1, 1),
        PumpStateRead(1, PumpState.FINISHED),
        NozzleLifted(1, nozzle, loop.pump().prices[nozzle]),
    ]


def test_who_still_holds_the_nozzle_of_a_filling_that_was_stopped_has_not_lifted_it_anew() -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    loop.wire.events.clear()
    loop.done(Stop(1))
    loop.wire.run(5 * SECOND)
    assert not loop.told(NozzleReturned)
    assert not loop.told(NozzleLifted)


# ── After a restart ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("nozzle_back", [True, False])
def test_after_a_restart_a_sale_is_found_and_nothing_said_that_changes_the_pump(nozzle_back: bool) -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    if nozzle_back:
        loop.hang_up()
    loop.restart()
    loop.wire.run(5 * SECOND)
    words = {data[0] >> 4 for data in loop.wire.sent if data[0] != 0xFF}
    assert words <= {Code.STATUS, Code.TRANSACTION, Code.TOTALS, Code.MONEY, Code.DATA_NEXT}
    assert {block.data[2] for block in loop.blocks()} <= {0xFE}, "questions to special functions"
    assert loop.states()[-1] is (PumpState.FINISHED if nozzle_back else PumpState.FUELLING)
    if not nozzle_back:
        loop.hang_up()
        loop.wire.run(2 * SECOND)
    assert loop.read() == (PumpState.FINISHED, SALE)


def test_f08_after_a_restart_a_release_is_seen_as_it_stands() -> None:
    loop = Loop().start()
    loop.done(Authorise(1, (1, 2)))
    loop.restart()
    loop.wire.run(2 * SECOND)
    assert loop.states() == [PumpState.AUTHORISED]
    assert "can't be authorised while it is released" in loop.failed(Authorise(1, (1, 2)))


@pytest.mark.parametrize("lost", [3, 100])
def test_a_sale_that_can_not_be_read_at_the_greeting_is_looked_for_and_nothing_invented(lost: int) -> None:
    loop = Loop().start()
    loop.fuel(10_000)
    hear, answers = loop.pump().hear, [b""] * lost
    loop.pump().hear = lambda code, now: (  # type: ignore[method-assign]
        answers.pop() if code is Code.TRANSACTION and answers else hear(code, now)
    )
    loop.restart()
    loop.wire.until(lambda: loop.told(PumpStateRead))
    assert loop.states() == [PumpState.FINISHED]
    assert loop.told(FillingRead) == ([FillingRead(1, *SALE)] if lost == 3 else [])


def test_a_lost_answer_to_the_greeting_is_asked_for_again() -> None:
    loop = Loop()
    hear, lost = loop.pump().hear, [b""] * 3
    loop.pump().hear = lambda code, now: lost.pop() if now > 25_000 and lost else hear(code, now)  # type: ignore[method-assign]
    loop.wire.run(2 * SECOND)
    assert not lost
    assert loop.states() == [PumpState.READY]


def test_an_end_of_sale_is_over_when_another_pump_is_polled() -> None:
    """So the simulated loop keeps the drivers honest."""
    loop = Loop(2)
    loop.pump().lift(1, 0)
    for word in (b"\x11", b"\x01"):
        loop.line.receive(word, 0)
    loop.pump().body.squeeze(FLOW)
    loop.pump().hang_up(SECOND)
    heard = [loop.line.receive(word, SECOND)[0].data for word in (b"\x01", b"\x01", b"\x02", b"\x01")]
    assert heard == [b"\xb1", b"\xb1", b"\x62", b"\x61"]


def test_the_exchange_of_the_notes_is_what_a_simulated_pump_says() -> None:
    loop = Loop(nozzles=1)
    line, pump = loop.line, loop.pump()

    def say(words: str, now: int = 0) -> str:
        return b"".join(
            answer.data for word in bytes.fromhex(words) for answer in line.receive(bytes((word,)), now)
        ).hex()

    assert say("01") == "61"
    pump.lift(1, 0)
    assert say("01") == "71"
    assert say("21") == "d1"
    assert say("FF E5 F4 F6 E0 F7 E5 E8 E7 E0 FB EC F0") == ""
    assert say("01") == "71"
    assert say("11") == ""
    assert say("01") == "91"
    pump.body.squeeze(10_000)
    assert say("61", SECOND) == encode_money(7_850).hex()
    pump.hang_up(SECOND)
    assert say("01", SECOND) == "b1"
    assert len(bytes.fromhex(say("41", SECOND))) == 33
    assert len(bytes.fromhex(say("51", SECOND))) == 34
    assert say("01", SECOND) == "61", "asked anything else, it says no EOT any more"


def test_a_suspended_filling_is_found_with_its_figures() -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,)))
    loop.flow(10_000)
    loop.pump().halt(loop.wire.now)
    loop.restart()
    loop.wire.run(2 * SECOND)
    assert (loop.state(), loop.figures()) == (PumpState.SUSPENDED, SALE)


# ── Errors and odds ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_error_is_told_once_with_its_hose() -> None:
    loop = Loop(habits={"error": 14}).start()
    loop.wire.run(SECOND)
    loop.restart().wire.run(8 * SECOND)
    loop.fuel(10_000)
    loop.done(ReadState(1))
    assert loop.told(AlarmRaised) == [AlarmRaised(1, "stop_button", 0x10E)]


def test_the_error_that_points_to_a_special_function_is_followed() -> None:
    loop = Loop(habits={"error": 24}).start()
    loop.fuel(10_000)
    assert Identified(1, "Gilbarco, special function 410: 0019") in loop.told(Identified)


def test_money_that_is_ten_times_price_by_volume_is_an_alarm() -> None:
    """The line says six digits, and the pump has five and a hidden one."""
    loop = Loop(nozzles=1, options={"money_digits": 6}, habits={"money_digits": 5}).start()
    loop.fuel(10_000)
    assert loop.told(AlarmRaised) == [AlarmRaised(1, "money_digits", 5)]


def test_all_stop_closes_every_valve() -> None:
    loop = Loop(2, nozzles=1).start()
    for point in (1, 2):
        loop.lift(1, point)
        loop.done(Authorise(point, (1,), Preset(PresetKind.AMOUNT, 10_000)))
    loop.flow(1_000, 1)
    loop.line.receive(b"\xfc", loop.wire.now)
    loop.wire.run(2 * SECOND)
    assert (loop.state(1), loop.state(2)) == (PumpState.SUSPENDED, PumpState.READY)


def test_pump_16_answers_as_all_others_do() -> None:
    loop = Loop(first=16).start()
    loop.fuel(10_000)
    assert {data[0] & 0x0F for data in loop.wire.sent if data[0] != 0xFF} == {0}
    assert loop.read() == (PumpState.FINISHED, SALE)


@pytest.mark.parametrize("first", [1, 10, 16])
def test_a_converter_that_echoes_changes_nothing(first: int) -> None:
    """The echo of a poll looks like DATA ERROR, that of a request for money like OFF."""
    loop = Loop(2, first=first if first < 16 else 15, echo=True).start()
    loop.lift(2)
    assert loop.told(NozzleLifted)[-1].nozzle == 2
    loop.done(Authorise(1, (2,), Preset(PresetKind.AMOUNT, 7_850)))
    assert len([block for block in loop.blocks() if block.data[2] == 0xF2]) == 1, "no echo passed for a DATA ERROR"
    loop.flow(20_000)
    assert loop.state() is PumpState.LIMIT_REACHED
    loop.hang_up()
    loop.wire.run(2 * SECOND)
    assert loop.read() == (PumpState.FINISHED, (10_000, 7_850))


def test_a_data_error_is_seen_in_spite_of_the_echo() -> None:
    loop = Loop(echo=True, options={"money_digits": 5}).start()
    loop.lift()
    assert "refuses the data" in loop.failed(Authorise(1, (1,), Preset(PresetKind.AMOUNT, 20_000)))
