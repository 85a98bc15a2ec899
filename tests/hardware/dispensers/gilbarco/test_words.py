"""Words and blocks, against what specifications and captures show."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.dispensers.gilbarco import blocks, special
from hardware.dispensers.gilbarco.blocks import Block, LevelSwitch, Limit, Price, Special
from hardware.dispensers.gilbarco.explain import cut, explain
from hardware.dispensers.gilbarco.readings import (
    GradeTotals,
    Transaction,
    decode_totals,
    decode_transaction,
    encode_totals,
    encode_transaction,
)
from hardware.dispensers.gilbarco.special import Reply
from hardware.dispensers.gilbarco.words import Code, Status, address, closed, digits, nibble, number, opened, word
from hardware.errors import FrameMisread
from shared.sale import PresetKind
from tests.hardware.dispensers.gilbarco import golden


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


# ── As the sources show them ──────────────────────────────────────────────────────────────────────────────────────────


def test_pump_16_has_the_nibble_0() -> None:
    assert [word(Code.STATUS, pump) for pump in (1, 15, 16)] == [b"\x01", b"\x0f", b"\x00"]
    assert [address(nibble(pump)) for pump in range(1, 17)] == list(range(1, 17))


def test_numbers_go_least_significant_digit_first() -> None:
    assert digits(785, 4) == raw("E5 E8 E7 E0")
    assert number(raw(golden.MONEY)) == 42_900


def test_the_check_is_a_sum_and_no_exclusive_or() -> None:
    opened(raw(golden.LRC_EXAMPLE))
    with pytest.raises(FrameMisread, match="should be ED"):
        opened(raw(golden.LRC_EXAMPLE.replace("ED", "E5")))


@pytest.mark.parametrize("text", golden.BLOCKS)
def test_blocks_of_the_console_are_written_as_they_were_captured(text: str) -> None:
    assert blocks.encode(golden.BLOCKS[text]) == raw(text)
    assert blocks.decode(raw(text)) == golden.BLOCKS[text]


def test_the_data_length_is_that_of_the_table() -> None:
    for table in (golden.DATA_LENGTHS, golden.RANGES):
        for length, block in table.items():
            assert blocks.encode(block)[1] == length, block
            assert blocks.decode(blocks.encode(block)) == block


def test_a_block_of_the_wrong_length_is_refused() -> None:
    block = bytearray(raw("FF EC F4 FB E6 F0"))
    block[1], block[4] = 0xE5, 0xED  # the length that the specification prints for it, with a right check
    with pytest.raises(FrameMisread, match="data length"):
        blocks.decode(bytes(block))


@pytest.mark.parametrize("text", golden.TRANSACTIONS)
def test_sales_are_read_as_they_were_captured(text: str) -> None:
    assert decode_transaction(raw(text)) == golden.TRANSACTIONS[text]


def test_a_truncated_sale_is_none_and_an_extended_one_is_refused_with_a_sentence() -> None:
    with pytest.raises(FrameMisread):
        decode_transaction(raw(golden.TRUNCATED))
    block = raw(next(iter(golden.TRANSACTIONS)))
    longer = closed(block[:17] + b"\xe0" + block[17:-3])
    with pytest.raises(FrameMisread, match="standard format"):
        decode_transaction(longer)


def test_the_check_covers_low_nibbles_only_so_each_word_must_be_one() -> None:
    """Wrong parity is handed over as 00: in place of E0 the check still fits."""
    block = raw(next(iter(golden.TRANSACTIONS)))
    assert block[5] == 0xE0
    with pytest.raises(FrameMisread, match="no word"):
        decode_transaction(block[:5] + b"\0" + block[6:])


def test_an_error_is_read_with_its_hose() -> None:
    sale = Transaction(pump=16, grade=1, level=2, price=785, volume=1, money=1, hose=2, error=27)
    block = encode_transaction(sale)
    assert block[3:8] == raw("EB EF E2 EB E1")
    assert decode_transaction(block) == sale
    assert (sale.alarm, sale.alarm_code) == ("preset_too_small", 0x21B)


def test_the_other_forms_of_the_id_carry_no_error() -> None:
    block = bytearray(encode_transaction(Transaction(1, 1, 1, 785, 1, 1, hose=2, error=27))[:-3])
    for kind in (0xEA, 0xEC, 0xEF):
        block[3] = kind
        assert decode_transaction(closed(bytes(block))).hose == 0


@pytest.mark.parametrize("text", golden.REPLIES)
def test_special_functions_are_read_most_significant_digit_first(text: str) -> None:
    assert special.decode(raw(text)) == golden.REPLIES[text]
    assert special.encode(golden.REPLIES[text]) == raw(text)
    assert special.decode(raw(text) + b"\xf0") == golden.REPLIES[text], "modular pumps add F0"


def test_special_function_010_says_handle_and_grade() -> None:
    out, put_back, second = (special.selection(reply.message) for reply in golden.REPLIES.values())
    assert (out.grade, put_back.grade, second.grade) == (1, 0, 2)
    assert (out.level_needed, put_back.level_needed, second.level_needed) == (False, False, False)


def test_special_functions_say_version_units_and_digits() -> None:
    assert special.version("05110093011001234560001") == "Gilbarco, program 05110 of 11-09-30"
    assert special.configuration("02030000000000") == special.Configuration(litres=True, money_digits=5)
    assert special.configuration("02010000000100") == special.Configuration(litres=False, money_digits=6)
    with pytest.raises(FrameMisread):
        special.configuration("0203000000")


# ── There and back, and anything ──────────────────────────────────────────────────────────────────────────────────────

_DIGIT = st.integers(0, 9)
_NIBBLE = st.integers(0, 15)
_GRADES = st.lists(st.integers(1, 8), min_size=1, max_size=8, unique=True).map(lambda each: tuple(sorted(each)))
_BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Price, st.integers(1, 6), st.integers(1, 2), st.integers(0, 9_999)),
    st.builds(LevelSwitch, st.integers(1, 2)),
    st.builds(Special, st.integers(0, 0xFFF)),
    st.builds(Limit, st.sampled_from(PresetKind), st.integers(0, 99_999), st.integers(5, 6), st.integers(0, 2)),
    st.builds(Limit, st.sampled_from(PresetKind), st.integers(0, 99_999), st.just(5), st.integers(0, 2), _GRADES).map(
        lambda block: Limit(block.kind, block.value, 5, block.level, block.grades, ranged=True)
    ),
)
_SIX = st.integers(0, 999_999)
_SALES = st.builds(
    Transaction,
    pump=st.integers(1, 16), grade=st.integers(1, 6), level=st.integers(1, 2), price=st.integers(0, 9_999),
    volume=_SIX, money=_SIX, hose=st.integers(1, 6), error=st.integers(0, 31),
)  # fmt: skip
_EIGHT = st.integers(0, 99_999_999)
_TOTALS = st.lists(
    st.builds(GradeTotals, st.integers(1, 6), _EIGHT, _EIGHT, st.integers(0, 9_999), st.integers(0, 9_999)),
    min_size=1,
    max_size=6,
).map(tuple)


@given(_BLOCKS, _SALES, _TOTALS)
def test_what_is_written_is_read(block: Block, sale: Transaction, totals: tuple[GradeTotals, ...]) -> None:
    assert blocks.decode(blocks.encode(block)) == block
    assert decode_transaction(encode_transaction(sale)) == sale
    assert decode_totals(encode_totals(totals)) == totals
    assert len(encode_transaction(sale)) == 33
    assert len(encode_totals(totals)) == 4 + 30 * len(totals)


@given(st.integers(1, 16), st.integers(0, 0xFFF), st.binary(max_size=30))
def test_special_functions_there_and_back(pump: int, function: int, message: bytes) -> None:
    reply = Reply(pump, function, message.hex().upper())
    assert special.decode(special.encode(reply)) == reply


@given(st.one_of(st.binary(max_size=60), st.lists(_NIBBLE.map(lambda n: 0xE0 | n), max_size=40).map(bytes)))
def test_any_bytes_are_read_or_misread(data: bytes) -> None:
    for read in (blocks.decode, decode_transaction, decode_totals, special.decode):
        for candidate in (data, closed(b"\xff" + data)):
            with suppress(FrameMisread):
                read(candidate)


# ── In plain words ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_stream_is_cut_into_words_blocks_and_answers() -> None:
    sale, reply = raw(next(iter(golden.TRANSACTIONS))), raw(next(iter(golden.REPLIES)))
    parts = [b"\x61", sale, reply + b"\xf0", b"\x91", raw(golden.MONEY), b"\xba"]
    assert cut(b"".join(parts)) == parts


def test_words_are_explained() -> None:
    told = {text: explain(raw(text)) for text in ("11", "71", "91", "ba", "fc", "d0", "01", "60", golden.MONEY)}
    assert {text: (said["direction"], said["kind"], said["address"]) for text, said in told.items()} == {
        "11": ("controller", "authorise", 1),
        "71": ("pump", "call", 1),
        "91": ("pump", "busy", 1),
        "ba": ("pump", "feot", 10),
        "fc": ("controller", "all stop", None),
        "d0": ("pump", "send data", 16),
        "01": (None, "status asked, or data error", 1),
        "60": (None, "money asked, or off", 16),
        golden.MONEY: ("pump", "running money", None),
    }


def test_blocks_are_explained() -> None:
    sale = explain(raw(next(iter(golden.TRANSACTIONS))))
    assert (sale["address"], sale["direction"], sale["kind"]) == (2, "pump", "last sale")
    assert sale["transactions"][0]["volume"] == 23_360
    preset = explain(raw("FF E6 F2 F8 E0 E0 E0 E0 E1 FB E5 F0"))
    assert (preset["direction"], preset["kind"], preset["transactions"][0]["value"]) == ("controller", "preset", 10_000)
    asked = explain(raw("FF E9 FE EE E0 E0 FB E1 F0"))
    assert asked["transactions"][0]["function"] == "00E"
    totals = explain(encode_totals((GradeTotals(1, 1, 2, 785, 785), GradeTotals(2, 3, 4, 736, 736))))
    assert [grade["grade"] for grade in totals["transactions"]] == [1, 2]
    reply = explain(raw(next(iter(golden.REPLIES))))
    assert (reply["address"], reply["transactions"][0]["message"]) == (1, "010111")


def test_what_can_not_be_read_is_said() -> None:
    assert "check" in explain(raw("FF EC F4 FB E7 F0"))["error"]
    assert "no word by itself" in explain(raw("F1"))["error"]
    assert "one a line" in explain(raw("61 62"))["error"]
    assert explain(b"")["error"]


def test_every_status_and_code_has_a_word() -> None:
    for code in {*Code, *Status}:
        assert explain(word(code, 3))["address"] == 3
