"""Hours of a bad network in minutes: cut, frozen half open, slow, stumbling, a broker that dies, messages that vanish.

The line of these stations loses patience thirty times as fast as on the road, so three minutes are worth an hour and
a half.
"""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.company.servers import BrokerServer, nats
from tests.fakes.ends import StationEnd, company_end, founded, station_end
from tests.fakes.network import Network, network
from tests.flow.checker import agree, station_books
from tests.soak.conftest import say

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

SECONDS = 180
STATIONS = {"pudong-1": "one", "minhang-2": "two", "baoshan-3": "three"}
LOST = 0.02
"""Of all letters, in both directions."""


async def test_hours_of_a_bad_network_lose_and_double_nothing(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(seed)
    books = founded(f"sqlite:///{tmp_path / 'company.sqlite'}", STATIONS)
    async with AsyncExitStack() as stack:
        broker = stack.enter_context(nats(tmp_path / "broker", STATIONS))
        await stack.enter_async_context(company_end(books, broker.company()))
        roads = [
            await stack.enter_async_context(network(broker.port, {"dropped-letter": LOST}, seed + number))
            for number in range(len(STATIONS))
        ]
        stations = [
            await stack.enter_async_context(
                station_end(tmp_path / name, name, replace(broker.station(name), port=road.port))
            )
            for name, road in zip(STATIONS, roads, strict=True)
        ]
        faults = await _bad_hours(stations, roads, broker, dice)
        for road in roads:
            road.heal()
        for station in stations:
            await station.emptied(120)
        figures = agree(books, [station_books(tmp_path / name) for name in STATIONS])
        lost, connections = (
            sum(n) for n in zip(*((r.struck["dropped-letter"], r.connections) for r in roads), strict=True)
        )
        say(capsys, f"{faults} faults, {lost} letters lost on the road, {connections} connections; {figures}")
    assert faults > 100
    books.close()


async def _bad_hours(
    stations: list[StationEnd], roads: list[Network], broker: BrokerServer, dice: random.Random
) -> int:
    """One fault after the other, with sales in between; how many there were."""
    faults, end = 0, time.monotonic() + SECONDS
    while time.monotonic() < end:
        await _strike(dice.choice(roads), broker, dice)
        faults += 1
        for station in stations:
            await station.sell(dice.randint(0, 60))
        await asyncio.sleep(dice.uniform(0.05, 1.5))
    return faults


async def _strike(road: Network, broker: BrokerServer, dice: random.Random) -> None:
    deeds: list[Callable[[], object]] = [
        road.cut, road.mend, road.freeze, road.thaw, road.stumble, lambda: _heal(road),
        lambda: setattr(road, "delay", dice.uniform(0.0, 0.8)),
    ]  # fmt: skip
    if dice.random() < 0.05:
        await _restart(broker)
    else:
        dice.choice(deeds)()


async def _restart(broker: BrokerServer) -> None:
    broker.kill()
    await asyncio.sleep(0.5)
    await asyncio.to_thread(broker.start)


def _heal(road: Network) -> None:
    road.thaw()
    road.mend()
    road.delay = 0.0
