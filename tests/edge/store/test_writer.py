"""Jobs that share a commit: nobody is answered before the disk has it, and nobody pays for a neighbour's mistake."""

import asyncio
import sqlite3
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store import outbox, writer
from edge.store.database import Database, Store
from edge.store.errors import StoreUnavailable
from shared.clock import Stamp
from shared.messages import StationSwitched


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "s.db", "s1")
    yield opened
    opened.close()


def append(db: Database, stamp: Stamp) -> int:
    return outbox.append(db, stamp, StationSwitched(True, "x"))


def append_and_fail(db: Database, stamp: Stamp) -> int:
    outbox.append(db, stamp, StationSwitched(True, "x"))
    raise LookupError("a bug of this job's own")


def count(db: Database) -> int:
    return int(db.execute("SELECT count(*) FROM letter").fetchone()[0])


async def test_jobs_that_wait_together_share_one_sync(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seals: list[Database] = []
    real = writer.seal

    def seal(db: Database) -> None:
        seals.append(db)
        real(db)

    monkeypatch.setattr(writer, "seal", seal)
    sequence = await asyncio.gather(*(store.run(append, store.clock.stamp()) for _ in range(200)))
    assert sequence == list(range(1, 201))
    assert len(seals) < 100


async def test_nobody_is_answered_before_the_disk_has_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[int] = []
    before: list[int] = []
    real = writer.seal

    def seal(db: Database) -> None:
        before.append(len(answered))
        real(db)

    async def sell() -> None:
        answered.append(await store.run(append, store.clock.stamp()))

    monkeypatch.setattr(writer, "seal", seal)
    await asyncio.gather(*(sell() for _ in range(50)))
    reader = sqlite3.connect(store.path)
    assert reader.execute("SELECT count(*) FROM letter").fetchone() == (50,)
    reader.close()
    assert before[0] == 0
    assert len(answered) == 50


async def test_one_jobs_mistake_is_not_its_neighbours(store: Store) -> None:
    jobs = [append_and_fail if each % 3 == 0 else append for each in range(30)]
    results = await asyncio.gather(*(store.run(job, store.clock.stamp()) for job in jobs), return_exceptions=True)
    assert [isinstance(result, LookupError) for result in results] == [job is append_and_fail for job in jobs]
    assert [result for result in results if isinstance(result, int)] == list(range(1, 21))
    assert await store.read(count) == 20


async def test_a_full_disk_is_said_once_and_over_once(store: Store) -> None:
    said: list[str | None] = []
    store.on_trouble = said.append
    pages = store.call(lambda db: int(db.execute("PRAGMA page_count").fetchone()[0]))
    store.call(lambda db: db.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone())
    done = 0
    for _ in range(1000):
        try:
            done = await store.run(append, store.clock.stamp())
        except StoreUnavailable:
            break
    with pytest.raises(StoreUnavailable):
        await asyncio.gather(*(store.run(append, store.clock.stamp()) for _ in range(20)))
    assert "full" in (store.trouble or "")
    assert await store.read(count) == done
    store.call(lambda db: db.execute("PRAGMA max_page_count = 100000").fetchone())
    assert await store.run(append, store.clock.stamp()) == done + 1
    assert not store.trouble
    assert [why is None for why in said] == [False, True]


async def test_a_bug_in_sql_is_no_trouble_of_the_disks(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await store.run(lambda db: db.execute("SELECT * FROM no_table"))
    assert store.trouble is None


async def test_a_wish_that_was_given_up_before_its_turn_is_not_written(store: Store) -> None:
    running = asyncio.create_task(store.run(append, store.clock.stamp()))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await store.run(count) in (0, 1)


async def test_reading_never_writes(store: Store) -> None:
    with pytest.raises(StoreUnavailable):
        await store.read(append, store.clock.stamp())
    assert await store.read(count) == 0


async def test_a_listener_with_a_bug_does_not_stop_the_books(store: Store) -> None:
    def bug() -> None:
        raise RuntimeError("a bug of somebody else's")

    store.on_commit = bug
    assert await store.run(append, store.clock.stamp()) == 1
    assert await store.run(append, store.clock.stamp()) == 2


async def test_a_log_that_can_not_be_written_does_not_stop_the_books(store: Store) -> None:
    def bug() -> None:
        raise RuntimeError("a bug of somebody else's")

    broken = StringIO()
    broken.close()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(broken))
    store.on_commit = bug
    assert await store.run(append, store.clock.stamp()) == 1
    assert await asyncio.wait_for(store.run(append, store.clock.stamp()), 5) == 2


def test_a_closed_store_takes_nothing_more(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "s.db", "s1")
    store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        store.call(append, store.clock.stamp())
    with pytest.raises(StoreUnavailable, match="closed"):
        asyncio.run(store.run(append, store.clock.stamp()))


@settings(max_examples=25, deadline=None)
@given(fails=st.lists(st.booleans(), min_size=1, max_size=60))
def test_the_sequence_has_no_holes_whatever_fails(tmp_path_factory: pytest.TempPathFactory, fails: list[bool]) -> None:
    store = Store.open(tmp_path_factory.mktemp("store") / "s.db", "s1")

    async def story() -> None:
        jobs = (store.run(append_and_fail if fail else append, store.clock.stamp()) for fail in fails)
        await asyncio.gather(*jobs, return_exceptions=True)

    asyncio.run(story())
    places = store.call(lambda db: [row[0] for row in db.execute("SELECT seq FROM letter ORDER BY place")])
    store.close()
    assert places == list(range(1, fails.count(False) + 1))


def test_the_log_is_folded_back(tmp_path: Path) -> None:
    """A write-ahead log that is never checkpointed grows and slows a sale to less than half."""
    store = Store.open(tmp_path / "s.db", "s1")
    for _ in range(1_500):
        store.call(append, store.clock.stamp())
    log = (tmp_path / "s.db-wal").stat().st_size
    store.close()
    assert log < 6_000_000
