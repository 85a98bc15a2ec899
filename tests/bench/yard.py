"""Simulated lines at true speed over ptys, each with the least station before it, for the line's benchmark."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from hardware.driver import LineDriver, micros
from hardware.line import Line
from hardware.ports import (
    Authorise,
    Clear,
    FillingRead,
    Identified,
    NozzleLifted,
    PointOnLine,
    PumpEvent,
    PumpState,
    PumpStateRead,
    Session,
)
from hardware.registry import dispenser
from hardware.simulation.faults import Faults
from hardware.simulation.pump import Answer, SimulatedLine, SimulatedPoint, SimulatedPump
from hardware.simulation.wire import PtySocket, Wire

POINTS = 32
TURNAROUND = (10_000, 25_000)
"""Microseconds; from the shortest that was seen in the field to the longest that the specification allows."""
PROTOCOL = dispenser("wayne-dart")
MakeSession = Callable[[Sequence[PointOnLine]], Session]


class Pumps:
    """The pumps of a line, which people and the wire move one at a time."""

    def __init__(self, line: SimulatedLine) -> None:
        self._line = line
        self._lock = threading.Lock()
        self.pumps = line.pumps

    def advance(self, now: int) -> None:
        with self._lock:
            self._line.advance(now)

    def receive(self, data: bytes, now: int) -> list[Answer]:
        with self._lock:
            return self._line.receive(data, now)

    def act(self, deed: Callable[[int], None]) -> int:
        """Somebody does something, at this moment with nothing else going on; when that was."""
        with self._lock:
            now = micros()
            self._line.advance(now)
            deed(now)
            return now


class Yard:
    """The driver's end of a simulated line. The station here releases whatever nozzle is lifted, while ``releases``,
    and clears a filling when it is over."""

    def __init__(self, pumps: Pumps, url: str, places: Sequence[SimulatedPoint], make: MakeSession) -> None:
        self._pumps = pumps
        self.polled: list[int] = []
        """When the first point was polled."""
        self.lifted: dict[int, int] = {}
        """Point → when its lifted nozzle was told."""
        self.moved: dict[int, list[int]] = {}
        """Point → when its figures were told."""
        self.ready: set[int] = set()
        self.known: set[int] = set()
        """Points that have said what they are."""
        self.releases = True
        self._first = places[0].address
        self._line = Line(url, PROTOCOL.line)
        session = make([PointOnLine(p.point, p.address, len(p.grades)) for p in places])
        self.driver = LineDriver("bench", self._open, session, self._told, lambda _: None)

    def _open(self) -> "_Spy":
        return _Spy(self._line.open(), self._first, self.polled)

    def _told(self, events: list[PumpEvent]) -> None:
        for event in events:
            match event:
                case NozzleLifted():
                    self.lifted[event.point] = micros()
                    if self.releases:
                        self.driver.submit(Authorise(event.point, (event.nozzle,)))
                case FillingRead():
                    self.moved.setdefault(event.point, []).append(micros())
                case PumpStateRead():
                    self._state(event)
                case Identified():
                    self.known.add(event.point)
                case _:
                    pass

    def _state(self, event: PumpStateRead) -> None:
        if event.state is PumpState.FINISHED:
            self.driver.submit(Clear(event.point))
        if event.state is PumpState.READY:
            self.ready.add(event.point)
        else:
            self.ready.discard(event.point)

    def pump(self, point: int) -> SimulatedPump:
        """A pump, to look at."""
        return self._pumps.pumps[point]

    def lift(self, point: int) -> int:
        """A nozzle is taken out; when."""
        self.lifted.pop(point, None)
        return self._pumps.act(lambda now: self.pump(point).lift(1, now))

    def hang_up(self, point: int) -> None:
        """It is hung up again."""
        self._pumps.act(lambda now: self.pump(point).hang_up(now))

    def squeeze(self, point: int, rate: int) -> None:
        """So many millilitres a second flow from now on."""
        self._pumps.act(lambda _: self.pump(point).body.squeeze(rate))

    def sip(self, point: int) -> None:
        """A very short filling, so that the point is free again soon."""
        self.ready.discard(point)
        self.squeeze(point, 1_000)
        time.sleep(0.05)
        self.hang_up(point)


class _Spy:
    """The line, noting when the first point is polled."""

    def __init__(self, line: Line, address: int, polled: list[int]) -> None:
        self._line = line
        self._poll = bytes((address, 0x20, 0xFA))
        self._polled = polled
        self.byte_micros = line.byte_micros

    def write(self, data: bytes) -> None:
        if data.endswith(self._poll):
            self._polled.append(micros())
        self._line.write(data)

    def read(self, wait: int) -> bytes:
        return self._line.read(wait)

    def close(self) -> None:
        self._line.close()


@contextmanager
def yard(make: MakeSession, seed: int = 1) -> Iterator[Yard]:
    """A line of :data:`POINTS` pumps that have their prices."""
    prices = {1: 7_850, 2: 8_360}
    first = PROTOCOL.first_address
    places = [SimulatedPoint(n, first + n - 1, ("92#", "95#"), prices=prices) for n in range(1, POINTS + 1)]
    pumps, at = Pumps(PROTOCOL.simulator(places, Faults(), TURNAROUND, seed)), PtySocket()
    wire = Wire(pumps, at, PROTOCOL.line.byte_micros, lambda _: None)
    thread = threading.Thread(target=wire.serve, name="pumps")
    thread.start()
    here = Yard(pumps, at.url, places, make)
    here.driver.start()
    try:
        yield here
    finally:
        here.driver.stop()
        wire.stop()
        thread.join()


def in_step(yards: Sequence[Yard]) -> None:
    """Wait until every point of each stands at zero, ready to be released."""
    until(lambda: all(len(here.ready) == POINTS for here in yards))


def until(look: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for it, looking often; ``TimeoutError`` when it does not come."""
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            raise TimeoutError("a simulated line did not do what it should")
        time.sleep(0.002)
