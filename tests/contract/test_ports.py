"""Every driver in the registry with real threads: over a pty and a TCP port, at true speed and as fast as it goes."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

import pytest

from hardware.driver import LineDriver
from hardware.line import Line
from hardware.ports import (
    Authorise,
    Clear,
    CommandDone,
    FillingRead,
    NozzleLifted,
    PointAnswered,
    PointOnLine,
    PumpCommand,
    PumpEvent,
    PumpState,
    PumpStateRead,
    ReadState,
    ReadTotaliser,
    TotaliserRead,
)
from hardware.protocol import DispenserProtocol
from hardware.registry import DISPENSERS
from hardware.simulation.plan import CustomerTable, LinePlan, LineTable, PlanTable, StationPlan, build
from hardware.simulation.pump import SimulatedPoint
from hardware.simulation.station import SimulatedStation
from hardware.simulation.wire import plug
from shared.money import per_litre
from tests.contract.station import PRICES, drivers, grades, places_of

pytestmark = pytest.mark.slow

_A_FILLING = ("lift 1", "wait", "fuel 10", "hang up")


class Live:
    """A driver's thread in front of a simulated station."""

    def __init__(self, protocol: DispenserProtocol, url: str, points: Sequence[SimulatedPoint]) -> None:
        session = protocol.session([PointOnLine(p.point, p.address, len(p.grades), protocol.decimals) for p in points])
        self.events: list[PumpEvent] = []
        self.troubles: list[str | None] = []
        open_line = Line(url, protocol.line).open
        self.driver = LineDriver("contract", open_line, session, self.events.extend, self.troubles.append)

    def until(self, look: Callable[[], object], seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < end, self.events[-20:]
            time.sleep(0.005)

    def hears(self, event: PumpEvent) -> None:
        self.until(lambda: event in list(self.events))

    def hears_of(self, kind: type[PumpEvent], count: int = 1) -> None:
        self.until(lambda: sum(isinstance(event, kind) for event in list(self.events)) >= count)

    def done(self, command: PumpCommand) -> None:
        self.driver.submit(command)
        self.until(lambda: any(isinstance(e, CommandDone) and e.command == command for e in list(self.events)))


@contextmanager
def live(protocol: DispenserProtocol, listen: str, fast: bool) -> Iterator[tuple[SimulatedStation, Live]]:
    points = places_of(protocol)
    line = LinePlan(protocol, points, (0, 0) if fast else (10_000, 25_000), not fast)
    station = SimulatedStation(StationPlan((line,)), plug(listen))
    agent = Live(protocol, station.url, points)
    with serving(station, agent):
        yield station, agent


@contextmanager
def serving(station: SimulatedStation, *agents: Live) -> Iterator[None]:
    thread = threading.Thread(target=station.serve)
    thread.start()
    for agent in agents:
        agent.driver.start()
    try:
        yield
    finally:
        for agent in agents:
            agent.driver.stop()
        station.stop()
        thread.join()


@drivers
@pytest.mark.parametrize(
    ("listen", "fast"), [("pty", False), ("tcp:127.0.0.1:0", True)], ids=["pty at true speed", "tcp as fast as it goes"]
)
def test_a_filling_over_a_real_port(protocol: DispenserProtocol, listen: str, fast: bool) -> None:
    with live(protocol, listen, fast) as (station, agent):
        agent.hears_of(PointAnswered, 2)
        station.act(lambda now: station.pump(1).lift(1, now))
        agent.hears_of(NozzleLifted)
        agent.done(Authorise(1, (1,)))
        station.act(lambda _: station.pump(1).body.squeeze(100_000, 10_000))
        agent.until(lambda: station.pump(1).body.volume == 10_000)
        station.act(lambda now: station.pump(1).hang_up(now))
        agent.hears(PumpStateRead(1, PumpState.FINISHED))
        agent.done(ReadState(1))
        agent.hears(FillingRead(1, 10_000, 7_360))
        agent.done(ReadTotaliser(1, 1))
        agent.done(Clear(1))
    totals = [event for event in agent.events if isinstance(event, TotaliserRead)]
    assert totals == [TotaliserRead(1, 1, 10_000, totals[0].modulus)]
    assert agent.troubles == []
    assert [filling["volume"] for filling in station.truth()["fillings"]] == [10_000]


@drivers
def test_an_adapter_that_is_pulled_and_comes_back(protocol: DispenserProtocol, tmp_path: object) -> None:
    """F11 in small: the same name leads to another device afterwards."""
    link = f"pty:{tmp_path}/dispensers"
    with live(protocol, link, fast=True) as (_, agent):
        agent.hears_of(PointAnswered, 2)
    agent.events.clear()
    again = Live(protocol, f"{tmp_path}/dispensers", places_of(protocol))
    again.driver.start()
    again.until(lambda: again.troubles)
    with live(protocol, link, fast=True) as (_, other):
        other.driver.stop()
        again.until(lambda: again.troubles[-1] is None)
        again.hears_of(PointAnswered, 2)
        again.driver.stop()
    assert len(again.troubles) == 2


def test_a_station_of_every_protocol_sells_on_all_its_lines_at_once() -> None:
    """Customers by script, a line and an agent's thread for each protocol; the truth knows whose filling was whose."""
    lines = tuple(LineTable(p.name, "tcp:127.0.0.1:0", 1, grades(p)[:1], fast=True) for p in DISPENSERS.values())
    visits = tuple(CustomerTable(point, does=_A_FILLING) for point in range(1, len(lines) + 1))
    prices = {grade: per_litre(price) for grade, price in PRICES.items()}
    plan = build(PlanTable(speed=Decimal(20), prices=prices, lines=lines, customers=visits))
    station = SimulatedStation(plan, *(plug(line.listen) for line in plan.lines))
    agents = [Live(line.plan.protocol, line.url, line.plan.points) for line in station.lines]
    with serving(station, *agents):
        for point, agent in enumerate(agents, 1):
            agent.hears_of(NozzleLifted)
            agent.done(Authorise(point, (1,)))
        for point, agent in enumerate(agents, 1):
            agent.hears(PumpStateRead(point, PumpState.FINISHED))
            agent.done(ReadState(point))
            agent.hears(FillingRead(point, 10_000, 7_360))
    truth = station.truth()["fillings"]
    told = sorted((filling["line"], filling["protocol"], filling["point"], filling["volume"]) for filling in truth)
    assert told == [(at, protocol, at, 10_000) for at, protocol in enumerate(DISPENSERS, 1)]
