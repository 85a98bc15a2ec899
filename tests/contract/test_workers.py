"""Several workers take the letters of one company; one of them dies in the middle, and nobody has to do anything."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from cloud.store.database import Books
from cloud.store.tables import SaleRow
from shared.station import Key, shard_of
from tests.company.servers import BrokerServer, nats, postgresql
from tests.fakes.ends import StationEnd, founded, rows_of, station_end
from tests.fakes.waiting import until

pytestmark = pytest.mark.slow

STATIONS = {f"station-{number}": f"password {number}" for number in range(6)}
SALES = 1_200


class Worker:
    """A process of its own."""

    def __init__(self, url: str, broker: BrokerServer) -> None:
        place = broker.company()
        words = [
            sys.executable,
            "-m",
            "tests.fakes.worker",
            url,
            place.host,
            str(place.port),
            place.user,
            place.password,
        ]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._shards = 0

    @property
    def shards(self) -> int:
        """How many it serves, by its own word."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.strip().isdecimal():
                self._shards = int(line)
        return self._shards

    def kill(self) -> None:
        """At once."""
        self._process.kill()
        self._process.wait()


@contextmanager
def workers(url: str, broker: BrokerServer, count: int) -> Iterator[list[Worker]]:
    team = [Worker(url, broker) for _ in range(count)]
    try:
        yield team
    finally:
        for worker in team:
            worker.kill()


@asynccontextmanager
async def chain(directory: Path, broker: BrokerServer) -> AsyncIterator[list[StationEnd]]:
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(station_end(directory / name, name, broker.station(name)))
            for name in STATIONS
        ]


async def test_a_worker_dies_in_mid_drain_and_every_letter_is_in_the_books_once(tmp_path: Path) -> None:
    url = postgresql()
    books = founded(url, STATIONS)
    with nats(tmp_path / "broker", STATIONS) as broker, workers(url, broker, 2) as team:
        await until(lambda: sorted(worker.shards for worker in team) == [32, 32], 30, "an even share")
        async with chain(tmp_path, broker) as stations:
            await asyncio.gather(*(station.sell(SALES) for station in stations))
            await until(lambda: len(stored(books)) > SALES, 30, "some letters to be in the books")
            team.pop().kill()
            await until(lambda: team[0].shards == 64, 20, "the other one to serve all shards")
            team.append(Worker(url, broker))
            await asyncio.gather(*(station.emptied(60.0) for station in stations))
            await until(lambda: sorted(worker.shards for worker in team) == [32, 32], 30, "an even share again")
            await asyncio.gather(*(station.sell(10) for station in stations))
            await asyncio.gather(*(station.emptied(30.0) for station in stations))
        assert Counter(key.station for key in stored(books)) == dict.fromkeys(STATIONS, SALES + 10)
        assert len(set(stored(books))) == len(stored(books))
    assert len({shard_of(name) for name in STATIONS}) > 3, "the story needs stations in different shards"
    books.close()


def stored(books: Books) -> list[Key]:
    """The sales in the books."""
    return [Key(*row[:3]) for row in rows_of(books, SaleRow)]
