"""What a person typed into a form or an address, read field by field. Pure.

A field that can't be read is remembered with a word that the page translates, and reading goes on, so that a person is
told everything that is wrong at once.
"""

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import TypeVar

from msgspec import Struct

from cloud.office.moments import read_day, read_moment
from shared.money import parse_per_litre, parse_yuan
from shared.volume import parse_litres

T = TypeVar("T")
LONG = 2**53
"""Whole numbers beyond this are nobody's intention, and some databases can't hold them."""


class Complaint(Struct, frozen=True):
    """What is wrong with a field: a word that the page translates, and the figures in its sentence."""

    reason: str
    figures: dict[str, str | int] = {}


class Form:
    """Fields by name, and the complaints collected while they are read."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self._fields = fields
        self.wrong: dict[str, Complaint] = {}

    @property
    def names(self) -> list[str]:
        """The fields that were sent."""
        return list(self._fields)

    def raw(self, name: str) -> str:
        """What was typed, to be shown again."""
        values = self._fields.get(name, ())
        return values[0] if values else ""

    def raws(self, name: str) -> tuple[str, ...]:
        """All values of a field that may be given several times."""
        return tuple(self._fields.get(name, ()))

    def complain(self, name: str, reason: str, **figures: str | int) -> None:
        """Remember the first complaint of a field."""
        self.wrong.setdefault(name, Complaint(reason, figures))

    def text(self, name: str, longest: int = 80, needed: bool = True) -> str:
        """A text without blanks at its ends; line breaks become blanks."""
        typed = " ".join(self.raw(name).split())
        if not typed:
            return self._missing(name, needed, "")
        if len(typed) > longest:
            self.complain(name, "too_long", longest=longest)
        elif not is_plain(typed):
            self.complain(name, "odd_characters")
        return typed if name not in self.wrong else ""

    def lines(self, name: str, most: int, longest: int) -> tuple[str, ...]:
        """Lines without blanks at their ends; empty ones don't count."""
        found = tuple(line for typed in self.raw(name).splitlines() if (line := " ".join(typed.split())))
        if len(found) > most:
            self.complain(name, "too_many_lines", most=most)
        elif any(len(line) > longest for line in found):
            self.complain(name, "too_long", longest=longest)
        elif not all(is_plain(line) and line.isprintable() for line in found):
            self.complain(name, "odd_characters")
        return found if name not in self.wrong else ()

    def whole(self, name: str, least: int = 0, most: int = LONG, default: int | None = None) -> int:
        """A whole number between two."""
        return self._between(name, int, least, most, default, str)

    def money(self, name: str, least: int = 0, most: int = 100_000_00, default: int | None = None) -> int:
        """Yuan, in fen."""
        return self._between(name, parse_yuan, least, most, default, lambda fen: f"{fen // 100}")

    def unit_price(self, name: str, least: int = 1_000, most: int = 30_000, default: int | None = None) -> int:
        """Yuan a litre, in milliyuan."""
        return self._between(name, parse_per_litre, least, most, default, lambda milli: f"{milli // 1000}")

    def litres(self, name: str, least: int = 0, most: int = 1_000_000, default: int | None = None) -> int:
        """Litres, in millilitres."""
        return self._between(name, parse_litres, least, most, default, lambda ml: f"{ml // 1000}")

    def chosen(self, name: str, options: Collection[str], default: str | None = None) -> str:
        """One of the options."""
        typed = self.raw(name)
        if typed in options:
            return typed
        if not typed and default is not None:
            return default
        self.complain(name, "choose")
        return default or ""

    def several(self, name: str, options: Collection[str]) -> tuple[str, ...]:
        """Any number of the options, in their order."""
        typed = set(self.raws(name))
        if typed - set(options):
            self.complain(name, "choose")
        return tuple(option for option in options if option in typed)

    def moment(self, name: str, needed: bool = True) -> int:
        """A local time, in UTC milliseconds; 0 when none is given."""
        return self._read(name, read_moment, "moment", needed, 0)

    def day(self, name: str, default: date | None = None) -> date | None:
        """A day."""
        return self._read(name, read_day, "day", False, default)

    def _between(
        self,
        name: str,
        read: Callable[[str], int],
        least: int,
        most: int,
        default: int | None,
        show: Callable[[int], str],
    ) -> int:
        typed = self.raw(name).strip()
        if not typed:
            return self._missing(name, default is None, default or 0)
        try:
            number = read(typed) if len(typed) <= 20 else most + 1
        except ValueError:
            self.complain(name, "number")
            return default or 0
        if not least <= number <= most:
            self.complain(name, "range", least=show(least), most=show(most))
            return default or 0
        return number

    def _read(self, name: str, read: Callable[[str], T], reason: str, needed: bool, otherwise: T) -> T:
        typed = self.raw(name).strip()
        if not typed:
            return self._missing(name, needed, otherwise)
        try:
            return read(typed)
        except (ValueError, OverflowError):
            self.complain(name, reason)
            return otherwise

    def _missing(self, name: str, needed: bool, otherwise: T) -> T:
        if needed:
            self.complain(name, "needed")
        return otherwise


def is_plain(text: str) -> bool:
    """Whether a text has only characters that people write: no controls, no halves of a character."""
    return not any(unicodedata.category(char) in ("Cc", "Cs", "Cn") for char in text)
