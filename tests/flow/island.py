"""The dispensers of a station in a thread of this process: the simulator behind a TCP port, as fast as it can."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hardware.registry import DISPENSERS
from hardware.simulation.plan import LinePlan, StationPlan, places
from hardware.simulation.pump import TrueFilling
from hardware.simulation.station import SimulatedStation
from hardware.simulation.wire import plug

GRADES = (("92#", "95#"), ("98#", "0#"))
"""The nozzles of its two fuelling points."""
_FIRST = 0x50


class Island:
    """Two fuelling points with two nozzles each, and what people do there."""

    def __init__(self, speed: int = 60, seed: int = 1, every: int = 0) -> None:
        line = LinePlan(DISPENSERS["wayne-dart"], places(GRADES, _FIRST, {}))
        plan = StationPlan((line,), every, speed * 1_000, seed)
        self.simulated = SimulatedStation(plan, plug("tcp:127.0.0.1:0"))
        self._thread = threading.Thread(target=self.simulated.serve, name="island", daemon=True)

    @property
    def url(self) -> str:
        """Where the agent finds it."""
        return self.simulated.url

    def start(self) -> None:
        """Power on."""
        self._thread.start()

    def stop(self) -> None:
        """Power off."""
        self.simulated.stop()
        self._thread.join(5)

    def customer(self, point: int, nozzle: int = 1, volume: int | None = None) -> None:
        """Somebody comes, waits to be released, fuels so many millilitres (None: until told) and hangs up."""
        self.simulated.act(lambda now: self.simulated.customers.send(point, now, nozzle, volume))

    def hang_up(self, point: int, volume: int | None = None) -> None:
        """Whoever fuels there hangs up now, or when so much has flown."""
        customer = self.simulated.customers.at(point)
        assert customer is not None, f"nobody is at fuelling point {point}"
        self.simulated.act(customer.leave if volume is None else lambda _: customer.hang_up_at(volume))

    def fault(self, name: str, odds: float) -> None:
        """From now on this fault so often."""
        self.simulated.act(lambda _: self.simulated.strike(name, odds))

    def at(self, point: int) -> dict[str, Any]:
        """How a fuelling point stands."""
        return next(seen for seen in self.simulated.points() if seen["point"] == point)

    def fuelling(self, point: int) -> bool:
        """Whether fuel has flown there in a filling that is not over."""
        seen = self.at(point)
        return bool(seen["state"] == "fuelling" and seen["volume"] > 0)

    def quiet(self) -> bool:
        """Whether every nozzle hangs."""
        return all(not seen["nozzle"] for seen in self.simulated.points())

    def price(self, point: int, nozzle: int) -> int | None:
        """The price that the dispenser shows, in milliyuan a litre."""
        price = self.at(point)["prices"].get(str(nozzle))
        return None if price is None else int(price)

    def truth(self) -> list[TrueFilling]:
        """Every filling as it really was, in order of its end."""
        pumps = self.simulated.pumps.values()
        fillings = [filling for pump in pumps for filling in pump.body.fillings if filling.volume]
        return sorted(fillings, key=lambda filling: filling.ended)


@contextmanager
def island(speed: int = 60) -> Iterator[Island]:
    """The dispensers, for the length of a block. ``speed``: how many times faster than life fuel flows."""
    running = Island(speed)
    running.start()
    try:
        yield running
    finally:
        running.stop()
