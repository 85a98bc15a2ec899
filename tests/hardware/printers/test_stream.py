"""Reading ESC/POS back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hardware.printers.escpos import job
from hardware.printers.slip import QrCode, Row, Slip, Text
from hardware.printers.stream import Char, NewLine, Order, Raster, Symbol, steps


def text_of(data: bytes) -> str:
    return "".join(step.char for step in steps(data) if isinstance(step, Char))


def test_text_is_gbk_in_chinese_mode() -> None:
    assert list(steps(b"\x1c&" + "￥1升".encode("gbk") + b"\n")) == [
        Order("FS &"),
        Char("￥", full=True),
        Char("1", full=False),
        Char("升", full=True),
        NewLine(),
    ]


def test_f105_utf8_and_four_byte_characters_come_out_as_the_junk_that_customers_saw() -> None:
    assert text_of(b"\x1c&" + "你好".encode()) == "浣犲ソ"
    assert text_of(b"\x1c&" + "¥".encode("gb18030"))[1::2] == "06"
    assert text_of("你".encode("gbk")) == "─π"  # Chinese mode was not chosen


@pytest.mark.parametrize(
    ("data", "step"),
    [
        (b"\x1ba\x01", Order("ESC a", b"\x01")),
        (b"\x1b@", Order("ESC @")),
        (b"\x1dV\x01", Order("GS V", b"\x01")),
        (b"\x1dVB\x00", Order("GS V", b"B\x00")),
        (b"\x10\x04\x01", Order("DLE EOT", b"\x01")),
        (b"\x1dv0\x00\x01\x00\x02\x00\xf0\x0f", Raster(8, 2, b"\xf0\x0f")),
        (b"\x1d(k\x03\x001C\x06", Symbol(49, 67, b"\x06")),
    ],
)
def test_commands_with_their_arguments(data: bytes, step: object) -> None:
    assert list(steps(data)) == [step]


@pytest.mark.parametrize(
    "data",
    [
        b"\x1d(E\x03\x00abc",
        b"\x1dk\x04ABC\x00",
        b"\x1dkI\x03{BA",
        b"\x1b*\x21\x01\x00abc",
        b"\x1bD\x08\x10\x00",
        b"\x1d(k\x01\x001",
    ],
)
def test_what_puts_nothing_of_ours_on_paper_is_stepped_over_whole(data: bytes) -> None:
    assert text_of(data + b"x") == "x"


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_command_that_is_cut_off_waits_for_the_rest(cut: int) -> None:
    assert list(steps(b"\x1dv0\x00\x01\x00\x02\x00\xf0\x0f"[:cut])) == []


@given(st.binary())
@example(b"\x1d(k")
@example(b"\x1d")
@example(b"\x1b*")
@example(b"\x1dv0\x00\x00\x00\x00\x00")
def test_any_bytes_give_some_steps(data: bytes) -> None:
    assert len(list(steps(b"\x1c&" + data))) <= len(data) + 1


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x7E)), st.text(alphabet="加油站￥升京沪·，"))
def test_what_was_laid_out_is_read_back(english: str, chinese: str) -> None:
    data = job(Slip((Row(english[:8], chinese[:8]), Text(chinese), QrCode("JYS:x"))), 80)
    assert "".join(text_of(data).split()) == "".join((english[:8] + chinese[:8] + chinese).split())
