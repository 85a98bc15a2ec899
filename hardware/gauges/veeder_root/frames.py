"""Messages of the console in computer format ↔ bytes. Pure. TLS-350 serial interface notes, section 2.

``SOH i20100`` asks; ``SOH i20100 body && CCCC ETX`` answers, of any length; ``SOH 9999FF1B ETX`` rejects.
"""

from typing import Final

from msgspec import Struct

from hardware.errors import FrameMisread

SOH: Final = b"\x01"
ETX: Final = b"\x03"
_REJECTION: Final = b"\x019999FF1B\x03"
_END: Final = b"&&"
_ECHO: Final = 6
_LONGEST: Final = 65_536
"""More bytes than this without an end are no reply."""
_MASK: Final = 0xFFFF


class Reply(Struct, frozen=True):
    """An answer whose checksum is right."""

    function: str
    """As it was asked: ``i201``."""
    tank: int
    """0 for all."""
    body: str


class Rejected(Struct, frozen=True):
    """The console does not know the function, or wants a security code before it."""


def question(function: str, tank: int = 0, security_code: str = "") -> bytes:
    """Ask for a function (``i201``) of one tank, or of all (0)."""
    return SOH + f"{security_code}{function}{tank:02d}".encode("ascii")


def checksum(data: bytes) -> bytes:
    """Two's complement of the sum of all bytes from SOH to the second ``&``, as four hexadecimal digits."""
    return b"%04X" % (-sum(data) & _MASK)


def answer(function: str, tank: int, body: str) -> bytes:
    """A whole reply, as a console sends it."""
    head = SOH + f"{function}{tank:02d}{body}".encode("ascii") + _END
    return head + checksum(head) + ETX


def rejection() -> bytes:
    """What a console says to what it does not know."""
    return _REJECTION


def read(frame: bytes) -> Reply | Rejected:
    """One frame from SOH to ETX. :exc:`FrameMisread` when it is none, or its checksum is wrong."""
    if frame == _REJECTION:
        return Rejected()
    if not (frame.startswith(SOH) and frame.endswith(ETX)) or frame[-7:-5] != _END:
        raise FrameMisread("The reply has no checksum where one belongs.")
    head, told = frame[:-5], frame[-5:-1]
    if checksum(head) != told.upper():
        said, right = told.decode("ascii", "replace"), checksum(head).decode("ascii")
        raise FrameMisread(f"The checksum is {said} and should be {right}.")
    try:
        text = head[1:-2].decode("ascii")
    except UnicodeDecodeError as why:
        raise FrameMisread("The reply holds bytes that are no letters.") from why
    function, tank = text[: _ECHO - 2], text[_ECHO - 2 : _ECHO]
    if not (tank.isascii() and tank.isdecimal()):
        raise FrameMisread("The reply does not name a tank.")
    return Reply(function, int(tank), text[_ECHO:])


class Splitter:
    """Cuts what comes into frames, however it is dribbled; bytes outside of frames are counted."""

    def __init__(self) -> None:
        self._kept = b""
        self.noise = 0
        """Bytes that belonged to no frame, since :meth:`clear`."""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole now. A new SOH throws away what was begun before it."""
        frames: list[bytes] = []
        self._kept += data
        while True:
            self._skip(self._kept.find(SOH))
            end = self._kept.find(ETX)
            self._skip(self._kept.rfind(SOH, 0, end if end >= 0 else None))
            end = self._kept.find(ETX)
            if end < 0:
                break
            frames.append(self._kept[: end + 1])
            self._kept = self._kept[end + 1 :]
        if len(self._kept) > _LONGEST:
            self._skip(len(self._kept))
        return frames

    def clear(self) -> None:
        """Forget what was begun."""
        self._kept, self.noise = b"", 0

    def _skip(self, to: int) -> None:
        """Up to here it was noise; -1: all of it."""
        size = len(self._kept) if to < 0 else to
        self.noise += size
        self._kept = self._kept[size:]
