"""Several workers on one company's books: each shard is served, hardly ever twice, and a dead worker is not missed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from cloud import live
from cloud.store.database import Books
from cloud.store.team import Seat
from cloud.sync.team import ALL_SHARDS, Push, Team, Word
from shared.errors import Unavailable
from shared.station import Key
from tests.fakes.waiting import until

pytestmark = pytest.mark.slow
postgresql = pytest.mark.parametrize("books", ["postgresql"], indirect=True)


class Worker:
    """One of the team."""

    def __init__(self, books: Books) -> None:
        self.told: list[frozenset[int]] = []
        self.words: list[Word] = []
        self.team = Team(books, self.told.append, self.words.append)
        self.task = asyncio.create_task(self.team.run())

    @property
    def shards(self) -> frozenset[int]:
        return self.team.shards

    async def leave(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@asynccontextmanager
async def workers(books: Books, count: int) -> AsyncIterator[list[Worker]]:
    team = [Worker(books) for _ in range(count)]
    try:
        await until(served_by(team), 15, "every shard to be served, evenly")
        yield team
    finally:
        for worker in team:
            await worker.leave()


def served_by(team: list[Worker]) -> Callable[[], bool]:
    """Each shard by exactly one of them, and no one by much more than its share."""
    most = -(-len(ALL_SHARDS) // len(team))

    def look() -> bool:
        held = [shard for worker in team for shard in worker.shards]
        return sorted(held) == sorted(ALL_SHARDS) and all(len(worker.shards) <= most for worker in team)

    return look


async def test_a_worker_alone_serves_every_shard(books: Books) -> None:
    async with workers(books, 1) as (alone,):
        assert alone.told == [ALL_SHARDS]


@postgresql
async def test_who_joins_gets_an_even_share_and_who_leaves_gives_it_back(books: Books) -> None:
    async with workers(books, 2) as team:
        third = Worker(books)
        await until(served_by([*team, third]), 15, "an even share for the third")
        await third.leave()
        await until(served_by(team), 15, "its shards to go to the others")


@postgresql
async def test_the_shards_of_a_worker_whose_connection_dies_go_to_the_others_and_it_comes_back(books: Books) -> None:
    async with workers(books, 2) as team:
        before = [worker.shards for worker in team]
        hang_up_on_one(books)
        await until(lambda: any(frozenset() in worker.told[1:] for worker in team), 15, "one to notice it")
        await until(served_by(team), 15, "both to serve again")
        assert [len(shards) for shards in before] == [32, 32]


def hang_up_on_one(books: Books) -> None:
    """As when the network between a worker and the database breaks."""
    waiting = "SELECT pid FROM pg_stat_activity WHERE query LIKE '%advisory%' AND pid <> pg_backend_pid() LIMIT 1"
    with books.begin() as connection:
        pid = connection.execute(text(waiting)).scalar_one()
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


@postgresql
async def test_what_one_worker_tells_is_heard_by_the_others_and_not_by_itself(books: Books) -> None:
    async with workers(books, 3) as (one, *others):
        await until(lambda: one.team.workers == 3, 15, "it to know of the others")
        words: list[Word] = [
            live.SalesArrived((Key("pudong-1", 1_795_000_000, 7),)),
            Push("tariffs", ("pudong-1",)),
            Push("coupons", None),
        ]
        for word in words:
            one.team.tell(word)
        for other in others:
            await until(lambda other=other: len(other.words) == 3, 5, "the words to be heard")  # type: ignore[misc]
            assert other.words == words
        assert one.words == []


@postgresql
async def test_what_is_too_long_to_tell_is_told_without_details(books: Books) -> None:
    async with workers(books, 2) as (one, other):
        await until(lambda: one.team.workers == 2, 15, "it to know of the other")
        one.team.tell(live.StationsHeard(tuple(f"station-{number:05d}" for number in range(2_000))))
        one.team.tell(Push("tariffs", tuple(f"station-{number:05d}" for number in range(2_000))))
        await until(lambda: len(other.words) == 2, 5, "the words to be heard")
        assert set(other.words) == {live.StationsHeard(()), Push("tariffs", None)}


@postgresql
async def test_words_of_a_worker_of_another_version_do_no_harm(books: Books) -> None:
    async with workers(books, 2) as (one, other):
        with books.begin() as connection:
            connection.execute(text('SELECT pg_notify(\'jiayou\', \'{"by": "x", "words": [{"type": "Fog"}]}\')'))
        await until(lambda: one.team.workers == 2, 15, "it to know of the other")
        one.team.tell(Push("coupons", None))
        await until(lambda: other.words == [Push("coupons", None)], 5, "the next word to be heard")


@postgresql
async def test_the_shards_of_a_worker_that_hangs_are_free_although_its_connection_stands(books: Books) -> None:
    hung, other = Seat(books, patience=0.5), Seat(books)
    try:
        assert hung.take([7], 1) == {7}
        assert other.take([7], 1) == set()
        await until(lambda: other.take([7], 1) == {7}, 5, "the shard to be free")
        with pytest.raises(Unavailable):
            hung.workers()
    finally:
        hung.close()
        other.close()


@postgresql
def test_nobody_waits_for_two_hours_for_a_machine_that_has_lost_its_power(books: Books) -> None:
    def told(name: str) -> str:
        with books.begin() as connection:
            return str(connection.execute(text(f"SHOW {name}")).scalar_one())

    assert told("idle_in_transaction_session_timeout") == "1min"
    with books.begin() as connection:
        over_a_network = connection.execute(text("SELECT inet_server_addr() IS NOT NULL")).scalar_one()
    if over_a_network:  # a socket in the file system knows no keep-alives
        assert (told("tcp_keepalives_idle"), told("tcp_keepalives_count")) == ("10", "3")
