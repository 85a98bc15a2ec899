"""Frames of twelve bytes: the golden ones, their check and what it leaves out, and which answer is whose."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.dispensers.lanfeng.explain import explain
from hardware.dispensers.lanfeng.frames import Code, Frame, cut, decode, encode, question, reader
from hardware.dispensers.lanfeng.readings import Standing, read_standing, read_total, write_standing, write_total
from hardware.errors import FrameMisread
from hardware.polling.dialogue import NOT_YET, Taken
from hardware.ports import Blemish
from tests.hardware.dispensers.lanfeng.golden import GOLDEN

IDLE = Standing(price=785, amount=15_700, volume=2_000, out=False, controlled=True, released=False)
golden = pytest.mark.parametrize(("hexadecimal", "said"), GOLDEN.items())
frames = st.builds(Frame, gun=st.integers(1, 32), body=st.binary(min_size=10, max_size=10))


@golden
def test_what_the_notes_print_is_what_is_sent(hexadecimal: str, said: tuple[Code, str]) -> None:
    code, data = said
    assert question(1, code, bytes.fromhex(data)) == bytes.fromhex(hexadecimal)
    assert decode(bytes.fromhex(hexadecimal)).code is code


@golden
def test_what_the_notes_print_is_explained(hexadecimal: str, said: tuple[Code, str]) -> None:
    found = explain(bytes.fromhex(hexadecimal))
    assert (found["address"], found["error"]) == (1, None)
    assert found["transactions"][0]["name"] == f"{said[0]:02X}"


def test_an_answer_to_a_query_in_plain_words() -> None:
    """41 idle, C1 calling, C2 fuelling; without bit 40h the pump sells by itself."""
    raw = bytes.fromhex("01 00 07 85 01 57 00 00 20 00 41 BB")
    assert read_standing(raw) == IDLE
    assert write_standing(1, IDLE) == raw
    assert explain(raw)["direction"] == "pump"
    by_status = {status: _standing(status) for status in (0x41, 0xC1, 0xC2, 0x01, 0x82)}
    assert [said.out for said in by_status.values()] == [False, True, True, False, True]
    assert [said.released for said in by_status.values()] == [False, False, True, False, True]
    assert [said.controlled for said in by_status.values()] == [True, True, True, False, False]


def _standing(status: int) -> Standing:
    return read_standing(encode(Frame(1, bytes(9) + bytes((status,)))))


@pytest.mark.parametrize("status", [0x00, 0x43, 0x51, 0xE1])
def test_a_status_that_nobody_knows_is_no_reading(status: int) -> None:
    with pytest.raises(FrameMisread, match="no known status"):
        _standing(status)


def test_totals_are_twelve_digits() -> None:
    raw = write_total(1, Code.TOTAL_VOLUME, 123_456_789_012)
    assert raw[5:11].hex() == "123456789012"
    assert read_total(raw) == 123_456_789_012


def test_the_check_leaves_the_gun_number_out() -> None:
    """An answer of gun 1 with a spoilt first byte looks like a good one of gun 2: it is nobody's answer then."""
    answer = write_standing(1, IDLE)
    spoilt = b"\x02" + answer[1:]
    assert decode(spoilt).gun == 2
    assert reader(1, Code.QUERY)(spoilt) == Taken(12, blemish=Blemish.ORPHAN)
    assert reader(1, Code.QUERY)(answer) == Taken(12, answer)


def test_twelve_bytes_alone_are_no_answer() -> None:
    """A late answer to a query does not pass for that to a stop, nor the other way round."""
    standing, stopped = write_standing(1, IDLE), question(1, Code.STOP)
    assert reader(1, Code.STOP)(standing) == Taken(12, blemish=Blemish.ORPHAN)
    assert reader(1, Code.QUERY)(stopped) == Taken(12, blemish=Blemish.ORPHAN)
    assert reader(1, Code.FUEL)(stopped) == Taken(12, blemish=Blemish.ORPHAN)
    assert reader(1, Code.STOP)(stopped) == Taken(12, stopped)


def test_a_query_that_the_line_hands_back_is_no_answer() -> None:
    asked, answer = question(1, Code.QUERY), write_standing(1, IDLE)
    assert reader(1, Code.QUERY)(asked + answer) == Taken(12, blemish=Blemish.ORPHAN)


def test_bytes_before_an_answer_are_noise_and_a_wrong_check_is_a_misread() -> None:
    answer = write_standing(1, IDLE)
    read = reader(1, Code.QUERY)
    assert read(b"\x55\x01" + answer) == Taken(2, blemish=Blemish.NOISE)
    assert read(answer[:3] + b"\x99" + answer[4:]) == Taken(12, blemish=Blemish.MISREAD)
    assert read(answer[:7]) is NOT_YET


@given(frames)
def test_every_frame_there_and_back(frame: Frame) -> None:
    assert decode(encode(frame)) == frame
    assert cut(encode(frame) * 2) == [encode(frame)] * 2


@given(st.binary(max_size=40))
def test_any_bytes_only_raise_what_is_declared(data: bytes) -> None:
    for read in (decode, read_standing, read_total):
        with suppress(FrameMisread):
            read(data)
    assert b"".join(cut(data)) == data
    assert set(explain(data)) >= {"address", "direction", "kind", "transactions", "error"}
    for code in Code:
        taken = reader(1, code)(data)
        assert 0 <= taken.used <= len(data)


@given(st.integers(0, 9_999), st.integers(0, 999_999), st.integers(0, 999_999), st.booleans(), st.booleans())
def test_every_standing_there_and_back(price: int, amount: int, volume: int, out: bool, released: bool) -> None:
    said = Standing(price, amount, volume, out, controlled=not out, released=released)
    assert read_standing(write_standing(7, said)) == said
