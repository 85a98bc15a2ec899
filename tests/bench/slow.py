"""A slow link filled: the same backlog over a road that takes 300 ms there and back.

What such a road can carry is window × batch ÷ round trip, whatever the engines at its ends can do: held against that,
from head office's welcome on. The road is a process of its own, or it would wait for the company's program.

The limit must be the road's and not the machine's. A window that the ends can't fill within a round trip reads well as
a limit and is a queue in truth: every letter in it waits, also the one that was sold just now.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from edge.store import outbox
from edge.store.database import Store
from edge.sync.window import WIDEST
from shared.wire import BATCH_BYTES
from tests.bench import drain
from tests.bench.figure import Figure, at_least
from tests.company.servers import nats

ROUND_TRIP = 300
"""Milliseconds."""


def figures() -> Iterable[Figure]:
    """``slow_link_ratio``."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    with tempfile.TemporaryDirectory(prefix="jiayou-bench-") as place:
        backlog = Path(place) / "station.sqlite"
        drain.prepare(backlog)
        limit = WIDEST * _batch(backlog) * 1_000 / ROUND_TRIP
        carried = asyncio.run(_carried(Path(place), backlog))
    held = f"{WIDEST} batches on their way ÷ {ROUND_TRIP} ms: {limit:,.0f}/s; ours {carried:,.0f}/s"
    yield at_least("slow_link_ratio", carried / limit, 0.8, "of the link", held)


def _batch(backlog: Path) -> float:
    """Sales in a batch, over all batches."""
    store = Store.open(backlog, drain.STATION)
    batches = last = 0
    while letters := store.call(outbox.waiting, last, BATCH_BYTES):
        batches, last = batches + 1, letters[-1][0]
    store.close()
    return drain.SALES / batches


async def _carried(place: Path, backlog: Path) -> float:
    with nats(place / "broker", drain.USERS) as broker, _road(broker.port) as port:
        books = drain.books_of("postgresql", place)
        drained = await drain.drain(books, backlog, broker, port)
        books.close()
    return drained.welcomed


@contextmanager
def _road(to: int) -> Iterator[int]:
    """The port at which a slow road to this one begins."""
    command = [sys.executable, "-m", "hardware", "proxy", "--to", str(to), "--delay", str(ROUND_TRIP // 2)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as road:
        assert road.stdout is not None
        place: str = json.loads(road.stdout.readline())["listen"]
        try:
            yield int(place.rpartition(":")[2])
        finally:
            road.terminate()
            road.communicate()  # it counts its troubles before it goes
