"""Quiet on the loop: between words, after words without an answer, between two blocks; and who is asked in between."""

from itertools import pairwise

import pytest

from hardware.dispensers.gilbarco.protocol import PROTOCOL
from hardware.ports import Authorise, LineSettings, PointSilent, SetPrices, Stop, Transmit
from shared.sale import Preset, PresetKind
from tests.hardware.dispensers.gilbarco.loop import SECOND, Loop

TWENTY_YUAN = Preset(PresetKind.AMOUNT, 2_000)
POLL, RELEASE, DATA_NEXT, STOP, TOTALS = 0x01, 0x11, 0x21, 0x31, 0x51


def sent(loop: Loop) -> list[tuple[int, Transmit]]:
    return loop.wire.exchanges


def ended(loop: Loop, at: int, action: Transmit) -> int:
    """When the last word had left."""
    words = len(action.data)
    return at + words * PROTOCOL.line.byte_micros + (words - 1) * action.spacing


def gaps_after(loop: Loop, word: int) -> list[int]:
    """The quiet between this word and what was sent next."""
    pairs = [(at, action, later) for (at, action), (later, _) in pairwise(sent(loop)) if action.data[0] == word]
    return [later - ended(loop, at, action) for at, action, later in pairs]


def test_words_of_a_block_are_far_apart_until_every_pump_of_the_loop_has_said_that_it_is_quick() -> None:
    loop = Loop(2)
    loop.wire.until(lambda: len(loop.blocks()) == 4, 60)
    assert [block.spacing for block in loop.blocks()] == [69_000, 69_000, 6_000, 6_000]
    assert [block.data[3:5].hex() for block in loop.blocks()] == ["e1e0", "e1e0", "eee0", "eee0"]


def test_one_pump_without_special_functions_keeps_the_whole_loop_slow() -> None:
    loop = Loop(habits={"special_functions": False}).start()
    loop.done(SetPrices(1, {1: 7_460, 2: 7_850}))
    assert {block.spacing for block in loop.blocks()} == {69_000}


@pytest.mark.parametrize(("words", "spacing"), [("slow", 69_000), ("fast", 6_000), ("none", 0)])
def test_the_quiet_between_words_can_be_fixed_for_a_line(words: str, spacing: int) -> None:
    loop = Loop(options={"words": words}).start()
    loop.lift()
    loop.done(Authorise(1, (1,), TWENTY_YUAN))
    assert {block.spacing for block in loop.blocks()} == {spacing}


def test_a_pump_that_is_slower_than_it_said_is_told_again_slowly() -> None:
    loop = Loop(habits={"slow_words": True}).start()
    loop.lift()
    loop.wire.exchanges.clear()
    loop.done(Authorise(1, (1,), TWENTY_YUAN))
    assert [block.spacing for block in loop.blocks()] == [6_000, 69_000]
    assert loop.pump().released
    loop.done(Stop(1))
    loop.done(SetPrices(1, {1: 7_460, 2: 7_850}))
    loop.done(SetPrices(1, {1: 7_360, 2: 7_850}))
    assert [block.spacing for block in loop.blocks()][-3:] == [69_000] * 3, "and slowly for good when that goes on"


def test_no_poll_follows_too_soon_on_what_has_no_answer() -> None:
    loop = Loop().start()
    loop.lift()
    loop.done(Authorise(1, (1,), TWENTY_YUAN))
    loop.done(Stop(1))
    assert gaps_after(loop, RELEASE)
    assert gaps_after(loop, STOP)
    assert min(gaps_after(loop, RELEASE) + gaps_after(loop, STOP)) >= 68_000
    presets = [block for block in loop.blocks() if block.data[2] == 0xF2]
    assert presets
    at = next(n for n, (_, action) in enumerate(sent(loop)) if action is presets[0])
    assert sent(loop)[at + 1][0] - ended(loop, *sent(loop)[at]) >= 68_000, "t3"


def test_two_seconds_pass_between_two_blocks_to_a_pump_and_the_others_are_polled_meanwhile() -> None:
    loop = Loop(2).start()
    loop.done(SetPrices(1, {1: 7_460, 2: 7_950}))
    times = [at for at, action in sent(loop) if action.data == bytes((DATA_NEXT,))]
    assert len(times) == 4, "two grades on two levels"
    assert min(after - before for before, after in pairwise(times)) >= 2 * SECOND
    others = [at for at, action in sent(loop) if action.data == b"\x02"]
    assert sum(times[0] < at < times[1] for at in others) > 5


def test_nobody_else_is_asked_between_a_preset_and_its_release_and_a_tenth_of_a_second_passes() -> None:
    loop = Loop(3).start()
    loop.lift()
    loop.done(Authorise(1, (1,), TWENTY_YUAN))
    words = [action.data for _, action in sent(loop)]
    preset = next(n for n, data in enumerate(words) if data[:1] == b"\xff" and data[2] == 0xF2)
    assert words[preset - 1 : preset + 4] == [b"\x21", words[preset], b"\x01", b"\x11", b"\x01"]
    assert sent(loop)[preset + 2][0] - ended(loop, *sent(loop)[preset + 1]) >= 100_000


def test_a_second_passes_before_prices_are_read_back() -> None:
    loop = Loop().start()
    loop.done(SetPrices(1, {1: 7_460, 2: 7_850}))
    last = max(at for at, action in sent(loop) if action.data[0] == 0xFF)
    assert min(at for at, action in sent(loop) if action.data == bytes((TOTALS,)) and at > last) >= last + SECOND


def test_a_pump_is_asked_five_times_before_it_is_silent() -> None:
    loop = Loop().start()
    loop.pump().silence(True)
    first = len(sent(loop))
    loop.wire.until(lambda: loop.told(PointSilent))
    assert [action.data for _, action in sent(loop)[first:]] == [b"\x01"] * 5


def test_an_answer_is_awaited_as_long_as_slow_pumps_need() -> None:
    loop = Loop(options={"answer_ms": 300}).start()
    loop.wire.run(SECOND)
    assert {action.wait for _, action in sent(loop)} == {300_000 + PROTOCOL.line.byte_micros}


@pytest.mark.parametrize(
    ("line", "byte"), [(LineSettings(5760, 8, "E", 1), 1_910), (LineSettings(9600, 8, "N", 1), 1_042)]
)
def test_other_rates_are_settings_of_the_line(line: LineSettings, byte: int) -> None:
    session = PROTOCOL.session(Loop().points, line)
    action = session.next(0)
    assert isinstance(action, Transmit)
    assert action.wait == 120_000 + byte
