"""Hellos answered, books sent, claims decided, and doubles refused by name."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from cloud.store.database import Books
from cloud.store.tables import SaleRow, SecurityEventRow, StationLineRow, table_of
from cloud.sync.dispatch import Dispatch
from cloud.sync.posting import post_all
from cloud.sync.reading import open_message
from edge.sync.downlink import KINDS
from shared import topics
from shared.clock import Stamp, TimeQuality
from shared.coupon import Allowance, Filling
from shared.errors import Unavailable
from shared.messages import (
    ClaimAnswer,
    Command,
    CouponBook,
    CouponClaim,
    Hello,
    Letter,
    SaleRecorded,
    SettingsBook,
    StopPoint,
    TariffBook,
    Welcome,
)
from shared.site import SiteSettings
from shared.wire import batch_of, letter_bytes, pack, unpack
from tests.fakes.ends import HANDLERS, Shelf, sale_of
from tests.fakes.waiting import until

A, B = "pudong-1", "minhang-2"
EPOCH = 1_800_000_000
START = 1_800_000_500_000


def hello(station: str = A, **other: Any) -> Hello:
    first = Hello(station, EPOCH, f"disk-{station}", 1, 5_000, START + 250, 1, 0, 0, 0, 0, "0.1.0")
    return replace(first, **{"versions": {"keys": 1}, **other})


class Desk:
    """A dispatch whose messages are kept, and whose clock is moved by hand."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.shelf = Shelf()
        self.now = START
        self.sent: list[tuple[str, str, Struct]] = []
        self.heard: list[str] = []
        self.dispatch = Dispatch(books, self.shelf.trades(HANDLERS), self._publish, self.heard.extend, lambda: self.now)

    async def hears(self, said: Hello, on: str = "") -> list[tuple[str, Struct]]:
        """What the station is answered."""
        before = len(self.heard)
        self.sent.clear()
        self.dispatch.hear_hello(on or said.station, pack(said))
        await until(lambda: len(self.heard) > before)
        return [(kind, message) for station, kind, message in self.sent if station == said.station]

    def rows(self, model: Any) -> Sequence[Any]:
        table = table_of(model)
        with self.books.read() as connection:
            return connection.execute(table.select().order_by(*table.primary_key.columns)).all()

    def _publish(self, topic: str, data: bytes) -> bool:
        kind = topics.kind_of(topic)
        self.sent.append((topic.split("/")[3], kind, unpack(data, KINDS[kind])))
        return True


@pytest.fixture
async def desk(books: Books) -> AsyncIterator[Desk]:
    desk = Desk(books)
    work = asyncio.create_task(desk.dispatch.run())
    yield desk
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


async def test_a_hello_is_welcomed_with_our_clock_and_its_own(desk: Desk) -> None:
    assert await desk.hears(hello()) == [(topics.WELCOME, Welcome(START, START + 250, 5_000, 0))]
    (line,) = desk.rows(StationLineRow)
    assert (line.station, line.epoch, line.store_id, line.boot) == (A, EPOCH, "disk-pudong-1", 1)
    assert (line.boot_zero, line.clock_difference, line.last_seen) == (START - 5_000, 250, START)
    assert '"program":"0.1.0"' in line.hello_json


async def test_what_a_station_lacks_follows_the_welcome(desk: Desk) -> None:
    desk.shelf.price(4, 7_850)
    desk.shelf.coupon_book = CouponBook(2, {1: b"k" * 32}, b"salt", Allowance())
    answers = await desk.hears(hello(tariffs=3, coupons=0))
    assert [kind for kind, _ in answers] == [topics.WELCOME, topics.TARIFFS, topics.COUPONS]
    assert answers[1][1] == desk.shelf.tariff_book
    assert [kind for kind, _ in await desk.hears(hello(tariffs=4, coupons=2, live=True))] == [topics.WELCOME]


async def test_settings_go_to_those_whose_program_knows_such_books(desk: Desk) -> None:
    desk.shelf.settings_book = SettingsBook(3, SiteSettings(drip_limit=50))
    answers = await desk.hears(hello(versions={topics.KEYS: 1, topics.SETTINGS: 2}))
    assert answers == [answers[0], (topics.SETTINGS, desk.shelf.settings_book)]
    for versions in ({topics.KEYS: 1}, {topics.KEYS: 1, topics.SETTINGS: 3}):
        assert [kind for kind, _ in await desk.hears(hello(live=True, versions=versions))] == [topics.WELCOME]
    desk.sent.clear()
    await desk.dispatch.settings_changed([A])
    assert [(station, kind) for station, kind, _ in desk.sent] == [(A, topics.SETTINGS)]


