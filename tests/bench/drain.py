"""A backlog drained: 100,000 sales from a station's store over nats-server into the company's books, each acknowledged.

Held against bare batched inserts of the same rows into the same table of the same database, in the same run. The
station is a process of its own with the uplink that it has on the road; the company posts with all of its trades.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import structlog
from msgspec import Struct
from msgspec.json import encode
from sqlalchemy import select

from cloud import app
from cloud.settings import Settings
from cloud.store import tariffs
from cloud.store.database import Books
from cloud.store.tables import SaleRow, table_of
from edge.store.database import Store
from tests.bench.commit import sale_of
from tests.bench.figure import Figure, at_least
from tests.company.servers import BrokerServer, nats, postgresql
from tests.fakes.ends import company_end, founded

STATION, PASSWORD = "bench", "the bench's password"
SALES = 100_000
BARE_BATCH = 500
ROUNDS = 2


def figures() -> Iterable[Figure]:
    """``drain_postgresql_per_s`` and ``drain_postgresql_ratio``, and the same for ``sqlite``."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with tempfile.TemporaryDirectory(prefix="jiayou-bench-") as place, nats(Path(place) / "b", USERS) as broker:
        backlog = Path(place) / "station.sqlite"
        prepare(backlog)
        for name in ("postgresql", "sqlite"):
            rounds = [asyncio.run(_round(name, Path(place) / f"{name}-{i}", backlog, broker)) for i in range(ROUNDS)]
            yield from _told(name, median(r[0] for r in rounds), median(r[1] for r in rounds), rounds)


USERS = {STATION: PASSWORD}


def _told(name: str, drained: float, bare: float, rounds: Sequence[tuple[float, float]]) -> Iterable[Figure]:
    held = f"bare inserts of the same rows, {BARE_BATCH} a commit: {bare:,.0f}/s"
    least, share = (8_000, 0.25) if name == "postgresql" else (0, 0.15)
    yield at_least(f"drain_{name}_per_s", drained, least, "sales/s", held)
    yield at_least(f"drain_{name}_ratio", median(d / b for d, b in rounds), share, "of the bare", held)


def prepare(path: Path, sales: int = SALES) -> None:
    """A station that has sold for weeks without a line."""
    store = Store.open(path, STATION)
    for first in range(0, sales, 250):
        store.call(_sell, store, range(first, first + 250))
    store.close()


def _sell(db: Any, store: Store, numbers: range) -> None:
    from edge.store import sales

    for number in numbers:
        sales.record(db, store.clock.stamp(), sale_of(number))


async def _round(name: str, place: Path, backlog: Path, broker: BrokerServer) -> tuple[float, float]:
    """Sales a second drained, and rows a second inserted barely."""
    place.mkdir()  # noqa: ASYNC240 - nothing else runs yet
    shutil.copy(backlog, place / "station.sqlite")
    books = books_of(name, place / "company.sqlite")
    drained = (await drain(books, place / "station.sqlite", broker, broker.port)).whole
    rows = _rows(books)
    assert len(rows) == SALES, f"{len(rows)} sales arrived"
    books.close()
    return drained, _bare(books_of(name, place / "bare.sqlite"), rows)


def books_of(name: str, path: Path) -> Books:
    """New books with one station, and the price that it sold at: ordinary sales, of which none becomes a case."""
    books = founded(postgresql() if name == "postgresql" else f"sqlite:///{path}", [STATION])
    sold = sale_of(0)
    prices = encode({sold.delivery.grade: sold.delivery.unit_price}).decode()
    row = {"version": sold.tariff, "starts_at": 1, "prices_json": prices, "made_by": "王", "made_at": 1}
    with books.begin() as connection:
        tariffs.add(connection, row, [])
    return books


class Drained(Struct, frozen=True):
    """Sales a second."""

    whole: float
    """From going on the line."""
    welcomed: float
    """From head office's welcome: connecting, subscribing and hello cost three round trips, however much follows."""


async def drain(books: Books, store: Path, broker: BrokerServer, port: int) -> Drained:
    """Empties this store, at this port of the broker or of the road to it, into the books."""
    handlers = app.handlers(Settings(data=str(store.parent)))
    async with company_end(books, broker.company(), handlers=handlers):
        words = (str(store), STATION, str(port), PASSWORD)
        pipe = asyncio.subprocess.PIPE
        command = (sys.executable, "-m", "tests.bench.station", *words)
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
        assert process.stdin is not None
        assert process.stdout is not None
        await _hear(process.stdout, "ready")
        process.stdin.write(b"go\n")
        start = time.perf_counter()
        heard = await _hear(process.stdout, "heard")
        done = await _hear(process.stdout, "done")
        await process.wait()
        return Drained(SALES / (done - start), SALES / (done - heard))


async def _hear(station: asyncio.StreamReader, word: str) -> float:
    """When the station says it."""
    line = await station.readline()
    assert line.decode().strip() == word, f"the station says {line!r} instead of {word!r}"
    return time.perf_counter()


def _rows(books: Books) -> Sequence[tuple[Any, ...]]:
    with books.read() as connection:
        return [tuple(row) for row in connection.execute(select(table_of(SaleRow)))]


def _bare(books: Books, rows: Sequence[tuple[Any, ...]]) -> float:
    """The plainest way: the driver's executemany, a batch a commit, nothing else."""
    mark = "?" if books.sqlite else "%s"
    insert = f"INSERT INTO sale VALUES ({', '.join([mark] * len(rows[0]))})"
    start = time.perf_counter()
    for first in range(0, len(rows), BARE_BATCH):
        with books.begin() as connection:
            connection.exec_driver_sql(insert, list(rows[first : first + BARE_BATCH]))
    seconds = time.perf_counter() - start
    books.close()
    return len(rows) / seconds
