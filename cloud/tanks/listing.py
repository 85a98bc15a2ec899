"""What pages and reports read of tanks. Volumes in millilitres, heights in micrometres, times in UTC milliseconds."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from cloud.store import tanks
from cloud.store.database import Connection
from cloud.store.tanks import TankKey
from shared.tanks import TankLevel


class StandingAlarm(Struct, frozen=True):
    """An alarm that was raised and is not over."""

    alarm: str
    code: int
    since: int


class TankView(Struct, frozen=True):
    """A tank, and what was told of it last."""

    station: str
    gauge: str
    tank: int
    name: str
    grade: str
    capacity: int
    level: TankLevel
    delivering: bool
    read_at: int
    """0 when no level was ever told."""
    alarms: tuple[StandingAlarm, ...] = ()

    @property
    def known(self) -> bool:
        """Whether the station's configuration knows it, and not only its gauge."""
        return bool(self.grade)

    @property
    def filled(self) -> int:
        """Of a hundred, for drawing."""
        return min(100, 100 * (self.level.volume or 0) // self.capacity) if self.capacity else 0


class DeliveryView(Struct, frozen=True):
    """Fuel that came into a tank."""

    gauge: str
    tank: int
    grade: str
    started: str
    ended: str
    before: TankLevel
    after: TankLevel
    volume: int | None
    told_at: int


class AlarmView(Struct, frozen=True):
    """An alarm was raised, or is over."""

    gauge: str
    tank: int
    alarm: str
    code: int
    raised: bool
    happened_at: int


def of_stations(connection: Connection, stations: Collection[str]) -> dict[str, tuple[TankView, ...]]:
    """The tanks of each of these stations, those with none left out."""
    standing: dict[TankKey, list[StandingAlarm]] = defaultdict(list)
    for row in tanks.standing_alarms(connection, stations):
        standing[TankKey(row.station, row.gauge, row.tank)].append(StandingAlarm(row.alarm, row.code, row.happened_at))
    found: dict[str, list[TankView]] = defaultdict(list)
    for row in tanks.latest(connection, stations):
        found[row.station].append(_tank(row, standing[TankKey(row.station, row.gauge, row.tank)]))
    return {station: tuple(views) for station, views in found.items()}


def of_station(connection: Connection, station: str) -> tuple[TankView, ...]:
    """The tanks of a station."""
    return of_stations(connection, [station]).get(station, ())


def deliveries(connection: Connection, station: str, limit: int = 20) -> tuple[DeliveryView, ...]:
    """What came in at a station, the latest first."""
    return tuple(
        DeliveryView(
            row.gauge,
            row.tank,
            row.grade,
            row.started,
            row.ended,
            msgspec.json.decode(row.before_json, type=TankLevel),
            msgspec.json.decode(row.after_json, type=TankLevel),
            row.volume,
            row.happened_at,
        )
        for row in tanks.deliveries(connection, station, limit)
    )


def alarms(connection: Connection, station: str, limit: int = 20) -> tuple[AlarmView, ...]:
    """Alarms of a station's tanks as they came and went, the latest first."""
    return tuple(
        AlarmView(row.gauge, row.tank, row.alarm, row.code, bool(row.raised), row.happened_at)
        for row in tanks.alarms(connection, station, limit)
    )


def levels(connection: Connection, tank: TankView, since: int) -> Sequence[tuple[int, int]]:
    """When, and how much: the volumes of a tank since a time, the earliest first."""
    rows = tanks.levels(connection, TankKey(tank.station, tank.gauge, tank.tank), since)
    return [(row.happened_at, row.volume) for row in rows]


def _tank(row: Any, standing: Sequence[StandingAlarm]) -> TankView:
    level = TankLevel(
        row.volume,
        row.standard_volume,
        row.ullage,
        row.height,
        row.water_height,
        row.water_volume,
        row.temperature,
    )
    return TankView(
        row.station,
        row.gauge,
        row.tank,
        row.name,
        row.grade,
        row.capacity,
        level,
        bool(row.delivering),
        row.happened_at or 0,
        tuple(standing),
    )
