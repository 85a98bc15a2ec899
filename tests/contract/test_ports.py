"""Every driver in the registry with real threads: over a pty and a TCP port, at true speed and as fast as it goes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
from hardware.simulation.plan import LinePlan, StationPlan, decimals_of, places
from hardware.simulation.station import SimulatedStation
from hardware.simulation.wire import plug
from tests.contract.station import PRICES, drivers, grades

pytestmark = pytest.mark.slow


class Live:
    """A driver's thread in front of a simulated station."""

    def __init__(self, protocol: DispenserProtocol, url: str) -> None:
        points = places(grades(protocol), protocol.first_address, PRICES)
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

    def done(self, command: PumpCommand) -> None:
        self.driver.submit(command)
        self.until(lambda: any(isinstance(e, CommandDone) and e.command == command for e in list(self.events)))


@contextmanager
def live(protocol: DispenserProtocol, listen: str, fast: bool) -> Iterator[tuple[SimulatedStation, Live]]:
    points = places(grades(protocol), protocol.first_address, PRICES, decimals=decimals_of(protocol))
    line = LinePlan(protocol, points, (0, 0) if fast else (10_000, 25_000), not fast)
    station = SimulatedStation(StationPlan((line,)), plug(listen))
    thread = threading.Thread(target=station.serve)
    thread.start()
    agent = Live(protocol, station.url)
    agent.driver.start()
    try:
        yield station, agent
    finally:
        agent.driver.stop()
        station.stop()
        thread.join()


@drivers
@pytest.mark.parametrize("listen", ["pty", "tcp:127.0.0.1:0"])
@pytest.mark.parametrize("fast", [True, False], ids=["fast", "true speed"])
def test_a_filling_over_a_real_port(protocol: DispenserProtocol, listen: str, fast: bool) -> None:
    with live(protocol, listen, fast) as (station, agent):
        agent.until(lambda: sum(isinstance(event, PointAnswered) for event in list(agent.events)) == 2)
        station.act(lambda now: station.pump(1).lift(1, now))
        agent.until(lambda: any(isinstance(event, NozzleLifted) for event in list(agent.events)))
        agent.done(Authorise(1, (1,)))
        station.act(lambda _: station.pump(1).body.squeeze(100_000, 10_000))
        agent.until(lambda: station.pump(1).body.volume == 10_000)
        station.act(lambda now: station.pump(1).hang_up(now))
        agent.until(lambda: PumpStateRead(1, PumpState.FINISHED) in agent.events)
        agent.done(ReadState(1))
        agent.until(lambda: FillingRead(1, 10_000, 7_360) in agent.events)
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
        agent.until(lambda: sum(isinstance(event, PointAnswered) for event in list(agent.events)) == 2)
    agent.events.clear()
    again = Live(protocol, f"{tmp_path}/dispensers")
    again.driver.start()
    again.until(lambda: again.troubles)
    with live(protocol, link, fast=True) as (_, other):
        other.driver.stop()
        again.until(lambda: again.troubles[-1] is None)
        again.until(lambda: sum(isinstance(event, PointAnswered) for event in list(again.events)) == 2)
        again.driver.stop()
    assert len(again.troubles) == 2
