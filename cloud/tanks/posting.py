"""Writes what is told of tanks into the books. A tank that nobody has heard of is taken in, and flagged by its silence.

A station's letters may come late or twice; a delivery may even come from two stores of one station, when a backup was
restored. So a reading only replaces an older one, and a delivery is known by its tank and the console's own time.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from cloud.store import tanks
from cloud.store.arrivals import Arrived, BulkHandler
from cloud.store.database import Connection
from cloud.store.tanks import TankKey
from shared.messages import TankAlarmed, TankDelivered, TankRead
from shared.tanks import TankLevel


class ReadingPosting(NamedTuple):
    """A row of ``tank_reading``: the columns in their order."""

    station: str
    epoch: int
    seq: int
    gauge: str
    tank: int
    volume: int | None
    standard_volume: int | None
    ullage: int | None
    height: int | None
    water_height: int | None
    water_volume: int | None
    temperature: int | None
    delivering: int
    quality: str
    boot: int
    mono: int
    happened_at: int
    arrived_at: int


class DeliveryPosting(NamedTuple):
    """A row of ``tank_delivery``: the columns in their order."""

    station: str
    gauge: str
    tank: int
    started: str
    ended: str
    epoch: int
    seq: int
    grade: str
    before_json: str
    after_json: str
    volume: int | None
    quality: str
    boot: int
    mono: int
    happened_at: int
    arrived_at: int


class AlarmPosting(NamedTuple):
    """A row of ``tank_alarm``: the columns in their order."""

    station: str
    epoch: int
    seq: int
    gauge: str
    tank: int
    alarm: str
    code: int
    raised: int
    quality: str
    boot: int
    mono: int
    happened_at: int
    arrived_at: int


def apply_readings(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts levels, and what the tank is called now."""
    readings: list[ReadingPosting] = []
    for fact in facts:
        if isinstance(body := fact.body, TankRead):
            readings.append(_reading(fact, body))
            key = TankKey(fact.station, body.gauge, body.tank)
            tanks.describe(connection, key, (fact.epoch, fact.seq), body.name, body.grade, body.capacity)
    tanks.insert_readings(connection, readings)


def apply_deliveries(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts deliveries; one that is there already stays as it is."""
    rows = [_delivery(fact, fact.body) for fact in facts if isinstance(fact.body, TankDelivered)]
    for row in rows:
        tanks.mention(connection, TankKey(row.station, row.gauge, row.tank), row.grade)
    tanks.insert_deliveries(connection, rows)


def apply_alarms(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts alarms as they were raised and went."""
    rows: list[AlarmPosting] = []
    for fact in facts:
        if isinstance(body := fact.body, TankAlarmed):
            rows.append(_alarm(fact, body))
            tanks.mention(connection, TankKey(fact.station, body.gauge, body.tank), body.grade)
    tanks.insert_alarms(connection, rows)


handlers: dict[type, BulkHandler] = {
    TankRead: apply_readings,
    TankDelivered: apply_deliveries,
    TankAlarmed: apply_alarms,
}


def _reading(fact: Arrived, body: TankRead) -> ReadingPosting:
    level = msgspec.structs.astuple(body.level)
    place = (fact.station, fact.epoch, fact.seq, body.gauge, body.tank)
    return ReadingPosting._make((*place, *level, int(body.delivering), *fact.times))


def _delivery(fact: Arrived, body: TankDelivered) -> DeliveryPosting:
    return DeliveryPosting(
        fact.station,
        body.gauge,
        body.tank,
        body.started,
        body.ended,
        fact.epoch,
        fact.seq,
        body.grade,
        _text(body.before),
        _text(body.after),
        _came(body),
        *fact.times,
    )


def _alarm(fact: Arrived, body: TankAlarmed) -> AlarmPosting:
    place = (fact.station, fact.epoch, fact.seq, body.gauge, body.tank)
    return AlarmPosting(*place, body.alarm, body.code, int(body.raised), *fact.times)


def _came(body: TankDelivered) -> int | None:
    """What the tank gained, sales of that time not counted in."""
    before, after = body.before.volume, body.after.volume
    return None if before is None or after is None else after - before


def _text(level: TankLevel) -> str:
    return msgspec.json.encode(level).decode()
