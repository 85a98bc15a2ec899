"""The serial line: what a person is told when a port can't be had, and that nobody else may have it."""

import array
import fcntl
import os
import pty
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial
import serial.rfc2217

from hardware.adapters import holder
from hardware.errors import LineUnavailable
from hardware.line import Line
from hardware.ports import LineSettings

SETTINGS = LineSettings(9600, 8, "O", 1)
LONG = 2_000_000


@contextmanager
def a_pty() -> Iterator[tuple[int, str]]:
    """The master's end, and the path of the other."""
    master, slave = pty.openpty()
    try:
        yield master, os.ttyname(slave)
    finally:
        os.close(slave)
        os.close(master)


def test_a_byte_at_9600_8o1_takes_1_146_microseconds() -> None:
    assert Line("x", SETTINGS).byte_micros == 1_146


def test_bytes_go_both_ways_over_a_device() -> None:
    with a_pty() as (master, path):
        line = Line(path, SETTINGS).open()
        line.write(b"\x50\x20\xfa")
        assert os.read(master, 10) == b"\x50\x20\xfa"
        os.write(master, b"\x50\x70\xfa")
        assert line.read(LONG) == b"\x50\x70\xfa"
        assert line.read(1_000) == b""
        line.close()


def test_a_pty_is_opened_again_and_again_though_it_knows_no_parity() -> None:
    with a_pty() as (_, path):
        for _ in range(3):
            Line(path, SETTINGS).open().close()


def test_a_missing_port_is_named() -> None:
    with pytest.raises(LineUnavailable, match=r"no serial port at /dev/serial/by-id/gone.*plugged in"):
        Line("/dev/serial/by-id/gone", SETTINGS).open()


def test_a_file_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LineUnavailable, match="can't be opened"):
        Line(str(tmp_path / "file"), SETTINGS).open()


def test_a_second_program_is_refused_and_told_who_has_the_port() -> None:
    with a_pty() as (_, path):
        code = f"import serial; s = serial.Serial({path!r}, exclusive=True); print('open', flush=True); input()"
        other = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        try:
            with pytest.raises(LineUnavailable, match=rf"in use by .*\(process {other.pid}\)"):
                Line(path, SETTINGS).open()
        finally:
            other.communicate(b"\n")


def test_somebody_that_we_may_not_see_is_another_program(tmp_path: Path) -> None:
    assert holder(str(tmp_path / "nobody has this")) == "another program"


def test_a_port_that_goes_away_is_said_in_a_sentence() -> None:
    master, slave = pty.openpty()
    line = Line(os.ttyname(slave), SETTINGS).open()
    os.close(slave)
    os.close(master)
    with pytest.raises(LineUnavailable, match=r"went away.*cable"):
        line.read(100_000)
    line.close()
    line.close()


def test_a_line_that_is_not_open_takes_nothing() -> None:
    with pytest.raises(LineUnavailable, match="not open"):
        Line("/dev/ttyS0", SETTINGS).write(b"")


def test_wrong_parity_is_looked_for_on_a_real_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel drops nothing by itself: without INPCK a byte with wrong parity would pass for a good one."""
    with a_pty() as (_, path):
        monkeypatch.setattr(os.path, "realpath", lambda _: "/dev/ttyUSB0")  # let it be taken for one
        line = Line(path, LineSettings(9600, 8, "N", 1)).open()
        monkeypatch.undo()
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        assert termios.tcgetattr(fd)[0] & termios.INPCK
        os.close(fd)
        line.close()


# ── Over the network ──────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def a_server() -> Iterator[tuple[socket.socket, str]]:
    """A listening socket, and its place."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield door, f"127.0.0.1:{door.getsockname()[1]}"


def test_bytes_go_both_ways_over_a_socket() -> None:
    with a_server() as (door, place):
        line = Line(f"socket://{place}", SETTINGS).open()
        guest, _ = door.accept()
        line.write(b"\x50\x20\xfa")
        assert guest.recv(10) == b"\x50\x20\xfa"
        guest.sendall(b"\x50\x70\xfa")
        assert line.read(LONG) == b"\x50\x70\xfa"
        assert line.read(1_000) == b""
        guest.close()
        with pytest.raises(LineUnavailable, match="closed the connection"):
            line.read(LONG)
        line.close()


def test_a_serial_server_that_is_not_there() -> None:
    with a_server() as (_, place):
        pass
    with pytest.raises(LineUnavailable, match="can't be reached"):
        Line(f"socket://{place}", SETTINGS).open()
    with pytest.raises(LineUnavailable, match="can't be used"):
        Line(f"rfc2217://{place}", SETTINGS).open()


