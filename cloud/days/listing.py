"""Days as people see them, with what is missing and what came late."""

from typing import Any

import msgspec
from msgspec import Struct

from cloud.store import days
from cloud.store.database import Connection
from cloud.store.days import FIGURES, Totals
from shared.errors import Refused


class DayView(Struct, frozen=True):
    """A day of a station."""

    station: str
    day: str
    """Such as ``2026-11-22``."""
    totals: Totals
    grades: dict[str, Totals]
    state: str
    """``provisional``, ``final`` or ``restated``."""
    why: str
    """While it is provisional: a :class:`cloud.days.judging.Outcome`."""
    as_of: int
    """When it was added up last, UTC milliseconds; 0 for not yet."""
    waits: bool
    """Something has come since."""
    finalised_at: int
    closed_by: str
    note: str


class Restatement(Struct, frozen=True):
    """By how much a day moved after it was final."""

    at: int
    moved: Totals
    late: int
    """Sales that had come late, or out of replayed letters; 0 when others were put right."""
    first_late: str
    """The printed number of the first of them; empty when they came out of replayed letters."""


class DateSum(Struct, frozen=True):
    """All stations, or one, on a date."""

    day: str
    totals: Totals
    open: int
    """Stations whose day is still provisional."""


def page(
    connection: Connection, station: str = "", state: str = "", until: str = "", limit: int = 100
) -> tuple[DayView, ...]:
    """Days, the latest first."""
    return tuple(_view(row) for row in days.page(connection, station, state, until, limit))


def one(connection: Connection, station: str, day: str) -> DayView:
    """A day. :exc:`Refused` (``unknown_day``)."""
    row = days.one(connection, (station, day))
    if row is None:
        raise Refused("unknown_day", f"Nothing is known of {station} on {day}.")
    return _view(row)


def restatements(connection: Connection, station: str, day: str) -> tuple[Restatement, ...]:
    """What moved it after it was final, the earliest first."""
    return tuple(
        Restatement(row.at, _totals(row), row.late, row.first_late)
        for row in days.restatements(connection, (station, day))
    )


def by_date(connection: Connection, station: str, since: str) -> tuple[DateSum, ...]:
    """Sums for each date, the earliest first."""
    return tuple(DateSum(row.day, _totals(row), int(row.open)) for row in days.by_day(connection, station, since))


def _view(row: Any) -> DayView:
    return DayView(
        row.station,
        row.day,
        _totals(row),
        msgspec.json.decode(row.grades_json, type=dict[str, Totals]),
        row.state,
        row.why,
        row.settled_at,
        row.marks != row.settled_marks,
        row.finalised_at,
        row.closed_by,
        row.note,
    )


def _totals(row: Any) -> Totals:
    return Totals(*(int(getattr(row, name)) for name in FIGURES))
