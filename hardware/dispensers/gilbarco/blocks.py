"""Console → pump: the blocks that may follow a ``SEND DATA``. Pure.

Gilbarco two-wire specification 2.26, section 4. Straight after STX stands the data length DL, the two's complement of
how many words follow it. Numbers go least significant digit first.
"""

from typing import Final

from msgspec import Struct

from hardware.dispensers.gilbarco.words import Mark, closed, data, digits, is_data, number, opened
from hardware.errors import FrameMisread
from shared.sale import PresetKind

LEVELS: Final = {1: Mark.LEVEL_1, 2: Mark.LEVEL_2}
_LEVEL_OF: Final = {mark: level for level, mark in LEVELS.items()}
_KINDS: Final = {PresetKind.VOLUME: Mark.VOLUME_PRESET, PresetKind.AMOUNT: Mark.MONEY_PRESET}
_KIND_OF: Final = {mark: kind for kind, mark in _KINDS.items()}
_END: Final = 3
"""Words of the end: mark, check, ETX."""
_MOST_GRADES: Final = 8


class Price(Struct, frozen=True):
    """The price of a grade, 1 to 8, on a price level; four digits as displayed."""

    grade: int
    level: int
    price: int

    def words(self) -> bytes:
        return bytes((LEVELS[self.level], Mark.GRADE, data(self.grade - 1), Mark.PRICE)) + digits(self.price, 4)


class LevelSwitch(Struct, frozen=True):
    """The price level of the next filling."""

    level: int

    def words(self) -> bytes:
        return bytes((LEVELS[self.level],))


class Limit(Struct, frozen=True):
    """A preset: volume in hundredths with five digits, or money with five or six, as the pump is set up.

    ``level`` 0: not named. ``grades``: none named, the one that a volume must have, or, with ``ranged``, all that may
    deliver.
    """

    kind: PresetKind
    value: int
    size: int = 5
    level: int = 0
    grades: tuple[int, ...] = ()
    ranged: bool = False

    def words(self) -> bytes:
        level = bytes((LEVELS[self.level],)) if self.level else b""
        head = bytes((_KINDS[self.kind],)) + level + self._grades()
        return head + bytes((Mark.PUMP,)) + digits(self.value, self.size)

    def _grades(self) -> bytes:
        if self.ranged:
            mask = sum(1 << grade - 1 for grade in self.grades)
            return bytes((Mark.GRADE, data(mask), data(mask >> 4)))
        return bytes((Mark.GRADE, data(self.grades[0] - 1))) if self.grades else b""


class Special(Struct, frozen=True):
    """A question to a special function, by its three digits: category, sub-high, sub-low."""

    function: int

    def words(self) -> bytes:
        low, high, category = self.function, self.function >> 4, self.function >> 8
        return bytes((Mark.SPECIAL, data(low), data(high), data(category)))


Block = Price | LevelSwitch | Limit | Special


def encode(block: Block) -> bytes:
    """The block as it goes over the line."""
    words = block.words()
    return closed(bytes((Mark.STX, data(-(len(words) + _END)))) + words)


def decode(raw: bytes) -> Block:
    """The block in these bytes. :exc:`FrameMisread` says what is wrong with them."""
    inside = opened(raw)
    if not inside or inside[0] != data(-(len(inside) - 1 + _END)):
        raise FrameMisread("The data length does not fit the block.")
    words = inside[1:]
    kind = words[0] if words else 0
    if kind in _LEVEL_OF:
        return _price(words) if len(words) > 1 else LevelSwitch(_LEVEL_OF[Mark(kind)])
    if kind in _KIND_OF:
        return _limit(words)
    if kind == Mark.SPECIAL and len(words) == 4 and all(is_data(byte) for byte in words[1:]):
        return Special(words[1] & 0x0F | (words[2] & 0x0F) << 4 | (words[3] & 0x0F) << 8)
    raise FrameMisread(f"{raw.hex(' ').upper()} is no block of a console.")


def _price(words: bytes) -> Price:
    if len(words) != 8 or words[1] != Mark.GRADE or words[3] != Mark.PRICE or not is_data(words[2]):
        raise FrameMisread("A price has a level, a grade and four digits.")
    return Price((words[2] & 0x0F) + 1, _LEVEL_OF[Mark(words[0])], number(words[4:]))


def _limit(words: bytes) -> Limit:
    head, found, tail = words.partition(bytes((Mark.PUMP,)))
    if not found or len(tail) not in (5, 6):
        raise FrameMisread("A preset has five or six digits.")
    level = _LEVEL_OF.get(head[1], 0) if len(head) > 1 else 0  # type: ignore[call-overload]
    grades, ranged = _named(head[2:] if level else head[1:])
    return Limit(_KIND_OF[Mark(head[0])], number(tail), len(tail), level, grades, ranged)


def _named(words: bytes) -> tuple[tuple[int, ...], bool]:
    """The grades of a preset, and whether they are a range."""
    if not words:
        return (), False
    if words[0] != Mark.GRADE or len(words) not in (2, 3) or not all(is_data(byte) for byte in words[1:]):
        raise FrameMisread("The grades of a preset can't be read.")
    if len(words) == 2:
        return ((words[1] & 0x0F) + 1,), False
    mask = words[1] & 0x0F | (words[2] & 0x0F) << 4
    return tuple(grade for grade in range(1, _MOST_GRADES + 1) if mask >> grade - 1 & 1), True
