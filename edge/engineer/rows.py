"""A recording as rows that a person can read: when, which way, which point, the bytes, what they say. Pure."""

from datetime import datetime, timedelta, timezone
from typing import Final

from edge.engineer.words import Colour, painted
from hardware.decode import frames, row
from hardware.watch.recording import Entry, Head, Way
from shared.errors import Misread

_ARROWS: Final = {Way.OUT: "→", Way.IN: "←", Way.ASKED: "?", Way.TOLD: "!", Way.NOTE: "#"}
_COLOURS: Final = {Way.OUT: Colour.OUT, Way.IN: Colour.IN, Way.ASKED: Colour.QUIET, Way.TOLD: Colour.QUIET}
_WIDTH: Final = 36


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
        if entry.way not in (Way.OUT, Way.IN):
            text = ", ".join(f"{key} {value}" for key, value in entry.what.items() if key not in ("type", "point"))
            return [self._row(entry, f"{entry.what.get('type', '')} {text}".strip())]
        try:
            found = frames(self._head.protocol, entry.raw)
        except Misread as why:
            return [self._row(entry, str(why), bad=True)]
        return [self._frame(entry, raw.hex(" ").upper(), said) for raw, said in found]

    def _frame(self, entry: Entry, data: str, said: dict[str, object]) -> str:
        text = row(said, entry.way is Way.IN if entry.point else None)
        return self._row(entry, f"{data:<{_WIDTH}}  {text}", bad=bool(said.get("error")))

    def _row(self, entry: Entry, text: str, *, bad: bool = False) -> str:
        at = datetime.fromtimestamp((self._head.began * 1_000 + entry.at) / 1_000_000, self._zone)
        colour = Colour.BAD if bad else Colour.WARNING if entry.way is Way.NOTE else _COLOURS.get(entry.way)
        point = str(entry.point or "-")
        start = f"{at:%H:%M:%S}.{at.microsecond // 1_000:03d}  {self._line}{_ARROWS[entry.way]} {point:>3}  "
        return painted(start + text, colour, self._paint)
