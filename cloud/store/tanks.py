"""Tanks: their levels, deliveries and alarms."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, func, or_, select, tuple_

from cloud.store.database import insert, insert_many, insert_or_ignore
from cloud.store.tables import TankAlarmRow, TankDeliveryRow, TankReadingRow, TankRow, table_of

_tank = table_of(TankRow)
_reading = table_of(TankReadingRow)
_delivery = table_of(TankDeliveryRow)
_alarm = table_of(TankAlarmRow)


class TankKey(NamedTuple):
    """The name of a tank."""

    station: str
    gauge: str
    tank: int


def describe(
    connection: Connection, key: TankKey, place: tuple[int, int], name: str, grade: str, capacity: int
) -> None:
    """What a tank is called, and its last reading by epoch and sequence; older news change nothing."""
    told = {"name": name, "grade": grade, "capacity": capacity, "epoch": place[0], "seq": place[1]}
    fresh = insert(connection, _tank).values(station=key.station, gauge=key.gauge, tank=key.tank, **told)
    older = or_(
        _tank.c.epoch < fresh.excluded.epoch,
        and_(_tank.c.epoch == fresh.excluded.epoch, _tank.c.seq < fresh.excluded.seq),
    )
    connection.execute(fresh.on_conflict_do_update(index_elements=["station", "gauge", "tank"], set_=told, where=older))


def mention(connection: Connection, key: TankKey, grade: str) -> None:
    """A tank of which something else than a level was told; one that is known stays as it is."""
    nothing = {"name": "", "capacity": 0, "epoch": 0, "seq": 0}
    fresh = insert_or_ignore(connection, _tank)
    connection.execute(fresh.values(station=key.station, gauge=key.gauge, tank=key.tank, grade=grade, **nothing))


def insert_readings(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Levels; what is there already stays as it is. So for the next two."""
    insert_many(connection, _reading, rows)


def insert_deliveries(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Deliveries."""
    insert_many(connection, _delivery, rows)


def insert_alarms(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Alarms."""
    insert_many(connection, _alarm, rows)


def latest(connection: Connection, stations: Collection[str]) -> Sequence[Row[Any]]:
    """The tanks of these stations with their last readings, by gauge and number."""
    own = and_(*(_tank.c[name] == _reading.c[name] for name in ("station", "epoch", "seq")))
    figures = [column for column in _reading.c if column.name not in _tank.c]
    wanted = select(_tank, *figures).select_from(_tank.outerjoin(_reading, own))
    ordered = wanted.order_by(_tank.c.station, _tank.c.gauge, _tank.c.tank)
    return connection.execute(ordered.where(_tank.c.station.in_(stations))).all()


def standing_alarms(connection: Connection, stations: Collection[str]) -> Sequence[Row[Any]]:
    """Alarms that were raised and are not over, the oldest first. A new store of a station tells its own anew."""
    same = (_alarm.c.station, _alarm.c.gauge, _alarm.c.tank, _alarm.c.alarm, _alarm.c.code)
    place = func.row_number().over(partition_by=same, order_by=(_alarm.c.epoch.desc(), _alarm.c.seq.desc()))
    ranked = select(_alarm, place.label("place")).where(_alarm.c.station.in_(stations)).subquery()
    newest = select(_tank.c.station, func.max(_tank.c.epoch).label("epoch")).group_by(_tank.c.station).subquery()
    wanted = (
        select(ranked)
        .outerjoin(newest, ranked.c.station == newest.c.station)
        .where(ranked.c.place == 1, ranked.c.raised == 1, ranked.c.epoch >= func.coalesce(newest.c.epoch, 0))
    )
    return connection.execute(wanted.order_by(ranked.c.happened_at, ranked.c.seq)).all()


def deliveries(connection: Connection, station: str, limit: int) -> Sequence[Row[Any]]:
    """Deliveries at a station, the latest first by the console's time."""
    wanted = select(_delivery).where(_delivery.c.station == station)
    newest = _delivery.c.started.desc(), _delivery.c.gauge, _delivery.c.tank
    return connection.execute(wanted.order_by(*newest).limit(limit)).all()


def alarms(connection: Connection, station: str, limit: int) -> Sequence[Row[Any]]:
    """Alarms of a station, raised and over, the latest first."""
    newest = _alarm.c.happened_at.desc(), _alarm.c.epoch.desc(), _alarm.c.seq.desc()
    return connection.execute(select(_alarm).where(_alarm.c.station == station).order_by(*newest).limit(limit)).all()


def levels(connection: Connection, key: TankKey, since: int) -> Sequence[Any]:
    """Time and volume of a tank since then, those that are known, the earliest first."""
    own = tuple_(_reading.c.station, _reading.c.gauge, _reading.c.tank) == tuple_(*key)
    wanted = select(_reading.c.happened_at, _reading.c.volume).where(
        own, _reading.c.happened_at >= since, _reading.c.volume.is_not(None)
    )
    return connection.execute(wanted.order_by(_reading.c.happened_at, _reading.c.seq)).all()
