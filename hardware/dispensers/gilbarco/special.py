"""Special functions: what newer pumps say of themselves. Pure.

Gilbarco two-wire specification 2.26, section 6. An answer is in a modified ASCII (B0 to B9 are 0 to 9, C1 to C6 are A
to F), most significant digit first: BA, length, pump, function, how much remains, the message, a check, 8D 8A.
"""

from typing import Final

from msgspec import Struct

from hardware.dispensers.gilbarco.words import address, nibble
from hardware.errors import FrameMisread

VERSION: Final = 0x001
CONFIGURATION: Final = 0x00E
SELECTION: Final = 0x010
ERROR: Final = 0x410
START, BEFORE_END, END = 0xBA, 0x8D, 0x8A
TRAILER: Final = 0xF0
"""Some modular pumps add it behind the end."""
LONGEST: Final = 80
_LITRES: Final = "03"
_HEAD: Final = 8
"""Digits before the message: two of length, pump, three of function, two of what remains."""


class Reply(Struct, frozen=True):
    """An answer; without a message the pump does not know the function."""

    pump: int
    """The address, 1 to 16."""
    function: int
    message: str
    """Hexadecimal digits."""
    remain: int = 0


def encode(reply: Reply) -> bytes:
    """The answer as it goes over the line; the message has an even number of digits."""
    head = f"{len(reply.message) // 2:02X}{nibble(reply.pump):X}{reply.function:03X}{reply.remain:02X}"
    text = head + reply.message
    return bytes((START, *(_sent(digit) for digit in text + _check(text)), BEFORE_END, END))


def decode(raw: bytes) -> Reply:
    """The answer in these bytes. :exc:`FrameMisread` says what is wrong with them."""
    if raw[-1:] == bytes((TRAILER,)):
        raw = raw[:-1]
    if raw[:1] != bytes((START,)) or raw[-2:] != bytes((BEFORE_END, END)):
        raise FrameMisread("The answer of a special function begins with BA and ends with 8D 8A.")
    text = "".join(_digit(byte) for byte in raw[1:-2])
    body, check = text[:-2], text[-2:]
    if len(body) < _HEAD or len(body) % 2 or check != _check(body):
        raise FrameMisread("The check of this special function is wrong, or a digit is missing.")
    message = body[_HEAD:]
    if int(body[:2], 16) * 2 != len(message):
        raise FrameMisread(f"It says that {int(body[:2], 16)} pairs follow, and has {len(message) // 2}.")
    return Reply(address(int(body[2], 16)), int(body[3:6], 16), message, int(body[6:8], 16))


def _check(text: str) -> str:
    """Two's complement of the sum of the pairs."""
    return f"{-sum(bytes.fromhex(text)) & 0xFF:02X}"


def _sent(digit: str) -> int:
    return 0xB0 + int(digit) if digit.isdecimal() else 0xC1 + ord(digit) - ord("A")


def _digit(byte: int) -> str:
    if not is_digit(byte):
        raise FrameMisread(f"{byte:02X} is no digit of a special function.")
    return str(byte - 0xB0) if byte <= 0xB9 else chr(ord("A") + byte - 0xC1)


def is_digit(byte: int) -> bool:
    """Whether it is a digit in the modified ASCII."""
    return 0xB0 <= byte <= 0xB9 or 0xC1 <= byte <= 0xC6


# ── What the messages say ─────────────────────────────────────────────────────────────────────────────────────────────


def version(message: str) -> str:
    """SF 001 in words: the program, and its date."""
    program, date = message[:5], message[5:11]
    return f"Gilbarco, program {program}" + (f" of {date[4:]}-{date[:2]}-{date[2:4]}" if date.isdecimal() else "")


class Configuration(Struct, frozen=True):
    """SF 00E: how it is set up."""

    litres: bool
    money_digits: int
    """Five or six: with five, the money of a sale has one digit more than is displayed."""


def configuration(message: str) -> Configuration:
    """:exc:`FrameMisread` when it makes no sense."""
    digits = {"00": 5, "01": 6}.get(message[10:12])
    if digits is None:
        raise FrameMisread(f"{message} does not say how many digits its money has.")
    return Configuration(message[2:4] == _LITRES, digits)


FLAG_TENTHS, FLAG_APART, FLAG_HUNDREDTHS = 0, 1, 2


class Selection(Struct, frozen=True):
    """SF 010: what a pump with its handle up wants, and which grade was selected.

    Pumps of 长吉 use its first digit for the form of their totals: 0 one decimal, 1 one decimal and the second one of
    grades 1 to 4 in the four digits that follow, 2 two decimals.
    """

    flag: int
    level_needed: bool
    grade: int
    """0: it can't tell."""
    hundredths: tuple[int, ...]


def selection(message: str) -> Selection:
    """:exc:`FrameMisread` when it makes no sense."""
    if len(message) < 6 or not message[:6].isdecimal():
        raise FrameMisread(f"{message} does not say what is selected.")
    return Selection(int(message[0]), message[1] == "0", int(message[5]), tuple(int(digit) for digit in message[1:5]))
