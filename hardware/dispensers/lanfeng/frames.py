"""Bytes ↔ frames of Lanfeng: twelve bytes both ways. Pure.

    gun  00  cmd  d3 … d10  S

S makes the sum of bytes 1 to 11 zero. The gun number, byte 0, is not in that sum: an answer whose gun number was
spoilt still looks whole, and only asking one gun at a time keeps it apart. (China domestic notes, section 4)
"""

from enum import IntEnum
from typing import Final

from msgspec import Struct

from hardware.errors import FrameMisread
from hardware.polling.dialogue import NOT_YET, Reader, Taken
from hardware.ports import Blemish

SIZE: Final = 12
FIRST_GUN: Final = 1
LAST_GUN: Final = 32
_COMMAND: Final = 2
_DATA: Final = 3


class Code(IntEnum):
    """Byte 2 of a question; and of its answer, but for QUERY."""

    TAKE_CONTROL = 0xA0
    FUEL = 0xA1
    FIXED_AMOUNT = 0xA2
    FIXED_VOLUME = 0xA3
    PRICE = 0xA4
    PRE_VALVE = 0xA6
    CLEAR_SHIFT = 0xA8
    READ_SHIFT = 0xA9
    TOTAL_AMOUNT = 0xAC
    TOTAL_VOLUME = 0xAD
    RELEASE_CONTROL = 0xB0
    STOP = 0xB1
    QUERY = 0xB8


class Frame(Struct, frozen=True):
    """A whole frame; ``body`` is bytes 1 to 10."""

    gun: int
    body: bytes

    @property
    def code(self) -> Code | None:
        """What is asked, or what is answered; None in the answer to a query."""
        byte = self.body[_COMMAND - 1]
        return Code(byte) if byte in set(Code) else None


def question(gun: int, code: Code, data: bytes = b"") -> bytes:
    """What the controller sends."""
    return encode(Frame(gun, bytes((0, code)) + data.ljust(SIZE - _DATA - 1, b"\0")))


def encode(frame: Frame) -> bytes:
    """The frame as it goes over the line."""
    return bytes((frame.gun,)) + frame.body + bytes((-sum(frame.body) & 0xFF,))


def decode(raw: bytes) -> Frame:
    """The frame in these bytes. :exc:`FrameMisread` when there is none."""
    if len(raw) != SIZE:
        raise FrameMisread(f"A frame has {SIZE} bytes, and this has {len(raw)}.")
    if not FIRST_GUN <= raw[0] <= LAST_GUN:
        raise FrameMisread(f"{raw[0]:02X} is no gun number; they go from {FIRST_GUN:02X} to {LAST_GUN:02X}.")
    right = -sum(raw[1:-1]) & 0xFF
    if raw[-1] != right:
        raise FrameMisread(f"The checksum is wrong: it is {raw[-1]:02X} and should be {right:02X}.")
    return Frame(raw[0], raw[1:-1])


def whole(data: bytes) -> bool:
    """Whether a good frame stands at the start."""
    return len(data) >= SIZE and FIRST_GUN <= data[0] <= LAST_GUN and sum(data[1:SIZE]) & 0xFF == 0


def cut(data: bytes) -> list[bytes]:
    """Bytes of one direction, cut into frames; what belongs to none stands by itself."""
    pieces, stray, at = [], 0, 0
    while at < len(data):
        if not whole(data[at : at + SIZE]):
            at += 1
            continue
        pieces += [data[stray:at], data[at : at + SIZE]]
        at = stray = at + SIZE
    return [piece for piece in (*pieces, data[stray:]) if piece]


def reader(gun: int, code: Code) -> Reader:
    """Takes the answer to this question, and nothing else."""

    def read(data: bytes) -> Taken:
        mine = next((at for at in range(len(data)) if data[at] == gun and whole(data[at:])), None)
        if mine:
            return Taken(mine, blemish=Blemish.NOISE)
        if mine == 0:
            return _judged(data[:SIZE], code)
        if whole(data):
            return Taken(SIZE, blemish=Blemish.ORPHAN)
        return _spoilt(data, gun)

    return read


def _judged(raw: bytes, code: Code) -> Taken:
    said = decode(raw).code
    if said is not (None if code is Code.QUERY else code):
        return Taken(SIZE, blemish=Blemish.ORPHAN)
    return Taken(SIZE, raw)


def _spoilt(data: bytes, gun: int) -> Taken:
    """No good frame yet: what can't become one is taken away."""
    start = data.find(gun)
    if start:
        return Taken(len(data) if start < 0 else start, blemish=Blemish.NOISE) if data else NOT_YET
    return Taken(SIZE, blemish=Blemish.MISREAD) if len(data) >= SIZE else NOT_YET
