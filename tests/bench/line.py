"""The serial line: how near polling comes to the line's own limit, and how long a lifted nozzle waits to be released.

16 fuelling points on one line at 9600 8O1 over a pty. The limit of a cycle is what no program can do without: six bytes
a point, the pump's turnaround, and the pause that the protocol asks for. The station here is the least one: it releases
whatever nozzle is lifted, and clears a filling when it is over.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from random import Random
from statistics import quantiles

from hardware.dispensers.wayne_dart.session import Pace
from hardware.driver import LineDriver, micros
from hardware.line import Line
from hardware.ports import Authorise, Clear, NozzleLifted, PointOnLine, PumpEvent, PumpState, PumpStateRead
from hardware.registry import dispenser
from hardware.simulation.pump import SimulatedPump
from hardware.simulation.station import SimulatedStation, StationPlan, places
from hardware.simulation.wire import plug
from tests.bench.figure import Figure, at_most

POINTS = 16
LINES = 4
SECONDS_BETWEEN_LIFTS = 2.0
"""On each line: 30 cars a minute at 16 fuelling points, about two a minute at each. Few stations ever are so busy."""
TURNAROUND = 10_000
"""Microseconds; the shortest that was seen in the field, and so the hardest for a program to keep up with."""
_PROTOCOL = "wayne-dart"
_POLL_AND_EOT = 6


class _Station:
    """The driver's line of a simulated station, with the least station on top."""

    def __init__(self, station: SimulatedStation) -> None:
        self.station = station
        self.polled: list[int] = []
        protocol = station.plan.protocol
        session = protocol.session([PointOnLine(p.point, p.address, len(p.grades)) for p in station.plan.points])
        self._first = station.plan.points[0].address
        self._line = Line(station.url, protocol.line)
        self.driver = LineDriver("bench", self._open, session, self._told, lambda _: None)
        self.ready: set[int] = set()

    @property
    def byte(self) -> int:
        """Microseconds of a byte."""
        return self._line.byte_micros

    def _open(self) -> "_Spy":
        return _Spy(self._line.open(), self._first, self.polled)

    def _told(self, events: list[PumpEvent]) -> None:
        for event in events:
            if isinstance(event, NozzleLifted):
                self.driver.submit(Authorise(event.point, (event.nozzle,)))
            elif isinstance(event, PumpStateRead):
                self._state(event)

    def _state(self, event: PumpStateRead) -> None:
        if event.state is PumpState.FINISHED:
            self.driver.submit(Clear(event.point))
        if event.state is PumpState.READY:
            self.ready.add(event.point)
        else:
            self.ready.discard(event.point)


class _Spy:
    """The line, noting when the first point is polled."""

    def __init__(self, line: Line, address: int, polled: list[int]) -> None:
        self._line = line
        self._poll = bytes((address, 0x20, 0xFA))
        self._polled = polled
        self.byte_micros = line.byte_micros

    def write(self, data: bytes) -> None:
        if data == self._poll:
            self._polled.append(micros())
        self._line.write(data)

    def read(self, wait: int) -> bytes:
        return self._line.read(wait)

    def close(self) -> None:
        self._line.close()


@contextmanager
def _running() -> Iterator[_Station]:
    protocol = dispenser(_PROTOCOL)
    points = places([("92#", "95#")] * POINTS, protocol.first_address, {"92#": 7_850, "95#": 8_360})
    plan = StationPlan(protocol, points, (TURNAROUND, TURNAROUND), True, 0, 1_000, 1, {}, "")
    station = SimulatedStation(plan, plug("pty"))
    thread = threading.Thread(target=station.serve, name="pumps")
    thread.start()
    bench = _Station(station)
    bench.driver.start()
    try:
        _await_step(bench)
        yield bench
    finally:
        bench.driver.stop()
        station.stop()
        thread.join()


def _await_step(bench: _Station, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while len(bench.ready) < POINTS:
        if time.monotonic() > end:
            raise TimeoutError("the simulated line did not come into step")
        time.sleep(0.01)


def poll_cycle_ratio(seconds: int = 20) -> tuple[float, int, int]:
    """The mean poll cycle of an idle line as a ratio to its limit; the cycle and the limit in microseconds."""
    with _running() as bench:
        cycle, limit = _poll_cycle(bench, seconds)
    return cycle / limit, cycle, limit


def lift_to_authorise(samples: int = 100) -> list[int]:
    """How long lifted nozzles waited, in microseconds: on four lines at once, each much busier than a real one."""
    waits: list[int] = []
    with ExitStack() as stack:
        lines = [stack.enter_context(_running()) for _ in range(LINES)]
        share = -(-samples // LINES)
        threads = [threading.Thread(target=_lift, args=(line, share, seed, waits)) for seed, line in enumerate(lines)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return waits


def figures() -> list[Figure]:
    """Both, against the line's own limit."""
    ratio, cycle, limit = poll_cycle_ratio()
    waits = quantiles(lift_to_authorise(), n=100, method="inclusive")
    half, p99 = waits[49] / limit, waits[98] / limit
    one = f"a cycle of {limit / 1000:.1f} ms"
    return [
        at_most("poll_cycle_ratio", ratio, 1.15, "× the limit", f"{one}; it took {cycle / 1000:.1f} ms"),
        at_most("lift_to_authorise_cycles_p99", p99, 2.0, "poll cycles", f"{one}; median {half:.2f}"),
    ]


def _poll_cycle(bench: _Station, seconds: int) -> tuple[int, int]:
    time.sleep(1)
    bench.polled.clear()
    time.sleep(seconds)
    polled = list(bench.polled)
    limit = POINTS * (_POLL_AND_EOT * bench.byte + TURNAROUND + Pace().gap)
    return (polled[-1] - polled[0]) // (len(polled) - 1), limit


def _lift(bench: _Station, samples: int, seed: int, waits: list[int]) -> None:
    """Nozzles lifted one after the other at random moments, and a very short filling each."""
    dice = Random(seed)
    for _ in range(samples):
        time.sleep(dice.expovariate(1 / SECONDS_BETWEEN_LIFTS))
        point = dice.choice(sorted(bench.ready))
        pump = bench.station.pump(point)
        since = bench.station.act(partial(_take_out, pump))
        while not pump.released:
            time.sleep(0.001)
        waits.append(micros() - since)
        bench.station.act(partial(_fuel, bench, point))


def _take_out(pump: SimulatedPump, now: int) -> int:
    pump.lift(1, now)
    return now


def _fuel(bench: _Station, point: int, now: int) -> None:
    """A very short filling, so that the point is free again soon."""
    pump = bench.station.pump(point)
    pump.body.squeeze(10_000_000, 10)
    bench.station.line.advance(now + 10_000)
    pump.hang_up(now + 10_000)
    bench.ready.discard(point)
