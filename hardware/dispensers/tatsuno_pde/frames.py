"""Bytes ↔ frames of Tatsuno PDE. Pure.

    SYN×1…4  address  ENQ | ACK | NAK | CAN
    SYN×1…4  address  STX  text  ETX  sum high  sum low

All bytes have seven bits. The sum goes from STX to ETX; of its sixteen bits, bit 7 is on neither of the two bytes.
(PDE counter protocol, July 2000, section "link layer")
"""

from enum import IntEnum
from typing import Final

from msgspec import Struct

from hardware.errors import FrameMisread
from hardware.polling.dialogue import Reader, Taken
from hardware.ports import Blemish

SYN: Final = 0x16
SOH: Final = 0x01
STX: Final = 0x02
ETX: Final = 0x03
FIRST_ADDRESS: Final = 0x20
LAST_ADDRESS: Final = 0x7E
_SYNS: Final = 2
_MOST_SYNS: Final = 4
_LONGEST_TEXT: Final = 64
"""The notes say 25, but their own history has 31."""
_SUM: Final = 2
_FIRST_LETTER: Final = 0x20


class Kind(IntEnum):
    """What a frame is; but for a text, this is its byte."""

    TEXT = STX
    POLL = 0x05
    ACK = 0x06
    NAK = 0x15
    NOTHING = 0x18


class Frame(Struct, frozen=True):
    """A whole frame."""

    address: int
    kind: Kind
    text: str = ""


class Scan(Struct, frozen=True):
    """What stands at the start of some bytes. Nothing used and no frame: more must come."""

    used: int
    frame: Frame | None = None
    blemish: Blemish | None = None


_NOT_YET: Final = Scan(0)


def check(data: bytes) -> bytes:
    """The two bytes of the sum over STX … ETX."""
    total = sum(byte & 0x7F for byte in data)
    return bytes((total >> 8 & 0x7F, total & 0x7F))


def encode(frame: Frame) -> bytes:
    """The frame as it goes over the line, seven bits a byte."""
    head = bytes((SYN,)) * _SYNS + bytes((frame.address,))
    if frame.kind is not Kind.TEXT:
        return head + bytes((frame.kind,))
    body = bytes((STX,)) + frame.text.encode("ascii") + bytes((ETX,))
    return head + body + check(body)


def decode(raw: bytes) -> Frame:
    """The frame in these bytes. :exc:`FrameMisread` when there is none, or more than it."""
    found = scan(raw)
    if found.frame is not None and found.used == len(raw):
        return found.frame
    if found.frame is not None:
        raise FrameMisread("There are bytes behind the frame.")
    if found.blemish is Blemish.MISREAD:
        raise FrameMisread("It is spoilt: its address, its text or its sum is wrong.")
    raise FrameMisread("It does not begin with SYN." if found.blemish else "It is not whole.")


def scan(data: bytes) -> Scan:
    """What stands first; what can't become a frame is used up with its blemish."""
    start = data.find(SYN)
    if start or not data:
        return _noise(len(data) if start < 0 else start)
    head = len(data) - len(data.lstrip(bytes((SYN,))))
    if head > _MOST_SYNS:
        return _noise(head - _MOST_SYNS)
    if len(data) < head + 2:
        return _scan_address(data, head)
    address, code = data[head], data[head + 1]
    if not FIRST_ADDRESS <= address <= LAST_ADDRESS:
        return _misread(head + 1)
    if code in (STX, SOH):
        return _scan_text(data, head)
    if code in set(Kind):
        return Scan(head + 2, Frame(address, Kind(code)))
    return _misread(head + 1)


def _scan_address(data: bytes, head: int) -> Scan:
    wrong = len(data) > head and not FIRST_ADDRESS <= data[head] <= LAST_ADDRESS
    return _misread(head + 1) if wrong else _NOT_YET


def _scan_text(data: bytes, head: int) -> Scan:
    first = head + 2
    end = next((at for at in range(first, len(data)) if not _FIRST_LETTER <= data[at] < 0x80), None)
    if end is None or end - first > _LONGEST_TEXT:
        return _misread(len(data)) if len(data) - first > _LONGEST_TEXT else _NOT_YET
    if data[end] != ETX:
        return _misread(end)
    if len(data) < end + 1 + _SUM:
        return _NOT_YET
    if data[end + 1 : end + 1 + _SUM] != check(data[head + 1 : end + 1]):
        return _misread(end + 1)
    return Scan(end + 1 + _SUM, Frame(data[head], Kind.TEXT, data[first:end].decode("ascii")))


def _noise(used: int) -> Scan:
    return Scan(used, blemish=Blemish.NOISE) if used else _NOT_YET


def _misread(used: int) -> Scan:
    return Scan(used, blemish=Blemish.MISREAD)


def seven_bits(data: bytes) -> bytes:
    """The same without parity, where each byte has even parity in bit 7; else as it is."""
    if any(byte.bit_count() % 2 for byte in data):
        return data
    return bytes(byte & 0x7F for byte in data)


def cut(data: bytes) -> list[bytes]:
    """Bytes of one direction, cut into frames; what belongs to none stands by itself."""
    plain, pieces, stray, at = seven_bits(data), [], 0, 0
    while at < len(data):
        found = scan(plain[at:])
        if found.frame is not None:
            pieces += [data[stray:at], data[at : at + found.used]]
            stray = at + found.used
        at += found.used or len(data)
    return [piece for piece in (*pieces, data[stray:]) if piece]


def reader(address: int, *kinds: Kind) -> Reader:
    """Takes a frame of this counter that is one of these, and nothing else. A text of a counter has a small letter."""

    def read(data: bytes) -> Taken:
        found = scan(data)
        frame = found.frame
        if frame is None:
            return Taken(found.used, blemish=found.blemish)
        if frame.address == address and frame.kind in kinds and not frame.text[:1].isupper():
            return Taken(found.used, data[: found.used])
        return Taken(found.used, blemish=Blemish.ORPHAN)

    return read
