"""A serial line, wherever its other end is.

By a device path, ``usb:SERIAL[:INTERFACE]``, ``socket://host:port`` or ``rfc2217://host:port``. Blocking, and made to
be used by one thread (``hardware.driver``). A port that can't be opened, or goes away, is :exc:`LineUnavailable` with a
sentence for the person who has to look at the cable.
"""

import array
import errno
import fcntl
import os
import select
import socket
import termios
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import serial

from hardware.adapters import device_of, in_use, others, why_not
from hardware.converters import EchoFree, Port, SoftwareParity
from hardware.errors import LineUnavailable
from hardware.ports import LineSettings

_CHUNK = 4_096
_CONNECT_SECONDS = 3.0
_WRITE_SECONDS = 1.0
_SECOND = 1_000_000
_TCGETS2: Final = 0x802C542A
"""Linux: the settings of a terminal with its real speeds, which the older call can't tell."""
_SPEED_AT: Final = 10
_TOLERANCE: Final = 50
"""A rate may be off by one part in so many: two in a hundred, which ten bits of a byte still bear."""


class Line:
    """A line by its address. Prefer ``/dev/serial/by-id/…``: such a name outlives an unplugged adapter.

    ``echo``: the converter hands back what is sent. ``software_parity``: the port runs at eight bits without parity,
    and the seven bits with parity that ``settings`` asks for are made here.
    """

    def __init__(self, url: str, settings: LineSettings, *, echo: bool = False, software_parity: bool = False) -> None:
        self.url = url
        self.settings = settings
        self._echo = echo
        self._software_parity = software_parity
        self._port: Port | None = None

    @property
    def byte_micros(self) -> int:
        """Microseconds that a byte takes."""
        return self.settings.byte_micros

    def open(self) -> "Line":
        """Open it, alone. :exc:`LineUnavailable` says why not, and who has it."""
        self._port = self._converted(transport(self.url))
        return self

    def _converted(self, opener: "_Opener") -> Port:
        settings = self.settings
        if not self._software_parity:
            port = opener(self.url, settings)
        else:
            eight = LineSettings(settings.baud_rate, 8, "N", settings.stop_bits)
            port = SoftwareParity(opener(self.url, eight), settings.parity)
        return EchoFree(port) if self._echo else port

    def close(self) -> None:
        """Close it; harmless when it is closed."""
        port, self._port = self._port, None
        if port is not None:
            with suppress(OSError, serial.SerialException):
                port.close()

    def write(self, data: bytes) -> None:
        """Send it all. :exc:`LineUnavailable` when the port went away or takes nothing."""
        try:
            self._opened().write(data)
        except (OSError, serial.SerialException) as why:
            raise self._gone(why) from why

    def read(self, micros: int) -> bytes:
        """What comes within so many microseconds, as soon as there is any; empty when nothing did."""
        try:
            return self._opened().read(micros)
        except (OSError, serial.SerialException) as why:
            raise self._gone(why) from why

    def _opened(self) -> Port:
        if self._port is None:
            raise LineUnavailable(f"The line {self.url} is not open.")
        return self._port

    def _gone(self, why: Exception) -> LineUnavailable:
        return LineUnavailable(f"The line {self.url} went away: {why}. Please check its cable and adapter.")


