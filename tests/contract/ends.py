"""Station A and the company on one line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cloud.store.database import Books
from tests.company.servers import BrokerServer
from tests.contract.conftest import STATIONS
from tests.fakes.ends import CompanyEnd, StationEnd, company_end, station_end
from tests.fakes.waiting import until

A, B = STATIONS


@asynccontextmanager
async def both(books: Books, broker: BrokerServer, store: Path) -> AsyncIterator[tuple[StationEnd, CompanyEnd]]:
    """Both ends, and the station is welcome."""
    async with company_end(books, broker.company()) as company, station_end(store, A, broker.station(A)) as station:
        await until(lambda: station.link.state.connected)
        yield station, company


def numbers(company: CompanyEnd) -> list[int]:
    """The sequences of A's sales in the books, in order; one that stands there twice is there twice."""
    return [key.seq for key in company.sales(A)]
