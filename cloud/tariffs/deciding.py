"""Tariffs are made, cancelled and superseded by a person. Prices in milliyuan a litre, times in UTC milliseconds."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final

import msgspec
from msgspec import Struct

from cloud.store import audit, counters, tariffs
from cloud.store import stations as station_books
from cloud.store.database import Connection
from cloud.tariffs.bounds import USUAL, Limits, must_leave_small_steps, needs_second
from shared.errors import Refused
from shared.money import per_litre
from shared.tariff import HIGHEST, LOWEST, Tariff

BOOK: Final = "tariffs"
FARTHEST: Final = 366 * 86_400_000
"""Milliseconds from now to the latest start."""
LATE: Final = 60_000
"""A start that lies back no more than this counts as now: a person needs a moment to click."""
_LONGEST_GRADE: Final = 16


class TariffState(StrEnum):
    """Where a tariff stands."""

    WAITING = "waiting"  # for a second person
    COMING = "coming"
    STARTED = "started"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class NewTariff(Struct, frozen=True):
    """What a person decides. No start means now, no stations means all of them, those of the future too."""

    prices: Mapping[str, int]
    starts_at: int = 0
    stations: tuple[str, ...] = ()


class TariffView(Struct, frozen=True):
    """A tariff, and whose name is on it."""

    version: int
    starts_at: int
    prices: dict[str, int]
    stations: tuple[str, ...]
    """Empty: all of them."""
    made_by: str
    made_at: int
    state: TariffState
    cancelled_at: int | None = None
    cancelled_by: str | None = None
    superseded_by: int | None = None
    approved_by: str = ""
    """The second person, when its price lies beyond the bounds of one."""
    approved_at: int | None = None


def make(
    connection: Connection, new: NewTariff, by: str, now: int, limits: Limits = USUAL, *, instead: int = 0
) -> TariffView:
    """A new tariff under the next version; one that moves a price beyond the bounds waits for a second person.

    ``instead`` counts no more. :exc:`Refused`: ``no_prices``, ``bad_grade``, ``bad_price``, ``too_late``, ``too_far``,
    ``unknown_station``, ``large_step``.
    """
    starts_at = _checked_start(new.starts_at, now)
    stations = _checked(connection, new)
    version = counters.take(connection, "tariff")
    meant, where = Tariff(version, starts_at, new.prices, by), _stations(connection, stations)
    waits = needs_second(connection, meant, where, limits)
    must_leave_small_steps(connection, meant, instead, where, limits, now)
    prices_json = msgspec.json.encode(new.prices).decode()
    row = {"version": version, "starts_at": starts_at, "prices_json": prices_json, "made_by": by, "made_at": now}
    tariffs.add(connection, row | {"beyond": int(waits)}, stations)
    if not waits:
        _bump(connection, stations)
    audit.record(
        connection,
        now,
        by,
        "price_proposed" if waits else "price_made",
        str(version),
        prices=new.prices,
        starts_at=starts_at,
        stations=stations,
    )
    return view(connection, version, now)


def approve(connection: Connection, version: int, by: str, now: int, limits: Limits = USUAL) -> TariffView:
    """A second person answers for a price beyond the bounds; one whose time has passed meanwhile starts now.

    :exc:`Refused`: ``unknown_tariff``, ``already_cancelled``, ``not_waiting``, ``same_person``, ``large_step``.
    """
    row = tariffs.one(connection, version, lock=True)
    if row is None:
        raise _unknown(version)
    if row.cancelled_at is not None:
        raise _cancelled(row)
    if not row.beyond or row.approved_at is not None:
        raise Refused("not_waiting", f"Tariff {version} does not wait for a second person.")
    if row.made_by == by:
        raise Refused("same_person", "You made this tariff yourself. Another person must approve it.")
    starts_at = max(row.starts_at, now)
    mine = tariffs.targets(connection, [version]).get(version, ())
    meant = Tariff(version, starts_at, msgspec.json.decode(row.prices_json, type=dict[str, int]), row.made_by, by)
    must_leave_small_steps(connection, meant, 0, _stations(connection, mine), limits, now)
    tariffs.approve(connection, version, by, now, starts_at)
    _bump(connection, mine)
    audit.record(connection, now, by, "price_approved", str(version), made_by=row.made_by, starts_at=starts_at)
    return view(connection, version, now)


def cancel(connection: Connection, version: int, by: str, now: int, limits: Limits = USUAL) -> None:
    """Takes back a tariff before it starts, or before it is approved.

    :exc:`Refused`: ``unknown_tariff``, ``already_cancelled``, ``started``, ``large_step``.
    """
    where = _stations(connection, tariffs.targets(connection, [version]).get(version, ()))
    _take_back(connection, version, by, now, None)
    must_leave_small_steps(connection, None, version, where, limits, now)
    audit.record(connection, now, by, "price_cancelled", str(version))


def supersede(
    connection: Connection, version: int, new: NewTariff, by: str, now: int, limits: Limits = USUAL
) -> TariffView:
    """Another tariff in place of one that has not started: both or neither. Refusals of both."""
    made = make(connection, new, by, now, limits, instead=version)
    _take_back(connection, version, by, now, made.version)
    audit.record(connection, now, by, "price_superseded", str(version), by_version=made.version)
    return made


def view(connection: Connection, version: int, now: int) -> TariffView:
    """A tariff. :exc:`Refused` (``unknown_tariff``)."""
    row = tariffs.one(connection, version)
    if row is None:
        raise _unknown(version)
    return _view(row, tariffs.targets(connection, [version]), now)


def page(connection: Connection, now: int, limit: int = 50, before: int | None = None) -> tuple[TariffView, ...]:
    """Tariffs, the newest first."""
    rows = tariffs.page(connection, limit, before)
    targets = tariffs.targets(connection, [row.version for row in rows])
    return tuple(_view(row, targets, now) for row in rows)


def _take_back(connection: Connection, version: int, by: str, now: int, superseded_by: int | None) -> None:
    row = tariffs.one(connection, version, lock=True)
    if row is None:
        raise _unknown(version)
    if row.cancelled_at is not None:
        raise _cancelled(row)
    if row.starts_at <= now and not _waits(row):
        raise Refused("started", f"Tariff {version} holds already. Please make a new one in its place.")
    tariffs.cancel(connection, version, by, now, superseded_by)
    _bump(connection, tariffs.targets(connection, [version]).get(version, ()))


def _stations(connection: Connection, stations: Collection[str]) -> Collection[str]:
    """Those meant, spelled out."""
    return stations or [id for id, _ in tariffs.stations_of(connection, ())]


def _bump(connection: Connection, stations: tuple[str, ...]) -> None:
    counters.bump(connection, BOOK, stations or (counters.EVERY_STATION,))


def _checked_start(starts_at: int, now: int) -> int:
    wanted = starts_at or now
    if wanted < now - LATE:
        raise Refused("too_late", "This start lies in the past. Please choose now, or a later time.")
    if wanted > now + FARTHEST:
        raise Refused("too_far", "This start lies more than a year away. Please check the date.")
    return max(wanted, now)


def _checked(connection: Connection, new: NewTariff) -> tuple[str, ...]:
    """The stations, each once."""
    if not new.prices:
        raise Refused("no_prices", "Please enter a price for at least one grade.")
    for grade, price in new.prices.items():
        if not (grade.strip() == grade and 0 < len(grade) <= _LONGEST_GRADE and grade.isprintable()):
            raise Refused("bad_grade", f"“{grade}” is not the name of a grade, such as 92#.")
        if not LOWEST <= price <= HIGHEST:
            limits = f"{per_litre(LOWEST)} to {per_litre(HIGHEST)} yuan a litre"
            raise Refused("bad_price", f"The price of {grade} must be {limits}.")
    stations = tuple(sorted(set(new.stations)))
    strangers = set(stations) - station_books.existing(connection, stations)
    if strangers:
        raise Refused("unknown_station", f"There is no station “{min(strangers)}”, or it was revoked.")
    return stations


def _view(row: Any, targets: Mapping[int, tuple[str, ...]], now: int) -> TariffView:
    return TariffView(
        row.version,
        row.starts_at,
        msgspec.json.decode(row.prices_json, type=dict[str, int]),
        targets.get(row.version, ()),
        row.made_by,
        row.made_at,
        _state(row, now),
        row.cancelled_at,
        row.cancelled_by,
        row.superseded_by,
        row.approved_by or "",
        row.approved_at,
    )


def _waits(row: Any) -> bool:
    return bool(row.beyond) and row.approved_at is None


def _cancelled(row: Any) -> Refused:
    return Refused("already_cancelled", f"Tariff {row.version} was cancelled by {row.cancelled_by} already.")


def _state(row: Any, now: int) -> TariffState:
    if row.cancelled_at is not None:
        return TariffState.CANCELLED if row.superseded_by is None else TariffState.SUPERSEDED
    if _waits(row):
        return TariffState.WAITING
    return TariffState.STARTED if row.starts_at <= now else TariffState.COMING


def _unknown(version: int) -> Refused:
    return Refused("unknown_tariff", f"There is no tariff {version}.")
