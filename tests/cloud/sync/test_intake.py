"""Letters into the books: each once, none refused, and one bad one holds up no other."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from cloud.store.arrivals import Arrived
from cloud.store.database import Books, Connection
from cloud.store.letters import holes
from cloud.store.tables import CaseRow, DeadLetterRow, InboxRow, SaleRow, SecurityEventRow, StationLineRow, table_of
from cloud.sync import intake as intake_module
from cloud.sync.intake import Intake
from cloud.sync.posting import SAME_KEY, Result, post_all
from shared import topics
from shared.clock import Stamp, TimeQuality
from shared.errors import Unavailable
from shared.messages import AgentStarted, Fact, Letter, SaleRecorded, Stored
from shared.wire import batch_of, letter_bytes, unpack
from tests.fakes.ends import HANDLERS, sale_of
from tests.fakes.waiting import until

A, B = "pudong-1", "minhang-2"
EPOCH = 1_800_000_000
NOW = 1_800_000_500_000


def letter(seq: int, body: Fact | None = None) -> bytes:
    stamp = Stamp(1_800_000_400_000 + seq, TimeQuality.SYNCED, 1, seq)
    return letter_bytes(Letter(seq, stamp, body or SaleRecorded(sale_of(seq, stamp))))


def batch(first: int, last: int, station: str = A) -> bytes:
    return batch_of(station, EPOCH, first, [letter(seq) for seq in range(first, last + 1)])


class Desk:
    """An intake whose answers are kept."""

    def __init__(self, books: Books, handlers: Any = HANDLERS) -> None:
        self.books = books
        self.answers: list[tuple[str, Stored]] = []
        self.results: list[Result] = []
        self.intake = Intake(books, handlers, self._publish, self.results.append, lambda: NOW)

    async def takes(self, *messages: tuple[str, bytes]) -> None:
        """Hears these messages, and waits until they are dealt with."""
        before = self.intake.counts["messages"]
        for station, data in messages:
            self.intake.hear(station, data)
        await until(lambda: self.intake.counts["messages"] - before == len(messages))

    def rows(self, model: Any) -> Sequence[Any]:
        table = table_of(model)
        with self.books.read() as connection:
            return connection.execute(table.select().order_by(*table.primary_key.columns)).all()

    def _publish(self, topic: str, data: bytes) -> bool:
        self.answers.append((topic, unpack(data, Stored)))
        return True


@asynccontextmanager
async def desk_on(books: Books, handlers: Any = HANDLERS) -> AsyncIterator[Desk]:
    desk = Desk(books, handlers)
    work = asyncio.create_task(desk.intake.run())
    try:
        yield desk
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


@pytest.fixture
async def desk(books: Books) -> AsyncIterator[Desk]:
    async with desk_on(books) as opened:
        yield opened


async def test_letters_are_stored_and_answered(desk: Desk) -> None:
    await desk.takes((A, batch(1, 80)), (A, batch(81, 160)), (B, batch_of(B, EPOCH, 1, [letter(1)])))
    assert dict(desk.answers) == {
        topics.down(A, topics.STORED): Stored(EPOCH, 160),
        topics.down(B, topics.STORED): Stored(EPOCH, 1),
    }
    assert len(desk.rows(SaleRow)) == len(desk.rows(InboxRow)) == 161
    assert [(line.station, line.contiguous, line.highest) for line in desk.rows(StationLineRow)] == [
        (B, 1, 1),
        (A, 160, 160),
    ]


async def test_f20_a_letter_that_comes_again_is_answered_and_stored_once(desk: Desk) -> None:
    for _ in range(3):
        await desk.takes((A, batch(1, 30)), (A, batch(11, 40)), (A, batch(1, 40)))
    assert [row.seq for row in desk.rows(SaleRow)] == list(range(1, 41))
    assert desk.answers[-1] == (topics.down(A, topics.STORED), Stored(EPOCH, 40))
    assert sum(len(result.facts) for result in desk.results) == 40


async def test_a_hole_is_answered_up_to_the_hole_and_shown(desk: Desk) -> None:
    await desk.takes((A, batch(1, 10)), (A, batch(14, 20)), (A, batch(25, 30)))
    assert desk.answers[-1][1].upto == 10
    with desk.books.read() as connection:
        assert [(hole.first, hole.last) for hole in holes(connection, A, EPOCH, 10)] == [(11, 13), (21, 24)]
    await desk.takes((A, batch(11, 13)))
    assert desk.answers[-1][1].upto == 20
    await desk.takes((A, batch(21, 24)))
    assert desk.answers[-1][1].upto == 30


async def test_in_any_order_and_any_number_of_times_each_letter_is_there_once(desk: Desk) -> None:
    dice = random.Random(7)
    pieces = [(first, min(first + dice.randrange(1, 9), 120)) for first in range(1, 121, 3) for _ in range(2)]
    dice.shuffle(pieces)
    for i in range(0, len(pieces), 9):
        await desk.takes(*[(A, batch(*piece)) for piece in pieces[i : i + 9]])
    assert [row.seq for row in desk.rows(SaleRow)] == list(range(1, 121))
    assert desk.answers[-1][1].upto == 120


async def test_f27_a_letter_that_can_not_be_read_goes_whole_to_the_dead_and_holds_up_nobody(desk: Desk) -> None:
    poison = b'{"seq":3,"stamp":{"at":1,"quality":"synced","boot":1,"mono":1},"body":{"type":"from the future"}}'
    letters = [letter(1), letter(2), poison, letter(4)]
    await desk.takes((A, batch_of(A, EPOCH, 1, letters)))
    assert [row.seq for row in desk.rows(SaleRow)] == [1, 2, 4]
    assert desk.answers == [(topics.down(A, topics.STORED), Stored(EPOCH, 4))]
    (dead,) = desk.rows(DeadLetterRow)
    assert (dead.station, dead.seq, dead.raw, dead.state) == (A, 3, poison, "waiting")
    assert "from the future" in dead.reason
    await desk.takes((A, batch_of(A, EPOCH, 1, letters)))
    assert len(desk.rows(DeadLetterRow)) == 1


@pytest.mark.parametrize("last", [4, 80])
async def test_figures_and_characters_that_no_column_can_hold_go_to_the_dead_too(desk: Desk, last: int) -> None:
    letters = [letter(seq) for seq in range(1, last + 1)]
    letters[1] = letters[1].replace(b'"volume":20002', b'"volume":' + b"9" * 25)
    letters[2] = letters[2].replace(b'"authorised_by":"', b'"authorised_by":"\\u0000')
    await desk.takes((A, batch_of(A, EPOCH, 1, letters)))
    stored = {row.seq for row in desk.rows(SaleRow)}
    dead = {row.seq for row in desk.rows(DeadLetterRow)}
    assert stored | dead == set(range(1, last + 1))
    assert 2 in dead
    assert dead <= {2, 3}, "SQLite holds a NUL, PostgreSQL does not"
    assert desk.answers[-1][1].upto == last


async def test_the_same_number_with_other_content_is_kept_as_evidence(desk: Desk) -> None:
    await desk.takes((A, batch(1, 3)))
    forged = letter(2).replace(b'"volume":20002', b'"volume":1')
    await desk.takes((A, batch_of(A, EPOCH, 2, [forged])))
    (dead,) = desk.rows(DeadLetterRow)
    assert (dead.seq, dead.raw, dead.reason) == (2, forged, SAME_KEY)
    assert desk.rows(SaleRow)[1].volume == 20_002
    assert desk.answers[-1][1].upto == 3


async def test_f115_a_batch_for_another_station_is_stored_nowhere_and_reported(desk: Desk) -> None:
    for _ in range(5):
        await desk.takes((A, batch(1, 5, station=B)))
    assert not desk.answers
    assert not desk.rows(SaleRow)
    assert not desk.rows(InboxRow)
    (event,) = desk.rows(SecurityEventRow)
    assert (event.station, event.kind) == (A, "letters_for_another")
    assert B in event.detail


async def test_a_stranger_is_ignored(desk: Desk) -> None:
    await desk.takes(("nobody", batch_of("nobody", EPOCH, 1, [letter(1)])), (A, batch(1, 1)))
    assert [row.station for row in desk.rows(SaleRow)] == [A]
    assert [topic for topic, _ in desk.answers] == [topics.down(A, topics.STORED)]


async def test_a_message_that_is_no_batch_is_kept_whole_and_once(desk: Desk) -> None:
    garbage = b"\1\0\xff\x00 not a batch"
    await desk.takes((A, garbage), (A, garbage), (A, batch(1, 2)))
    (dead,) = desk.rows(DeadLetterRow)
    assert (dead.station, dead.epoch, dead.seq, dead.raw) == (A, 0, 0, garbage)
    assert len(desk.rows(SaleRow)) == 2


async def test_a_station_that_sends_only_garbage_does_not_fill_the_disk(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.store.letters.MOST_UNREADABLE", 20)
    for start in range(0, 60, 10):
        await desk.takes(*[(A, b"garbage %d" % number) for number in range(start, start + 10)])
    assert len(desk.rows(DeadLetterRow)) == 20


async def test_a_trade_that_fails_over_one_fact_gets_the_others(books: Books) -> None:
    def picky(connection: Connection, facts: Sequence[Arrived]) -> None:
        HANDLERS[SaleRecorded](connection, facts)
        if any(fact.seq == 7 for fact in facts):
            raise KeyError("a bug that only this sale meets")

    async with desk_on(books, {**HANDLERS, SaleRecorded: picky}) as desk:
        await desk.takes((A, batch(1, 20)))
        assert [row.seq for row in desk.rows(SaleRow)] == [seq for seq in range(1, 21) if seq != 7]
        (dead,) = desk.rows(DeadLetterRow)
        assert dead.seq == 7
        assert "a bug that only this sale meets" in dead.reason
        assert dead.raw == letter(7)
        assert desk.answers[-1][1].upto == 20


async def test_a_bug_around_the_trades_costs_one_message_and_not_the_group(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = post_all

    def broken(connection: Connection, messages: Any, *rest: Any) -> Result:
        if any(getattr(message, "first", 0) == 11 for message in messages):
            raise RuntimeError("a bug")
        return right(connection, messages, *rest)

    monkeypatch.setattr(intake_module, "post_all", broken)
    await desk.takes((A, batch(1, 10)), (A, batch(11, 20)), (B, batch_of(B, EPOCH, 1, [letter(1)])))
    assert len(desk.rows(SaleRow)) == 11
    (dead,) = desk.rows(DeadLetterRow)
    assert bytes(dead.raw) == batch(11, 20)
    assert desk.answers[-2:] == [
        (topics.down(A, topics.STORED), Stored(EPOCH, 10)),
        (topics.down(B, topics.STORED), Stored(EPOCH, 1)),
    ]


async def test_while_the_books_are_out_of_reach_nothing_is_answered_and_nothing_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "_SHORTEST_PAUSE", 0.02)
    right, failures = post_all, iter(range(4))

    def away(*everything: Any) -> Result:
        if next(failures, None) is not None:
            raise Unavailable("The database is restarting.")
        return right(*everything)

    monkeypatch.setattr(intake_module, "post_all", away)
    desk.intake.hear(A, batch(1, 10))
    await asyncio.sleep(0.05)
    assert not desk.answers
    await until(lambda: desk.answers)
    assert desk.answers == [(topics.down(A, topics.STORED), Stored(EPOCH, 10))]
    assert len(desk.rows(SaleRow)) == 10


@pytest.mark.parametrize("books", ["postgresql"], indirect=True)
async def test_nothing_is_answered_when_the_commit_fails(books: Books) -> None:
    """A deferred check fails at the very end: the answer must come after the commit, never before."""
    late = "ALTER TABLE sale ADD CONSTRAINT late UNIQUE (station, point) DEFERRABLE INITIALLY DEFERRED"
    with books.begin() as connection:
        connection.execute(text(late))
    async with desk_on(books) as desk:
        desk.intake.hear(A, batch(1, 40))  # 16 points, so some stand twice
        await until(lambda: desk.intake.counts["failures"])
        await asyncio.sleep(0.1)
        assert not any(answer.upto for _, answer in desk.answers)
        assert not desk.rows(SaleRow)


async def test_more_than_can_be_written_is_let_go_and_not_answered(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_module, "_ROOM_BYTES", 20_000)
    desk = Desk(books)
    for first in range(1, 4_000, 80):
        desk.intake.hear(A, batch(first, first + 79))
    assert desk.intake.counts["let_go"] > 0
    assert desk.intake._waiting_bytes <= 20_000


async def test_events_of_all_kinds_share_a_batch(desk: Desk) -> None:
    started = letter(1, AgentStarted("0.1.0", "disk-a"))
    await desk.takes((A, batch_of(A, EPOCH, 1, [started, letter(2)])))
    assert [(row.seq, row.kind) for row in desk.rows(InboxRow)] == [(1, "started"), (2, "sale")]


async def test_a_disputed_sale_opens_one_case_however_often_it_comes(desk: Desk) -> None:
    disputed = letter(1).replace(b'"status":"settled"', b'"status":"disputed"')
    for _ in range(3):
        await desk.takes((A, batch_of(A, EPOCH, 1, [disputed])))
    assert len(desk.rows(CaseRow)) == 1


def test_every_fact_has_a_trade() -> None:
    with pytest.raises(ValueError, match="nobody takes SaleRecorded"):
        Intake(None, {k: v for k, v in HANDLERS.items() if k is not SaleRecorded}, None, None, None)  # type: ignore[arg-type]
