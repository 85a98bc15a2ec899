"""A slip as the bytes that a printer takes."""

import subprocess
import sys

from hardware.printers.escpos import QrMethod, copy_of, job
from hardware.printers.slip import Align, Banner, BigRow, Feed, Gap, QrCode, Row, Slip, Text, Title

START = b"\x1b@\x1c&"
END = b"\x1bd\x06\x1dV\x01"


def test_a_job_begins_with_a_clean_printer_in_chinese_mode_and_ends_with_a_cut() -> None:
    assert job(Slip((Text("实付 ¥200.00"),)), 58) == START + "实付 ￥200.00\n".encode("gbk") + END


def test_what_a_line_needs_is_put_back_behind_it() -> None:
    title = b"\x1ba\x01\x1bE\x01\x1d!\x11" + "加油站".encode("gbk") + b"\n\x1d!\x00\x1bE\x00\x1ba\x00"
    assert job(Slip((Title("加油站"), Text("a", Align.RIGHT))), 58) == START + title + b"\x1ba\x02a\n\x1ba\x00" + END


def test_big_rows_banners_and_air() -> None:
    slip = Slip((BigRow("实付", "￥9"), Banner("重打 #2"), Gap(8), Feed(2)))
    assert job(slip, 58) == (
        START
        + b"\x1bE\x01\x1d!\x11" + "实付         ￥9".encode("gbk") + b"\n\x1d!\x00\x1bE\x00"
        + b"\x1dB\x01\x1d!\x11" + "    重打 #2     ".encode("gbk") + b"\n\x1d!\x00\x1dB\x00"
        + b"\x1bJ\x08\x1bd\x02"
        + END
    )  # fmt: skip


def test_the_printer_draws_the_qr_code_itself() -> None:
    code = (
        b"\x1d(k\x04\x001A2\x00" b"\x1d(k\x03\x001C\x06" b"\x1d(k\x03\x001E1" b"\x1d(k\x0a\x001P0JYS:a-1"
        b"\x1d(k\x03\x001Q0"
    )  # fmt: skip
    assert job(Slip((QrCode("JYS:a-1"),)), 58) == START + b"\x1ba\x01" + code + b"\n\x1ba\x00" + END


def test_or_we_draw_it_for_a_printer_that_cannot() -> None:
    data = job(Slip((QrCode("JYS:a-1", size=4),)), 58, QrMethod.RASTER)
    assert data.startswith(START + b"\x1ba\x01\x1dv0\x00\x0b\x00\x54\x00")  # 11 bytes by 84 dots: 21 modules of 4
    assert len(data) == len(START) + 3 + 8 + 11 * 84 + 4 + len(END)


def test_no_code_page_is_ever_chosen() -> None:
    assert b"\x1bt" not in job(Slip((Title("站"), Row("a", "b"), QrCode("x"))), 80)


def test_a_copy_is_the_very_bytes_of_the_original_under_a_banner() -> None:
    original = job(Slip((Row("实付", "￥180.00"),)), 58)
    copy = copy_of(original, Slip((Banner("重打 #2"),)), 58)
    assert copy.endswith(original)
    assert "重打 #2".encode("gbk") in copy.removesuffix(original)
    assert copy.count(b"\x1dV") == 1


def test_a_full_disk_keeps_no_agent_from_starting_for_its_printers_sake() -> None:
    """python-escpos writes a cache into a new temporary folder whenever its printer class is imported."""
    look = (
        "import sys, hardware.printers.registry, hardware.printers.escpos; print('escpos.capabilities' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", look], capture_output=True, check=True, text=True).stdout == "False\n"
