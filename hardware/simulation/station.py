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

from hardware.simulation.customers import Customers
from hardware.simulation.faults import Faults, FaultyLine
from hardware.simulation.plan import LinePlan, StationPlan
from hardware.simulation.pump import Answer, SimulatedLine, SimulatedPump
from hardware.simulation.script import Visitors
from hardware.simulation.wire import Socket, Wire, micros
from shared.errors import Refused


class StationLine:
    """One line of the station: pumps, faults and wire."""

    def __init__(self, number: int, plan: LinePlan, seed: int, at: Socket) -> None:
        self.number = number
        self.plan = plan
        self.url = at.url
        self.faults = Faults(plan.faults, seed)
        pumps = plan.protocol.simulator(plan.points, self.faults, plan.turnaround, seed, plan.habits)
        self.line = FaultyLine(pumps, self.faults)
        self._at = at

    def wire(self, lock: AbstractContextManager[bool], between: Callable[[int], object]) -> Wire:
        """Its wire, which holds the lock whenever it moves the pumps."""
        byte = self.plan.protocol.line.byte_micros if self.plan.true_speed else 0
        return Wire(_Guarded(self.line, lock), self._at, byte, between)


class SimulatedStation:
    """A thread for each line; scripts may act from others. Each line has its own dice, so none depends on another."""

    def __init__(self, plan: StationPlan, *sockets: Socket) -> None:
        self.plan = plan
        pairs = zip(plan.lines, sockets, strict=True)
        self.lines = [StationLine(n, line, plan.seed + n - 1, at) for n, (line, at) in enumerate(pairs, 1)]
        self.pumps = {point: pump for line in self.lines for point, pump in line.line.pumps.items()}
        """By the number of the fuelling point."""
        self.customers = Customers(self.pumps, plan.every, plan.speed, plan.seed)
        self.visitors = Visitors(self.pumps, plan.visits, plan.speed)
        self._lock = threading.RLock()
        self._wires = [line.wire(self._lock, self._between if line.number == 1 else _nothing) for line in self.lines]
        self._epoch = time.time_ns() // 1_000_000 - micros() // 1_000
        self._reported = 0

    @property
    def url(self) -> str:
        """How a driver reaches the first line."""
        return self.lines[0].url

    def serve(self) -> None:
        """Until :meth:`stop`; the report is written whenever a filling was added, and at the end."""
        self.write_report()
        others = [threading.Thread(target=self._serve, args=(wire,), name="line") for wire in self._wires[1:]]
        for thread in others:
            thread.start()
        self._serve(self._wires[0])
        for thread in others:
            thread.join()
        self.write_report()

    def stop(self) -> None:
        """From any thread, or a signal."""
        for wire in self._wires:
            wire.stop()

    def act(self, deed: Callable[[int], Any]) -> Any:
        """Do something at the station, at this moment, with nothing else going on."""
        with self._lock:
            now = micros()
            for line in self.lines:
                line.line.advance(now)
            return deed(now)

    def pump(self, point: int) -> SimulatedPump:
        """The pump of a fuelling point; :exc:`Refused` when there is none."""
        if point not in self.pumps:
            raise Refused("unknown_point", f"There is no fuelling point {point} here.")
        return self.pumps[point]

    def strike(self, name: str, odds: float, number: int = 0) -> None:
        """From now on this fault so often, on this line or (0) on all; :exc:`Refused` when there is no such line."""
        lines = [line for line in self.lines if number in (0, line.number)]
        if not lines:
            raise Refused("unknown_line", f"There is no line {number} here.")
        for line in lines:
            line.faults.set(name, odds)

    def truth(self) -> dict[str, Any]:
        """Every filling as it was, in order of its end, and the totalisers as they stand. Times in UTC milliseconds."""
        with self._lock:
            return told(self.lines, self._utc) | {"seed": self.plan.seed}

    def points(self) -> list[dict[str, Any]]:
        """How each fuelling point stands, as a person in front of it sees it."""
        with self._lock:
            return [_seen(line, pump) for line in self.lines for pump in line.line.pumps.values()]

    def write_report(self) -> None:
        """The truth into its file, whole or not at all."""
        if self.plan.report:
            path = Path(self.plan.report)
            beside = path.with_name(path.name + ".new")
            beside.write_text(json.dumps(self.truth(), ensure_ascii=False, indent=1) + "\n", "utf-8")
            beside.replace(path)

    def _serve(self, wire: Wire) -> None:
        """When a line breaks, the station ends: nobody should go on measuring half of it."""
        try:
            wire.serve()
        finally:
            self.stop()

    def _between(self, now: int) -> None:
        with self._lock:
            self.customers.act(now)
            self.visitors.act(now)
            fillings = sum(len(pump.body.fillings) for pump in self.pumps.values())
        if fillings != self._reported:
            self._reported = fillings
            self.write_report()

    def _utc(self, at: int) -> int:
        return self._epoch + at // 1_000


def _nothing(now: int) -> None:
    """The first line looks after the people."""


def told(lines: Sequence[StationLine], utc: Callable[[int], int]) -> dict[str, Any]:
    """The truth of all lines, as it goes into JSON."""
    pumps = [(line, pump.body) for line in lines for pump in line.line.pumps.values()]
    fillings = sorted(
        (_of(line) | _stamped(filling, utc) for line, body in pumps for filling in body.fillings),
        key=lambda filling: filling["ended"],
    )
    return {
        "lines": [_of(line) | {"url": line.url} for line in lines],
        "count": len(fillings),
        "volume": sum(filling["volume"] for filling in fillings),
        "amount": sum(filling["amount"] for filling in fillings),
        "fillings": fillings,
        "drips": [_of(line) | _stamped(drip, utc) for line, body in pumps for drip in body.drips],
        "totalisers": {str(body.place.point): _by_nozzle(body.totalisers) for _, body in pumps},
    }


def _of(line: StationLine) -> dict[str, Any]:
    return {"line": line.number, "protocol": line.plan.protocol.name}


def _stamped(happened: Struct, utc: Callable[[int], int]) -> dict[str, Any]:
    """A filling or a drip, its times in UTC."""
    fields = msgspec.structs.asdict(happened)
    return fields | {name: utc(fields[name]) for name in ("started", "ended", "at") if name in fields}


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


def _seen(line: StationLine, pump: SimulatedPump) -> dict[str, Any]:
    body = pump.body
    return _of(line) | {
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
