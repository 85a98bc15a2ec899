"""What a Chinese receipt printer can be sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.printers.gbk import UNKNOWN, columns, encode, printable


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("实付 ¥200.00", "实付 ￥200.00"),
        ("京A·12345", "京A·12345"),
        ("95号汽油，25.48升：", "95号汽油，25.48升："),
        ("€5 − 3", "EUR5 - 3"),
        ("加油🚗吧", f"加油{UNKNOWN}吧"),
        ("☺️", UNKNOWN),
        ("𠮷田", f"{UNKNOWN}田"),
        ("ﬁne Å é", "fine A é"),
        ("a\u200bb\u0301", "ab"),
        ("no\u00a0break", "no break"),
    ],
)
def test_each_character_by_its_rule(written: str, printed: str) -> None:
    assert printable(written) == printed


def test_f105_the_yen_sign_is_one_full_width_character_and_never_four_bytes() -> None:
    assert encode("¥") == encode("￥") == b"\xa3\xa4"
    assert "¥".encode("gb18030") == b"\x810\x846"  # what comes out as "0 6" beside the amount


def test_a_name_carries_no_command_to_the_printer() -> None:
    assert encode("王\x1b@\x1dV\x00\n芳") == "王 @ V  芳".encode("gbk")


@given(st.text())
def test_any_text_becomes_gbk_of_one_or_two_bytes_a_character(text: str) -> None:
    data = encode(text)
    assert all(len(char.encode("gbk")) <= 2 for char in printable(text))
    assert columns(text) == len(data) <= 3 * len(text) * 18  # the longest compatibility form has 18 characters
    assert not any(byte < 0x20 for byte in data)


@given(st.text())
def test_what_is_printable_stays_as_it_is(text: str) -> None:
    assert printable(printable(text)) == printable(text)
