"""A bad evening: broker, network, company and stations fail at random while two stations sell. Each sale arrives once.

The dice are seeded; a story that fails is told again by its number.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud.store.database import Books
from cloud.store.tables import DeadLetterRow, SecurityEventRow
from tests.company.servers import BrokerServer
from tests.contract.conftest import STATIONS
from tests.fakes.ends import CompanyEnd, StationEnd, company_end, station_end
from tests.fakes.network import Network, network

CALAMITIES = ("broker", "stumble", "freeze", "cut", "company", "station")


class Evening:
    """Everything that can fail."""

    def __init__(self, broker: BrokerServer, mobile: Network, books: Books, place: Path, dice: random.Random) -> None:
        self.broker = broker
        self.mobile = mobile
        self.books = books
        self.place = place
        self.dice = dice
        self.sold = dict.fromkeys(STATIONS, 0)
        self.stations: dict[str, StationEnd] = {}
        self.company: CompanyEnd
        self._open: dict[str, AsyncExitStack] = {}

    async def open_company(self) -> None:
        """The company starts."""
        self._open["company"] = stack = AsyncExitStack()
        self.company = await stack.enter_async_context(company_end(self.books, self.broker.company()))

    async def open_station(self, name: str) -> None:
        """A station starts, on the mobile network."""
        self._open[name] = stack = AsyncExitStack()
        through = replace(self.broker.station(name), port=self.mobile.port)
        self.stations[name] = await stack.enter_async_context(station_end(self.place / name, name, through))

    async def close(self, name: str) -> None:
        """One of them ends."""
        await self._open[name].aclose()

    async def sell(self, name: str) -> None:
        """Some cars at this station."""
        cars = self.dice.randrange(1, 300)
        await self.stations[name].sell(cars)
        self.sold[name] += cars

    async def suffer(self, calamity: str, name: str) -> None:
        """Something fails for a moment, and is mended."""
        moment = self.dice.random()
        stories: dict[str, Callable[[], Awaitable[None]]] = {
            "broker": lambda: self._failing(self.broker.kill, moment, self.broker.start),
            "stumble": lambda: self._failing(self.mobile.stumble, 0, lambda: None),
            "freeze": lambda: self._failing(self.mobile.freeze, 2 * moment, self.mobile.thaw),
            "cut": lambda: self._failing(self.mobile.cut, moment, self.mobile.mend),
            "company": lambda: self._restarting("company", moment, self.open_company),
            "station": lambda: self._restarting(name, moment / 3, lambda: self.open_station(name)),
        }
        await stories[calamity]()

    async def _failing(self, fail: Callable[[], None], seconds: float, mend: Callable[[], None]) -> None:
        fail()
        await asyncio.sleep(seconds)
        mend()

    async def _restarting(self, name: str, seconds: float, start: Callable[[], Awaitable[None]]) -> None:
        await self.close(name)
        await asyncio.sleep(seconds)
        await start()


@asynccontextmanager
async def evening(broker: BrokerServer, books: Books, place: Path, dice: random.Random) -> AsyncIterator[Evening]:
    async with network(broker.port) as mobile:
        playing = Evening(broker, mobile, books, place, dice)
        await playing.open_company()
        for name in STATIONS:
            await playing.open_station(name)
        yield playing
        for name in ("company", *STATIONS):
            await playing.close(name)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(6))
async def test_each_sale_of_a_bad_evening_arrives_once(
    seed: int, broker: BrokerServer, books: Books, tmp_path: Path
) -> None:
    dice = random.Random(seed)
    async with evening(broker, books, tmp_path, dice) as playing:
        for _ in range(150):
            name = dice.choice(list(STATIONS))
            if dice.random() < 0.5:
                await playing.sell(name)
            else:
                await playing.suffer(dice.choice(CALAMITIES), name)
            await asyncio.sleep(dice.random() * 0.2)
        for name, station in playing.stations.items():
            await station.emptied(60.0)
            assert [key.seq for key in playing.company.sales(name)] == list(range(1, playing.sold[name] + 1))
        assert not playing.company.rows(DeadLetterRow)
        assert not playing.company.rows(SecurityEventRow), "a restart is no double"
