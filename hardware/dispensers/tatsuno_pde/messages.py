"""What the texts of Tatsuno PDE say, both ways, in the counter's own whole numbers. Pure.

Capitals go to the counter, small letters come from it. (PDE counter protocol, July 2000, "messages")
"""

import re
from enum import IntEnum
from typing import Final

from msgspec import Struct

from hardware.errors import FrameMisread

MOST: Final = 999_999
"""Of money and volume."""
HIGHEST_PRICE: Final = 9_999
TOTAL_DIGITS: Final = 12
TRANSACTIONS: Final = 1_000
"""Their numbers start again at 0."""


class State(IntEnum):
    """The state digit."""

    LOCKED = 0
    IDLE = 1
    NOZZLE_UP = 2
    FUELLING = 3
    ENDED = 4


class Error(IntEnum):
    """The codes that are the link's own; all others are in the dispenser's manual."""

    NONE = 0
    NOT_INITIALISED = 63
    INITIALISED = 99


class Control(IntEnum):
    """What C asks for."""

    LOCK = 0
    UNLOCK = 1
    PAYMENT = 2
    LIGHTS_ON = 3
    LIGHTS_OFF = 4
    CLEAR_DISPLAY = 5
    GREEN_LIGHT = 6


# ── From the counter ──────────────────────────────────────────────────────────────────────────────────────────────────


class Display(Struct, frozen=True):
    """``nozzle`` 0: none is named."""

    transaction: int
    nozzle: int
    amount: int
    volume: int
    price: int


class Status(Struct, frozen=True):
    """``up``: the product whose nozzle is up, 0 when all hang."""

    remote: bool
    keypad: bool
    state: State
    up: int


class Fault(Struct, frozen=True):
    """An error, or that there is none."""

    code: int


class Register(Struct, frozen=True):
    """``type`` is numbered otherwise than in the question, by the notes themselves: never to be matched."""

    nozzle: int
    type: int
    value: int


class History(Struct, frozen=True):
    """An old sale, still in hexadecimal digits: their byte order is not stated."""

    index: int
    digits: str


class Challenge(Struct, frozen=True):
    """It wants the answer to this before anything else."""

    letters: str


class Other(Struct, frozen=True):
    """A message that nothing here needs (the texts m and o), or that makes no sense."""

    text: str


Message = Display | Status | Fault | Register | History | Challenge | Other

_SHAPES: Final = {
    "d": re.compile(r"d(\d{3})(\d)(\d{6})(\d{6})(\d{4})", re.ASCII),
    "s": re.compile(r"s([01])([01])([0-4])([0-8])", re.ASCII),
    "e": re.compile(r"e(\d\d)", re.ASCII),
    "x": re.compile(r"x([0-5])(\d)(\d{12})", re.ASCII),
    "h": re.compile(r"h(\d\d)([0-9A-Fa-f]{28})", re.ASCII),
    "i": re.compile(r"i([\x20-\x7f]{8})", re.ASCII),
}


def read(text: str) -> Message:
    """Never fails: what makes no sense is :class:`Other`, and is acknowledged, or it would come forever."""
    shape = _SHAPES.get(text[:1])
    found = shape.fullmatch(text) if shape is not None else None
    if found is None:
        return Other(text)
    parts = found.groups()
    match text[0]:
        case "d":
            return Display(*map(int, parts))
        case "s":
            return Status(parts[0] == "1", parts[1] == "1", State(int(parts[2])), int(parts[3]))
        case "e":
            return Fault(int(parts[0]))
        case "x":
            return Register(*map(int, parts))
        case "h":
            return History(int(parts[0]), parts[1])
        case _:
            return Challenge(parts[0])


def write(message: Message) -> str:
    """The text of a message of the counter."""
    match message:
        case Display():
            figures = f"{message.amount:06d}{message.volume:06d}{message.price:04d}"
            return f"d{message.transaction:03d}{message.nozzle}{figures}"
        case Status():
            return f"s{int(message.remote)}{int(message.keypad)}{message.state}{message.up}"
        case Fault():
            return f"e{message.code:02d}"
        case Register():
            return f"x{message.nozzle}{message.type}{message.value:012d}"
        case History():
            return f"h{message.index:02d}{message.digits}"
        case Challenge():
            return f"i{message.letters}"
        case Other():
            return message.text


class Sold(Struct, frozen=True):
    """A sale of the history, read in one of the two byte orders; its time is as the counter counts it."""

    amount: int
    volume: int
    price: int


def sold(history: History, *, little_endian: bool) -> Sold:
    """The figures of a history in this byte order."""
    raw = bytes.fromhex(history.digits)
    order = "little" if little_endian else "big"
    amount, volume, price = (int.from_bytes(raw[at:end], order) for at, end in ((0, 4), (4, 8), (8, 10)))  # type: ignore[arg-type]
    return Sold(amount, volume, price)


# ── To the counter ────────────────────────────────────────────────────────────────────────────────────────────────────


class Release(Struct, frozen=True):
    """A: ``product`` may flow at this price, up to ``limit`` in volume or money."""

    money: bool
    limit: int
    credit: bool
    price: int
    product: int


_RELEASE: Final = re.compile(r"A([01])(\d{6})([01])(\d{4})([1-8])", re.ASCII)
_PRICE: Final = re.compile(r"Z([1-8])(\d{4})", re.ASCII)
_REGISTER: Final = re.compile(r"X([0-5])([0-2])", re.ASCII)


def authorise(release: Release) -> str:
    """A with its thirteen digits."""
    return f"A{int(release.money)}{release.limit:06d}{int(release.credit)}{release.price:04d}{release.product}"


def read_release(text: str) -> Release:
    """:exc:`FrameMisread` when it is none."""
    money, limit, credit, price, product = _parts(_RELEASE, text)
    return Release(money == "1", int(limit), credit == "1", int(price), int(product))


def set_price(product: int, price: int) -> str:
    """Z."""
    return f"Z{product}{price:04d}"


def read_price(text: str) -> tuple[int, int]:
    """Product and price of Z. :exc:`FrameMisread` when it is none."""
    product, price = _parts(_PRICE, text)
    return int(product), int(price)


def control(what: Control) -> str:
    """C."""
    return f"C{what:d}"


def ask_total(nozzle: int) -> str:
    """X for the volume that can't be reset."""
    return f"X{nozzle}0"


def read_question(text: str) -> tuple[int, int]:
    """Nozzle and type of X. :exc:`FrameMisread` when it is none."""
    nozzle, kind = _parts(_REGISTER, text)
    return int(nozzle), int(kind)


def _parts(shape: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = shape.fullmatch(text)
    if found is None:
        raise FrameMisread(f"“{text}” has not the digits that belong to it.")
    return found.groups()


STATUS: Final = "S"
DISPLAY: Final = "D"
LAST_SALE: Final = "H00"
