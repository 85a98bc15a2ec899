"""What was said on a line, as a file: JSON, an object a line. Pure.

The first line is the head, and says what is needed to read the rest:

    {"jiayou": "line-recording", "version": 1, "line": "island 1", "protocol": "wayne-dart", "began": 1795400000000,
     "settings": {…}, "points": […], "options": {}, "why": "", "point": 0}

``began`` is UTC in milliseconds; ``why`` and ``point`` tell of an incident. Every other line is something that happened
``at`` so many microseconds after that:

    {"at": 1200, "way": "out", "point": 1, "data": "50 20 FA"}             sent to a dispenser
    {"at": 24310, "way": "in", "point": 1, "data": "50 70 FA"}             came from the line, until the exchange ended
    {"at": 24400, "way": "asked", "point": 1, "what": {"type": "Stop", …}} the station asked for it
    {"at": 24500, "way": "told", "point": 1, "what": {"type": "PointAnswered", …}}
    {"at": 24600, "way": "note", "point": 1, "what": {"text": "disputed filling"}}

Further keys and ways may come; a reader leaves out what it does not know.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Struct

from hardware import ports
from hardware.ports import LineSettings, PointOnLine, PumpCommand
from shared.errors import Misread

FORM: Final = "line-recording"
VERSION: Final = 1
S = TypeVar("S")

LONGEST_LINE: Final = 65_536
"""Characters of a line that a reader bears."""


class Way(StrEnum):
    """What happened."""

    OUT = "out"
    IN = "in"
    ASKED = "asked"
    TOLD = "told"
    NOTE = "note"


class Head(Struct, frozen=True):
    """What a recording is of. ``began`` in UTC milliseconds."""

    line: str
    protocol: str
    began: int = 0
    settings: LineSettings | None = None
    points: tuple[PointOnLine, ...] = ()
    options: dict[str, Any] = {}
    why: str = ""
    point: int = 0
    jiayou: str = FORM
    version: int = VERSION


class Entry(Struct, frozen=True, omit_defaults=True):
    """One thing that happened, ``at`` microseconds after the beginning."""

    at: int
    way: Way
    point: int = 0
    data: str = ""
    """Bytes, in hexadecimal."""
    what: dict[str, Any] = {}

    @property
    def raw(self) -> bytes:
        """The bytes; :exc:`RecordingMisread` when they are none."""
        try:
            return bytes.fromhex(self.data)
        except ValueError as why:
            raise RecordingMisread("The recording has data that is not hexadecimal.") from why


class RecordingMisread(Misread):
    """A file that is no recording of a line."""


def crossing(at: int, way: Way, point: int, data: bytes) -> Entry:
    """Bytes on the line."""
    return Entry(at, way, point, data.hex(" ").upper())


def happening(at: int, way: Way, point: int, what: object) -> Entry:
    """A command or an event, by the name of its type."""
    plain = msgspec.to_builtins(what, str_keys=True)
    return Entry(at, way, point, what={"type": type(what).__name__} | plain)


def note(at: int, point: int, text: str) -> Entry:
    """Something that somebody wants to be found beside the bytes."""
    return Entry(at, Way.NOTE, point, what={"text": text})


def line_of(part: Head | Entry) -> str:
    """One line of the file, without its end."""
    return msgspec.json.encode(part).decode()


def write(head: Head, entries: Iterable[Entry]) -> str:
    """The whole file."""
    parts: tuple[Head | Entry, ...] = (head, *entries)
    return "".join(line_of(part) + "\n" for part in parts)


def read_head(line: str) -> Head:
    """The first line; :exc:`RecordingMisread` says why it is none."""
    head = _read(line, Head)
    if head.jiayou != FORM:
        raise RecordingMisread("This is no recording of a line: its first line must say so.")
    if head.version > VERSION:
        raise RecordingMisread(f"This recording is of version {head.version}; this program reads {VERSION}. Update it.")
    return head


def read_entries(lines: Iterable[str]) -> Iterator[Entry]:
    """The other lines. What this program does not know is left out; a last line that was cut off, too."""
    for line in lines:
        if len(line) > LONGEST_LINE:
            raise RecordingMisread("This recording has a line that is longer than any frame.")
        if not line.endswith("\n") or not line.strip():
            continue
        if _read(line, _Kind).way in _WAYS:
            yield _read(line, Entry)


def command(entry: Entry) -> PumpCommand | None:
    """What the station asked for; None when this program does not know it."""
    kind = _COMMANDS.get(str(entry.what.get("type")))
    if kind is None:
        return None
    try:
        return msgspec.convert(entry.what, kind, strict=False)
    except msgspec.ValidationError:
        return None


class _Kind(Struct):
    way: str


_WAYS: Final = frozenset(Way)
_COMMANDS: Final[Mapping[str, type[PumpCommand]]] = {
    kind.__name__: kind
    for kind in (
        ports.ReadState, ports.Authorise, ports.Stop, ports.Suspend, ports.Resume, ports.Clear, ports.SetPrices,
        ports.ReadTotaliser,
    )
}  # fmt: skip


def _read(line: str, kind: type[S]) -> S:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError) as why:
        raise RecordingMisread(f"This is no recording of a line: {why}.") from why
