"""What the two ends say to each other besides letters: who is who, what holds now, what to do, and what time it is."""

import asyncio
from pathlib import Path

from cloud.store.database import Books
from cloud.store.tables import DeadLetterRow, SaleRow, SecurityEventRow
from cloud.sync.intake import machine_now
from edge.store.timepiece import MachineClock
from shared import topics
from shared.coupon import Filling
from shared.messages import Command, CouponClaim, Hello, Letter, SaleRecorded, Stored, SwitchStation
from shared.mqtt import Pipe
from shared.wire import batch_of, letter_bytes, pack
from tests.company.servers import BrokerServer
from tests.contract.conftest import STATIONS
from tests.contract.ends import both, numbers
from tests.fakes.ends import company_end, sale_of, station_end
from tests.fakes.waiting import until

A, B = STATIONS


async def test_f115_whatever_station_b_says_about_station_a_changes_nothing(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    """B has valid credentials, and a program that lies: on its own topics, and on A's."""
    async with both(books, broker, tmp_path / "store") as (station, company):
        await station.sell(5)
        await station.emptied()
        await station.sell(0)
        epoch, stamp = station.store.epoch, station.store.clock.stamp()
        letter = letter_bytes(Letter(6, stamp, SaleRecorded(sale_of(666, stamp))))
        batch = batch_of(A, epoch, 6, [letter])
        hello = pack(Hello(A, epoch, "forged", 99, 1, 1, 7, 6, 0, 0, 0, "evil"))
        claim = pack(CouponClaim("q", Filling(A, "92#", 1, 1), code="1"))
        forger = Pipe(broker.station(B), [topics.down(B, "+")], lambda *_: None, lambda *_: None, patience=0.3)
        forger.start()
        for topic, data in [
            (topics.up(B, topics.LETTERS), batch),
            (topics.up(B, topics.HELLO), hello),
            (topics.up(B, topics.ASK), claim),
            (topics.up(A, topics.LETTERS), batch),
            (topics.up(A, topics.HELLO), hello),
            (topics.up(A, topics.ASK), claim),
            (topics.down(A, topics.STORED), pack(Stored(epoch, 6))),
            (topics.down(A, topics.COMMAND), pack(Command("c", 2**45, "forger", SwitchStation(False)))),
        ]:
            await until(lambda: forger.connected)
            forger.publish(topic, data)
            await asyncio.sleep(0.15)
        await forger.stop()
        assert numbers(company) == [1, 2, 3, 4, 5]
        assert not company.rows(DeadLetterRow)
        assert not station.forecourt.commands
        assert not company.shelf.claims
        assert station.link.state.connected
        reported = {(event.station, event.kind) for event in company.rows(SecurityEventRow)}
        assert reported == {(B, "letters_for_another"), (B, "hello_for_another"), (B, "claim_for_another")}


async def test_a_revoked_station_keeps_selling_and_its_letters_wait(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with both(books, broker, tmp_path / "store") as (station, company):
        password = STATIONS[A]
        broker.let_in({B: STATIONS[B]})
        await until(lambda: station.link.state.reason == "refused", 10.0)
        await station.sell(3)
        assert await station.backlog() == 3
        broker.let_in({A: password, B: STATIONS[B]})
        await station.emptied()
        assert numbers(company) == [1, 2, 3]


async def test_f50_the_second_of_two_machines_is_refused_by_name_and_both_keep_selling(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with both(books, broker, tmp_path / "store") as (station, company):
        async with station_end(tmp_path / "copy", A, broker.station(A)) as double:
            await until(lambda: double.link.state.reason == "refused_by_head_office")
            assert "machine" in double.link.state.detail or "epoch" in double.link.state.detail
            await double.sell(2)
            await station.sell(2)
            await station.emptied()
            assert await double.backlog() == 2
        assert numbers(company) == [1, 2]
        assert [event.kind for event in company.rows(SecurityEventRow)] == ["hello_refused"]


async def test_a_price_a_coupon_book_and_a_command_come_down_and_what_was_missed_is_healed(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with both(books, broker, tmp_path / "store") as (station, company):
        company.shelf.price(1, 7_850)
        await company.line.dispatch.tariffs_changed()
        await until(lambda: station.forecourt.told == ["tariffs"], 1.0)
        company.shelf.price(2, 7_990)  # nobody pushes: the next heartbeat finds it
        await until(lambda: station.forecourt.told == ["tariffs", "tariffs"])
        company.shelf.commands[A] = [Command("c1", 2**45, "王", SwitchStation(False))]
        await company.line.dispatch.commands_given([A])
        await until(lambda: station.forecourt.commands)


async def test_a_claim_is_answered_in_a_moment_and_without_a_line_at_once(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    claim = CouponClaim("q1", Filling(A, "92#", 20_000, 25_480), code="1234")
    async with both(books, broker, tmp_path / "store") as (station, company):
        answer = await station.link.claim(claim)
        assert answer is not None
        assert answer.reason == "unknown"
        broker.kill()
        await until(lambda: not station.link.state.connected)
        before = asyncio.get_running_loop().time()
        assert await station.link.claim(claim) is None
        assert asyncio.get_running_loop().time() - before < 0.1
        assert len(company.shelf.claims) == 1


async def test_f60_what_was_sold_under_a_clock_of_1970_gets_its_real_time(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    clock = UnsetClock(wall=1_000_000)
    async with station_end(tmp_path / "store", A, broker.station(A), clock=clock) as station:
        sold_at = []
        for _ in range(3):
            clock.pass_time(60_000)
            await station.sell()
            sold_at.append(clock.mono())
        clock.pass_time(60_000)
        async with company_end(books, broker.company()) as company:
            await station.emptied()
            rows = company.rows(SaleRow)
            assert [row.quality for row in rows] == ["restored"] * 3
            assert [row.finished_at for row in rows] == sorted(row.finished_at for row in rows)
            for row, sold in zip(rows, sold_at, strict=True):
                assert abs(row.happened_at - (machine_now() - (clock.mono() - sold))) < 2_000
            assert abs(station.store.clock.now() - machine_now()) < 2_000, "and its prices start on time"


class UnsetClock:
    """A machine whose wall clock was never set; time passes when it is told to, besides passing by itself."""

    def __init__(self, wall: int) -> None:
        self._machine = MachineClock()
        self._begin = self._machine.mono()
        self._wall = wall
        self._passed = 0

    def wall(self) -> int:
        return self._wall + self.mono() - self._begin

    def mono(self) -> int:
        return self._machine.mono() + self._passed

    def pass_time(self, ms: int) -> None:
        self._passed += ms
