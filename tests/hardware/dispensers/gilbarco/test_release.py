"""Releases: which nozzle, and which limit in which form."""

from itertools import pairwise

import pytest

from hardware.dispensers.gilbarco import blocks
from hardware.dispensers.gilbarco.blocks import Block, LevelSwitch, Limit, Special
from hardware.ports import (
    Authorise,
    NozzleLifted,
    NozzleReturned,
    PumpState,
    Stop,
)
from shared.sale import Preset, PresetKind
from tests.hardware.dispensers.gilbarco.loop import SECOND, Loop

MONEY = Preset(PresetKind.AMOUNT, 20_000)
VOLUME = Preset(PresetKind.VOLUME, 20_000)
RELEASE = 0x11


def told(loop: Loop) -> list[Block]:
    """The blocks that were sent, without the questions."""
    said = [blocks.decode(action.data) for action in loop.blocks()]
    return [block for block in said if not isinstance(block, Special)]


# ── Which nozzle ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_lifted_nozzle_is_asked_for_and_told_once() -> None:
    loop = Loop().start()
    loop.lift(2)
    assert loop.told(NozzleLifted) == [NozzleLifted(1, 2, 7_850)]
    loop.hang_up()
    loop.wire.run(SECOND)
    assert loop.told(NozzleReturned)[-1] == NozzleReturned(1, 2)


def test_which_nozzle_it_is_is_asked_with_the_handle_up_only() -> None:
    loop = Loop().start()
    loop.wire.run(10 * SECOND)
    assert loop.blocks() == []
    loop.lift(1)
    assert [blocks.decode(action.data) for action in loop.blocks()] == [Special(0x010)]


def test_a_pump_that_can_not_tell_its_nozzle_is_asked_once() -> None:
    loop = Loop().start()
    loop.pump().message = lambda function: "011110"  # type: ignore[method-assign]
    loop.lift(2)
    assert loop.told(NozzleLifted) == [NozzleLifted(1, 0, 0)]
    assert len(loop.blocks()) == 1


def test_a_pump_that_did_not_say_what_it_is_is_asked_by_who_must_know_and_believed_from_then_on() -> None:
    loop = Loop()
    message = loop.pump().message
    loop.pump().message = lambda function: None if function == 0x001 else message(function)  # type: ignore[method-assign]
    loop.start()
    loop.lift(2)
    assert loop.told(NozzleLifted) == [NozzleLifted(1, 0, 0)]
    loop.done(Authorise(1, (2,)))
    loop.hang_up()
    loop.wire.run(2 * SECOND)
    loop.lift(1)
    assert loop.told(NozzleLifted)[-1] == NozzleLifted(1, 1, 7_360)


def test_the_station_is_not_told_of_a_nozzle_before_the_pump_has_said_which() -> None:
    loop = Loop().start()
    hear_block, lost = loop.pump().hear_block, [True]

    def once_lost(byte: int, now: int) -> bytes:
        answer = hear_block(byte, now)
        return b"" if answer and lost and lost.pop() else answer

    loop.pump().hear_block = once_lost  # type: ignore[method-assign]
    loop.lift(2)
    assert loop.told(NozzleLifted) == [NozzleLifted(1, 2, 7_850)]
    assert not lost


def test_a_pump_with_one_nozzle_needs_no_question() -> None:
    loop = Loop(nozzles=1, habits={"special_functions": False}).start()
    loop.lift(1)
    assert loop.told(NozzleLifted) == [NozzleLifted(1, 1, 7_360)]
    assert loop.blocks() == []


def test_where_nobody_can_say_which_nozzle_it_is_all_are_released_or_none() -> None:
    loop = Loop(options={"special_functions": False}).start()
    loop.lift(2)
    assert loop.told(NozzleLifted) == [NozzleLifted(1, 0, 0)]
    assert "does not say which nozzle" in loop.failed(Authorise(1, (2,)))
    assert "needs to know the nozzle" in loop.failed(Authorise(1, (1, 2), VOLUME))
    assert loop.said(RELEASE) == 0
    loop.done(Authorise(1, (1, 2), MONEY))
    assert loop.pump().released


