"""What of a reading is worth a letter, and which limits it passes. Pure."""

from edge.settings import GaugeSettings, TankSettings
from edge.store.tanks import KeptReading, KeptTank
from shared.messages import TankAlarmed, TankRead
from shared.tanks import TankLevel

_MINUTE = 60_000
_MILLILITRES = 1_000
_MICROMETRES = 1_000
_WATER_CHANGE = 2 * _MICROMETRES
_BACK = 50
"""A limit counts as kept again when it is kept by one part in so many: a level trembles."""

LOW, WATER = "low_limit", "water_limit"
"""Alarms that the station finds itself."""


def worth_telling(gauge: GaugeSettings, before: KeptTank | None, now: KeptReading, at: int) -> bool:
    """Whether head office should hear of this reading."""
    if before is None or not 0 <= at - before.told_at < gauge.report_every * _MINUTE:
        return True
    told = before.told
    if told.delivering != now.delivering:
        return True
    return _moved(told.level.volume, now.level.volume, gauge.report_change * _MILLILITRES) or _moved(
        told.level.water_height, now.level.water_height, _WATER_CHANGE
    )


def letter_of(gauge: GaugeSettings, number: int, reading: KeptReading) -> TankRead:
    """The letter that tells a reading; with no grade for a tank that nobody has configured."""
    tank = tank_of(gauge, number)
    if tank is None:
        return TankRead(gauge.name, number, reading.level, delivering=reading.delivering)
    capacity = tank.capacity * _MILLILITRES
    return TankRead(gauge.name, number, reading.level, tank.name, tank.grade, capacity, reading.delivering)


def own_alarms(gauge: GaugeSettings, number: int, level: TankLevel, standing: set[str]) -> list[TankAlarmed]:
    """The alarms that this level means by the limits of the configuration. ``standing`` are those that stand already.

    A figure that is not known raises nothing and ends nothing.
    """
    tank = tank_of(gauge, number)
    if tank is None:
        return []
    passed = [
        (LOW, _low(tank, level.volume, LOW in standing)),
        (WATER, _water(tank, level.water_height, WATER in standing)),
    ]
    return [TankAlarmed(gauge.name, number, alarm, 0, True, tank.grade) for alarm, is_passed in passed if is_passed]


def tank_of(gauge: GaugeSettings, number: int) -> TankSettings | None:
    """A tank by its number; None when the configuration has none."""
    return next((tank for tank in gauge.tanks if tank.number == number), None)


def _low(tank: TankSettings, volume: int | None, stands: bool) -> bool:
    limit = tank.low * _MILLILITRES
    if volume is None or not limit:
        return stands and bool(limit)
    return volume < limit + (limit // _BACK if stands else 0)


def _water(tank: TankSettings, height: int | None, stands: bool) -> bool:
    limit = tank.high_water * _MICROMETRES
    if height is None or not limit:
        return stands and bool(limit)
    return height > limit - (limit // _BACK if stands else 0)


def _moved(before: int | None, now: int | None, by: int) -> bool:
    if before is None or now is None:
        return before is not now
    return abs(now - before) >= by
