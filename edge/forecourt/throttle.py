"""How wrong codes are slowed down. Pure.

A code counts as a guess only when its check digit or its mark is right: a slip of the finger is none. Five guesses at
one fuelling point without a genuine code between them lock that point; ten within an hour lock the station. A lock
lasts a quarter of an hour, and twice as long each time it follows another within a day.
"""

from collections.abc import Iterator

from edge.store.guesses import Lock

AT_A_POINT = 5
IN_AN_HOUR = 10
HOUR = 3_600_000
_DAY = 24 * HOUR
_FIRST = 15 * 60_000
_LONGEST = _DAY
STATION = "station"


def scope_of(point: int) -> str:
    """The name of a fuelling point's lock."""
    return f"point:{point}"


def next_lock(last: Lock, now: int) -> Lock:
    """The lock that follows ``last``."""
    times = last.times + 1 if last.until and now - last.until < _DAY else 1
    return Lock(now + min(_LONGEST, _FIRST << (times - 1)), times)


def locks(at_point: int, in_an_hour: int, point: int) -> Iterator[str]:
    """What to lock after so many guesses."""
    if at_point >= AT_A_POINT:
        yield scope_of(point)
    if in_an_hour >= IN_AN_HOUR:
        yield STATION
