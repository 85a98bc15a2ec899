"""Bytes ↔ frames of Censtar, which have no length of their own: it follows from the command. Pure.

    FC  cmd  fp  data …  X

X is the exclusive or of all bytes behind FC, so that together with them it gives zero. FC may stand in the data.
(China domestic notes, section 2)
"""

from collections.abc import Sequence
from enum import IntEnum
from functools import reduce
from operator import xor
from typing import Final

from msgspec import Struct

from hardware.errors import FrameMisread
from hardware.polling.dialogue import NOT_YET, Reader, Taken
from hardware.ports import Blemish

START: Final = 0xFC
FIRST_POINT: Final = 1
LAST_POINT: Final = 32
_AROUND: Final = 4
"""Bytes of a frame without data."""


class Code(IntEnum):
    """The byte behind FC."""

    AMOUNT_LIMIT = 0x01
    VOLUME_LIMIT = 0x02
    PRICE = 0x03
    STOP = 0x05
    AUTHORISE = 0x06
    MODE = 0x08
    TOTALS = 0x0C
    STATUS = 0x0D
    READ_PRICE = 0x12
    HISTORY = 0x13  # known by name only
    READ_SALE = 0x15
    CONFIRM_SALE = 0x17
    RUNNING = 0x18


_UNKNOWN: Final = (4, 5, 6)
QUESTIONS: Final = dict.fromkeys(Code, 4) | {
    Code.AMOUNT_LIMIT: 10,
    Code.VOLUME_LIMIT: 9,
    Code.PRICE: 6,
    Code.MODE: 5,
    Code.CONFIRM_SALE: 6,
}
"""Bytes of a question, FC and X included."""
ANSWERS: Final[dict[Code, Sequence[int]]] = {
    Code.AMOUNT_LIMIT: (6,),
    Code.VOLUME_LIMIT: (6,),
    Code.PRICE: (6,),
    Code.STOP: _UNKNOWN,
    Code.AUTHORISE: _UNKNOWN,
    Code.MODE: _UNKNOWN,
    Code.TOTALS: (17,),
    Code.STATUS: (5,),
    Code.READ_PRICE: (18,),
    Code.HISTORY: (),
    Code.READ_SALE: (36,),
    Code.CONFIRM_SALE: _UNKNOWN,
    Code.RUNNING: (13,),
}
"""Bytes of an answer, FC and X included."""
LONGEST: Final = 36


class Frame(Struct, frozen=True):
    """A whole frame; ``data`` is what stands between fp and X."""

    code: Code
    point: int
    data: bytes = b""


def encode(frame: Frame) -> bytes:
    """The frame as it goes over the line."""
    inside = bytes((frame.code, frame.point)) + frame.data
    return bytes((START,)) + inside + bytes((reduce(xor, inside),))


def decode(raw: bytes) -> Frame:
    """The frame in these bytes. :exc:`FrameMisread` when there is none."""
    if len(raw) < _AROUND or raw[0] != START:
        raise FrameMisread(f"A frame begins with FC and has {_AROUND} bytes at least.")
    if raw[1] not in set(Code):
        raise FrameMisread(f"{raw[1]:02X} is no known command.")
    code, right = Code(raw[1]), reduce(xor, raw[1:-1])
    if len(raw) not in (QUESTIONS[code], *ANSWERS[code]):
        raise FrameMisread(f"No frame of command {code:02X} has {len(raw)} bytes.")
    if raw[-1] != right:
        raise FrameMisread(f"The check is wrong: it is {raw[-1]:02X} and should be {right:02X}.")
    return Frame(code, raw[2], raw[3:-1])


def whole(data: bytes, sizes: Sequence[int]) -> int:
    """The first of these sizes in which a frame with a right check stands at the start; 0 when there is none."""
    if len(data) < _AROUND or data[0] != START:
        return 0
    return next((size for size in sizes if len(data) >= size and reduce(xor, data[1:size]) == 0), 0)


def cut(data: bytes) -> list[bytes]:
    """Bytes of one direction, cut into frames; what belongs to none stands by itself."""
    pieces, stray, at = [], 0, 0
    while at < len(data):
        size = _any(data[at : at + LONGEST + 1])
        if not size:
            at += 1
            continue
        pieces += [data[stray:at], data[at : at + size]]
        at = stray = at + size
    return [piece for piece in (*pieces, data[stray:]) if piece]


def _any(data: bytes) -> int:
    """The size of the question or answer at the start. Of several, one behind which another frame follows."""
    if len(data) < _AROUND or data[1] not in set(Code):
        return 0
    code = Code(data[1])
    sizes = [size for size in sorted({QUESTIONS[code], *ANSWERS[code]}) if whole(data, (size,))]
    followed = (size for size in sizes if data[size : size + 1] in (b"", bytes((START,))))
    return next(followed, sizes[0] if sizes else 0)


def reader(asked: bytes) -> Reader:
    """Takes the answer to this question, and nothing else.

    Where an answer has a form of its own, a question that the line hands back does not pass for one.
    """
    code, sizes = Code(asked[1]), ANSWERS[Code(asked[1])]

    def read(data: bytes) -> Taken:
        at = data.find(asked[:3])
        while at >= 0 and not (size := _answer(data[at:], asked, sizes)):
            at = data.find(asked[:3], at + 1)
        if at == 0:
            return Taken(size, data[:size])
        if stranger := _stranger(data, asked):
            return Taken(stranger, blemish=Blemish.ORPHAN)
        return Taken(at, blemish=Blemish.NOISE) if at > 0 else _spoilt(data, asked[:3], max(ANSWERS[code]))

    return read


def _answer(data: bytes, asked: bytes, sizes: Sequence[int]) -> int:
    size = whole(data, sizes)
    return 0 if sizes is not _UNKNOWN and data[:size] == asked else size


def _stranger(data: bytes, asked: bytes) -> int:
    """The size of a good frame at the start that is not the answer: our own question, or what another command left."""
    if data.startswith(asked):
        return len(asked)
    return _any(data) if data[:3] != asked[:3] else 0


def _spoilt(data: bytes, head: bytes, longest: int) -> Taken:
    """No answer yet: what can't become one is taken away."""
    start = data.find(START)
    if start:
        return Taken(len(data) if start < 0 else start, blemish=Blemish.NOISE) if data else NOT_YET
    if len(data) >= (longest if data.startswith(head) else LONGEST):
        return Taken(longest if data.startswith(head) else 1, blemish=Blemish.MISREAD)
    return NOT_YET
