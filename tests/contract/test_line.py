"""Both ends of the line with their real stores, a real broker between them, and everything that may go wrong there."""

import asyncio
import random
import sys
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace
from sqlite_utils import Database

from cloud.store.database import Books
from cloud.store.tables import DeadLetterRow, SaleRow
from edge.store import outbox
from edge.store.database import Store
from shared import topics
from shared.messages import (
    Hello,
    PriceClimbed,
    Rung,
    Stored,
    Welcome,
)
from shared.mqtt import Pipe
from shared.station import Key
from shared.wire import pack, unpack
from tests.company.servers import BrokerServer
from tests.contract.conftest import STATIONS
from tests.contract.ends import both, numbers
from tests.fakes.ends import CompanyEnd, FakePen, company_end, sell, station_end
from tests.fakes.network import network
from tests.fakes.waiting import until

A, B = STATIONS


async def test_a_sale_is_in_head_office_while_the_customer_hangs_up_the_nozzle(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with both(books, broker, tmp_path / "store") as (station, company):
        await station.sell()
        await station.emptied(1.0)
        assert company.sales() == [Key(A, station.store.epoch, 1)]
        (row,) = company.rows(SaleRow)
        assert (row.volume, row.quality) == (20_001, "synced")


async def test_a_backlog_and_live_sales_share_the_line(books: Books, broker: BrokerServer, tmp_path: Path) -> None:
    async with station_end(tmp_path / "store", A, broker.station(A)) as station:
        await station.sell(1_500)
        async with company_end(books, broker.company()) as company:
            for _ in range(20):
                await station.sell()
            await station.emptied()
            assert numbers(company) == list(range(1, 1_521))


def losing(share: float, publish: Callable[[str, bytes], bool], dice: random.Random) -> Callable[[str, bytes], bool]:
    """A publish that loses this share of the answers, and says nothing about it."""

    def lossy(topic: str, data: bytes) -> bool:
        return True if dice.random() < share else publish(topic, data)

    return lossy


async def test_f20_answers_lost_all_then_half_and_both_ends_restarted_leave_each_sale_once(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    dice, store = random.Random(20), tmp_path / "store"
    for share, sales in ((1.0, 700), (1.0, 300), (0.5, 1_000)):
        async with company_end(books, broker.company()) as company, station_end(store, A, broker.station(A)) as station:
            lose(company, share, dice)
            await station.sell(sales)
            if share == 1.0:
                await until(lambda company=company: company.line.intake.counts["messages"] > 3)  # type: ignore[misc]
                assert company.sales(), "the first batch is in the books, and again on its way"
                assert await station.stored() == 0
            else:
                await station.emptied(30.0)
            assert len(company.sales()) == len(set(company.sales()))
    assert numbers(company) == list(range(1, 2_001))
    assert not company.rows(DeadLetterRow)


def lose(company: CompanyEnd, share: float, dice: random.Random) -> None:
    """From now on this share of the company's words about letters is lost: *stored*, and the mark in the welcome."""
    right = company.line._send
    lossy = losing(share, right, dice)
    company.line.intake._publish = lossy

    def welcome_without_mark(topic: str, data: bytes) -> bool:
        if topics.kind_of(topic) != topics.WELCOME:
            return right(topic, data)
        return right(topic, pack(replace(unpack(data, Welcome), stored_upto=0)))

    company.line.dispatch._publish = welcome_without_mark


async def test_f26_a_company_that_answers_garbage_for_long_never_empties_the_outbox(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    """Hello is answered, letters are not, or with nonsense; then the real company comes back."""
    epochs: list[int] = []
    async with station_end(tmp_path / "store", A, broker.station(A)) as station:
        epochs.append(station.store.epoch)
        await station.sell(5_000)
        impostor = Pipe(
            broker.company(), [topics.EVERY_UP], lambda t, d: answer_garbage(impostor, t, d), lambda *_: None
        )
        impostor.start()
        await asyncio.sleep(3.0)
        await impostor.stop()
        assert await station.backlog() == 5_000
        assert await station.stored() == 0
        async with company_end(books, broker.company()) as company:
            await station.emptied(30.0)
            assert numbers(company) == list(range(1, 5_001))


def answer_garbage(pipe: Pipe, topic: str, data: bytes) -> None:
    """What a broken company might say, and sign."""
    kind, pen = topics.kind_of(topic), FakePen()

    def say(word: str, data: bytes) -> None:
        pipe.publish(topics.down(A, word), pen.signed(topics.down(A, word), data))

    if kind == topics.HELLO:
        hello = unpack(data, Hello)
        say(topics.KEYS, pack(pen.letter))
        say(topics.WELCOME, pack(Welcome(hello.wall, hello.wall, hello.mono, 0)))
        for upto in (10**7, 10**9, 2**64):
            say(topics.STORED, pack(Stored(hello.epoch, upto)))
        say(topics.STORED, pack(Stored(hello.epoch - 1, 4_000)))
    for word in topics.STORED, topics.WELCOME, topics.TARIFFS, "surprise":
        say(word, b"HTTP/1.1 500 Internal Server Error")
        say(word, b"")


async def test_f51_an_edge_process_killed_with_200_unanswered_letters_loses_none(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    store, words = tmp_path / "store", (A, str(broker.port), STATIONS[A])
    async with company_end(books, broker.company()) as company:
        lose(company, 1.0, random.Random(51))
        process = await started(store, *words, "200")
        await until(lambda: company.line.intake.counts["messages"] > 0)
        process.kill()
        await process.wait()
    async with company_end(books, broker.company()) as company:
        process = await started(store, *words)
        await until(lambda: len(company.sales()) == 200)
        process.kill()
        await process.wait()
        assert numbers(company) == list(range(1, 201))
    async with station_end(store, A, broker.station(A)) as station, company_end(books, broker.company()):
        await station.emptied()
        assert (await station.store.read(outbox.backlog)).next_seq == 201


async def started(store: Path, *words: str) -> asyncio.subprocess.Process:
    """The station as a process of its own; its sales are on the disk."""
    command = (sys.executable, "-m", "tests.fakes.station_process", str(store), *words)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        assert await process.stdout.readline() == b"ready\n"
    return process


async def test_the_broker_killed_in_the_middle_of_a_backlog_loses_nothing(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with both(books, broker, tmp_path / "store") as (station, company):
        await station.sell(3_000)
        for part in (300, 1_500):
            await until(lambda part=part: len(company.sales()) >= part, 60.0)  # type: ignore[misc]
            broker.kill()
            await asyncio.sleep(0.2)
            broker.start()
        await station.emptied(60.0)
        assert numbers(company) == list(range(1, 3_001))
        assert station.link.state.connected


async def test_f39_a_line_that_is_dead_without_saying_so_is_noticed_and_replaced(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with network(broker.port) as mobile, company_end(books, broker.company()) as company:
        through = broker.station(A, mobile.port)
        async with station_end(tmp_path / "store", A, through) as station:
            await until(lambda: station.link.state.connected)
            mobile.freeze()
            await station.sell(10)
            await until(lambda: station.link.state.reason == "unanswered", 5.0)  # the page says so
            await until(lambda: mobile.connections > 1, 8.0)
            mobile.thaw()
            await station.emptied()
            assert numbers(company) == list(range(1, 11))


async def test_a_link_that_stumbles_and_takes_300_ms_is_filled(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with network(broker.port) as mobile, company_end(books, broker.company()) as company:
        mobile.delay = 0.15
        through = broker.station(A, mobile.port)
        async with station_end(tmp_path / "store", A, through) as station:
            await station.sell(2_500)
            for part in (300, 1_200):
                await until(lambda part=part: len(company.sales()) >= part, 20.0)  # type: ignore[misc]
                mobile.stumble()
            await station.emptied(30.0)
            assert numbers(company) == list(range(1, 2_501))


async def test_the_company_gone_for_a_while_is_no_reason_to_reconnect_and_nothing_is_lost(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with station_end(tmp_path / "store", A, broker.station(A)) as station:
        for round_ in range(1, 4):
            async with company_end(books, broker.company()) as company:
                await until(lambda: station.link.state.connected)
                await station.sell(50)
                await station.emptied()
                assert numbers(company) == list(range(1, 50 * round_ + 1))
            await station.sell(0)


async def test_f27_one_poisoned_letter_in_the_middle_holds_up_no_other(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with both(books, broker, tmp_path / "store") as (station, company):
        await station.store.run(sell_with_poison, station.store)
        await station.emptied()
        assert numbers(company) == [1, 3]
        (dead,) = company.rows(DeadLetterRow)
        assert (dead.seq, dead.raw) == (2, b'{"what":"is this"}')


def sell_with_poison(db: Database, store: Store) -> None:
    """Three letters; the second was damaged by a bug of ours."""
    sell(db, store, 3)
    db.execute("UPDATE letter SET body = ? WHERE seq = 2", (b'{"what":"is this"}',))


async def test_facts_of_other_trades_travel_like_sales(books: Books, broker: BrokerServer, tmp_path: Path) -> None:
    async with both(books, broker, tmp_path / "store") as (station, company):
        stamp = station.store.clock.stamp()
        await station.store.run(outbox.append, stamp, PriceClimbed(1, Rung.RECEIVED))
        await station.emptied()
        assert company.letters() == [Key(A, station.store.epoch, 1)]


async def test_f52_a_broker_that_comes_back_without_its_memory_keeps_no_price_from_a_station(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    """Prices that were made while it was away, too: a station asks for what it lacks."""
    async with both(books, broker, tmp_path / "store") as (station, company):
        broker.kill()
        broker.wipe()
        company.shelf.price(1, 7_850)
        await company.line.dispatch.tariffs_changed()
        await station.sell(20)
        broker.start()
        await until(lambda: "tariffs" in station.forecourt.told, 40.0)
        await station.emptied()
        assert numbers(company) == list(range(1, 21))