class _Device:
    """A serial port of this computer, or a pty of the simulator."""

    def __init__(self, url: str, settings: LineSettings) -> None:
        path = device_of(url)
        if not Path(path).exists():
            raise LineUnavailable(f"There is no serial port at {path}. Please check that its adapter is plugged in.")
        self._pty = os.path.realpath(path).startswith("/dev/pts/")
        try:
            self._serial = self._open(path, settings)
        except (OSError, ValueError, serial.SerialException, termios.error) as why:
            raise LineUnavailable(why_not(path, why)) from why
        self._fd: int = self._serial.fileno()
        try:
            self._check_rate(path, settings.baud_rate)
            if not self._pty:
                self._own(path)
                self._tune()
        except BaseException:
            self._serial.close()
            raise

    def _open(self, path: str, settings: LineSettings) -> serial.Serial:
        return serial.Serial(
            path,
            settings.baud_rate,
            8 if self._pty else settings.data_bits,  # a pty has eight bits and no parity,
            "N" if self._pty else settings.parity,  # and refuses others when it is opened again
            settings.stop_bits,
            timeout=0,
            exclusive=True,
        )

    def _check_rate(self, path: str, wanted: int) -> None:
        """What the hardware made of a rate; some can only divide their clock by whole numbers, and don't complain."""
        words = array.array("i", [0] * 11)
        with suppress(OSError):
            fcntl.ioctl(self._fd, _TCGETS2, words)
        real = words[_SPEED_AT]
        if real and abs(real - wanted) * _TOLERANCE > wanted:
            raise LineUnavailable(
                f"The serial port {path} can't do {wanted} baud; the nearest that it can is {real}. "
                "Please use an adapter with an FTDI or CP210x chip."
            )

    def _own(self, path: str) -> None:
        """Let nobody open it beside us, and refuse to listen beside somebody who did not ask."""
        who = others(path)
        if who:
            raise LineUnavailable(in_use(path, who))
        with suppress(OSError):
            fcntl.ioctl(self._fd, termios.TIOCEXCL)

    def _tune(self) -> None:
        """Wrong parity arrives as 00 instead of passing for a good byte, and USB adapters hand bytes over at once."""
        with suppress(termios.error):
            attributes = termios.tcgetattr(self._fd)
            attributes[0] |= termios.INPCK
            termios.tcsetattr(self._fd, termios.TCSANOW, attributes)
        with suppress(OSError, ValueError, AttributeError):
            self._serial.set_low_latency_mode(True)

    def read(self, micros: int) -> bytes:
        ready, _, _ = select.select([self._fd], [], [], micros / _SECOND)
        if not ready:
            return b""
        data = os.read(self._fd, _CHUNK)
        if not data:
            raise OSError(errno.EIO, "the port reports its end")
        return data

    def write(self, data: bytes) -> None:
        until = time.monotonic() + _WRITE_SECONDS
        while data:
            _, ready, _ = select.select([], [self._fd], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise OSError(errno.ETIMEDOUT, "the port takes no bytes")
            data = data[os.write(self._fd, data) :]

    def close(self) -> None:
        if not self._pty:
            with suppress(OSError):
                fcntl.ioctl(self._fd, termios.TIOCNXCL)
        self._serial.close()


class _Socket:
    """A serial server on the network that passes bytes on as they are."""

    def __init__(self, url: str, _: LineSettings) -> None:
        try:
            self._socket = socket.create_connection(_place(url), _CONNECT_SECONDS)
        except OSError as why:
            raise LineUnavailable(f"The serial server {url} can't be reached: {why}.") from why
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._socket.settimeout(_WRITE_SECONDS)

    def read(self, micros: int) -> bytes:
        ready, _, _ = select.select([self._socket], [], [], micros / _SECOND)
        if not ready:
            return b""
        data = self._socket.recv(_CHUNK)
        if not data:
            raise OSError(errno.ECONNRESET, "the serial server closed the connection")
        return data

    def write(self, data: bytes) -> None:
        self._socket.sendall(data)

    def close(self) -> None:
        self._socket.close()


class _Rfc2217:
    """A serial server that is told the line's settings (RFC 2217)."""

    _LOOK = 0.005

    def __init__(self, url: str, settings: LineSettings) -> None:
        try:
            self._serial = serial.serial_for_url(
                url,
                baudrate=settings.baud_rate,
                bytesize=settings.data_bits,
                parity=settings.parity,
                stopbits=settings.stop_bits,
                timeout=self._LOOK,  # fixed: to change it would negotiate every setting anew
            )
        except (OSError, ValueError, serial.SerialException) as why:
            raise LineUnavailable(f"The serial server {url} can't be used: {why}.") from why

    def read(self, micros: int) -> bytes:
        until = time.monotonic() + micros / _SECOND
        while True:
            data = bytes(self._serial.read(max(1, self._serial.in_waiting)))
            if data or time.monotonic() >= until:
                return data

    def write(self, data: bytes) -> None:
        self._serial.write(data)

    def close(self) -> None:
        self._serial.close()


_Opener = Callable[[str, LineSettings], Port]
_TRANSPORTS: Final[dict[str, _Opener]] = {
    "": _Device,
    "usb": _Device,
    "socket": _Socket,
    "rfc2217": _Rfc2217,
}


def transport(url: str) -> _Opener:
    """How such a line is opened; :exc:`LineUnavailable` when it is none."""
    opener = _TRANSPORTS.get(urlsplit(url).scheme)
    if opener is None:
        raise LineUnavailable(f"“{url}” is no line: it is a device path, usb:SERIAL, socket://… or rfc2217://….")
    if opener in (_Socket, _Rfc2217):
        _place(url)
    return opener


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if not parts.hostname or not port:
        raise LineUnavailable(f"“{url}” names no host and port; write {parts.scheme}://host:port.")
    return parts.hostname, port
