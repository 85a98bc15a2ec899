"""The two ends of the line with their real stores: a station without pumps, and a company without pages."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlite_utils import Database

from cloud.live import Notice
from cloud.sales import arriving, disputes, payments, restoring
from cloud.stations import events, register
from cloud.stations.register import NewStation
from cloud.store.arrivals import BulkHandler
from cloud.store.database import Books, Connection
from cloud.store.migrate import migrate
from cloud.store.tables import InboxRow, SaleRow, table_of
from cloud.sync.intake import machine_now
from cloud.sync.line import Line
from cloud.sync.posting import Result
from cloud.sync.trades import Held, Trades
from cloud.tanks import posting as tanks
from cloud.tariffs import ladder
from edge.store import outbox, sales
from edge.store.database import Store
from edge.store.timepiece import Clock
from edge.sync.link import Link, LinkState
from edge.sync.pace import Pace, Presence
from shared import topics
from shared.clock import Stamp, TimeQuality
from shared.coupon import Allowance
from shared.messages import (
    ClaimAnswer,
    Command,
    CommandEnded,
    CommandKeys,
    CouponBook,
    CouponClaim,
    CouponPart,
    PartsWanted,
    SettingsBook,
    TariffBook,
)
from shared.mqtt import Broker
from shared.orders import LIFE, OrderHead, is_order, order
from shared.sale import Delivery, Sale, SaleStatus, prove
from shared.signing import Signer, public_key
from shared.site import SiteSettings
from shared.station import Key
from shared.tariff import Tariff
from shared.wire import pack

HASTY = Pace(
    heartbeat=0.5, unheard=1.5, greeting_again=0.2, first_patience=0.3, longest_patience=1.0, first_silence=3.0
)
"""A line that loses patience in a moment: tests can't wait for the road."""


