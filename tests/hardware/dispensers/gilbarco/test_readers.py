"""Which bytes answer a question, and which belong to another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.dispensers.gilbarco.readers import (
    BlockReader,
    Echo,
    SpecialReader,
    StatusReader,
    read_block,
    read_money,
)
from hardware.dispensers.gilbarco.words import Code, Status
from hardware.polling.dialogue import Reader
from hardware.ports import Blemish
from tests.hardware.dispensers.gilbarco import golden

SALE = bytes.fromhex(next(iter(golden.TRANSACTIONS)))
"""Of pump 2."""
REPLY = bytes.fromhex(next(iter(golden.REPLIES)))
"""Of pump 1, to function 010."""
PLAIN = frozenset(Status) - {Status.SEND_DATA, Status.DATA_ERROR}


def answer(reader: Reader, data: bytes) -> tuple[bytes, list[Blemish], bytes]:
    """What a reader takes for the answer, what it found wrong before that, and what it left."""
    blemishes = []
    while (taken := reader(data)).used:
        data = data[taken.used :]
        if taken.blemish is not None:
            blemishes.append(taken.blemish)
        elif taken.answer:
            return taken.answer, blemishes, data
    return b"", blemishes, data


def poll(pump: int = 1, *, after_block: bool = False, echo: Echo | None = None) -> StatusReader:
    expected = PLAIN | {Status.DATA_ERROR} if after_block else PLAIN
    return StatusReader(pump, Code.STATUS, expected, echo or Echo())


# ── Statuses ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_status_is_taken_from_its_own_pump_only() -> None:
    assert answer(poll(), b"\x61") == (b"\x61", [], b"")
    assert answer(poll(), b"\x62") == (b"", [Blemish.ORPHAN], b"")
    assert answer(poll(16), b"\x60") == (b"\x60", [], b"")


def test_a_poll_that_comes_back_is_no_data_error() -> None:
    echo = Echo()
    assert answer(poll(echo=echo), b"\x01\x61") == (b"\x61", [], b"")
    assert echo.heard
    assert answer(poll(echo=echo), b"\x61") == (b"\x61", [], b"")
    assert not echo.heard


@pytest.mark.parametrize(
    ("echoes", "heard", "status"),
    [(False, "01", "01"), (True, "01 61", "61"), (True, "01 01", "01"), (True, "01", ""), (False, "61", "61")],
)
def test_behind_a_block_a_data_error_is_told_from_the_echo(echoes: bool, heard: str, status: str) -> None:
    reader = poll(after_block=True, echo=Echo(heard=echoes))
    assert answer(reader, bytes.fromhex(heard))[0] == bytes.fromhex(status)


def test_the_echo_of_a_question_for_money_is_no_off() -> None:
    assert answer(read_money, b"\x61" + bytes.fromhex(golden.MONEY))[0] == bytes.fromhex(golden.MONEY)


def test_a_word_that_only_another_question_awaits_is_not_taken() -> None:
    reader = StatusReader(1, Code.DATA_NEXT, frozenset((Status.SEND_DATA,)), Echo())
    assert answer(reader, b"\x61") == (b"", [Blemish.ORPHAN], b"")
    assert answer(poll(), b"\xd1")[0] == b""


def test_late_digits_of_a_special_function_are_no_end_of_sale() -> None:
    """B1 is the digit 1 and the FEOT of pump 1, C1 the digit A and its STOP."""
    for cut in range(len(REPLY)):
        late = answer(poll(1), REPLY[cut:])
        assert len(late[0]) == 0 or late[2], f"{late} would be believed"
    assert answer(poll(1), REPLY[:-5])[0] == b""


def test_late_words_of_a_block_are_noise_before_a_status() -> None:
    got, blemishes, rest = answer(poll(2), SALE + b"\x62")
    assert (got, rest) == (b"\x62", b"")
    assert set(blemishes) == {Blemish.NOISE}


# ── Blocks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sale_is_taken_from_its_own_pump_and_never_for_totals() -> None:
    assert answer(BlockReader(2, totals=False), SALE) == (SALE, [], b"")
    assert answer(BlockReader(1, totals=False), SALE) == (b"", [Blemish.ORPHAN], b"")
    assert answer(BlockReader(2, totals=True), SALE) == (b"", [Blemish.ORPHAN], b"")


def test_a_spoilt_block_is_misread_and_the_next_one_taken() -> None:
    spoilt = SALE[:20] + b"\0" + SALE[21:]
    for before in (spoilt, SALE[:-9]):
        assert answer(BlockReader(2, totals=False), before + SALE) == (SALE, [Blemish.MISREAD], b"")


def test_a_block_is_awaited_to_its_end() -> None:
    for size in range(len(SALE)):
        assert answer(BlockReader(2, totals=False), SALE[:size])[0] == b""


def test_an_answer_of_a_special_function_names_pump_and_function() -> None:
    assert answer(SpecialReader(1, 0x010), REPLY) == (REPLY, [], b"")
    assert answer(SpecialReader(1, 0x010), REPLY + b"\xf0") == (REPLY, [], b""), "the trailer goes with it"
    assert answer(SpecialReader(2, 0x010), REPLY)[:2] == (b"", [Blemish.ORPHAN])
    assert answer(SpecialReader(1, 0x001), REPLY)[:2] == (b"", [Blemish.ORPHAN])
    assert answer(SpecialReader(1, 0x010), REPLY.replace(b"\xc3\xc1", b"\xc3\xc2"))[:2] == (b"", [Blemish.MISREAD])


def test_an_end_of_sale_of_pump_10_is_no_beginning_of_an_answer() -> None:
    assert answer(SpecialReader(1, 0x010), b"\xba" + REPLY) == (REPLY, [Blemish.NOISE], b"")


@given(st.binary(max_size=300), st.integers(1, 16))
def test_no_reader_keeps_more_than_one_answer_may_need(data: bytes, pump: int) -> None:
    readers: list[Reader] = [
        poll(pump), read_block, read_money, SpecialReader(pump, 0x010),
        BlockReader(pump, totals=True), BlockReader(pump, totals=False),
    ]  # fmt: skip
    for reader in readers:
        got, _, rest = answer(reader, data)
        assert got or len(rest) < 190
