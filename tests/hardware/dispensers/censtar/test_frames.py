"""Frames of Censtar: the golden ones, lengths by command, 20-bit figures, and which answer is whose."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.dispensers.censtar.explain import explain
from hardware.dispensers.censtar.frames import QUESTIONS, Code, Frame, cut, decode, encode, reader
from hardware.dispensers.censtar.options import SaleForm, TotalsForm
from hardware.dispensers.censtar.readings import (
    Running,
    Sale,
    State,
    Status,
    Totals,
    read_price,
    read_running,
    read_sale,
    read_status,
    read_totals,
    read_verdict,
    write_price,
    write_running,
    write_sale,
    write_status,
    write_totals,
    write_verdict,
)
from hardware.errors import FrameMisread
from hardware.polling.dialogue import NOT_YET, Taken
from hardware.ports import Blemish
from tests.hardware.dispensers.censtar.golden import GOLDEN

ASKED = encode(Frame(Code.STATUS, 1))
IDLE = write_status(1, Status(State.IDLE, out=False, unread=False))
SALE = Sale(amount=15_700, volume=2_000, price=785, sequence=b"\x01\xfc")
golden = pytest.mark.parametrize(("hexadecimal", "said"), GOLDEN.items())
figures = st.integers(0, 2**20 - 1)


@golden
def test_what_the_notes_print_is_what_is_sent(hexadecimal: str, said: tuple[Code, str]) -> None:
    code, data = said
    raw = bytes.fromhex(hexadecimal)
    assert encode(Frame(code, 1, bytes.fromhex(data))) == raw
    assert decode(raw) == Frame(code, 1, bytes.fromhex(data))
    assert cut(raw * 3) == [raw] * 3


@golden
def test_what_the_notes_print_is_explained(hexadecimal: str, said: tuple[Code, str]) -> None:
    found = explain(bytes.fromhex(hexadecimal))
    assert (found["address"], found["error"]) == (1, None)
    assert found["transactions"][0]["name"] == f"{said[0]:02X}"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (0x03, Status(State.IDLE, out=False, unread=False)),
        (0x84, Status(State.CALLING, out=True, unread=False)),
        (0x88, Status(State.FUELLING, out=True, unread=False)),
        (0x13, Status(State.IDLE, out=False, unread=True)),
        (0x94, Status(State.CALLING, out=True, unread=True)),
    ],
)
def test_the_status_byte(status: int, said: Status) -> None:
    """Bit 7 nozzle up, bit 4 unread sale, low half the state."""
    raw = encode(Frame(Code.STATUS, 1, bytes((status,))))
    assert read_status(raw) == said
    assert write_status(1, said) == raw


@pytest.mark.parametrize("status", [0x00, 0x0A, 0x9F])
def test_a_status_that_nobody_knows_is_no_reading(status: int) -> None:
    with pytest.raises(FrameMisread, match="no known status"):
        read_status(encode(Frame(Code.STATUS, 1, bytes((status,)))))


def test_every_answer_stands_where_the_notes_say() -> None:
    price, running = write_price(1, 785), write_running(1, Running(volume=2_000, amount=15_700))
    totals, sale = write_totals(1, Totals(amount=12_345_678, volume=87_654_321)), write_sale(1, SALE)
    assert [len(raw) for raw in (price, running, totals, sale)] == [18, 13, 17, 36]
    assert price[4:6].hex() == "0785"
    assert (running[4:7].hex(), running[7:10].hex()) == ("002000", "015700")
    assert (totals[4:8].hex(), totals[8:12].hex()) == ("12345678", "87654321")
    assert (sale[19:21].hex(), sale[23:25]) == ("0785", b"\x01\xfc")


def test_the_two_figures_of_a_sale_share_a_byte() -> None:
    """The notes give the amount bytes 6 to 8 and the volume bytes 8 to 10: 20 bits each, and byte 8 is of both."""
    raw = write_sale(1, Sale(amount=0xABCDE, volume=0x12345, price=785, sequence=b"\0\1"))
    assert raw[6:11].hex() == "abcde12345"
    assert (read_sale(raw).amount, read_sale(raw).volume) == (0xABCDE, 0x12345)


def test_the_two_figures_of_a_sale_may_be_digits() -> None:
    raw = write_sale(1, SALE, SaleForm.DIGITS)
    assert raw[6:11].hex() == "1570002000"
    assert read_sale(raw, SaleForm.DIGITS) == SALE


def test_totals_may_be_binary() -> None:
    raw = encode(Frame(Code.TOTALS, 1, b"\0" + (123).to_bytes(4, "big") + (456_789).to_bytes(4, "big") + bytes(4)))
    assert read_totals(raw, TotalsForm.BINARY) == Totals(123, 456_789)


def test_a_limit_is_accepted_or_refused_and_nothing_between() -> None:
    assert read_verdict(write_verdict(Code.AMOUNT_LIMIT, 1, accepted=True))
    assert not read_verdict(write_verdict(Code.AMOUNT_LIMIT, 1, accepted=False))
    with pytest.raises(FrameMisread, match="neither"):
        read_verdict(encode(Frame(Code.AMOUNT_LIMIT, 1, b"\0\x11")))


def test_the_answer_is_told_from_those_of_other_pumps_and_commands() -> None:
    read = reader(ASKED)
    assert read(IDLE) == Taken(5, IDLE)
    assert read(write_status(2, Status(State.IDLE, out=False, unread=False))) == Taken(5, blemish=Blemish.ORPHAN)
    assert read(write_running(1, Running(1, 1)) + IDLE) == Taken(13, blemish=Blemish.ORPHAN)
    assert read(IDLE[:4]) is NOT_YET


def test_a_question_that_the_line_hands_back_is_no_answer() -> None:
    assert reader(ASKED)(ASKED + IDLE) == Taken(4, blemish=Blemish.ORPHAN)
    price = encode(Frame(Code.PRICE, 1, b"\x07\x85"))
    assert reader(price)(price) == Taken(6, blemish=Blemish.ORPHAN)


def test_bytes_before_an_answer_are_noise_and_a_wrong_check_is_a_misread() -> None:
    read = reader(ASKED)
    assert read(b"\x55\xfc" + IDLE) == Taken(2, blemish=Blemish.NOISE)
    assert read(IDLE[:3] + b"\0" + IDLE[4:]) == Taken(5, blemish=Blemish.MISREAD)


def test_fc_inside_an_answer_does_not_begin_another_one() -> None:
    raw = write_sale(1, SALE)
    assert raw.count(0xFC) == 2
    assert reader(encode(Frame(Code.READ_SALE, 1)))(raw) == Taken(36, raw)
    assert cut(raw + IDLE) == [raw, IDLE]


@pytest.mark.parametrize("data", [b"", b"\xbb", b"\0\xbb"])
def test_answers_of_unknown_form_are_taken_in_any_of_them(data: bytes) -> None:
    raw = encode(Frame(Code.AUTHORISE, 1, data))
    assert reader(encode(Frame(Code.AUTHORISE, 1)))(raw).answer == raw


@given(st.sampled_from(Code), st.integers(0, 255), st.data())
def test_every_question_there_and_back(code: Code, point: int, data: st.DataObject) -> None:
    size = QUESTIONS[code] - 4
    frame = Frame(code, point, data.draw(st.binary(min_size=size, max_size=size)))
    assert decode(encode(frame)) == frame


@given(figures, figures, st.integers(0, 9_999), st.binary(min_size=2, max_size=2))
def test_every_sale_there_and_back(amount: int, volume: int, price: int, sequence: bytes) -> None:
    said = Sale(amount, volume, price, sequence)
    assert read_sale(write_sale(3, said)) == said


@given(st.binary(max_size=60) | st.builds(lambda head, rest: head + rest, st.just(b"\xfc\x0d\x01"), st.binary()))
def test_any_bytes_only_raise_what_is_declared(data: bytes) -> None:
    for read in (decode, read_status, read_price, read_running, read_totals, read_sale):
        with suppress(FrameMisread):
            read(data)
    assert b"".join(cut(data)) == data
    assert set(explain(data)) >= {"address", "direction", "kind", "transactions", "error"}
    assert 0 <= reader(ASKED)(data).used <= len(data)