def sale_of(number: int, at: Stamp | None = None) -> Sale:
    """A plausible filling, each a little different."""
    volume = 20_000 + number % 30_000
    stamp = at or Stamp(1_800_000_000_000 + number, TimeQuality.SYNCED, 1, number)
    delivery = Delivery(1 + number % 16, 1, "92#", volume, volume * 785 // 1_000, 7_850)
    proof = prove(number * 1_000, number * 1_000 + volume, volume, 10**11)
    return Sale(delivery, proof, SaleStatus.SETTLED, 0, stamp, stamp, delivery.amount, authorised_by="attendant:小李")


class Forecourt:
    """A forecourt that only remembers what it was told."""

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.told: list[str] = []

    async def execute(self, command: Command) -> CommandEnded:
        """Acts on nothing."""
        self.commands.append(command)
        return CommandEnded(command.id, True)

    async def tariffs_changed(self) -> None:
        """Remembers it."""
        self.told.append("tariffs")

    async def coupons_changed(self) -> None:
        """Remembers it."""
        self.told.append("coupons")

    async def settings_changed(self) -> None:
        """Remembers it."""
        self.told.append("settings")


class StationEnd:
    """A station's store and its link; sales are made by :meth:`sell`."""

    def __init__(self, path: Path, name: str, broker: Broker, pace: Pace = HASTY, clock: Clock | None = None) -> None:
        self.store = Store.open(path, name, clock)
        self.forecourt = Forecourt()
        self.states: list[LinkState] = []
        self.link = Link(self.store, broker, "test", _presence, self.states.append, pace, patience=0.5)
        self.store.on_commit = self.link.wake

    async def sell(self, count: int = 1) -> None:
        """So many sales, in one transaction."""
        await self.store.run(sell, self.store, count)

    async def stored(self) -> int:
        """All letters up to this one have left the outbox."""
        return await self.store.read(outbox.stored_upto)

    async def backlog(self) -> int:
        """Letters that wait."""
        return (await self.store.read(outbox.backlog)).count

    async def emptied(self, seconds: float = 15.0) -> None:
        """Waits until the outbox is empty."""
        async with asyncio.timeout(seconds):
            while await self.backlog():  # noqa: ASYNC110 - the store has no event for it, and needs none
                await asyncio.sleep(0.01)


def sell(db: Database, store: Store, count: int) -> None:
    """Records sales, as the forecourt would."""
    for _ in range(count):
        stamp = store.clock.stamp()
        seq = outbox.backlog(db).next_seq
        sales.record(db, stamp, sale_of(seq, stamp))


@asynccontextmanager
async def station_end(
    path: Path, name: str, broker: Broker, pace: Pace = HASTY, clock: Clock | None = None
) -> AsyncIterator[StationEnd]:
    """A station on the line."""
    end = StationEnd(path, name, broker, pace, clock)
    end.link.start(end.forecourt)
    try:
        yield end
    finally:
        await end.link.stop()
        end.store.close()


class FakePen:
    """Signs with a key of its own, and with no books. A company that is tried again has the same."""

    def __init__(self, private: bytes = bytes(32), key: int = 1) -> None:
        self.key = key
        self.signer = Signer(private)
        self.letter = CommandKeys({key: public_key(private)})
        self.version = key

    def refresh(self, _connection: Connection) -> None:
        """Nothing is new."""

    def signed(self, topic: str, data: bytes) -> bytes:
        """This message, signed by the machine's own clock."""
        now, parts = machine_now(), topic.split("/")
        return (
            data
            if is_order(data)
            else order(OrderHead(parts[-1], parts[3], now, now + LIFE), data, self.key, self.signer)
        )

    def keys_for(self, _connection: Connection, station: str, _held: int) -> bytes:
        """The one key."""
        return self.signed(topics.down(station, topics.KEYS), pack(self.letter))


class Shelf:
    """The books that this company hands out, and what was asked of it."""

    def __init__(self) -> None:
        self.tariff_book = TariffBook(0, ())
        self.coupon_book = CouponBook(0, {}, b"", Allowance())
        self.settings_book = SettingsBook(0, SiteSettings())
        self.coupon_parts: list[CouponPart] = []
        self.commands: dict[str, list[Command]] = {}
        self.claims: list[CouponClaim] = []
        self.pen = FakePen()

    def trades(self, handlers: Mapping[type, BulkHandler]) -> Trades:
        """All that the line asks of the trades."""
        return Trades(
            handlers=handlers,
            versions=self._versions,
            tariffs=lambda _connection, stations, _now: dict.fromkeys(stations, self.tariff_book),
            coupons=lambda _connection, stations, _now: dict.fromkeys(stations, self.coupon_book),
            settings=lambda _connection, stations, _now: dict.fromkeys(stations, self.settings_book),
            parts=self._parts,
            claim=self._claim,
            commands=lambda _connection, stations, _now: {s: self.commands.get(s, []) for s in stations},
            pen=self.pen,
            restore=restoring.restore,
        )

    def price(self, version: int, milliyuan: int) -> None:
        """A new tariff book."""
        self.tariff_book = TariffBook(version, (Tariff(version, 0, {"92#": milliyuan}, "王"),))

    def _parts(self, _c: Connection, _station: str, asked: PartsWanted, _now: int) -> Sequence[CouponPart]:
        return [self.coupon_parts[index] for index in asked.wanted if asked.whole == self.coupon_book.whole]

    def _versions(self, _connection: Connection, stations: Collection[str]) -> Mapping[str, Held]:
        return dict.fromkeys(
            stations, Held(self.tariff_book.version, self.coupon_book.version, self.settings_book.version)
        )

    def _claim(self, _connection: Connection, _station: str, claim: CouponClaim, _now: int) -> ClaimAnswer:
        self.claims.append(claim)
        return ClaimAnswer(claim.ask, "unknown")


HANDLERS: dict[type, BulkHandler] = {
    **arriving.handlers,
    **events.handlers,
    **ladder.handlers,
    **tanks.handlers,
    **disputes.handlers,
    **payments.handlers,
}


class CompanyEnd:
    """The company's books and its line."""

    def __init__(
        self, books: Books, broker: Broker, shelf: Shelf | None = None, handlers: Mapping[type, BulkHandler] = HANDLERS
    ) -> None:
        self.books = books
        self.shelf = shelf or Shelf()
        self.results: list[Result] = []
        self.heard: list[str] = []
        self.notices: list[Notice] = []
        self.line = Line(
            books, broker, self.shelf.trades(handlers), self.results.append, self.heard.extend, lambda *_: None,
            self.notices.append, patience=0.5,
        )  # fmt: skip

    def sales(self, station: str = "") -> list[Key]:
        """The sales in the books, in order."""
        return [Key(*row[:3]) for row in self.rows(SaleRow) if station in ("", row.station)]

    def letters(self) -> list[Key]:
        """The letters in the inbox, in order."""
        return [Key(*row[:3]) for row in self.rows(InboxRow)]

    def rows(self, model: type[Any]) -> Sequence[Any]:
        """Everything in a table, by its key."""
        return rows_of(self.books, model)


def rows_of(books: Books, model: type[Any]) -> Sequence[Any]:
    """Everything in a table, by its key."""
    table = table_of(model)
    with books.read() as connection:
        return connection.execute(select(table).order_by(*table.primary_key.columns)).all()


@asynccontextmanager
async def company_end(
    books: Books, broker: Broker, shelf: Shelf | None = None, handlers: Mapping[type, BulkHandler] = HANDLERS
) -> AsyncIterator[CompanyEnd]:
    """A company on the line."""
    end = CompanyEnd(books, broker, shelf, handlers)
    end.line.start()
    try:
        yield end
    finally:
        await end.line.stop()


def founded(url: str, stations: Collection[str]) -> Books:
    """New books in which these stations are registered."""
    books = Books(url)
    migrate(books)
    with books.begin() as connection:
        register.add_dealer(connection, "经销商", "test", 1)
        register.add_region(connection, "华东", "test", 1)
        for station in stations:
            register.add(connection, NewStation(station, station, "经销商", "华东"), "test", 1)
    return books


async def _presence() -> Presence:
    return Presence()
