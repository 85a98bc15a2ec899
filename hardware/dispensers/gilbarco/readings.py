"""Pump → console: what it sold last, its totals, and the running money. Pure; numbers are the pump's own.

Gilbarco two-wire specification 2.26, section 5. No decimals are on the wire.
"""

from typing import Final

from msgspec import Struct

from hardware.dispensers.gilbarco.blocks import LEVELS
from hardware.dispensers.gilbarco.words import Mark, address, closed, data, digits, is_data, number, opened
from hardware.errors import FrameMisread

TRANSACTION_WORDS: Final = 33
GRADE_WORDS: Final = 30
MONEY_WORDS: Final = 6
MOST_GRADES: Final = 6
TOTAL_DIGITS: Final = 8
_WITH_ERROR: Final = 0x0B
_LEVEL_OF: Final = {int(mark): level for level, mark in LEVELS.items()}

ERRORS: Final = {
    1: "pulser",
    5: "conversion_factor",
    7: "not_calibrated",
    9: "timeout",
    10: "timeout",
    14: "stop_button",
    15: "battery_low",
    16: "configuration",
    24: "see_function_410",
    25: "nozzle_out_at_power_on",
    27: "preset_too_small",
    31: "communications",
}
"""What the errors mean; on its own display the pump shows 19 more."""
SEE_410: Final = 24


class Transaction(Struct, frozen=True):
    """The last sale, or the one that is stopped. Thirty-three words."""

    pump: int
    """The address, 1 to 16."""
    grade: int
    level: int
    price: int
    volume: int
    money: int
    hose: int = 0
    """The hose with an error; 0 when there is none."""
    error: int = 0

    @property
    def sale(self) -> tuple[int, int, int, int]:
        """What makes it another sale than another."""
        return self.grade, self.price, self.volume, self.money

    @property
    def alarm(self) -> str:
        """The error as a stable word."""
        return ERRORS.get(self.error, "pump_error")

    @property
    def alarm_code(self) -> int:
        """Hose and error as three nibbles, as on the wire."""
        return self.hose << 8 | self.error


class GradeTotals(Struct, frozen=True):
    """One grade's totals and its two prices."""

    grade: int
    volume: int
    money: int
    price_1: int
    price_2: int


Totals = tuple[GradeTotals, ...]
"""One to six grades."""


def encode_transaction(said: Transaction) -> bytes:
    """The block as it goes over the line."""
    who = (data(_WITH_ERROR), data(said.pump - 1), data(said.hose), data(said.error), data(said.error >> 4))
    grade = (Mark.GRADE, data(said.grade - 1), LEVELS[said.level], Mark.PRICE)
    head = bytes((Mark.STX, 0xF1, Mark.PUMP, *who, *grade)) + digits(said.price, 4)
    volume = bytes((Mark.VOLUME,)) + digits(said.volume, 6)
    return closed(head + volume + bytes((Mark.MONEY,)) + digits(said.money, 6))


def decode_transaction(block: bytes) -> Transaction:
    """The last sale in this block. :exc:`FrameMisread` when it is none, or one of the extended formats."""
    inside = opened(block)
    marks = {1: Mark.PUMP, 7: Mark.GRADE, 10: Mark.PRICE, 15: Mark.VOLUME, 22: Mark.MONEY}
    if len(block) != TRANSACTION_WORDS or any(inside[at] != mark for at, mark in marks.items()):
        raise FrameMisread(_EXTENDED if inside[1:2] == bytes((Mark.PUMP,)) else "This block is no sale.")
    if inside[9] not in _LEVEL_OF or not all(is_data(byte) for byte in (*inside[2:7], inside[8])):
        raise FrameMisread("Pump, grade or level of this sale can't be read.")
    hose, error = _error(inside[2:7])
    return Transaction(
        pump=address(inside[3] + 1),
        grade=(inside[8] & 0x0F) + 1,
        level=_LEVEL_OF[inside[9]],
        price=number(inside[11:15]),
        volume=number(inside[16:22]),
        money=number(inside[23:29]),
        hose=hose,
        error=error,
    )


_EXTENDED: Final = (
    "It speaks an extended format, with more digits than the six, six and four that are known. "
    "Please set it up for the standard format."
)


def _error(who: bytes) -> tuple[int, int]:
    """Hose and error; only the form EB has them, all others are without."""
    kind, hose, low, high = who[0] & 0x0F, who[2] & 0x0F, who[3] & 0x0F, who[4] & 0x0F
    return (hose, low | (high & 1) << 4) if kind == _WITH_ERROR and hose else (0, 0)


def encode_totals(totals: Totals) -> bytes:
    """The block as it goes over the line."""
    return closed(bytes((Mark.STX,)) + b"".join(_encode_grade(grade) for grade in totals))


def _encode_grade(said: GradeTotals) -> bytes:
    head = bytes((Mark.GRADE, data(said.grade - 1), Mark.VOLUME)) + digits(said.volume, TOTAL_DIGITS)
    money = bytes((Mark.MONEY,)) + digits(said.money, TOTAL_DIGITS)
    prices = bytes((Mark.LEVEL_1,)) + digits(said.price_1, 4) + bytes((Mark.LEVEL_2,)) + digits(said.price_2, 4)
    return head + money + prices


def decode_totals(block: bytes) -> Totals:
    """The totals in this block. :exc:`FrameMisread` when they are none."""
    inside = opened(block)
    count, rest = divmod(len(inside), GRADE_WORDS)
    if rest or not 1 <= count <= MOST_GRADES:
        raise FrameMisread("Totals have thirty words for each of one to six grades.")
    return tuple(_grade(inside[at : at + GRADE_WORDS]) for at in range(0, len(inside), GRADE_WORDS))


def _grade(words: bytes) -> GradeTotals:
    marks = {0: Mark.GRADE, 2: Mark.VOLUME, 11: Mark.MONEY, 20: Mark.LEVEL_1, 25: Mark.LEVEL_2}
    if any(words[at] != mark for at, mark in marks.items()) or not is_data(words[1]):
        raise FrameMisread("The totals of a grade are not in their order.")
    parts = (words[3:11], words[12:20], words[21:25], words[26:30])
    volume, money, price_1, price_2 = (number(part) for part in parts)
    return GradeTotals((words[1] & 0x0F) + 1, volume, money, price_1, price_2)


def encode_money(money: int) -> bytes:
    """The running money: six digits, and nothing around them."""
    return digits(money, MONEY_WORDS)
