"""How a slip falls into lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.printers.gbk import columns, printable
from hardware.printers.slip import (
    COLUMNS,
    Align,
    Banner,
    BigRow,
    Line,
    Part,
    QrCode,
    Row,
    Rule,
    Slip,
    Text,
    Title,
    lines,
    row,
    wrap,
)


def laid_out(*parts: Part, width: int = 58) -> list[str]:
    return [line.text for line in lines(Slip(parts), width) if isinstance(line, Line)]


def test_a_row_has_its_name_left_and_its_value_right() -> None:
    assert laid_out(Row("单价 Price", "￥7.85/升")) == ["单价 Price" + " " * 13 + "￥7.85/升"]


def test_a_value_too_long_for_its_row_goes_below_it() -> None:
    assert laid_out(Row("单号 No.", "a-very-long-station-1767225600-42")) == [
        "单号 No." + " " * 24,
        "a-very-long-station-1767225600-4",
        " " * 31 + "2",
    ]


def test_a_name_too_long_for_its_row_is_wrapped_and_the_value_stands_in_its_last_line() -> None:
    assert laid_out(Row("优惠 周末满二百减二十元夏季大酬宾第三期", "-￥20.00")) == [
        "优惠 周末满二百减二十元夏季大酬 ",
        "宾第三期" + " " * 16 + "-￥20.00",
    ]


def test_the_row_that_the_customer_looks_for_is_counted_twice_as_wide() -> None:
    assert laid_out(BigRow("实付", "￥180.00")) == ["实付    ￥180.00"]


def test_a_banner_fills_the_whole_width() -> None:
    assert laid_out(Banner("重打 #2"), width=80) == [" " * 8 + "重打 #2" + " " * 9]


def test_a_rule_crosses_the_paper() -> None:
    assert laid_out(Rule(), width=80) == ["-" * 48]
    assert laid_out(Rule("＝"), width=58) == ["＝" * 16]


def test_text_breaks_between_words_and_between_chinese_characters() -> None:
    assert wrap("谢谢惠顾，欢迎再次光临。Thank you for coming", 16) == [
        "谢谢惠顾，欢迎再",
        "次光临。Thank",
        "you for coming",
    ]


def test_a_line_neither_begins_with_a_full_stop_nor_ends_with_an_opening_bracket() -> None:
    assert wrap("一二三四五六七八。", 16) == ["一二三四五六七", "八。"]
    assert wrap("一二三四五六七（八）", 16) == ["一二三四五六七", "（八）"]
    assert wrap("共￥200", 6) == ["共", "￥200"]


def test_a_word_longer_than_the_paper_is_broken() -> None:
    assert wrap("x" * 40, 32) == ["x" * 32, "x" * 8]


def test_a_slip_is_longer_by_another() -> None:
    assert Slip((Rule(),)) + Slip((Text("a"),)) == Slip((Rule(), Text("a")))


def test_paper_of_another_width_is_unknown() -> None:
    with pytest.raises(KeyError):
        list(lines(Slip((Text("a"),)), 76))


@given(st.text(), st.integers(2, 48))
def test_no_line_is_wider_than_its_room_and_no_character_is_lost(text: str, room: int) -> None:
    wrapped = wrap(text, room)
    assert all(columns(line) <= room for line in wrapped)
    kept = "".join("".join(wrapped).split())
    assert kept == "".join("".join(map(printable, text.split("\n"))).split())


@given(st.text(), st.text(), st.sampled_from(sorted(COLUMNS.values())))
def test_a_row_is_exactly_as_wide_as_its_room(left: str, right: str, room: int) -> None:
    assert {columns(line) for line in row(left, right, room)} == {room}


@given(st.text(), st.sampled_from(list(Align)), st.sampled_from(sorted(COLUMNS)))
def test_everything_fits_the_paper(text: str, align: Align, width: int) -> None:
    slip = Slip((Title(text), Banner(text), Text(text, align), Row(text, text), BigRow(text, text), QrCode("JYS:x")))
    for line in lines(slip, width):
        if isinstance(line, Line):
            assert columns(line.text) * line.scale <= COLUMNS[width]