def test_f06_one_nozzle_of_several_is_not_released_before_it_is_lifted() -> None:
    """Any of them could be used: there is no lock on single nozzles."""
    loop = Loop().start()
    assert "Lift it" in loop.failed(Authorise(1, (2,)))
    loop.lift(1)
    assert "Nozzle 1 is lifted" in loop.failed(Authorise(1, (2,)))
    assert loop.said(RELEASE) == 0
    assert not loop.pump().released


def test_f06_a_nozzle_that_was_changed_between_two_polls_is_not_released_as_the_one_before() -> None:
    loop = Loop().start()
    loop.lift(1)
    loop.hang_up()
    loop.pump().lift(2, loop.wire.now)
    assert "Nozzle 2 is lifted" in loop.failed(Authorise(1, (1,)))
    assert [loop.told(NozzleReturned)[-1], loop.told(NozzleLifted)[-1]] == [
        NozzleReturned(1, 1),
        NozzleLifted(1, 2, 7_850),
    ]
    assert loop.said(RELEASE) == 0


def test_all_nozzles_are_released_at_rest_and_the_lifted_one_delivers() -> None:
    loop = Loop().start()
    loop.done(Authorise(1, (1, 2), MONEY))
    assert loop.state() is PumpState.AUTHORISED
    loop.pump().lift(2, loop.wire.now)
    loop.flow(30_000)
    loop.hang_up()
    loop.wire.run(2 * SECOND)
    assert loop.read() == (PumpState.FINISHED, (25_480, 20_000))


def test_nozzles_are_locked_where_pumps_know_ranges_of_grades() -> None:
    loop = Loop(options={"locks_grades": True}).start()
    loop.done(Authorise(1, (2,)))
    assert told(loop) == [Limit(PresetKind.AMOUNT, 999_999, 6, 0, (2,), ranged=True)]
    loop.pump().manners = type(loop.pump().manners)(keeps_sale=False, stopped=PumpState.READY)
    loop.pump().lift(1, loop.wire.now)
    loop.flow(5_000)
    assert loop.pump().body.totalisers == {1: 0, 2: 0}


# ── Which limit, in which form ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("preset", "options", "habits", "block"),
    [
        (MONEY, {}, {}, Limit(PresetKind.AMOUNT, 20_000, 6)),
        (MONEY, {}, {"money_digits": 5}, Limit(PresetKind.AMOUNT, 20_000, 5)),
        (MONEY, {"money_digits": 5}, {"money_digits": 5, "special_functions": False}, Limit(PresetKind.AMOUNT, 20_000)),
        (MONEY, {"names_level": True}, {}, Limit(PresetKind.AMOUNT, 20_000, 6, 1)),
        (MONEY, {}, {"level_needed": True}, Limit(PresetKind.AMOUNT, 20_000, 6, 1)),
        (VOLUME, {}, {}, Limit(PresetKind.VOLUME, 2_000, 5, 1, (2,))),
        (MONEY, {"locks_grades": True}, {}, Limit(PresetKind.AMOUNT, 20_000, 6, 0, (2,), ranged=True)),
        (VOLUME, {"locks_grades": True}, {}, Limit(PresetKind.VOLUME, 2_000, 5, 1, (2,), ranged=True)),
        (None, {"names_level": True}, {"level_needed": True}, LevelSwitch(1)),
        (None, {}, {"level_needed": True}, LevelSwitch(1)),
    ],
)
def test_a_limit_has_the_form_that_the_pump_needs(
    preset: Preset | None, options: dict[str, object], habits: dict[str, object], block: Block
) -> None:
    nozzle = 2 if habits.get("special_functions", True) else 1
    loop = Loop(nozzles=nozzle, options=options, habits=habits).start()
    loop.lift(nozzle)
    loop.done(Authorise(1, (nozzle,), preset))
    assert told(loop) == [block]
    assert loop.pump().released


