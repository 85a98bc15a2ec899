"""A busy forecourt of every protocol on adapters, its agent as a process, and what the books owe to the meters."""

import asyncio
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from hardware.registry import DISPENSERS
from hardware.simulation.customers import Customer, Customers
from hardware.simulation.plan import LinePlan, StationPlan, decimals_of, places
from hardware.simulation.pump import TrueFilling
from hardware.simulation.station import SimulatedStation
from hardware.simulation.wire import PtySocket
from shared.messages import MeterMoved
from tests.company.programs import Program
from tests.flow.checker import StationBooks, differences, station_books

POINTS = 2
"""On each line."""
GRADES = ("92#", "95#")
PRICES = {"92#": 7_360, "95#": 7_850}
TURNAROUND = (10_000, 25_000)
_PATIENCE = 8
"""Seconds."""


class Cable:
    """An adapter under a name that lasts, which can be pulled out and plugged in again by anybody."""

    def __init__(self, link: Path) -> None:
        self._link = str(link)
        self._pty: PtySocket | None = PtySocket(self._link)
        self._wanted = True

    def pull(self) -> None:
        """Out; the line's thread does it at its next look."""
        self._wanted = False

    def plug(self) -> None:
        """In again."""
        self._wanted = True

    @property
    def url(self) -> str:
        """Its name."""
        return self._link

    def watch(self) -> list[int]:
        """Nothing while it is out."""
        if self._pty is not None and not self._wanted:
            self.close()
        elif self._pty is None and self._wanted:
            self._pty = PtySocket(self._link)
        return self._pty.watch() if self._pty is not None else []

    def read(self, ready: list[int]) -> bytes | None:
        """What came; None when it was pulled."""
        return self._pty.read(ready) if self._pty is not None else None

    def write(self, data: bytes) -> None:
        """Into the void while it is out."""
        if self._pty is not None:
            self._pty.write(data)

    def close(self) -> None:
        """For good, or until it is plugged in."""
        pty, self._pty = self._pty, None
        if pty is not None:
            pty.close()


