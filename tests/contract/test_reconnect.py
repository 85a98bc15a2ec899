"""Everybody comes back at once: each greets first, and a live sale does not wait for the backlogs of the others."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from cloud.store.database import Books
from shared import topics
from shared.mqtt import Pipe
from tests.company.servers import BrokerServer, nats
from tests.fakes.ends import StationEnd, company_end, founded, station_end
from tests.fakes.waiting import until

BACKLOG = 60


@asynccontextmanager
async def listening(broker: BrokerServer) -> AsyncIterator[list[tuple[str, str]]]:
    """Somebody who hears everything that stations say: station and kind, in order."""
    heard: list[tuple[str, str]] = []

    def hear(topic: str, _: bytes) -> None:
        said = topics.sender(topic)
        assert said is not None
        heard.append((said.station, said.kind))

    pipe = Pipe(broker.company(), [topics.EVERY_UP], hear, lambda *_: None, patience=0.2)
    pipe.start()
    try:
        await until(lambda: pipe.connected)
        yield heard
    finally:
        await pipe.stop()


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(30, marks=pytest.mark.slow, id="thirty"),
        pytest.param(500, marks=[pytest.mark.soak, pytest.mark.timeout(600)], id="five-hundred"),
    ],
)
async def test_f40_all_greet_first_and_a_live_sale_waits_for_nobody(tmp_path: Path, count: int) -> None:
    names = [f"s{number}" for number in range(count)]
    books = founded(f"sqlite:///{tmp_path / 'company.sqlite'}", names)
    with nats(tmp_path / "broker", {name: f"password of {name}" for name in names}) as broker:
        async with AsyncExitStack() as stack:
            stations = [
                await stack.enter_async_context(station_end(tmp_path / name, name, broker.station(name)))
                for name in names
            ]
            await _one_evening(broker, books, stations)
    books.close()


async def _one_evening(broker: BrokerServer, books: Books, stations: list[StationEnd]) -> None:
    async with company_end(books, broker.company()) as company:
        await until(lambda: all(station.link.state.connected for station in stations), 60)
        broker.kill()
        await until(lambda: not any(station.link.state.connected for station in stations), 60)
        for station in stations:
            await station.sell(BACKLOG)
        broker.start()
        async with listening(broker) as heard:
            live, *others = stations
            await live.emptied(60)
            begun = time.monotonic()
            await live.sell()
            await live.emptied(60)
            waited = time.monotonic() - begun
            await asyncio.gather(*(station.emptied(120) for station in others))
            for station in stations:
                said = [kind for name, kind in heard if name == station.store.station]
                assert said == [] or said[0] == topics.HELLO, "the listener may have come too late for the first ones"
        assert len(company.sales()) == len(stations) * BACKLOG + 1
        assert waited < 2, f"a live sale waited for {waited:.1f} s"