@pytest.mark.parametrize("preset", [None, MONEY])
def test_a_pump_that_wants_a_level_and_can_not_say_so_is_found_out(preset: Preset | None) -> None:
    loop = Loop(nozzles=1, habits={"level_needed": True, "special_functions": False}, options={"money_digits": 6})
    loop.start().lift()
    loop.done(Authorise(1, (1,), preset))
    assert loop.pump().released
    loop.done(Stop(1))
    loop.wire.sent.clear()
    loop.done(Authorise(1, (1,), preset))
    assert loop.said(RELEASE) == 1, "and from then on it is named at once"


def test_a_limit_is_kept_by_the_pump_and_seen_by_the_station() -> None:
    for preset, volume in ((MONEY, 25_480), (VOLUME, 20_000)):
        loop = Loop().start()
        loop.lift(2)
        loop.done(Authorise(1, (2,), preset))
        loop.flow(40_000)
        assert loop.state() is PumpState.LIMIT_REACHED
        loop.hang_up()
        loop.wire.run(2 * SECOND)
        assert loop.read()[1][0] == volume


@pytest.mark.parametrize(
    "preset",
    [
        Preset(PresetKind.AMOUNT, 9),
        Preset(PresetKind.VOLUME, 90),
        Preset(PresetKind.VOLUME, 1_000_000),
        Preset(PresetKind.AMOUNT, 1_000_000),
    ],
    ids=str,
)
def test_a_limit_below_ten_counts_or_beyond_its_digits_is_refused_here(preset: Preset) -> None:
    loop = Loop().start()
    loop.lift()
    assert "preset to this limit" in loop.failed(Authorise(1, (1,), preset))
    assert told(loop) == []


def test_a_limit_is_never_rounded_up() -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,), Preset(PresetKind.VOLUME, 20_009)))
    assert told(loop) == [Limit(PresetKind.VOLUME, 2_000, 5, 1, (1,))]


def test_a_refused_block_is_offered_again_from_its_beginning_and_then_given_up() -> None:
    loop = Loop(options={"money_digits": 5}).start()
    loop.pump().lift(1, loop.wire.now)
    loop.wire.run(SECOND)
    assert "refuses the data" in loop.failed(Authorise(1, (1,), MONEY))
    assert len(told(loop)) == 3
    offers = [at for at, action in loop.wire.exchanges if action.data == b"\x21"]
    assert len(offers) == 1 + 3, "each time offered anew; and once for the nozzle"
    assert min(after - before for before, after in pairwise(offers)) >= 2 * SECOND
    assert loop.said(RELEASE) == 0
    assert not loop.pump().released


def test_no_block_is_sent_to_a_pump_that_does_not_say_that_it_listens() -> None:
    loop = Loop(nozzles=1).start()
    loop.lift()
    loop.wire.exchanges.clear()
    hear = loop.pump().hear
    loop.pump().hear = lambda code, now: b"" if code == 2 else hear(code, now)  # type: ignore[method-assign]
    assert "refuses the data" in loop.failed(Authorise(1, (1,), MONEY))
    assert loop.blocks() == []


def test_a_limit_left_by_somebody_else_is_forgotten_before_the_next_block() -> None:
    """The agent died between preset and release; the pump takes no more data until it is stopped."""
    loop = Loop().start()
    loop.lift()
    assert loop.pump().take(Limit(PresetKind.AMOUNT, 5_000, 6), loop.wire.now)
    loop.done(Authorise(1, (1,), MONEY))
    loop.flow(40_000)
    loop.hang_up()
    loop.wire.run(2 * SECOND)
    assert loop.read()[1][1] == 20_000
