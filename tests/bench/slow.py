"""A slow link filled: the same backlog over a road that takes 300 ms there and back.

What such a road can carry is window × batch ÷ round trip, whatever the engines at its ends can do. Held against that.
"""

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path

import structlog

from edge.store import outbox
from edge.store.database import Store
from edge.sync.window import WIDEST
from shared.wire import BATCH_BYTES
from tests.bench import drain
from tests.bench.figure import Figure, at_least
from tests.company.servers import nats
from tests.fakes.network import network

ROUND_TRIP = 0.3
"""Seconds."""


def figures() -> Iterable[Figure]:
    """``slow_link_ratio``."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with tempfile.TemporaryDirectory(prefix="jiayou-bench-") as place:
        backlog = Path(place) / "station.sqlite"
        drain.prepare(backlog)
        limit = WIDEST * _batch(backlog) / ROUND_TRIP
        carried = asyncio.run(_carried(Path(place), backlog))
    held = f"{WIDEST} batches on their way ÷ {ROUND_TRIP * 1000:.0f} ms: {limit:,.0f}/s; ours {carried:,.0f}/s"
    yield at_least("slow_link_ratio", carried / limit, 0.8, "of the link", held)


def _batch(backlog: Path) -> int:
    """Sales in a batch."""
    store = Store.open(backlog, drain.STATION)
    letters = store.call(outbox.waiting, 0, BATCH_BYTES)
    store.close()
    return len(letters)


async def _carried(place: Path, backlog: Path) -> float:
    with nats(place / "broker", drain.USERS) as broker:
        books = drain.books_of("postgresql", place)
        async with network(broker.port) as road:
            road.delay = ROUND_TRIP / 2
            carried = await drain.drain(books, backlog, broker, road.port)
        books.close()
    return carried
