"""Stations and workers as processes that can be ended at any instant, and begun anew in a hundredth of a second.

Each is forked from a nursery that has loaded everything once; it is a process of its own with its own sockets, and
SIGKILL ends it as it would any other.
"""

import asyncio
import multiprocessing
import os
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog
from msgspec import Struct
from msgspec.structs import replace
from sqlite_utils import Database

from cloud.app import handlers
from cloud.store.database import Books
from edge.store import outbox, sales
from edge.store.database import Store
from shared.coupon import CouponTerms, Reason
from shared.messages import PriceClimbed, Rung
from shared.mqtt import Broker
from shared.sale import Redemption
from shared.station import Key
from tests.cloud.scene import SETTINGS
from tests.fakes.ends import StationEnd, company_end, sale_of, station_end

_NURSERY = multiprocessing.get_context("forkserver")
_NURSERY.set_forkserver_preload([__name__])
_DISCOUNT = 1_000
_LONGEST_PAUSE = 0.9
"""Seconds between two bursts of sales."""
Receipt = tuple[str, int]
"""The printed key of a sale, and fen."""


class Job(Struct, frozen=True):
    """What a station is to do in its lives: write so many facts, and print a receipt for each sale that is recorded."""

    name: str
    store: str
    paper: str
    broker: Broker
    facts: int
    coupons: tuple[CouponTerms, ...]
    """One after the other, every tenth sale; when all are used, none."""
    seed: int


class Life:
    """Something that runs, is killed, and runs again."""

    def __init__(self, run: Callable[..., None], *args: Any) -> None:
        self._run, self._args = run, args
        self.begun = 0
        self.start()

    def start(self) -> None:
        """A new life."""
        self.begun += 1
        self._process = _NURSERY.Process(target=self._run, args=(*self._args, self.begun), daemon=True)
        self._process.start()

    def kill(self) -> None:
        """SIGKILL. ``AssertionError`` when it had died by itself."""
        assert self._process.exitcode is None, f"{self._run.__name__} ended by itself with {self._process.exitcode}"
        self._process.kill()
        self._process.join()


def station(job: Job, life: int) -> None:
    """One life of a station."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    asyncio.run(_sell(job, random.Random(job.seed * 1_000 + life)))


def worker(url: str, broker: Broker, _life: int) -> None:
    """One life of a worker of the company."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    asyncio.run(_work(url, broker))


async def _work(url: str, broker: Broker) -> None:
    async with company_end(Books(url), broker, handlers=handlers(SETTINGS)):
        await asyncio.Event().wait()


async def _sell(job: Job, dice: random.Random) -> None:
    paper = os.open(job.paper, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    async with station_end(Path(job.store), job.name, job.broker) as end:
        while (written := await _written(end)) < job.facts:
            count = min(dice.randint(1, 120), job.facts - written)
            for receipt in await end.store.run(_record, end.store, job, count):
                os.write(paper, f"{receipt[0]} {receipt[1]}\n".encode())
            await asyncio.sleep(dice.uniform(0, _LONGEST_PAUSE))
        await asyncio.Event().wait()


async def _written(end: StationEnd) -> int:
    return (await end.store.read(outbox.backlog)).next_seq - 1


def _record(db: Database, store: Store, job: Job, count: int) -> list[Receipt]:
    """Sales, some of them with a coupon, and now and then a fact of another kind."""
    printed: list[Receipt] = []
    for _ in range(count):
        stamp, seq = store.clock.stamp(), outbox.backlog(db).next_seq
        if seq % 25 == 0:
            outbox.append(db, stamp, PriceClimbed(seq // 25, Rung.RECEIVED))
            continue
        sale = sale_of(seq, stamp)
        if seq % 10 == 1 and seq // 10 < len(job.coupons):
            used = Redemption(job.coupons[seq // 10], _DISCOUNT, Reason.ACCEPTED, leased=False, online=False)
            sale = replace(sale, payable=sale.payable - _DISCOUNT, redemptions=(used,))
        sales.record(db, stamp, sale)
        printed.append((str(Key(store.station, store.epoch, seq)), sale.delivery.amount))
    return printed


def receipts(paths: Sequence[str]) -> list[Receipt]:
    """What was printed; the last line of a life may be torn, and then nobody has it."""
    lines = [line.split() for path in paths for line in Path(path).read_text().splitlines()]
    return [(line[0], int(line[1])) for line in lines if len(line) == 2]
