"""A recording as rows that a person can read: when, which way, which point, the bytes, what they say. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

from msgspec import Struct

from edge.engineer.words import Colour, painted
from hardware.decode import frames, row
from hardware.watch.recording import Entry, Head, Way
from shared.errors import JiayouError

_ARROWS: Final = {Way.OUT: "→", Way.IN: "←", Way.ASKED: "?", Way.TOLD: "!", Way.NOTE: "#"}
_COLOURS: Final = {
    Way.OUT: Colour.OUT, Way.IN: Colour.IN, Way.ASKED: Colour.QUIET, Way.TOLD: Colour.QUIET, Way.NOTE: Colour.WARNING,
}  # fmt: skip
_WIDTH: Final = 36


class Cells(Struct, frozen=True):
    """One row, in its parts."""

    at: str
    way: Way
    arrow: str
    point: int
    data: str
    """Bytes in hexadecimal; empty for what is no frame."""
    text: str
    wrong: bool
    """The frame makes no sense."""


def cells(head: Head, entry: Entry, zone: tzinfo) -> Iterator[Cells]:
    """The rows of an entry: one for each frame."""
    when = datetime.fromtimestamp((head.began * 1_000 + entry.at) / 1_000_000, zone)
    at = f"{when:%H:%M:%S}.{when.microsecond // 1_000:03d}"
    for data, text, wrong in _said(head, entry):
        yield Cells(at, entry.way, _ARROWS[entry.way], entry.point, data, text, wrong)


def _said(head: Head, entry: Entry) -> Iterator[tuple[str, str, bool]]:
    if entry.way not in (Way.OUT, Way.IN):
        text = ", ".join(f"{key} {value}" for key, value in entry.what.items() if key not in ("type", "point"))
        yield "", f"{entry.what.get('type', '')} {text}".strip(), False
        return
    try:
        found = frames(head.protocol, entry.raw)
    except JiayouError as why:
        yield entry.data, str(why), True
        return
    for raw, said in found:
        yield raw.hex(" ").upper(), row(said, entry.way is Way.IN if entry.point else None), bool(said.get("error"))


class Rows:
    """Writes the entries of one recording. ``utc_offset``: minutes by which the shown time is ahead of UTC."""

    def __init__(self, head: Head, utc_offset: int = 480, *, paint: bool = False, named: bool = False) -> None:
        self._head = head
        self._zone = timezone(timedelta(minutes=utc_offset))
        self._paint = paint
        self._line = f"{head.line}  " if named else ""

    def title(self) -> str:
        """What is being read."""
        port = self._head.settings
        how = f" · {port.baud_rate} {port.data_bits}{port.parity}{port.stop_bits}" if port else ""
        why = f" · {self._head.why} (point {self._head.point})" if self._head.why else ""
        return painted(f"{self._head.line} · {self._head.protocol}{how}{why}", Colour.QUIET, self._paint)

    def of(self, entry: Entry) -> list[str]:
        """One row for each frame."""
        return [self._row(each) for each in cells(self._head, entry, self._zone)]

    def _row(self, each: Cells) -> str:
        data = f"{each.data:<{_WIDTH}}  " if each.data else ""
        text = f"{each.at}  {self._line}{each.arrow} {each.point or '-':>3}  {data}{each.text}"
        return painted(text, Colour.BAD if each.wrong else _COLOURS[each.way], self._paint)
