"""Who is asked next on a line. Pure.

Each seat waits its turn by age: the longer ago it was asked, the sooner it comes, and where fuel flows its age counts
half as much again, so that running figures move while idle points are still seen soon. A dead seat is tried less and
less often, and never twice before all the living were asked.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Generic, TypeVar

MISSES_TO_SILENCE: Final = 3
_FIRST_PAUSE: Final = 500_000
_LONGEST_PAUSE: Final = 8_000_000
_LONG_AGO: Final = -(10**15)
_ACTIVE_AGE: Final = 3
_IDLE_AGE: Final = 2
"""With 8 of 32 points fuelling on a line of 9600 baud this moves figures every 0.9 s and sees the idle within 1.4 s;
with twice the age it would be 0.8 s and 1.6 s."""
_ROUND_SHARE: Final = 3
"""Polls of the round between two turns of seats that have other work."""


class Seat:
    """A fuelling point's place in the round. Times in microseconds."""

    def __init__(self, patience: int = MISSES_TO_SILENCE) -> None:
        self.patience = patience
        """So many answers in a row may fail to come; with the last of them it is silent."""
        self.answers: bool | None = None
        """None until it has answered, or stayed silent, for the first time."""
        self.last_asked = _LONG_AGO
        self.due = 0
        """When a silent one is asked again."""
        self.active = False
        """Fuel may be flowing."""
        self.misses = 0
        self._pause = _FIRST_PAUSE

    def missed(self, now: int) -> bool:
        """It did not answer; whether it has fallen silent by that."""
        self.misses += 1
        fallen = self.answers is not False and self.misses >= self.patience
        if self.answers is False:
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        if fallen:
            self.answers = False
        self.due = now + self._pause
        return fallen

    def answered(self) -> bool:
        """It answered something that makes sense; whether it is the first time, or the first time again."""
        first = self.answers is not True
        self.answers, self.misses, self._pause = True, 0, _FIRST_PAUSE
        return first

    def line_lost(self) -> bool:
        """The port went away: it is silent, and asked as soon as the port is back; whether it was not silent yet."""
        fallen = self.answers is not False
        self.answers, self.due, self._pause = False, 0, _FIRST_PAUSE
        return fallen


S = TypeVar("S", bound=Seat)


def oldest(seats: Iterable[S]) -> S | None:
    """Who was asked longest ago."""
    return min(seats, key=lambda seat: seat.last_asked, default=None)


class Roster(Generic[S]):
    """The round of one line. ``interval``: no seat is polled more often than that, in microseconds."""

    def __init__(self, seats: Sequence[S], interval: int) -> None:
        self._seats = seats
        self._interval = interval
        self._round_first = 0
        self._since_probe = 0

    def choose(self, now: int, at_work: S | None = None) -> S | None:
        """Whose turn it is: ``at_work`` has more to do than to be polled, and shares the line with the round."""
        if at_work is not None and not self._round_first:
            return at_work
        return self._probe(now) or self._round(now) or at_work

    def asked(self, seat: S, now: int, *, at_work: bool = False) -> None:
        """It is being asked now."""
        self._round_first = _ROUND_SHARE if at_work else max(0, self._round_first - 1)
        self._since_probe = 0 if seat.answers is False else self._since_probe + 1
        seat.last_asked = now

    def idle(self, now: int) -> int:
        """Microseconds until somebody's turn can come."""
        times = [seat.due if seat.answers is False else seat.last_asked + self._interval for seat in self._seats]
        return min(max(1_000, min(times, default=0) - now), self._interval)

    def _round(self, now: int) -> S | None:
        ready = [s for s in self._seats if s.answers is not False and s.last_asked <= now - self._interval]
        return max(ready, key=lambda seat: _age(seat, now), default=None)

    def _probe(self, now: int) -> S | None:
        """A silent one whose time has come; at most one a round, so that the dead don't slow the living."""
        if self._since_probe < sum(seat.answers is not False for seat in self._seats):
            return None
        return oldest(seat for seat in self._seats if seat.answers is False and seat.due <= now)


def _age(seat: Seat, now: int) -> int:
    return (now - seat.last_asked) * (_ACTIVE_AGE if seat.active else _IDLE_AGE)
