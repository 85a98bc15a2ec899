"""Printers by their address."""

from pathlib import Path

import pytest

from hardware.errors import PrinterUnavailable
from hardware.printers.dialogue import Dialogue
from hardware.printers.registry import open_printer
from hardware.printers.virtual import VirtualPrinter


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("usb:0416:5011", Dialogue),
        ("usb:04b8:0e15:X5KF012345", Dialogue),
        ("tcp://192.168.1.50:9100", Dialogue),
        ("tcp://printer", Dialogue),
        ("virtual:/var/lib/jiayou/tray", VirtualPrinter),
    ],
)
def test_an_address_names_a_printer_and_opens_nothing(url: str, kind: type) -> None:
    assert isinstance(open_printer(url), kind)


def test_none_is_no_printer() -> None:
    assert open_printer("none") is None


@pytest.mark.parametrize(
    "url", ["", "lpt1", "usb:", "usb:0416", "usb:xyz:1", "tcp://", "tcp://host:port", "virtual:", "serial:/dev/ttyS0"]
)
def test_what_is_no_address_is_refused_with_what_one_looks_like(url: str) -> None:
    with pytest.raises(PrinterUnavailable, match="usb:0416:5011"):
        open_printer(url)


def test_the_width_of_the_paper_reaches_the_virtual_printer(tmp_path: Path) -> None:
    printer = open_printer(f"virtual:{tmp_path}", 58)
    assert printer is not None
    printer.open()
    printer.write(b"x\n")
    assert b'"width":58' in (tmp_path / "slips.jsonl").read_bytes()
