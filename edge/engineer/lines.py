"""The running lines, as the engineer sees them: their books, their last frames and the incidents on the shelf."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from edge.settings import LineSettings
from hardware.watch.incidents import NAME, Shelf
from hardware.watch.recording import Entry, Head, RecordingMisread, read_entries, read_head
from hardware.watch.reports import LineReport
from hardware.watch.watch import LineWatch
from shared.errors import Refused

SHOWN: Final = 30
"""Incidents in a list."""
_LONGEST: Final = 2_000_000
"""Bytes of a recording that is read at once."""


class Kept(Struct, frozen=True):
    """An incident on the shelf."""

    name: str
    """The name of its file."""
    head: Head


class Lines:
    """All lines of the agent. ``watches`` by the name of the line."""

    def __init__(self, watches: Mapping[str, LineWatch], shelf: Shelf, lines: tuple[LineSettings, ...] = ()) -> None:
        self.watches = watches
        self._shelf = shelf
        self._line_of = {point.number: line.name for line in lines for point in line.points}

    def reports(self) -> tuple[LineReport, ...]:
        """The books of every line."""
        return tuple(watch.report() for watch in self.watches.values())

    def watch(self, line: str) -> LineWatch:
        """The books of one line; :exc:`Refused` names those that there are."""
        if line not in self.watches:
            raise Refused("no_such_line", f"There is no line “{line}”. There are: {', '.join(self.watches) or 'none'}.")
        return self.watches[line]

    def note(self, point: int, why: str) -> None:
        """Something happened at this point that an engineer may want to look into: keep what was said around it."""
        watch = self.watches.get(self._line_of.get(point, ""))
        if watch is not None:
            watch.note(point, why)

    def incidents(self) -> list[Kept]:
        """The newest first. Reads files; not for the event loop."""
        return [kept for path in self._shelf.files()[:SHOWN] if (kept := _kept(path)) is not None]

    def incident(self, name: str) -> tuple[Head, list[Entry]]:
        """One of them, whole; :exc:`Refused` when it is gone. Reads a file."""
        path = self._shelf.folder / name
        if not NAME.fullmatch(name) or not path.is_file():
            raise Refused("no_such_incident", "There is no such incident; the oldest are dropped.")
        return read(path)


def nothing() -> Lines:
    """No lines, and no incidents."""
    return Lines({}, Shelf(Path("no incidents are kept")))


async def note_disputes(lines: Lines, changes: AsyncIterator[object]) -> None:
    """Keep what was said on the line when a filling turns out to be disputed."""
    disputed: set[int] = set()
    async for change in changes:
        point, now = getattr(change, "point", 0), bool(getattr(change, "disputed", False))
        if not point:
            continue
        if now and point not in disputed:
            lines.note(point, "disputed")
        (disputed.add if now else disputed.discard)(point)


def read(path: Path) -> tuple[Head, list[Entry]]:
    """A recording; :exc:`RecordingMisread` when it is none, :exc:`Refused` when it can't be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_LONGEST)
    except OSError as why:
        raise Refused("unreadable", f"The file can't be read: {why}") from why
    lines = text.splitlines(keepends=True)
    return read_head(lines[0] if lines else ""), list(read_entries(lines[1:]))


def _kept(path: Path) -> Kept | None:
    with suppress(OSError, RecordingMisread), path.open(encoding="utf-8", errors="replace") as file:
        return Kept(path.name, read_head(file.readline()))
    return None
