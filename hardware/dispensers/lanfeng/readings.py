"""What an answer of a Lanfeng gun says, in its own whole numbers. Pure. (China domestic notes, section 4)"""

from typing import Final

from msgspec import Struct

from hardware.bcd import bcd, read_bcd
from hardware.dispensers.lanfeng.frames import Code, Frame, decode, encode
from hardware.errors import FrameMisread

TOTAL_DIGITS: Final = 12
_OUT: Final = 0x80
_CONTROL: Final = 0x40
_AT_REST: Final = 1
_RELEASED: Final = 2


class Standing(Struct, frozen=True):
    """The answer to B8: price, display and status."""

    price: int
    amount: int
    volume: int
    out: bool
    """The nozzle is lifted."""
    controlled: bool
    """It does what the controller says; otherwise it sells by itself."""
    released: bool
    """Fuel may flow."""


def read_standing(raw: bytes) -> Standing:
    """:exc:`FrameMisread` when a number has other digits than 0 to 9, or the status is none of the known ones."""
    body = decode(raw).body
    status = body[9]
    if status & ~(_OUT | _CONTROL) not in (_AT_REST, _RELEASED):
        raise FrameMisread(f"{status:02X} is no known status.")
    price, amount, volume = read_bcd(body[1:3]), read_bcd(body[3:6]), read_bcd(body[6:9])
    released = status & ~(_OUT | _CONTROL) == _RELEASED
    return Standing(price, amount, volume, bool(status & _OUT), bool(status & _CONTROL), released)


def write_standing(gun: int, said: Standing) -> bytes:
    """The answer to B8 as it goes over the line."""
    status = (_RELEASED if said.released else _AT_REST) | _OUT * said.out | _CONTROL * said.controlled
    figures = bcd(said.price, 2) + bcd(said.amount, 3) + bcd(said.volume, 3)
    return encode(Frame(gun, b"\0" + figures + bytes((status,))))


def read_total(raw: bytes) -> int:
    """The answer to AC or AD. :exc:`FrameMisread` when it has other digits than 0 to 9."""
    return read_bcd(decode(raw).body[4:10])


def write_total(gun: int, code: Code, total: int) -> bytes:
    """The answer to AC or AD as it goes over the line."""
    return encode(Frame(gun, bytes((0, code, 0, 0)) + bcd(total, TOTAL_DIGITS // 2)))
