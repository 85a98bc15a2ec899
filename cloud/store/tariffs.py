"""Tariffs, their targets and the rungs that they have climbed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, update

from cloud.store.database import insert_many, insert_or_ignore
from cloud.store.tables import (
    PriceRungRow,
    StationRow,
    TariffRow,
    TariffSentRow,
    TariffTargetRow,
    table_of,
)

_tariff = table_of(TariffRow)
_target = table_of(TariffTargetRow)
_sent = table_of(TariffSentRow)
_rung = table_of(PriceRungRow)
_station = table_of(StationRow)


def add(connection: Connection, row: Mapping[str, Any], stations: Collection[str]) -> None:
    """A new tariff for these stations; for every one when none is named."""
    connection.execute(_tariff.insert().values(**row, every_station=int(not stations)))
    if stations:
        targets = [{"version": row["version"], "station": station} for station in stations]
        connection.execute(_target.insert(), targets)


def one(connection: Connection, version: int, lock: bool = False) -> Row[Any] | None:
    """A tariff; with ``lock`` nobody else may cancel it meanwhile."""
    wanted = select(_tariff).where(_tariff.c.version == version)
    return connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()


def targets(connection: Connection, versions: Collection[int]) -> dict[int, tuple[str, ...]]:
    """The stations of those of these tariffs that are for some stations only."""
    found: dict[int, list[str]] = {}
    wanted = select(_target).where(_target.c.version.in_(versions)).order_by(_target.c.version, _target.c.station)
    for row in connection.execute(wanted):
        found.setdefault(row.version, []).append(row.station)
    return {version: tuple(stations) for version, stations in found.items()}


def cancel(connection: Connection, version: int, by: str, at: int, superseded_by: int | None) -> None:
    """Takes a tariff back."""
    values = {"cancelled_at": at, "cancelled_by": by, "superseded_by": superseded_by}
    connection.execute(update(_tariff).where(_tariff.c.version == version).values(**values))


def in_force() -> tuple[ColumnElement[bool], ...]:
    """What a tariff must be to count."""
    return _tariff.c.cancelled_at.is_(None), or_(_tariff.c.beyond == 0, _tariff.c.approved_at.is_not(None))


def approve(connection: Connection, version: int, by: str, at: int, starts_at: int) -> None:
    """A second person answers for it."""
    values = {"approved_by": by, "approved_at": at, "starts_at": starts_at}
    connection.execute(update(_tariff).where(_tariff.c.version == version).values(**values))


def page(connection: Connection, limit: int, before: int | None) -> Sequence[Row[Any]]:
    """Tariffs, the newest first."""
    wanted = select(_tariff).order_by(_tariff.c.version.desc()).limit(limit)
    return connection.execute(wanted if before is None else wanted.where(_tariff.c.version < before)).all()


def of_station(connection: Connection, station: str) -> Sequence[Row[Any]]:
    """All tariffs of a station that were neither cancelled nor wait for a second person, the oldest first."""
    mine = select(_target.c.version).where(_target.c.station == station)
    wanted = select(_tariff).where(*in_force(), or_(_tariff.c.every_station == 1, _tariff.c.version.in_(mine)))
    return connection.execute(wanted.order_by(_tariff.c.version)).all()


def stations_of(connection: Connection, stations: Collection[str]) -> list[tuple[str, str]]:
    """Id and name of those of these stations that are not revoked; of all when none is named."""
    wanted = select(_station.c.id, _station.c.name).where(_station.c.revoked_at.is_(None)).order_by(_station.c.id)
    rows = connection.execute(wanted.where(_station.c.id.in_(stations)) if stations else wanted)
    return [(row.id, row.name) for row in rows]


def with_own(connection: Connection, stations: Collection[str]) -> set[str]:
    """Those of these stations for which any tariff was made that is not for all."""
    return set(
        connection.execute(select(_target.c.station).where(_target.c.station.in_(stations)).distinct()).scalars()
    )


def sent(connection: Connection, places: Iterable[tuple[int, str]], at: int) -> None:
    """These tariffs went out to these stations; when they did for the first time stays."""
    rows = [{"tariff": version, "station": station, "sent_at": at} for version, station in places]
    if rows:
        connection.execute(insert_or_ignore(connection, _sent), rows)


def sent_times(connection: Connection, version: int) -> dict[str, int]:
    """Station → when this tariff first went out to it."""
    wanted = select(_sent.c.station, _sent.c.sent_at).where(_sent.c.tariff == version)
    return {row.station: row.sent_at for row in connection.execute(wanted)}


def insert_rungs(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rungs that stations reported; those that are there stay as they are."""
    insert_many(connection, _rung, rows)


def rungs(connection: Connection, version: int) -> Sequence[Row[Any]]:
    """All rungs of a tariff, for each station in its own order."""
    order = _rung.c.station, _rung.c.epoch, _rung.c.seq
    return connection.execute(select(_rung).where(_rung.c.tariff == version).order_by(*order)).all()


def nozzles(connection: Connection, stations: Collection[str], grades: Collection[str]) -> Sequence[Any]:
    """Station, point, nozzle and grade of the nozzles of these grades that a station's newest store has reported."""
    newest = select(_rung.c.station, func.max(_rung.c.epoch).label("epoch")).group_by(_rung.c.station).subquery()
    wanted = (
        select(_rung.c.station, _rung.c.point, _rung.c.nozzle, _rung.c.grade)
        .join(newest, (newest.c.station == _rung.c.station) & (newest.c.epoch == _rung.c.epoch))
        .where(_rung.c.point > 0, _rung.c.grade.in_(grades), _rung.c.station.in_(stations))
        .distinct()
    )
    return connection.execute(wanted).all()
