"""The words of Gilbarco Two-Wire: a nibble that says what, and a nibble that says who or how much. Pure.

Gilbarco two-wire specification 2.26, sections 2 and 4. A word alone is a command (``code << 4 | pump``) or a status;
inside a block ``E0 | n`` carries a digit and ``F0 | n`` a mark. Pump 16 has the nibble 0.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from hardware.errors import FrameMisread


class Code(IntEnum):
    """Console → pump, in the high nibble of a single word."""

    STATUS = 0x0
    AUTHORISE = 0x1
    DATA_NEXT = 0x2
    STOP = 0x3
    TRANSACTION = 0x4
    TOTALS = 0x5
    MONEY = 0x6  # the running figure; no frame and no check


ALL_STOP: Final = 0xFC
"""Stops every pump on the loop; the whole byte."""


class Status(IntEnum):
    """Pump → console, in the high nibble of a single word."""

    DATA_ERROR = 0x0  # looks like the echo of a status poll
    OFF = 0x6  # looks like the echo of a request for money
    CALL = 0x7
    AUTH = 0x8
    BUSY = 0x9
    PEOT = 0xA
    FEOT = 0xB
    STOP = 0xC
    SEND_DATA = 0xD


END_OF_SALE: Final = (Status.PEOT, Status.FEOT)
AT_REST: Final = (Status.OFF, Status.CALL)
READABLE: Final = (*AT_REST, *END_OF_SALE, Status.STOP)
"""Where transaction and totals are answered."""


class Mark(IntEnum):
    """The control words of blocks."""

    ETX = 0xF0
    VOLUME_PRESET = 0xF1
    MONEY_PRESET = 0xF2
    LEVEL_1 = 0xF4
    LEVEL_2 = 0xF5
    GRADE = 0xF6
    PRICE = 0xF7
    PUMP = 0xF8  # from the pump: who it is; from the console: the amount of a preset
    VOLUME = 0xF9
    MONEY = 0xFA
    LRC = 0xFB
    SPECIAL = 0xFE
    STX = 0xFF


_DIGIT: Final = 0xE0


def nibble(address: int) -> int:
    """The nibble of the pump with this address, 1 to 16."""
    return address & 0x0F


def address(low: int) -> int:
    """The address, 1 to 16, behind a nibble."""
    return low & 0x0F or 16


def word(code: int, pump: int) -> bytes:
    """A single word to or from the pump with this address."""
    return bytes((code << 4 | nibble(pump),))


def data(value: int) -> int:
    """A nibble as a data word."""
    return _DIGIT | value & 0x0F


def is_data(byte: int) -> bool:
    """Whether it is a data word."""
    return byte & 0xF0 == _DIGIT


def digits(value: int, size: int) -> bytes:
    """Decimal digits as data words, the least significant first. ``ValueError`` when it does not fit."""
    text = f"{value:0{size}d}"
    if value < 0 or len(text) > size:
        raise ValueError(f"{value} does not fit into {size} digits")
    return bytes(data(int(digit)) for digit in reversed(text))


def number(words: bytes) -> int:
    """The number in data words, the least significant first. :exc:`FrameMisread` when one of them is no digit."""
    text = "".join(f"{byte & 0x0F:X}" if is_data(byte) else "?" for byte in reversed(words))
    if not text.isdecimal():
        raise FrameMisread(f"{words.hex(' ').upper()} should be decimal digits.")
    return int(text)


def lrc(words: Iterable[int]) -> int:
    """The check word of a block: two's complement of the sum of its low nibbles, from STX to the mark before it."""
    return data(-sum(byte & 0x0F for byte in words))


def closed(words: bytes) -> bytes:
    """A block with its end: the mark of the check, the check, ETX."""
    checked = words + bytes((Mark.LRC,))
    return checked + bytes((lrc(checked), Mark.ETX))


def opened(block: bytes) -> bytes:
    """What stands between STX and the end of a block. :exc:`FrameMisread` when its frame or its check is wrong."""
    if len(block) < 4 or block[0] != Mark.STX or block[-1] != Mark.ETX or block[-3] != Mark.LRC:
        raise FrameMisread("This block does not begin with FF, or does not end with FB, its check and F0.")
    if min(block) < _DIGIT:
        raise FrameMisread(f"{min(block):02X} is no word of a block.")  # the check is about low nibbles only
    right = lrc(block[:-2])
    if block[-2] != right:
        raise FrameMisread(f"The check is wrong: it is {block[-2]:02X} and should be {right:02X}.")
    return block[1:-3]
