"""The printer of the demo: a directory."""

import hashlib
from pathlib import Path

import pytest

from hardware.errors import PrinterUnavailable
from hardware.printers import virtual
from hardware.printers.device import PrinterLost, PrinterStatus
from hardware.printers.escpos import job
from hardware.printers.slip import Slip, Text
from hardware.printers.virtual import Fault, VirtualPrinter, fault, picture, slips
from tests.fakes.paper import shows

SLIP = job(Slip((Text("加油小票"),)), 58)


def printed(directory: Path, data: bytes = SLIP) -> PrinterStatus:
    printer = VirtualPrinter(directory, 58)
    printer.open()
    printer.write(data)
    return printer.settle()


def test_it_keeps_the_bytes_and_a_picture_of_them(tmp_path: Path) -> None:
    assert printed(tmp_path / "tray") is PrinterStatus.OK
    (slip,) = slips(tmp_path / "tray")
    assert (slip.number, slip.size, slip.whole, slip.width) == (1, len(SLIP), True, 58)
    assert slip.sha256 == hashlib.sha256(SLIP).hexdigest()
    assert (tmp_path / "tray" / slip.body).read_bytes() == SLIP
    assert shows(picture(tmp_path / "tray" / slip.picture), "油") == 1


def test_slips_are_numbered_on_over_a_restart(tmp_path: Path) -> None:
    for _ in range(3):
        printed(tmp_path)
    assert [slip.number for slip in slips(tmp_path)] == [1, 2, 3]


def test_an_empty_tray(tmp_path: Path) -> None:
    assert slips(tmp_path / "nothing") == []


def test_a_line_cut_off_by_a_crash_is_passed_over(tmp_path: Path) -> None:
    printed(tmp_path)
    with (tmp_path / "slips.jsonl").open("ab") as index:
        index.write(b'{"number":2,"at":17')
    assert [slip.number for slip in slips(tmp_path)] == [1]


def test_old_slips_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual, "KEEP", 2)
    for _ in range(4):
        printed(tmp_path)
    assert [slip.number for slip in slips(tmp_path)] == [3, 4]
    assert len(list(tmp_path.glob("*.png"))) == len(list(tmp_path.glob("*.bin"))) == 2


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Fault.PAPER_OUT, PrinterStatus.PAPER_OUT),
        (Fault.COVER_OPEN, PrinterStatus.COVER_OPEN),
        (Fault.SILENT, PrinterStatus.UNKNOWN),
    ],
)
def test_a_fault_lasts_until_it_is_taken_away(tmp_path: Path, kind: Fault, status: PrinterStatus) -> None:
    printer = VirtualPrinter(tmp_path, 58)
    fault(tmp_path, kind, True)
    assert printer.status() is status
    fault(tmp_path, kind, False)
    assert printer.status() is PrinterStatus.OK


def test_unplugged(tmp_path: Path) -> None:
    fault(tmp_path, Fault.ABSENT, True)
    with pytest.raises(PrinterUnavailable, match="unplugged"):
        VirtualPrinter(tmp_path, 58).open()


def test_it_vanishes_once_and_leaves_half_a_slip(tmp_path: Path) -> None:
    fault(tmp_path, Fault.VANISH, True)
    with pytest.raises(PrinterLost):
        printed(tmp_path)
    assert [slip.whole for slip in slips(tmp_path)] == [False]
    assert printed(tmp_path) is PrinterStatus.OK


def test_f102_it_forgets_once_without_a_word(tmp_path: Path) -> None:
    fault(tmp_path, Fault.AMNESIA, True)
    assert printed(tmp_path) is PrinterStatus.UNKNOWN
    assert [slip.whole for slip in slips(tmp_path)] == [False]
    assert printed(tmp_path) is PrinterStatus.OK


def test_a_directory_that_cannot_be_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PrinterUnavailable, match="can't use"):
        VirtualPrinter(tmp_path / "file" / "tray", 58).open()
