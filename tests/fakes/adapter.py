"""Dispensers on a serial adapter that can be pulled out and plugged in again, under a name that lasts."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from hardware.ports import PointOnLine
from hardware.protocol import DispenserProtocol
from hardware.simulation.faults import Faults
from hardware.simulation.plan import places
from hardware.simulation.pump import Answer, SimulatedPump
from hardware.simulation.wire import PtySocket, Wire, micros

PRICES = {"92#": 7_360, "95#": 7_850}
GRADES = ("92#", "95#")


class Adapter:
    """A line of simulated dispensers at a link to a pty. Fuel goes on flowing while the adapter is out."""

    def __init__(
        self, link: Path, protocol: DispenserProtocol, points: int = 2, grades: Sequence[str] = GRADES
    ) -> None:
        self.link = link
        self.protocol = protocol
        built = places([grades] * points, protocol.first_address, PRICES)
        self.places = [replace(place, decimals=protocol.decimals) for place in built]
        self.line = protocol.simulator(self.places, Faults())
        self.pumps = self.line.pumps
        self._lock = threading.Lock()
        self._wire: Wire | None = None
        self._thread: threading.Thread | None = None

    @property
    def points(self) -> list[PointOnLine]:
        """As a session needs them."""
        return [PointOnLine(place.point, place.address, len(place.grades), place.decimals) for place in self.places]

    def plug(self) -> None:
        """In: the device is there, under its lasting name."""
        self._wire = Wire(self, PtySocket(str(self.link)))
        self._thread = threading.Thread(target=self._wire.serve, daemon=True)
        self._thread.start()

    def pull(self) -> None:
        """Out: whoever has it open loses it."""
        wire, self._wire = self._wire, None
        if wire is not None and self._thread is not None:
            wire.stop()
            self._thread.join()
        with suppress(FileNotFoundError):
            self.link.unlink()

    def act(self, deed: Callable[[SimulatedPump, int], Any], point: int = 1) -> Any:
        """Somebody does something at a pump, now."""
        with self._lock:
            now = micros()
            self.line.advance(now)
            return deed(self.pumps[point], now)

    def lift(self, nozzle: int, point: int = 1) -> None:
        """A customer takes a nozzle."""
        self.act(lambda pump, now: pump.lift(nozzle, now), point)

    def squeeze(self, rate: int, wanted: int | None = None, point: int = 1) -> None:
        """And lets fuel flow, in millilitres a second."""
        self.act(lambda pump, _: pump.body.squeeze(rate, wanted), point)

    def hang_up(self, point: int = 1) -> None:
        """And hangs it up."""
        self.act(lambda pump, now: pump.hang_up(now), point)

    # ── The line, as the wire sees it ─────────────────────────────────────────────────────────────────────────────────

    def receive(self, data: bytes, now: int) -> list[Answer]:
        """Bytes from the controller."""
        with self._lock:
            return self.line.receive(data, now)

    def advance(self, now: int) -> None:
        """Fuel flows."""
        with self._lock:
            self.line.advance(now)


@contextmanager
def adapter(link: Path, protocol: DispenserProtocol, points: int = 2) -> Iterator[Adapter]:
    """One that is plugged in."""
    made = Adapter(link, protocol, points)
    made.plug()
    try:
        yield made
    finally:
        made.pull()
