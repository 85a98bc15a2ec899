"""Serial adapters by the names that last, and who has one."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from serial import SerialException

from hardware.adapters import adapters, advice, device_of, fleeting, holder, lasting_name, others, why_not
from hardware.errors import LineUnavailable

FTDI = "usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"
QUAD = "usb-FTDI_Quad_RS232-HS_FT6ZQ-if0{}-port0"


@pytest.fixture
def by_id(tmp_path: Path) -> Path:
    """An FT232R, and one adapter with four ports."""
    folder = tmp_path / "by-id"
    folder.mkdir()
    for number, name in enumerate([FTDI, *(QUAD.format(port) for port in range(4))]):
        device = tmp_path / f"ttyUSB{number}"
        device.touch()
        (folder / name).symlink_to(device)
    return folder


def test_an_adapter_is_found_by_its_serial_number(by_id: Path) -> None:
    assert device_of("usb:A50285BI", by_id) == str(by_id / FTDI)
    assert device_of("usb:FT6ZQ:2", by_id) == str(by_id / QUAD.format(2))
    assert device_of("/dev/ttyS0", by_id) == "/dev/ttyS0"


def test_it_is_still_found_when_it_comes_back_under_another_number(by_id: Path, tmp_path: Path) -> None:
    link = by_id / FTDI
    link.unlink()
    (tmp_path / "ttyUSB9").touch()
    link.symlink_to(tmp_path / "ttyUSB9")
    assert os.path.realpath(device_of("usb:A50285BI", by_id)) == str(tmp_path / "ttyUSB9")


@pytest.mark.parametrize("url", ["usb:", "usb:A5", "usb:50285BI", "usb:FT6ZQ:9", "usb:FT6ZQ:x"])
def test_one_that_is_not_plugged_in_is_said_with_those_that_are(by_id: Path, url: str) -> None:
    with pytest.raises(LineUnavailable, match=rf"no serial adapter.*plugged in.*{FTDI}"):
        device_of(url, by_id)


def test_where_nothing_is_plugged_in_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(LineUnavailable, match="There are: none"):
        device_of("usb:A50285BI", tmp_path / "none")
    assert adapters(tmp_path / "none") == []


def test_an_adapter_with_four_ports_wants_the_port(by_id: Path) -> None:
    with pytest.raises(LineUnavailable, match=r"has 4 ports: write usb:FT6ZQ:0"):
        device_of("usb:FT6ZQ", by_id)


def test_a_bare_ttyusb_is_advised_to_take_its_lasting_name(by_id: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lasting_name(str(by_id.parent / "ttyUSB0"), by_id) == str(by_id / FTDI)
    assert lasting_name("/dev/ttyS0", by_id) == ""
    assert "usb:SERIAL" in advice("/dev/ttyUSB7", by_id)
    monkeypatch.setattr("hardware.adapters.lasting_name", lambda *_: "/dev/serial/by-id/x")
    assert advice("/dev/ttyUSB0", by_id).endswith("write /dev/serial/by-id/x.")
    for good in ("/dev/ttyS0", str(by_id / FTDI), "usb:A50285BI", "socket://h:1", "/dev/ttyUSB0x"):
        assert advice(good, by_id) == ""
        assert not fleeting(good)


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (errno.EACCES, "dialout"),
        (errno.EPERM, "dialout"),
        (errno.ENODEV, "plugged in"),
        (errno.ENXIO, "plugged in"),
        (errno.EBUSY, "in use by another program"),
        (errno.EINVAL, "can't be opened"),
    ],
)
def test_why_a_port_can_t_be_had_says_what_to_do(code: int, what: str) -> None:
    assert what in why_not("/dev/ttyNONE", SerialException(code, "no"))


def test_a_program_of_python_is_called_by_its_own_name(tmp_path: Path) -> None:
    port = tmp_path / "port"
    port.touch()
    (tmp_path / "minicom.py").write_text(f"f = open({str(port)!r}); print(flush=True); input()")
    for words, name in (([str(tmp_path / "minicom.py")], "minicom.py"), (["-c", "input()"], "python")):
        with port.open() as held:
            other = subprocess.Popen(
                [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[held.fileno()]
            )
        assert other.stdout is not None
        if name != "python":
            other.stdout.readline()
        try:
            assert holder(str(port)).startswith(name)
            assert f"(process {other.pid})" in others(str(port))
        finally:
            other.communicate(b"\n")


def test_we_ourselves_are_no_others(tmp_path: Path) -> None:
    with (tmp_path / "port").open("w") as port:
        assert f"(process {os.getpid()})" in holder(port.name)
        assert others(port.name) == ""
