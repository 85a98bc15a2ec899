"""Bytes ↔ frames of Wayne DART. Pure.

    control frame : ADR CTRL SF
    data frame    : ADR CTRL { TRANS LNG DATA[LNG] }+  CRC-L CRC-H  ETX SF

CTRL is the kind in its high nibble and the block number TX# in its low one. The checksum is CRC-16/ARC over everything
before it. SF stands nowhere else: inside data and checksum it is sent as DLE SF.
"""

from enum import IntEnum

from msgspec import Struct

from hardware.errors import FrameMisread

ETX = 0x03
DLE = 0x10
SF = 0xFA
LARGEST = 256
"""Bytes of a frame, control characters included; no buffer grows beyond."""
FIRST_ADDRESS = 0x50
LAST_ADDRESS = 0xCF
"""Wayne itself uses 50h to 6Fh; the S4 edition goes on to CFh."""
_SHORTEST_DATA = 7


class Kind(IntEnum):
    """The high nibble of CTRL."""

    POLL = 0x2
    DATA = 0x3
    IAP = 0x4  # in the S4 table; no source says what it is for
    NAK = 0x5
    EOT = 0x7
    ACK = 0xC
    ACKPOLL = 0xE


class Frame(Struct, frozen=True):
    """A whole frame; ``body`` holds the transactions of a data frame."""

    address: int
    kind: Kind
    tx: int = 0
    body: bytes = b""


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = (value >> 1) ^ (0xA001 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_CRC = _crc_table()


def crc(data: bytes) -> int:
    """CRC-16/ARC: reflected 8005h, from 0, nothing at the end. ``123456789`` gives BB3Dh."""
    value = 0
    for byte in data:
        value = (value >> 8) ^ _CRC[(value ^ byte) & 0xFF]
    return value


def encode(frame: Frame) -> bytes:
    """The frame as it goes over the line."""
    head = bytes((frame.address, frame.kind << 4 | frame.tx))
    if frame.kind is not Kind.DATA:
        return head + bytes((SF,))
    rest = frame.body + crc(head + frame.body).to_bytes(2, "little")
    return head + rest.replace(bytes((SF,)), bytes((DLE, SF))) + bytes((ETX, SF))


def decode(raw: bytes) -> Frame:
    """The frame in these bytes, DLE and SF already taken out. :exc:`FrameMisread` when there is none."""
    if len(raw) < 2:
        raise FrameMisread("This frame is cut off: it has no address or no control byte.")
    address, control = raw[0], raw[1]
    if not FIRST_ADDRESS <= address <= LAST_ADDRESS:
        raise FrameMisread(f"{address:02X} is no address; they go from 50 to CF.")
    kind = _kind(control)
    if kind is Kind.DATA:
        return Frame(address, kind, control & 0x0F, _body(raw))
    if len(raw) > 2:
        raise FrameMisread(f"{kind.name} has nothing after its control byte, but {len(raw) - 2} bytes follow.")
    if kind is Kind.POLL and control & 0x0F:
        raise FrameMisread(f"{control:02X} is no control byte: POLL carries no block number.")
    return Frame(address, kind, control & 0x0F)


def _kind(control: int) -> Kind:
    try:
        return Kind(control >> 4)
    except ValueError:
        raise FrameMisread(f"{control:02X} is no control byte of this protocol.") from None


def _body(raw: bytes) -> bytes:
    if len(raw) < _SHORTEST_DATA:
        raise FrameMisread("This data frame is cut off: it has no room for a transaction and its checksum.")
    if raw[-1] != ETX:
        raise FrameMisread("This data frame does not end with 03 FA.")
    found, right = int.from_bytes(raw[-3:-1], "little"), crc(raw[:-3])
    if found != right:
        raise FrameMisread(f"The checksum is wrong: it is {found:04X} and should be {right:04X}.")
    return raw[2:-3]


def cut(data: bytes) -> list[bytes]:
    """Bytes of one direction, cut behind each stop flag; a rest without one stands last."""
    pieces, start = [], 0
    for at, byte in enumerate(data):
        if byte == SF and (at == start or data[at - 1] != DLE):
            pieces.append(data[start : at + 1])
            start = at + 1
    return [*pieces, data[start:]] if start < len(data) else pieces


class Splitter:
    """Cuts a stream of bytes into frames, whatever the bytes are. Keeps at most :data:`LARGEST` bytes.

    Bytes that can't be an address are skipped before a frame: an RS-485 line that turns round often makes one.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._frame = bytearray()
        self._too_long = False
        self.skipped = 0
        """How many bytes between frames were no address."""

    def push(self, data: bytes) -> None:
        """Bytes as they come."""
        self._waiting += data

    def clear(self) -> None:
        """Forget what is half received."""
        self._waiting.clear()
        self._frame.clear()
        self._too_long = False

    @property
    def empty(self) -> bool:
        """Whether nothing is left, not even half a frame."""
        return not self._waiting and not self._frame

    def next_frame(self) -> Frame | None:
        """The next frame; None: not yet. :exc:`FrameMisread` for a spoilt one; the next call goes on behind it."""
        for used, byte in enumerate(self._waiting, 1):
            if self._take(byte):
                del self._waiting[:used]
                return self._finish()
        self._waiting.clear()
        return None

    def _take(self, byte: int) -> bool:
        """Adds a byte; True when it ended the frame."""
        frame = self._frame
        if byte == SF and not self._too_long and frame and frame[-1] == DLE:
            frame[-1] = SF
        elif byte == SF:
            return bool(frame)
        elif not frame and not FIRST_ADDRESS <= byte <= LAST_ADDRESS:
            self.skipped += 1
        elif len(frame) < LARGEST - 1:
            frame.append(byte)
        else:
            self._too_long = True
        return False

    def _finish(self) -> Frame:
        raw, too_long = bytes(self._frame), self._too_long
        self._frame.clear()
        self._too_long = False
        if too_long:
            raise FrameMisread(f"No frame has more than {LARGEST} bytes.")
        return decode(raw)
