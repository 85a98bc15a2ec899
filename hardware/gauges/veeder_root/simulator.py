"""A console of straw: tanks that sell, take deliveries and draw water, answered as a Veeder-Root would. Pure.

Volumes in millilitres, heights in micrometres, times in microseconds of a monotonic clock.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Final

from hardware.gauges.ports import VolumeUnit
from hardware.gauges.veeder_root import frames
from hardware.gauges.veeder_root.figures import digits_of
from hardware.simulation.pump import Answer

FAULTS: Final[Mapping[str, str]] = {
    "silent": "the console does not answer",
    "wrong-checksum": "the checksum of a reply is wrong",
    "dribbled": "a reply arrives in small pieces with pauses",
    "cut": "a reply ends in its middle",
    "noise": "rubbish stands before a reply",
    "rejects": "the console rejects the question",
    "no-value": "every figure is minus infinity",
}
_SECOND: Final = 1_000_000
_MINUS_INFINITY: Final = "FF800000"
_DIAMETER: Final = 2_400_000
_TURNAROUND: Final = 60_000
_KEPT: Final = 10
"""Deliveries that the console remembers of a tank."""
_PER_UNIT: Final = {VolumeUnit.LITRE: Fraction(1, 1_000), VolumeUnit.GALLON: Fraction(1_000_000, 3_785_411_784)}


class SimulatedTank:
    """A lying cylinder, as far as it matters here."""

    def __init__(self, number: int, capacity: int, volume: int, sales: int = 0, temperature: int = 15_000) -> None:
        """``sales`` in millilitres a second."""
        self.number = number
        self.capacity = capacity
        self.volume = volume
        self.sales = sales
        self.temperature = temperature
        self.water = 0
        self.alarms: set[int] = set()
        self.delivered: list[str] = []
        """Deliveries as the console writes them."""
        self.coming = 0
        """Millilitres that are still to come of a delivery that runs."""
        self.flow = 0
        self._rest = 0
        self._begun = ""
        self._before = ""

    @property
    def delivering(self) -> bool:
        """Whether fuel comes in."""
        return self.coming > 0

    @property
    def height(self) -> int:
        """Of the fuel."""
        return _DIAMETER * self.volume // self.capacity

    @property
    def water_volume(self) -> int:
        """Of the water below it."""
        return self.capacity * self.water // _DIAMETER

    def begin(self, volume: int, flow: int, at: str, before: str) -> None:
        """A tanker lets so much in, at so many millilitres a second."""
        self.coming, self.flow = min(volume, self.capacity - self.volume), flow
        self._begun, self._before = at, before

    def pass_time(self, micros: int) -> bool:
        """Fuel goes, and comes; True when a delivery has just ended."""
        moved = self._rest + micros
        whole, self._rest = divmod(moved, _SECOND // 100)
        self.volume = max(0, self.volume - self.sales * whole // 100)
        if not self.coming:
            return False
        came = min(self.coming, self.flow * whole // 100)
        self.volume, self.coming = self.volume + came, self.coming - came
        return not self.coming

    def end(self, at: str, after: str) -> None:
        """The delivery is over, and the console remembers it."""
        before, height_before = self._before[:32], self._before[32:]
        entry = self._begun + at + "0A" + before + after[:32] + height_before + after[32:]
        self.delivered = [*self.delivered, entry][-_KEPT:]


class Console:
    """A console with its tanks. ``odds`` are those of each fault at a question."""

    def __init__(
        self,
        tanks: list[SimulatedTank],
        odds: Mapping[str, float] | None = None,
        seed: int = 0,
        began: datetime = datetime(2026, 11, 22, 8, 0),  # noqa: DTZ001 - consoles know no zone
        unit: VolumeUnit = VolumeUnit.LITRE,
    ) -> None:
        self.tanks = {tank.number: tank for tank in tanks}
        self.odds = dict(odds or {})
        self.rejected: set[str] = set()
        """Functions that this console does not know."""
        self.security_code = ""
        self.questions: list[str] = []
        """What was asked."""
        self._dice = Random(seed)
        self._began = began
        self._first: int | None = None
        self._now = 0
        self._kept = b""
        self._per_unit = _PER_UNIT[unit]

    def advance(self, now: int) -> None:
        """Fuel goes and comes until now."""
        if self._first is None:
            self._first = self._now = now
        passed, self._now = now - self._now, now
        for tank in self.tanks.values():
            if tank.pass_time(passed):
                tank.end(self.clock(), self._end(tank))

    def deliver(self, number: int, volume: int, flow: int = 10_000) -> None:
        """A tanker comes: so many millilitres, at so many a second."""
        tank = self.tanks[number]
        tank.begin(volume, flow, self.clock(), self._end(tank))

    def clock(self) -> str:
        """The console's own clock."""
        passed = timedelta(microseconds=self._now - (self._first or self._now))
        return (self._began + passed).strftime("%y%m%d%H%M")

    def receive(self, data: bytes, now: int) -> list[Answer]:
        """A question, however it is cut; what comes back."""
        self.advance(now)
        self._kept = (self._kept + data)[-64:]
        start, size = self._kept.rfind(frames.SOH), 7 + len(self.security_code)
        if start < 0 or len(self._kept) - start < size:
            return []
        asked, self._kept = self._kept[start + 1 : start + size].decode("latin-1"), b""
        self.questions.append(asked)
        return [] if self._strikes("silent") else self._suffer(self._reply(asked))

    def _reply(self, asked: str) -> bytes:
        code = len(self.security_code)
        function, number = asked[code : code + 4], asked[code + 4 :]
        answers: dict[str, Callable[[SimulatedTank], str]] = {
            "i201": self._inventory,
            "i202": lambda tank: self._delivered(tank, tank.delivered),
            "i20C": lambda tank: self._delivered(tank, tank.delivered[-1:]),
            "i205": _alarms,
        }
        known = function in answers and function not in self.rejected and asked[:code] == self.security_code
        if not known or not number.isdecimal() or self._strikes("rejects"):
            return frames.rejection()
        tanks = [tank for tank in self.tanks.values() if int(number) in (0, tank.number)]
        return frames.answer(function, int(number), self.clock() + "".join(map(answers[function], tanks)))

    def _inventory(self, tank: SimulatedTank) -> str:
        values = [
            self._volume(tank.volume),
            self._volume(tank.volume * 1_000_000 // (1_000_000 + 1_200 * (tank.temperature - 15_000) // 1_000)),
            self._volume(tank.capacity - tank.volume),
            _thousandths(tank.height),
            _thousandths(tank.water),
            _thousandths(tank.temperature),
            self._volume(tank.water_volume),
        ]
        if self._strikes("no-value"):
            values = [_MINUS_INFINITY] * len(values)
        return f"{tank.number:02d}1{int(tank.delivering):04X}{len(values):02X}" + "".join(values)

    def _delivered(self, tank: SimulatedTank, entries: list[str]) -> str:
        return f"{tank.number:02d}1{len(entries):02d}" + "".join(entries)

    def _end(self, tank: SimulatedTank) -> str:
        """One end of a delivery: volume twice, water, temperature, and the height."""
        volume = self._volume(tank.volume)
        return volume + volume + _thousandths(tank.water) + _thousandths(tank.temperature) + _thousandths(tank.height)

    def _volume(self, ml: int) -> str:
        return digits_of(ml * self._per_unit)

    def _suffer(self, reply: bytes) -> list[Answer]:
        if self._strikes("wrong-checksum"):
            reply = reply[:-2] + (b"0" if reply[-2:-1] != b"0" else b"1") + reply[-1:]
        if self._strikes("cut"):
            reply = reply[: max(1, self._dice.randrange(len(reply)))]
        if self._strikes("noise"):
            reply = bytes(self._dice.randrange(4, 256) for _ in range(5)) + reply
        if self._strikes("dribbled"):
            step = 7
            return [Answer(reply[at : at + step], _TURNAROUND + at * 5_000) for at in range(0, len(reply), step)]
        return [Answer(reply, _TURNAROUND)]

    def _strikes(self, fault: str) -> bool:
        odds = self.odds.get(fault, 0.0)
        return odds > 0 and self._dice.random() < odds


def _alarms(tank: SimulatedTank) -> str:
    return f"{tank.number:02d}{len(tank.alarms):02X}" + "".join(f"{code:02d}" for code in sorted(tank.alarms))


def _thousandths(value: int) -> str:
    return digits_of(Fraction(value, 1_000))
