"""The picture of a slip, drawn from the bytes that go to the printer."""

from io import BytesIO
from pathlib import Path

import pytest
import segno
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from hardware.printers import glyphs
from hardware.printers.escpos import QrMethod, job
from hardware.printers.picture import DOTS, render
from hardware.printers.slip import Align, BigRow, QrCode, Row, Slip, Text
from shared.errors import Unavailable
from tests.fakes.paper import MARGIN, ink, lines_of_print, shows

PLATE = Slip((Row("车牌", "京A·12345"), Row("油量", "25.48 升"), BigRow("实付", "￥180.00")))


@pytest.mark.parametrize("width", [58, 80])
def test_the_picture_is_as_wide_as_the_paper(width: int) -> None:
    assert ink(render(job(PLATE, width), width)).width == DOTS[width] + 2 * MARGIN


def test_f105_the_picture_shows_what_the_customer_must_be_able_to_read() -> None:
    png = render(job(PLATE, 58), 58)
    assert [shows(png, char) for char in "车牌京升"] == [1, 1, 1, 1]
    assert shows(png, "￥", scale=2, bold=True) == 1
    assert shows(png, "实", scale=2, bold=True) == 1


def test_f105_bytes_in_the_wrong_encoding_show_their_junk() -> None:
    png = render(b"\x1b@\x1c&" + "升￥".encode() + b"\n", 58)
    assert [shows(png, char) for char in "升￥"] == [0, 0]


@pytest.mark.parametrize("method", QrMethod)
def test_the_qr_code_is_the_one_that_was_asked_for(method: QrMethod) -> None:
    text = "JYS:zhongshan-1767225600-42"
    print_ = ink(render(job(Slip((QrCode(text, size=6),)), 80, method), 80))
    wanted = BytesIO()
    segno.make(text, error="m", micro=False, boost_error=method is QrMethod.RASTER).save(
        wanted, kind="png", scale=6, border=0
    )
    code = Image.open(wanted).convert("L").point(lambda grey: 255 - grey)
    box = print_.getbbox()
    assert box is not None
    assert print_.crop(box).tobytes() == code.tobytes()
    assert abs(box[0] + box[2] - print_.width) <= 2


def test_lines_stand_where_they_were_put() -> None:
    for align, edge in ((Align.LEFT, 0), (Align.RIGHT, DOTS[58] - 48)):
        box = ink(render(job(Slip((Text("加油", align),)), 58), 58)).getbbox()
        assert box is not None
        assert 0 <= box[0] - MARGIN - edge < 5


def test_f106_a_slip_of_200_lines_is_drawn_whole() -> None:
    slip = Slip(tuple(Row(f"第{n}笔", f"￥{n}.00") for n in range(1, 201)))
    png = render(job(slip, 58), 58)
    assert lines_of_print(png) == 200
    assert shows(png, "笔") == 200


def test_each_cut_begins_a_new_paper() -> None:
    one = job(Slip((Text("一"),)), 58)
    single, double = (Image.open(BytesIO(render(data, 58))) for data in (one, one + one))
    assert double.height == 2 * single.height


def test_a_line_too_long_goes_on_below_as_on_a_printer() -> None:
    assert lines_of_print(render(b"x" * 65 + b"\n", 58)) == 3


@settings(max_examples=60)
@given(st.binary(max_size=400))
@example(b"\x1d!\x77" + b"x\n" * 50)
@example(b"\x1bd\xff" * 200 + b"x\n")
@example(b"\x1d(k\x03\x001Q0")
@example(b"\x1d(k\x04\x001P0\xff\x1d(k\x03\x001Q0")
@example(b"\x1dv0\x00\xff\x00\x02\x00" + b"\xaa" * 510)
@example(b"\x1ba\xff\x1b3\x00x\ny\n\x1bJ\x00\x1dV\x00")
def test_any_bytes_give_a_picture(data: bytes) -> None:
    assert Image.open(BytesIO(render(b"\x1c&" + data, 58))).format == "PNG"


def test_without_a_chinese_font_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glyphs, "_WHEEL", "no_such_wheel")
    monkeypatch.setattr(glyphs, "_PLACES", (str(Path("/nowhere/font.ttc")),))
    with pytest.raises(Unavailable, match="fonts-wqy-microhei"):
        glyphs.font_file.__wrapped__()