async def test_a_new_price_is_pushed_to_those_who_are_there(desk: Desk) -> None:
    await desk.hears(hello(A))
    await desk.hears(hello(B))
    desk.sent.clear()
    desk.shelf.price(5, 7_990)
    await desk.dispatch.tariffs_changed()
    assert sorted(station for station, _, _ in desk.sent) == [B, A]
    assert {type(message) for _, _, message in desk.sent} == {TariffBook}
    desk.sent.clear()
    await desk.dispatch.coupons_changed([A])
    assert [(station, kind) for station, kind, _ in desk.sent] == [(A, topics.COUPONS)]
    desk.now += 60_000
    desk.sent.clear()
    await desk.dispatch.tariffs_changed()
    assert not desk.sent, "who was not heard for a minute asks when it comes"


async def test_commands_are_sent_when_given_and_again_with_each_hello(desk: Desk) -> None:
    await desk.hears(hello())
    desk.shelf.commands[A] = [Command("c1", START + 60_000, "王", StopPoint(0))]
    desk.sent.clear()
    await desk.dispatch.commands_given([A])
    assert [(kind, message) for _, kind, message in desk.sent] == [(topics.COMMAND, desk.shelf.commands[A][0])]
    assert topics.COMMAND in [kind for kind, _ in await desk.hears(hello(live=True))]


async def test_f50_a_double_is_refused_by_a_worker_that_has_just_taken_the_shard_over(desk: Desk) -> None:
    """Whoever was there first stays, though the worker that knew him is gone: the books know him too."""
    await desk.hears(hello(boot=3, mono=90_000))
    other = Desk(desk.books)
    work = asyncio.create_task(other.dispatch.run())
    other.now = desk.now + 5_000
    copied = await other.hears(hello(boot=3, mono=1_000))
    second = await other.hears(hello(epoch=EPOCH + 500, store_id="disk-b", boot=1, mono=700))
    itself = await other.hears(hello(boot=3, mono=95_000, live=True))
    other.now += 5_000
    restarted = await other.hears(hello(boot=4, mono=300))
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    said = [message.refused for ((_, message),) in (copied, second, itself, restarted) if isinstance(message, Welcome)]
    assert ["copy of this machine's disk" in said[0], "Another machine" in said[1], *said[2:]] == [True, True, "", ""]
    assert [event.kind for event in desk.rows(SecurityEventRow)] == ["hello_refused"] * 2, "head office hears of both"


async def test_a_station_that_asks_is_told_what_is_here_of_its_former_epoch(desk: Desk) -> None:
    ((_, answer),) = await desk.hears(hello(asks=(EPOCH - 500,)))
    assert isinstance(answer, Welcome)
    assert answer.held == {EPOCH - 500: ()}


async def test_f115_a_hello_for_another_station_is_answered_by_nobody_and_reported(desk: Desk) -> None:
    for _ in range(3):
        desk.dispatch.hear_hello(A, pack(hello(B)))
    await until(lambda: desk.rows(SecurityEventRow))
    await asyncio.sleep(0.05)
    assert not desk.sent
    assert not desk.rows(StationLineRow)
    (event,) = desk.rows(SecurityEventRow)
    assert (event.station, event.kind) == (A, "hello_for_another")
    assert B in event.detail


async def test_f115_a_claim_for_another_station_is_answered_by_nobody_and_reported(desk: Desk) -> None:
    desk.dispatch.hear_claim(A, pack(CouponClaim("q", Filling(B, "92#", 1, 1), coupon="C")))
    await until(lambda: desk.rows(SecurityEventRow))
    assert not desk.sent
    assert not desk.shelf.claims
    assert desk.rows(SecurityEventRow)[0].kind == "claim_for_another"


async def test_f50_a_second_machine_is_refused_by_name_and_the_first_stays(desk: Desk) -> None:
    await desk.hears(hello())
    for _ in range(3):
        desk.now += 5_000
        ((kind, refused),) = await desk.hears(hello(epoch=EPOCH + 9, store_id="other"))
        assert kind == topics.WELCOME
        assert isinstance(refused, Welcome)
        assert "Another machine" in refused.refused
    ((_, first),) = await desk.hears(hello(mono=20_000, live=True))
    assert isinstance(first, Welcome)
    assert first.refused == ""
    (event,) = desk.rows(SecurityEventRow)
    assert event.kind == "hello_refused"
    assert [line.store_id for line in desk.rows(StationLineRow)] == ["disk-pudong-1"]


