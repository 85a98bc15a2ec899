"""Beside a line's driver: it is told what crosses the line, and keeps the books, the last frames and the incidents.

The methods that the driver calls run in the line's thread and are kept short; the others may be called from any.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from hardware.ports import AlarmRaised, Blemished, FillingRead, PointAnswered, PointSilent
from hardware.watch.books import Budget, Tally
from hardware.watch.incidents import Incident, Shelf
from hardware.watch.recording import Entry, Head, Way
from hardware.watch.reports import LineReport, Moment, PointReport, entry_of, micros, utc

LAST: Final = 240
"""Frames and happenings that are remembered."""
AFTER: Final = 40
"""How many of them come after an incident; the others were before."""
BUDGET: Final = 20
"""Exchanges of a thousand that may fail before somebody is asked to look at the cable."""
_LOOK_EVERY: Final = 64
"""Exchanges between two looks at the budget."""
_AGAIN: Final = 60_000_000
"""Microseconds until the same incident of the same point is kept again."""
_RESET: Final = "cpu_reset"
_PATIENCE: Final = 10_000_000
"""Microseconds after which an incident is kept with what was said by then."""

Tap = Callable[[Moment], None]


class _PointBook:
    def __init__(self) -> None:
        self.tally = Tally()
        self.answers: bool | None = None
        self.heard_at = 0
        self.silent_at = 0
        self.failed = False
        """Its last question got no answer."""


class LineWatch:
    """The books of one line."""

    def __init__(
        self,
        head: Head | None = None,
        url: str = "",
        shelf: Shelf | None = None,
        budget: int = BUDGET,
        on_noise: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        self.head = head or Head("", "")
        self._url = url
        self._shelf = shelf
        self._limit = budget
        self._budget = Budget(budget)
        self._on_noise = on_noise
        self._line = Tally()
        self._points = {place.point: _PointBook() for place in self.head.points}
        self._nobody = _PointBook()
        self._last: deque[Moment] = deque(maxlen=LAST)
        self._crossed = 0
        self._lock = threading.Lock()
        self._due: list[tuple[int, int, int, str]] = []
        """Incidents whose frames are still coming: until which count, when, at which point, why."""
        self._kept: dict[tuple[int, str], int] = {}
        self._taps: tuple[Tap, ...] = ()
        self._asked = self._nobody
        self._point = 0
        self._heard = b""
        self._heard_at = 0
        self._noisy = False
        self._trouble = ""
        self._lost = 0
        self._lost_at = 0

    # ── Told by the driver ────────────────────────────────────────────────────────────────────────────────────────────

    def sent(self, now: int, point: int, data: bytes) -> None:
        """A question, or what needs no answer, is on its way."""
        if self._heard:
            self._flush()
        book = self._points.get(point, self._nobody)
        if book.failed and point:
            self._line.retries += 1
            book.tally.retries += 1
            book.failed = False
        self._asked, self._point = book, point
        self._cross((now, Way.OUT, point, data))

    def heard(self, now: int, data: bytes) -> None:
        """Bytes came."""
        self._heard += data
        self._heard_at = now

    def answered(self, now: int, took: int) -> None:
        """The exchange is complete, so many microseconds after it began."""
        book = self._asked
        self._line.answered(took, now)
        book.tally.answered(took, now)
        book.heard_at, book.failed = now, False
        self._flush()
        if self._line.exchanges % _LOOK_EVERY == 0:
            self._look()

    def timed_out(self, now: int) -> None:
        """The exchange failed."""
        self._flush()
        book = self._asked
        if book.answers is False:
            self._line.probes += 1
            book.tally.probes += 1
            return
        self._line.timed_out(now)
        book.tally.timed_out(now)
        book.failed = True
        self._look()

    def asked(self, command: Any) -> None:
        """The station asks for something."""
        self._cross((micros(), Way.ASKED, getattr(command, "point", 0), command))

    def told(self, event: Any) -> None:
        """The session says this."""
        match event:
            case FillingRead():
                return
            case Blemished():
                self._blemish(event)
                return
            case PointAnswered():
                self._points.get(event.point, self._nobody).answers = True
            case PointSilent():
                self._silent(event.point)
            case AlarmRaised(alarm=alarm) if alarm == _RESET:
                self.note(event.point, _RESET)
        self._cross((micros(), Way.TOLD, getattr(event, "point", 0), event))

    def lost(self, why: str) -> None:
        """The port went away, or could not be opened."""
        if not self._trouble:
            self._lost += 1
            self._lost_at = micros()
            if self._last:
                self.note(0, "line_lost")
                self._settle()
        self._trouble = why

    def well(self) -> None:
        """It is there again."""
        self._trouble = ""

    def ended(self) -> None:
        """The driver has come to its end: nothing more will be said."""
        self._settle()

    # ── From any thread ───────────────────────────────────────────────────────────────────────────────────────────────

    def note(self, point: int, why: str) -> None:
        """Keep what was said before this, and what will be said after. ``why`` is a stable word or a few."""
        now = micros()
        with self._lock:
            if now - self._kept.get((point, why), -_AGAIN) < _AGAIN:
                return
            self._kept[point, why] = now
            self._due.append((self._crossed + AFTER, now, point, why))
        self._cross((now, Way.NOTE, point, why))

    def tap(self, tap: Tap) -> Callable[[], None]:
        """Have everything told to ``tap`` from now on, in the line's thread; call the answer to end that."""
        self._taps = (*self._taps, tap)

        def end() -> None:
            self._taps = tuple(each for each in self._taps if each is not tap)

        return end

    def entries(self, since: int = 0) -> list[Entry]:
        """The last frames and happenings, ``at`` counted from ``since`` (monotonic microseconds)."""
        return [entry_of(moment, since) for moment in self._last.copy()]

    def report(self) -> LineReport:
        """The books as they stand."""
        now = micros()
        addresses: Mapping[int, int] = {place.point: place.address for place in self.head.points}
        points = [_point(number, addresses[number], book, now) for number, book in self._points.items()]
        return LineReport(
            self.head.line,
            self.head.protocol,
            self._url,
            not self._trouble,
            self._trouble,
            self._lost,
            utc(self._lost_at),
            self._noisy,
            self._limit,
            self._line.health(now),
            tuple(points),
        )

    # ── Inside ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _cross(self, moment: Moment) -> None:
        self._last.append(moment)
        self._crossed += 1
        if self._taps:
            for tap in self._taps:
                tap(moment)
        if self._due and (self._crossed >= self._due[0][0] or moment[0] - self._due[0][1] > _PATIENCE):
            self._settle(self._crossed)

    def _flush(self) -> None:
        if self._heard:
            data, self._heard = self._heard, b""
            self._cross((self._heard_at, Way.IN, self._point, data))

    def _settle(self, crossed: int | None = None) -> None:
        """Hand over the incidents for which enough was heard; without a count, all."""
        with self._lock:
            late = micros() - _PATIENCE
            ready = [due for due in self._due if crossed is None or due[0] <= crossed or due[1] < late]
            self._due = [due for due in self._due if due not in ready]
        for _, _, point, why in ready:
            if self._shelf is not None:
                self._shelf.keep(self._incident(point, why))

    def _incident(self, point: int, why: str) -> Incident:
        last = self._last.copy()
        since = last[0][0] if last else micros()
        entries = tuple(entry_of(moment, since) for moment in last)
        return Incident(replace(self.head, began=utc(since), why=why, point=point), entries)

    def _silent(self, point: int) -> None:
        book = self._points.get(point, self._nobody)
        if book.answers and not self._trouble:
            self.note(point, "point_silent")
        book.answers, book.failed = False, False
        book.silent_at = micros()

    def _blemish(self, event: Blemished) -> None:
        count = event.count
        self._line.blemishes[event.kind] += count
        self._points.get(event.point, self._nobody).tally.blemishes[event.kind] += count

    def _look(self) -> None:
        """At the error budget."""
        change = self._budget.look(self._line.share)
        if change is None:
            return
        self._noisy = change
        if change:
            self.note(0, "error_budget")
        self._on_noise(self._noise() if change else None)

    def _noise(self) -> str:
        share = self._line.share
        worst = max(self._points, key=lambda number: self._points[number].tally.share, default=0)
        most = f", most at fuelling point {worst}" if worst else ""
        return f"{share // 10}.{share % 10} % of its last exchanges got no answer{most}."


def _point(number: int, address: int, book: _PointBook, now: int) -> PointReport:
    return PointReport(
        number, address, book.answers is True, utc(book.heard_at), utc(book.silent_at), book.tally.health(now)
    )
