"""What the books of a line say to others: reports, and moments in the form of a recording. Reads the wall clock."""

import time
from typing import Any

from msgspec import Struct

from hardware.watch.books import Health
from hardware.watch.recording import Entry, Way, crossing, happening, note

Moment = tuple[int, Way, int, Any]
"""When (monotonic microseconds), which way, at which point, and bytes or an event or a command or a text."""


class PointReport(Struct, frozen=True):
    """A fuelling point, as the line knows it. Times in UTC milliseconds, 0 for never."""

    point: int
    address: int
    answers: bool
    heard_at: int
    silent_at: int
    """When it fell silent last."""
    health: Health


class LineReport(Struct, frozen=True):
    """A line with its points."""

    line: str
    protocol: str
    url: str
    well: bool
    trouble: str
    lost: int
    """How often the port went away."""
    lost_at: int
    noisy: bool
    """Over its error budget."""
    budget: int
    """Failures in a thousand exchanges that it is granted."""
    health: Health
    points: tuple[PointReport, ...]


def entry_of(moment: Moment, since: int = 0) -> Entry:
    """In the form of a recording."""
    at, way, point, what = moment
    if way in (Way.OUT, Way.IN):
        return crossing(at - since, way, point, what)
    if way is Way.NOTE:
        return note(at - since, point, what)
    return happening(at - since, way, point, what)


def utc(at: int) -> int:
    """Monotonic microseconds as UTC milliseconds, by the wall clock as it stands now; 0 stays 0."""
    return time.time_ns() // 1_000_000 - (micros() - at) // 1_000 if at else 0


def micros() -> int:
    """Monotonic microseconds."""
    return time.monotonic_ns() // 1_000