async def test_a_store_copied_under_the_same_epoch_is_refused(desk: Desk) -> None:
    await desk.hears(hello())
    desk.now += 3_600_000
    ((_, refused),) = await desk.hears(hello(store_id="copy"))
    assert isinstance(refused, Welcome)
    assert "same epoch" in refused.refused


async def test_an_unknown_station_is_told_so(desk: Desk) -> None:
    ((_, refused),) = await desk.hears(hello("nobody"))
    assert isinstance(refused, Welcome)
    assert "does not know" in refused.refused


async def test_the_welcome_tells_what_is_stored(desk: Desk) -> None:
    store(desk, 1, 5)
    ((_, welcome),) = await desk.hears(hello(next_seq=6))
    assert isinstance(welcome, Welcome)
    assert welcome.stored_upto == 5


async def test_f60_times_told_by_a_clock_of_1970_are_put_right_whichever_way_round_hello_and_letters_come(
    desk: Desk,
) -> None:
    store(desk, 1, 3, wall=20_000)
    assert {row.quality for row in desk.rows(SaleRow)} == {"off"}
    assert all("time_unknown" in row.flags for row in desk.rows(SaleRow))
    await desk.hears(hello(mono=600_000, wall=20_000 + 600_000, next_seq=6))
    store(desk, 4, 5, wall=20_000)
    rows = desk.rows(SaleRow)
    assert [row.quality for row in rows] == ["restored"] * 5
    assert [row.happened_at for row in rows] == [START - 600_000 + 1_000 * seq for seq in range(1, 6)]
    assert [row.finished_at for row in rows] == [21_000, 22_000, 23_000, 24_000, 25_000], "as the device told it"
    assert not any("time_unknown" in row.flags for row in rows)
    assert {row.business_day for row in rows} == {"2027-01-15"}


async def test_f60_another_start_of_the_agent_is_not_put_right_by_this_one(desk: Desk) -> None:
    store(desk, 1, 2, wall=20_000, boot=1)
    await desk.hears(hello(boot=2, mono=100, next_seq=3))
    assert {row.quality for row in desk.rows(SaleRow)} == {"off"}


async def test_a_claim_is_decided_and_answered(desk: Desk) -> None:
    claim = CouponClaim("q1", Filling(A, "92#", 20_000, 25_480), code="1234")
    desk.dispatch.hear_claim(A, pack(claim))
    await until(lambda: desk.sent)
    assert desk.sent == [(A, topics.ANSWER, ClaimAnswer("q1", "unknown"))]
    assert desk.shelf.claims == [claim]


async def test_while_the_books_are_out_of_reach_questions_stay_unanswered_and_later_ones_are_answered(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away:

        def fail() -> None:
            raise Unavailable("The database is restarting.")

        away.setattr(desk.books, "begin", fail)
        assert await desk.hears(hello()) == []
        desk.dispatch.hear_claim(A, pack(CouponClaim("q1", Filling(A, "92#", 1, 1))))
        await until(lambda: desk.dispatch.counts["failures"] == 2)
    assert [kind for kind, _ in await desk.hears(hello())] == [topics.WELCOME]


async def test_a_hello_that_breaks_our_own_program_does_not_hold_up_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = desk.dispatch._greeter._welcome

    def broken(heard: Any, *rest: Any) -> Any:
        if heard.hello.station == A:
            raise KeyError("a bug")
        return right(heard, *rest)

    monkeypatch.setattr(desk.dispatch._greeter, "_welcome", broken)
    desk.dispatch.hear_hello(A, pack(hello(A)))
    desk.dispatch.hear_hello(B, pack(hello(B)))
    await until(lambda: desk.sent)
    assert [station for station, _, _ in desk.sent] == [B]


async def test_garbage_is_counted(desk: Desk) -> None:
    for data in (b"", b"\1\0{}", b"\xff" * 100, pack(hello())[:-2], bytes(100_000)):
        desk.dispatch.hear_hello(A, data)
        desk.dispatch.hear_claim(A, data)
    assert desk.dispatch.counts["misread"] == 10


def store(desk: Desk, first: int, last: int, wall: int = START, boot: int = 1) -> None:
    """Letters of this station, taken in directly."""

    def letter(seq: int) -> bytes:
        quality = TimeQuality.UNCHECKED if wall > 10**12 else TimeQuality.OFF
        stamp = Stamp(wall + 1_000 * seq, quality, boot, 1_000 * seq)
        return letter_bytes(Letter(seq, stamp, SaleRecorded(sale_of(seq, stamp))))

    message = open_message(A, batch_of(A, EPOCH, first, [letter(seq) for seq in range(first, last + 1)]))
    with desk.books.begin() as connection:
        post_all(connection, [message], HANDLERS, desk.now)