@pytest.mark.parametrize("url", ["socket://", "socket://host", "socket://host:99999", "rfc2217://host"])
def test_a_server_needs_host_and_port(url: str) -> None:
    with pytest.raises(LineUnavailable, match="names no host and port"):
        Line(url, SETTINGS).open()


def test_an_unknown_kind_of_line_is_refused() -> None:
    with pytest.raises(LineUnavailable, match="is no line"):
        Line("gopher://host:70", SETTINGS).open()


class Rfc2217Server:
    """A serial server that speaks RFC 2217, in front of a port that hands back what it gets."""

    def __init__(self, door: socket.socket) -> None:
        self.port = serial.serial_for_url("loop://", timeout=0.01)
        self._door = door
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """What the port manager has to say to the client."""
        self._guest.sendall(data)

    def _serve(self) -> None:
        self._guest, _ = self._door.accept()
        manager = serial.rfc2217.PortManager(self.port, self)
        self._guest.settimeout(0.01)
        while True:
            try:
                data = self._guest.recv(1_024)
            except TimeoutError:
                data = None
            except OSError:
                return
            if data == b"":
                return
            if data:
                self.port.write(b"".join(manager.filter(data)))
            back = self.port.read(self.port.in_waiting or 1)
            if back:
                self.write(b"".join(manager.escape(back)))


@pytest.mark.filterwarnings("ignore:set.*deprecated:DeprecationWarning")  # pyserial's own
def test_bytes_and_settings_go_over_rfc_2217() -> None:
    with a_server() as (door, place):
        server = Rfc2217Server(door)
        line = Line(f"rfc2217://{place}", SETTINGS).open()
        assert (server.port.baudrate, server.port.parity) == (9600, "O")
        line.write(b"\x50\x20\xff\xfa")
        assert line.read(LONG) + line.read(50_000) == b"\x50\x20\xff\xfa"
        assert line.read(20_000) == b""
        line.close()


# ── Rates, converters and adapters ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rate", [5_787, 5_760, 9_600])
def test_rates_that_no_table_knows_are_set_to_the_baud(rate: int) -> None:
    with a_pty() as (_, path):
        line = Line(path, LineSettings(rate, 8, "E", 1)).open()
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        words = array.array("i", [0] * 11)
        fcntl.ioctl(fd, 0x802C542A, words)
        os.close(fd)
        line.close()
    assert words[10] == rate


def test_an_adapter_that_can_t_do_the_rate_is_said_with_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some can only divide their clock by whole numbers, and take the nearest rate without a word."""

    def rounds(fd: int, request: int, words: "array.array[int] | bytes" = b"") -> int:
        if isinstance(words, array.array) and len(words) == 11:
            words[10] = 6_000
        return 0

    with a_pty() as (_, path):
        monkeypatch.setattr("hardware.line.fcntl.ioctl", rounds)
        with pytest.raises(LineUnavailable, match=r"can't do 5787 baud; the nearest that it can is 6000.*FTDI"):
            Line(path, LineSettings(5_787, 8, "E", 1)).open()
        monkeypatch.undo()
        Line(path, SETTINGS).open().close()  # and it was let go of


def test_an_echoing_converter_is_not_heard() -> None:
    with a_pty() as (master, path):
        line = Line(path, SETTINGS, echo=True).open()
        line.write(b"\x50\x20\xfa")
        os.write(master, os.read(master, 10) + b"\x50\x70\xfa")
        assert line.read(LONG) == b"\x50\x70\xfa"
        line.close()


def test_seven_bits_with_parity_over_a_port_of_eight() -> None:
    with a_pty() as (master, path):
        line = Line(path, LineSettings(9_600, 7, "E", 2), software_parity=True).open()
        line.write(bytes.fromhex("16 21"))
        assert os.read(master, 10) == bytes.fromhex("96 21")
        os.write(master, bytes.fromhex("96 85 05"))
        assert line.read(LONG) == bytes.fromhex("16 00 05")
        line.close()


def test_a_program_that_took_no_lock_is_seen_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal program locks nothing; two readers would each get half of every answer (pyserial 86)."""
    with a_pty() as (_, path):
        monkeypatch.setattr("hardware.line.others", lambda _: "minicom (process 77)")
        monkeypatch.setattr(os.path, "realpath", lambda _: "/dev/ttyUSB0")  # let it be taken for a real port
        with pytest.raises(LineUnavailable, match=r"in use by minicom \(process 77\)"):
            Line(path, LineSettings(9600, 8, "N", 1)).open()
