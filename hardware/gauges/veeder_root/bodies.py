"""What a reply says. Pure. TLS-350 serial interface notes, section 3.

Every reader takes a body to its last character, or raises :exc:`FrameMisread`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from hardware.errors import FrameMisread
from hardware.gauges.ports import AlarmsRead, DeliveriesRead, Delivery, InventoryRead, TankAlarm, TankReading
from hardware.gauges.veeder_root.figures import Figures
from shared.tanks import TankLevel

ALARMS: Final = {
    1: "setup_data",
    2: "leak",
    3: "high_water",
    4: "overfill",
    5: "low_product",
    6: "sudden_loss",
    7: "high_product",
    8: "invalid_level",
    9: "probe_out",
    10: "high_water_warning",
    11: "delivery_needed",
    12: "maximum_product",
    13: "gross_leak_fail",
    14: "periodic_leak_fail",
    15: "annual_leak_fail",
    16: "test_due",  # the notes tell 16 to 19 apart no further
    17: "test_due",
    18: "test_due",
    19: "test_due",
    20: "leak_test",
    27: "cold_temperature",
}
UNKNOWN: Final = "unknown_alarm"
_DELIVERING, _TESTING, _INVALID = 1, 2, 4
_NO_TIME: Final = "0000000000"


def inventory(body: str, figures: Figures) -> InventoryRead:
    """i201."""
    reader = _Reader(body)
    reader.time()
    tanks: list[TankReading] = []
    while reader.more:
        tank = reader.decimal(2)
        reader.take(1)
        status = reader.hexadecimal(4)
        level = _level(reader.numbers(), figures, bool(status & _INVALID))
        tanks.append(TankReading(tank, level, bool(status & _DELIVERING), bool(status & _TESTING)))
    return InventoryRead(tuple(tanks))


def deliveries(body: str, figures: Figures) -> DeliveriesRead:
    """i202, and i20C with the last one of each tank only. One that has no end yet is not here."""
    reader = _Reader(body)
    reader.time()
    found: list[Delivery] = []
    while reader.more:
        tank = reader.decimal(2)
        reader.take(1)
        for _ in range(reader.decimal(2)):
            started, ended, numbers = reader.take_digits(10), reader.take_digits(10), reader.numbers()
            if _NO_TIME not in (started, ended):
                found.append(Delivery(tank, clock(started), clock(ended), *_ends(numbers, figures)))
    return DeliveriesRead(tuple(found))


def alarms(body: str) -> AlarmsRead:
    """i205. One text counts the alarms of a tank in hexadecimal, another in decimal: whichever fits the body."""
    try:
        return _alarms(body, 16)
    except FrameMisread:
        return _alarms(body, 10)


def clock(digits: str) -> str:
    """YYMMDDHHmm of the console as ``2015-02-26 17:34``; as it is, when that is no time."""
    try:
        when = datetime.strptime(digits, "%y%m%d%H%M")  # noqa: DTZ007 - nobody knows the console's zone
    except ValueError:
        return digits
    return when.strftime("%Y-%m-%d %H:%M")


def _alarms(body: str, base: int) -> AlarmsRead:
    reader = _Reader(body)
    reader.time()
    found: set[TankAlarm] = set()
    while reader.more:
        tank, count = reader.decimal(2), reader.number(2, base)
        for _ in range(count):
            code = reader.decimal(2)
            found.add(TankAlarm(tank, ALARMS.get(code, UNKNOWN), code))
    return AlarmsRead(tuple(sorted(found)))


def _level(numbers: Sequence[str], figures: Figures, invalid: bool) -> TankLevel:
    """Fields beyond those that are known are left alone, missing ones are not known."""
    volume, ullage, height = figures.volume, figures.ullage, figures.height
    kinds = (volume, volume, ullage, height, height, figures.temperature, volume)
    found, standard, room, fuel, water, temperature, below = _values(numbers, kinds)
    if invalid:
        return TankLevel(water_height=water, water_volume=below, temperature=temperature)
    return TankLevel(found, standard, room, fuel, water, below, temperature)


def _ends(numbers: Sequence[str], figures: Figures) -> tuple[TankLevel, TankLevel]:
    """How the tank stood before and after."""
    kinds = (figures.volume, figures.volume, figures.height, figures.temperature)
    values = _values(numbers, (*kinds, *kinds, figures.height, figures.height))
    return _end(values[:4], values[8]), _end(values[4:8], values[9])


def _end(values: Sequence[int | None], height: int | None) -> TankLevel:
    volume, standard, water, temperature = values
    return TankLevel(volume, standard, height=height, water_height=water, temperature=temperature)


def _values(numbers: Sequence[str], kinds: Sequence[Callable[[str], int | None]]) -> list[int | None]:
    found = [kind(digits) for kind, digits in zip(kinds, numbers, strict=False)]
    return found + [None] * (len(kinds) - len(found))


class _Reader:
    """Takes a body apart from its beginning."""

    def __init__(self, body: str) -> None:
        self._body = body
        self._at = 0

    @property
    def more(self) -> bool:
        """Whether there is anything left."""
        return self._at < len(self._body)

    def take(self, size: int) -> str:
        """The next characters."""
        found = self._body[self._at : self._at + size]
        if len(found) < size:
            raise FrameMisread("The reply ends in the middle of a value.")
        self._at += size
        return found

    def take_digits(self, size: int) -> str:
        """The next characters, all of them digits."""
        found = self.take(size)
        if not (found.isascii() and found.isdecimal()):
            raise FrameMisread(f"“{found}” stands where digits belong.")
        return found

    def time(self) -> str:
        """The console's clock."""
        return self.take_digits(10)

    def decimal(self, size: int) -> int:
        """A decimal number."""
        return int(self.take_digits(size))

    def hexadecimal(self, size: int) -> int:
        """A hexadecimal number."""
        return self.number(size, 16)

    def number(self, size: int, base: int) -> int:
        """A number in this base."""
        found = self.take(size)
        if not (found.isascii() and found.isalnum()):
            raise FrameMisread(f"“{found}” stands where a number belongs.")
        try:
            return int(found, base)
        except ValueError as why:
            raise FrameMisread(f"“{found}” stands where a number belongs.") from why

    def numbers(self) -> list[str]:
        """A count, and so many floats of eight digits."""
        return [self.take(8) for _ in range(self.hexadecimal(2))]