class Forecourt:
    """A line of each protocol, at its true speed. ``every``: microseconds between cars."""

    def __init__(self, folder: Path, seed: int, speed: int, every: int) -> None:
        self.folder = folder
        self.cables: list[Cable] = []
        lines = tuple(self._line(number, name) for number, name in enumerate(DISPENSERS))
        self.simulated = SimulatedStation(StationPlan(lines, 0, speed * 1_000, seed), *self.cables)
        self._thread = threading.Thread(target=self.simulated.serve, name="forecourt", daemon=True)
        self._waiting: dict[Customer, float] = {}
        self._cars = (every, speed * 1_000, seed)
        self.agent = Program("agent", ("jiayou-edge", "run", "--config", self._configuration()), folder)

    def _line(self, number: int, name: str) -> LinePlan:
        protocol = DISPENSERS[name]
        self.cables.append(Cable(self.folder / f"port{number}"))
        nozzles = [GRADES[: protocol.most_nozzles]] * POINTS
        first = 1 + POINTS * number
        points = places(nozzles, protocol.first_address, PRICES, first, decimals_of(protocol))
        return LinePlan(protocol, points, TURNAROUND, true_speed=True)

    def _configuration(self) -> Path:
        path = self.folder / "edge.toml"
        head = f'authorise = "automatic"\n[station]\nid = "s1"\nname = "示范加油站"\n[store]\npath = "{self.store}"\n'
        lines = "".join(self._line_words(plan, cable) for plan, cable in zip(self._plans, self.cables, strict=True))
        path.write_text(f"{head}[page]\nport = 0\n{lines}", "utf-8")
        return path

    @property
    def _plans(self) -> list[LinePlan]:
        return [line.plan for line in self.simulated.lines]

    @staticmethod
    def _line_words(plan: LinePlan, cable: Cable) -> str:
        name = plan.protocol.name
        head = f'[[lines]]\nname = "{name}"\nprotocol = "{name}"\nurl = "{cable.url}"\nsite_tested = true\n'
        return head + "".join(
            f"[[lines.points]]\nnumber = {place.point}\naddress = {place.address}\nnozzles = {list(place.grades)}\n"
            for place in plan.points
        )

    # ── Time passes ───────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def open(self) -> Iterator[None]:
        """Power on, until all is over."""
        self._thread.start()
        try:
            yield
        finally:
            self.agent.stop()
            self.simulated.stop()
            self._thread.join(10)

    def cars_come(self) -> None:
        """The first customers."""
        station = self.simulated
        every, speed, seed = self._cars

        def come(_: int) -> None:
            station.customers = Customers(station.pumps, every, speed, seed)

        station.act(come)

    def close(self) -> None:
        """Nobody arrives any more."""
        self.simulated.act(lambda _: self.simulated.customers.close())

    def hang_up_in_vain(self) -> None:
        """Who has waited for a while is told to hang up: perhaps a filling before was not recorded when he lifted."""
        now, waited, self._waiting = time.monotonic(), self._waiting, {}
        for seen in self.simulated.points():
            customer = self.simulated.customers.at(seen["point"])
            if customer is None or not seen["nozzle"] or seen["released"]:
                continue
            since = self._waiting[customer] = waited.get(customer, now)
            if now - since > _PATIENCE:
                self.simulated.act(customer.leave)

    @property
    def quiet(self) -> bool:
        """Whether every nozzle hangs."""
        return all(not seen["nozzle"] for seen in self.simulated.points())

    # ── The truth, and the books ──────────────────────────────────────────────────────────────────────────────────────

    @property
    def store(self) -> Path:
        """Where the agent keeps its books."""
        return self.folder / "station.sqlite"

    def truth(self) -> list[TrueFilling]:
        """Every filling as it really was."""
        return [filling for pump in self.simulated.pumps.values() for filling in pump.body.fillings if filling.volume]

    def books(self) -> StationBooks:
        """As they stand on the disk."""
        return station_books(self.store)

    @property
    def open_fillings(self) -> int:
        """Fillings that are not settled, but for releases that nobody used: those wait for the next customer."""
        unused = len([seen for seen in self.simulated.points() if seen["state"] == "authorised"])
        return max(0, self.books().open_fillings - unused)

    @property
    def meters_known(self) -> bool:
        """Whether the agent has read every totaliser."""
        nozzles = sum(len(pump.body.totalisers) for pump in self.simulated.pumps.values())
        with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT count(*) FROM nozzle WHERE totaliser IS NOT NULL").fetchone()
            return bool(row[0] == nozzles)
        return False

    async def settle(self, seconds: float = 240) -> None:
        """Until the last customer has gone and the books explain every meter."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.agent.must_live()
            if self.quiet and not self.open_fillings and not list(unexplained(self)):
                return
            self.hang_up_in_vain()
            await asyncio.sleep(1)


def unexplained(forecourt: Forecourt) -> Iterator[str]:
    """Meters that sales and lines of the meter don't add up to, millilitre for millilitre."""
    books = forecourt.books()
    told: Counter[tuple[int, int]] = Counter()
    for _, sale in books.sold():
        if sale.proof.before is not None and sale.proof.after is not None:
            told[sale.delivery.point, sale.delivery.nozzle] += sale.proof.after - sale.proof.before
    for line in books.facts(MeterMoved):
        told[line.point, line.nozzle] += line.volume
    for point, pump in forecourt.simulated.pumps.items():
        for nozzle, grown in pump.body.totalisers.items():
            if told[point, nozzle] != grown:
                yield f"point {point} nozzle {nozzle}: its meter has grown by {grown}; told are {told[point, nozzle]}"


def wrong(forecourt: Forecourt) -> list[str]:
    """What is not as it should be: each filling once, with the right figures, and every meter explained."""
    books = forecourt.books()
    return [*unexplained(forecourt), *differences(books, forecourt.truth())]
