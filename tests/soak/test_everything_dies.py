"""Edge, broker and worker are killed at random instants, five hundred times, while a hundred thousand facts travel.

Over a bad road: letters are dropped, doubled and overtaken, connections break and go half open, the road is parted.
Afterwards the checker reads both houses: none lost, none twice. ``SOAK_SEED`` throws the same dice again.
"""

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud.coupons import issuing
from cloud.coupons.sealing import Seal
from cloud.store.database import Books
from cloud.store.migrate import migrate
from hardware.road.proxy import Proxy
from shared.coupon import CouponTerms
from tests.cloud.scene import STATIONS, Scene
from tests.company.servers import BrokerCluster, BrokerServer, Server, mosquitto, nats, nats_cluster, postgresql
from tests.fakes.network import network
from tests.flow import conserved
from tests.flow.checker import agree, station_books
from tests.soak.conftest import say
from tests.soak.lives import Job, Life, receipts, station, worker

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3_000)]

KILLS = 510
FACTS = 100_200
SECONDS = 1_500
"""Whichever comes last is waited for no longer than this."""
ODDS = {
    "dropped-letter": 0.05,
    "repeated-letter": 0.05,
    "late-letter": 0.05,
    "broken-connection": 0.01,
    "half-open": 0.003,
    "partition": 0.01,
    "one-way": 0.01,
    "outage": 0.01,
}
SHARED = 40
"""Coupons that two stations use, each knowing nothing of the other."""
Opener = Callable[..., AbstractContextManager[BrokerServer]]
PASSWORDS = {name: f"{name}'s password" for name in STATIONS}


@pytest.mark.parametrize("brokers", [nats, nats_cluster, mosquitto], ids=["nats-server", "cluster", "mosquitto"])
async def test_whatever_dies_every_fact_is_in_the_books_once(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str], brokers: Opener
) -> None:
    dice, books = random.Random(seed), Books(postgresql())
    with ExitStack() as stack:
        broker = stack.enter_context(brokers(tmp_path / "broker", PASSWORDS))
        async with AsyncExitStack() as between:
            jobs, roads = await _jobs(tmp_path, books, broker, seed, between)
            lives = stack.enter_context(_lives(jobs, broker, books))
            begun = time.monotonic()
            killed = await _kill(lives, broker, books, jobs, dice)
            took = time.monotonic() - begun
            for road in roads:
                road.heal()
            await _emptied(jobs, begun + SECONDS)
            whole = time.monotonic() - begun
    troubles = sum((road.struck for road in roads), Counter[str]())
    figures = agree(books, [station_books(Path(job.store)) for job in jobs])
    printed = receipts([job.paper for job in jobs])
    assert not list(conserved.receipts(books, printed))
    dead = ", ".join(f"{count} {what}" for what, count in sorted(killed.items()))
    say(capsys, f"SOAK_SEED={seed}: {killed.total()} SIGKILLs ({dead}) in {took:.0f} s, all stored after {whole:.0f} s")
    say(capsys, f"on the road: {', '.join(f'{count} {what}' for what, count in sorted(troubles.items()))}")
    say(capsys, f"SOAK_SEED={seed}: {figures}; {len(printed):,} receipts; none lost, none twice")
    assert figures.facts >= FACTS
    assert killed.total() >= KILLS
    assert figures.cases == SHARED
    books.close()


async def _jobs(
    directory: Path, books: Books, broker: BrokerServer, seed: int, stack: AsyncExitStack
) -> tuple[list[Job], list[Proxy]]:
    """A founded company, and what each of its stations has to do, each on a road of its own."""
    migrate(books)
    terms = _coupons(Scene.founded(books, Seal(bytes(32))), 1_000 * len(STATIONS))
    jobs, roads = [], []
    for number, name in enumerate(STATIONS):
        ways = [
            await stack.enter_async_context(network(node.port, ODDS, 10 * seed + 3 * number + at))
            for at, node in enumerate(_nodes(broker))
        ]
        own = terms[max(0, 1_000 * number - (SHARED if number == 1 else 0)) : 1_000 * (number + 1)]
        place = replace(
            broker.station(name, ways[0].port), hosts=tuple(f"127.0.0.1:{way.port}" for way in ways) if ways[1:] else ()
        )
        store, paper = str(directory / f"{name}.sqlite"), str(directory / f"{name}.paper")
        jobs.append(Job(name, store, paper, place, FACTS // len(STATIONS), own, seed + number))
        roads += ways
    return jobs, roads


def _nodes(broker: BrokerServer) -> Sequence[Server]:
    return broker.nodes if isinstance(broker, BrokerCluster) else [broker]


def _coupons(scene: Scene, count: int) -> tuple[CouponTerms, ...]:
    campaign = scene.campaign(not_before=0, not_after=2**43)
    issued = issuing.issue(scene.books, scene.seal, campaign, count, "王总", 0)
    return tuple(one.terms for one in issued)


@contextmanager
def _lives(jobs: Sequence[Job], broker: BrokerServer, books: Books) -> Iterator[dict[str, list[Life]]]:
    """Every station, and two workers of the company."""
    url = books.writer.url.render_as_string(hide_password=False)
    lives = {
        "edge": [Life(station, job) for job in jobs],
        "worker": [Life(worker, url, broker.company()) for _ in range(2)],
    }
    try:
        yield lives
    finally:
        for life in (*lives["edge"], *lives["worker"]):
            life.kill()


async def _kill(
    lives: dict[str, list[Life]], broker: BrokerServer, books: Books, jobs: Sequence[Job], dice: random.Random
) -> Counter[str]:
    """One after the other until it is enough; now and then a look whether a mark is ahead of the books."""
    killed: Counter[str] = Counter()
    while killed.total() < KILLS:
        await asyncio.sleep(dice.uniform(0.05, 0.7))
        what = dice.choices(("edge", "worker", "broker"), (5, 3, 2))[0]
        killed[what] += 1
        if what == "broker":
            node = dice.choice(_nodes(broker))
            node.kill()
            await asyncio.sleep(dice.uniform(0, 0.3))
            await asyncio.to_thread(node.start)
        else:
            life = dice.choice(lives[what])
            life.kill()
            await asyncio.sleep(dice.uniform(0, 0.3))
            life.start()
        if killed.total() % 25 == 0:
            await asyncio.to_thread(_no_mark_is_ahead, books, jobs)
    return killed


def _no_mark_is_ahead(books: Books, jobs: Sequence[Job]) -> None:
    told = [station_books(Path(job.store)) for job in jobs if Path(job.store).exists()]
    assert not list(conserved.marks(books, {one.line: one.stored_upto for one in told}))


async def _emptied(jobs: Sequence[Job], end: float) -> None:
    """Once every station has written all that it should, and the company has it."""
    while time.monotonic() < end:
        told = await asyncio.to_thread(lambda: [_standing(Path(job.store)) for job in jobs])
        if all(written == stored == job.facts for (written, stored), job in zip(told, jobs, strict=True)):
            return
        await asyncio.sleep(1)
    raise AssertionError(f"not everything arrived in time; written and stored: {told}")


def _standing(store: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as db:
        written = db.execute("SELECT count(*) FROM letter").fetchone()[0]
        return written, db.execute("SELECT stored_upto FROM station").fetchone()[0]
