"""A simulated station, put together: dispensers, customers, faults, a wire, and the truth of what was dispensed."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from hardware.line import Line
from hardware.protocol import DispenserProtocol
from hardware.simulation.customers import Customers
from hardware.simulation.faults import Faults, FaultyLine
from hardware.simulation.pump import Answer, SimulatedLine, SimulatedPoint, SimulatedPump
from hardware.simulation.wire import Socket, Wire, micros
from shared.errors import Refused


class StationPlan(Struct, frozen=True):
    """What to build. Times in microseconds."""

    protocol: DispenserProtocol
    points: tuple[SimulatedPoint, ...]
    turnaround: tuple[int, int]
    true_speed: bool
    every: int
    """Mean time between customers; 0 for none."""
    speed: int
    """How fast customers fuel and act, in thousandths of life."""
    seed: int
    faults: dict[str, float]
    report: str
    """A file for the truth; empty for none."""


class SimulatedStation:
    """Runs in one thread; scripts may act from others."""

    def __init__(self, plan: StationPlan, at: Socket) -> None:
        self.plan = plan
        self.url = at.url
        self.faults = Faults(plan.faults, plan.seed)
        line = plan.protocol.simulator(plan.points, self.faults, plan.turnaround, plan.seed)
        self.line = FaultyLine(line, self.faults)
        self.customers = Customers(self.line.pumps, plan.every, plan.speed, plan.seed)
        byte = Line(self.url, plan.protocol.line).byte_micros if plan.true_speed else 0
        self._lock = threading.RLock()
        self._wire = Wire(_Guarded(self.line, self._lock), at, byte, self._between)
        self._epoch = time.time_ns() // 1_000_000 - micros() // 1_000
        self._reported = 0

    def serve(self) -> None:
        """Until :meth:`stop`; the report is written whenever a filling was added, and at the end."""
        self.write_report()
        self._wire.serve()
        self.write_report()

    def stop(self) -> None:
        """From any thread, or a signal."""
        self._wire.stop()

    def act(self, deed: Callable[[int], Any]) -> Any:
        """Do something at the station, at this moment, with nothing else going on."""
        with self._lock:
            now = micros()
            self.line.advance(now)
            return deed(now)

    def pump(self, point: int) -> SimulatedPump:
        """The pump of a fuelling point; :exc:`Refused` when there is none."""
        if point not in self.line.pumps:
            raise Refused("unknown_point", f"There is no fuelling point {point} here.")
        return self.line.pumps[point]

    def truth(self) -> dict[str, Any]:
        """Every filling as it was, in order of its end, and the totalisers as they stand. Times in UTC milliseconds."""
        with self._lock:
            bodies = [pump.body for pump in self.line.pumps.values()]
            fillings = sorted((filling for body in bodies for filling in body.fillings), key=lambda f: f.ended)
            times = [{"started": self._utc(f.started), "ended": self._utc(f.ended)} for f in fillings]
            totalisers = {str(body.place.point): _by_nozzle(body.totalisers) for body in bodies}
        told = [msgspec.structs.asdict(filling) | at for filling, at in zip(fillings, times, strict=True)]
        return {
            "protocol": self.plan.protocol.name,
            "seed": self.plan.seed,
            "count": len(fillings),
            "volume": sum(filling.volume for filling in fillings),
            "amount": sum(filling.amount for filling in fillings),
            "fillings": told,
            "totalisers": totalisers,
        }

    def points(self) -> list[dict[str, Any]]:
        """How each fuelling point stands, as a person in front of it sees it."""
        with self._lock:
            return [_seen(pump) for pump in self.line.pumps.values()]

    def write_report(self) -> None:
        """The truth into its file, whole or not at all."""
        if self.plan.report:
            path = Path(self.plan.report)
            beside = path.with_name(path.name + ".new")
            beside.write_text(json.dumps(self.truth(), ensure_ascii=False, indent=1) + "\n", "utf-8")
            beside.replace(path)

    def _between(self, now: int) -> None:
        with self._lock:
            self.customers.act(now)
            fillings = sum(len(pump.body.fillings) for pump in self.line.pumps.values())
        if fillings != self._reported:
            self._reported = fillings
            self.write_report()

    def _utc(self, at: int) -> int:
        return self._epoch + at // 1_000


class _Guarded:
    """The line, under the station's lock."""

    def __init__(self, line: SimulatedLine, lock: AbstractContextManager[bool]) -> None:
        self._line = line
        self._lock = lock
        self.pumps = line.pumps

    def advance(self, now: int) -> None:
        with self._lock:
            self._line.advance(now)

    def receive(self, data: bytes, now: int) -> list[Answer]:
        with self._lock:
            return self._line.receive(data, now)


def _by_nozzle(values: dict[int, int]) -> dict[str, int]:
    return {str(nozzle): value for nozzle, value in values.items()}


def _seen(pump: SimulatedPump) -> dict[str, Any]:
    body = pump.body
    return {
        "point": body.place.point,
        "state": pump.word,
        "nozzle": body.out,
        "released": pump.released,
        "volume": body.volume,
        "amount": body.amount,
        "prices": _by_nozzle(dict(pump.prices)),
        "totalisers": _by_nozzle(body.totalisers),
        "fillings": len(body.fillings),
    }


def places(grades: Sequence[Sequence[str]], first_address: int, prices: dict[str, int]) -> tuple[SimulatedPoint, ...]:
    """Fuelling points 1, 2, … with these grades at their nozzles; programmed when all these grades have prices."""
    return tuple(_place(number, first_address, tuple(nozzles), prices) for number, nozzles in enumerate(grades, 1))


def _place(number: int, first_address: int, grades: tuple[str, ...], prices: dict[str, int]) -> SimulatedPoint:
    known = {nozzle: prices[grade] for nozzle, grade in enumerate(grades, 1) if grade in prices}
    return SimulatedPoint(number, first_address + number - 1, grades, prices=known if len(known) == len(grades) else {})
