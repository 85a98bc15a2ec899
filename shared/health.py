"""How a program is, part by part, in words that a person at three in the morning can use. Pure.

A part is *well*, *unwell* (work goes on, somebody should look) or *failing* (what the program is there for does not
happen). A program is as its worst part is.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct


class Level(StrEnum):
    """How well."""

    WELL = "well"
    UNWELL = "unwell"
    FAILING = "failing"


_WORSE = {Level.WELL: 0, Level.UNWELL: 1, Level.FAILING: 2}


class Part(Struct, frozen=True):
    """One part. ``since`` in UTC milliseconds, 0 when it was never different or nobody knows."""

    name: str
    level: Level
    reason: str = ""
    """A stable word, for programs."""
    said: str = ""
    do: str = ""
    since: int = 0


class Health(Struct, frozen=True):
    """All parts, the worst first."""

    program: str
    level: Level
    parts: tuple[Part, ...]

    @property
    def status(self) -> int:
        """As HTTP says it: 503 when the program does not do its work."""
        return 503 if self.level is Level.FAILING else 200

    def text(self) -> str:
        """Lines for a person."""
        lines = [f"{self.program}: {self.level}"]
        for part in self.parts:
            lines.append(f"{_MARKS[part.level]} {part.name}  {part.said}".rstrip())
            if part.do:
                lines.append(f"    → {part.do}")
        return "\n".join(lines) + "\n"


_MARKS = {Level.WELL: "✓", Level.UNWELL: "!", Level.FAILING: "✗"}


def health(program: str, parts: Sequence[Part]) -> Health:
    """The whole, from its parts."""
    ordered = sorted(parts, key=lambda part: (-_WORSE[part.level], part.name))
    worst = max((part.level for part in parts), key=lambda level: _WORSE[level], default=Level.WELL)
    return Health(program, worst, tuple(ordered))
