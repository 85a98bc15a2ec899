"""What an answer of a Censtar pump says, in its own whole numbers. Pure.

``read_…`` raise :exc:`FrameMisread` where an answer makes no sense. Byte numbers in square brackets are those of the
notes: from 0 at FC on. (China domestic notes, section 2)
"""

from enum import IntEnum
from typing import Final

from msgspec import Struct

from hardware.bcd import bcd, read_bcd
from hardware.dispensers.censtar.frames import ANSWERS, Code, Frame, decode, encode
from hardware.dispensers.censtar.options import SaleForm, TotalsForm
from hardware.errors import FrameMisread

TOTAL_DIGITS: Final = 8
_UP: Final = 0x80
_UNREAD: Final = 0x10
_ACCEPTED: Final = 0xBB
_REFUSED: Final = 0xCC
_TWENTY_BITS: Final = 0xFFFFF


class State(IntEnum):
    """The low half of the status."""

    INOPERATIVE = 1
    CLOSED = 2
    IDLE = 3
    CALLING = 4
    AUTHORISED = 5
    STARTED = 6
    SUSPENDED_STARTED = 7
    FUELLING = 8
    SUSPENDED_FUELLING = 9


class Status(Struct, frozen=True):
    """The answer to 0D."""

    state: State
    out: bool
    """The nozzle is up."""
    unread: bool
    """A sale waits to be confirmed."""


class Running(Struct, frozen=True):
    """The answer to 18: the display."""

    volume: int
    amount: int


class Sale(Struct, frozen=True):
    """The answer to 15."""

    amount: int
    volume: int
    price: int
    sequence: bytes


class Totals(Struct, frozen=True):
    """The answer to 0C."""

    amount: int
    volume: int


def _body(raw: bytes, code: Code) -> bytes:
    """The whole frame again, when it is an answer to this command."""
    if decode(raw).code is not code or len(raw) not in ANSWERS[code]:
        raise FrameMisread(f"This is no answer to {code:02X}.")
    return raw


def _answer(code: Code, point: int, data: bytes) -> bytes:
    return encode(Frame(code, point, data.ljust(ANSWERS[code][0] - 4, b"\0")))


def read_status(raw: bytes) -> Status:
    """[3] = status."""
    status = _body(raw, Code.STATUS)[3]
    if status & 0x0F not in set(State):
        raise FrameMisread(f"{status:02X} is no known status.")
    return Status(State(status & 0x0F), bool(status & _UP), bool(status & _UNREAD))


def write_status(point: int, said: Status) -> bytes:
    """The same, as it goes over the line."""
    return _answer(Code.STATUS, point, bytes((said.state | _UP * said.out | _UNREAD * said.unread,)))


def read_verdict(raw: bytes) -> bool:
    """Whether a limit or a price was accepted: [4] = BB, or CC when it was refused."""
    verdict = raw[4] if len(raw) == ANSWERS[Code.PRICE][0] else 0
    if verdict not in (_ACCEPTED, _REFUSED):
        raise FrameMisread(f"{verdict:02X} is neither accepted nor refused.")
    return verdict == _ACCEPTED


def write_verdict(code: Code, point: int, *, accepted: bool) -> bytes:
    """The same, as it goes over the line."""
    return encode(Frame(code, point, bytes((0, _ACCEPTED if accepted else _REFUSED))))


def read_price(raw: bytes) -> int:
    """[4..5]."""
    return read_bcd(_body(raw, Code.READ_PRICE)[4:6])


def write_price(point: int, price: int) -> bytes:
    """The same, as it goes over the line."""
    return _answer(Code.READ_PRICE, point, b"\0" + bcd(price, 2))


def read_running(raw: bytes) -> Running:
    """Volume [4..6], amount [7..9]."""
    body = _body(raw, Code.RUNNING)
    return Running(read_bcd(body[4:7]), read_bcd(body[7:10]))


def write_running(point: int, said: Running) -> bytes:
    """The same, as it goes over the line."""
    return _answer(Code.RUNNING, point, b"\0" + bcd(said.volume, 3) + bcd(said.amount, 3))


def read_totals(raw: bytes, form: TotalsForm = TotalsForm.DIGITS) -> Totals:
    """Amount [4..7], volume [8..11]."""
    body = _body(raw, Code.TOTALS)
    if form is TotalsForm.BINARY:
        return Totals(int.from_bytes(body[4:8], "big"), int.from_bytes(body[8:12], "big"))
    return Totals(read_bcd(body[4:8]), read_bcd(body[8:12]))


def write_totals(point: int, said: Totals) -> bytes:
    """The same, in digits, as it goes over the line."""
    return _answer(Code.TOTALS, point, b"\0" + bcd(said.amount, 4) + bcd(said.volume, 4))


def read_sale(raw: bytes, form: SaleForm = SaleForm.BINARY) -> Sale:
    """Amount and volume in 20 bits each at [6..10], price [19..20], sequence [23..24]."""
    body = _body(raw, Code.READ_SALE)
    both = int.from_bytes(body[6:11], "big")
    amount, volume = both >> 20, both & _TWENTY_BITS
    if form is SaleForm.DIGITS:
        digits = f"{read_bcd(body[6:11]):010d}"
        amount, volume = int(digits[:5]), int(digits[5:])
    return Sale(amount, volume, read_bcd(body[19:21]), bytes(body[23:25]))


def write_sale(point: int, said: Sale, form: SaleForm = SaleForm.BINARY) -> bytes:
    """The same, as it goes over the line; figures that don't fit start again at zero."""
    if form is SaleForm.DIGITS:
        figures = bytes.fromhex(f"{said.amount % 100_000:05d}{said.volume % 100_000:05d}")
    else:
        figures = ((said.amount & _TWENTY_BITS) << 20 | said.volume & _TWENTY_BITS).to_bytes(5, "big")
    data = bytes(3) + figures + bytes(8) + bcd(said.price, 2) + bytes(2) + said.sequence
    return _answer(Code.READ_SALE, point, data)
