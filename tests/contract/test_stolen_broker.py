"""Somebody owns the broker and the company's own password there, but no command key: he can delay, and no more."""

import asyncio
from pathlib import Path

from cloud.store.database import Books
from cloud.store.tables import SecurityEventRow
from edge.store import books as held_books
from shared import topics
from shared.messages import Command, CommandKeys, CouponBook, Stored, SwitchStation, TariffBook
from shared.mqtt import Pipe
from shared.signing import public_key
from shared.tariff import Tariff
from shared.wire import pack
from tests.company.servers import BrokerServer
from tests.contract.conftest import STATIONS
from tests.fakes.ends import FakePen, company_end, station_end
from tests.fakes.waiting import until

A, B = STATIONS
THIEF = bytes(range(32))
CHEAP = TariffBook(9, (Tariff(9, 0, {"92#": 1_000}, "thief"),))


async def test_f55_who_owns_the_broker_and_no_command_key_sells_no_cheap_litre_and_empties_no_outbox(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    """Unsigned, under a key of his own, under ours by name only, and an order of a neighbour played to us."""
    async with (
        company_end(books, broker.company()) as company,
        station_end(tmp_path / "a", A, broker.station(A)) as station,
    ):
        company.shelf.price(1, 7_850)
        await until(lambda: station.forecourt.told == ["tariffs"], 20)
        await company.line.stop()
        await station.sell(3)
        thief = Pipe(broker.company(), [], lambda *_: None, lambda *_: None, patience=0.3)
        thief.start()
        await until(lambda: thief.connected)
        letters = {
            topics.TARIFFS: pack(CHEAP),
            topics.COUPONS: pack(CouponBook(9, {1: public_key(THIEF)}, b"", company.shelf.coupon_book.allowance)),
            topics.COMMAND: pack(Command("c", 2**45, "thief", SwitchStation(False))),
            topics.STORED: pack(Stored(station.store.epoch, 3)),
            topics.KEYS: pack(CommandKeys({9: public_key(THIEF)})),
        }
        pens = FakePen(THIEF, 9), FakePen(THIEF, 1)
        for kind, data in letters.items():
            topic = topics.down(A, kind)
            for frame in (data, *(pen.signed(topic, data) for pen in pens)):
                assert thief.publish(topic, frame)
        overheard = company.shelf.pen.signed(topics.down(B, topics.STORED), letters[topics.STORED])
        assert thief.publish(topics.down(A, topics.STORED), overheard)
        door = station.link.door
        assert door is not None
        await until(lambda: door.refused.keys() >= {"unsigned", "unknown_key", "forged", "for_another"})
        await asyncio.sleep(0.2)
        held = await station.store.read(held_books.tariff_book)
        assert held == company.shelf.tariff_book
        assert await station.stored() == 0
        assert not station.forecourt.commands
        assert door.version == 1
        await thief.stop()
        async with company_end(books, broker.company()) as back:
            await station.emptied()
            kinds = {event.kind for event in back.rows(SecurityEventRow) if event.station == A}
            assert kinds >= {"order_unsigned", "order_unknown_key", "order_forged", "order_for_another"}
