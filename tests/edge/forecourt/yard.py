"""A small forecourt for stories: the real store and rules, dispensers in memory, and a printer that only counts."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.forecourt.ending import Patience
from edge.forecourt.forecourt import Forecourt
from edge.forecourt.views import PointPhase, PointView, SaleView, SlipView
from edge.settings import Authorise, LineSettings, Pay, PointSettings, Settings, StationSettings, StoreSettings
from edge.store import books, outbox
from edge.store.database import Database, Store
from edge.store.sales import KeptSale
from edge.store.timepiece import Clock
from shared.messages import CouponBook, Fact, Letter, TariffBook
from shared.payment import OPEN
from shared.station import Key
from shared.tariff import Tariff
from shared.wire import read_letter
from tests.fakes.pump import FakePump

STATION = "s1"
NEVER = 86_400_000
QUICK = Patience(confirm=15, lost=60, again=10, hand=NEVER, drip=NEVER, release=300, price_again=100, pulse=5)
PRICES = {"92#": 7_550, "95#": 7_850, "98#": 8_800, "0#": 7_200}


class CountingPrinter:
    """Queues a slip for each settled sale, as the real one would."""

    def __init__(self) -> None:
        self.nudges = 0
        self.reprinted: list[Key] = []

    def original(self, kept: KeptSale) -> bytes | None:
        stands = kept.sale.status == "settled" or kept.settled
        return str(kept.key).encode() if stands and (kept.sale.tender != OPEN or kept.account.paid) else None

    def mark(self, first: bytes, copy: int) -> bytes:
        return first + f" #{copy}".encode()

    def nudge(self) -> None:
        self.nudges += 1

    async def reprint(self, key: Key) -> SlipView:
        self.reprinted.append(key)
        return SlipView(1, 2, "queued", "", 0)


def station_settings(
    path: Path, authorise: Authorise = Authorise.ATTENDANT, budget_mb: int = 4_000, pay: Pay = Pay.PUMP
) -> Settings:
    """Two fuelling points with two nozzles each."""
    points = (
        PointSettings(1, 0x50, ("92#", "95#"), totaliser_tolerance=0),
        PointSettings(2, 0x51, ("95#", "0#"), totaliser_tolerance=0),
    )
    return Settings(
        StationSettings(STATION, "第一加油站"),
        StoreSettings(str(path), budget_mb),
        (LineSettings("island-1", "wayne-dart", "socket://127.0.0.1:9", points),),
        authorise=authorise,
        pay=pay,
    )


class Yard:
    """One life of the agent on a store; the pumps outlive it."""

    def __init__(
        self,
        path: Path,
        pumps: dict[int, FakePump],
        authorise: Authorise = Authorise.ATTENDANT,
        clock: Clock | None = None,
        patience: Patience = QUICK,
        budget_mb: int = 4_000,
        pay: Pay = Pay.PUMP,
    ) -> None:
        self.pumps = pumps
        self.printer = CountingPrinter()
        self.store = Store.open(path, STATION, clock)
        posts = {number: pump.post for number, pump in pumps.items()}
        settings = station_settings(path, authorise, budget_mb, pay)
        self.forecourt = Forecourt(self.store, settings, posts, self.printer, patience)

    async def __aenter__(self) -> Self:
        await self.forecourt.start("test")
        for pump in self.pumps.values():
            pump.hear = self.forecourt.receive
            pump.power_on()
        await self.rest()
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        for pump in self.pumps.values():
            pump.hear = lambda _: None
        await self.forecourt.close()
        await asyncio.to_thread(self.store.close)

    async def until(self, look: Callable[[], object], seconds: float = 5) -> None:
        """Until this is true."""
        async with asyncio.timeout(seconds):
            while not look():  # noqa: ASYNC110 - what is looked at knows of no event loop
                await asyncio.sleep(0.002)

    async def rest(self) -> None:
        """Until every dispenser has told how it is, and nothing is being settled."""
        await asyncio.sleep(0.01)
        for number in self.pumps:
            await self.phase(number, *(phase for phase in PointPhase if phase is not PointPhase.INOPERATIVE))

    async def phase(self, number: int, *phases: str) -> PointView:
        """Until this point is in one of these phases and not settling."""
        async with asyncio.timeout(5):
            while True:
                view = await self.point(number)
                if view.phase in phases and not view.settling:
                    return view
                await asyncio.sleep(0.002)

    async def point(self, number: int) -> PointView:
        """One fuelling point as the page sees it."""
        return next(view for view in await self.forecourt.points() if view.point == number)

    async def sales(self) -> list[SaleView]:
        """Everything sold, the oldest first."""
        return (await self.forecourt.sales(0))[::-1]

    async def sold(self, count: int) -> list[SaleView]:
        """Until so many sales are recorded."""
        async with asyncio.timeout(5):
            while len(sales := await self.sales()) < count:  # noqa: ASYNC110 - the store knows of no event loop
                await asyncio.sleep(0.002)
        return sales

    async def serve(self, point: int, volume: int, nozzle: int = 1) -> SaleView:
        """A whole filling by an attendant: lift, release, fuel, hang up; gives its sale."""
        before = len(await self.sales())
        pump = self.pumps[point]
        pump.lift(nozzle)
        await self.phase(point, "calling")
        await self.forecourt.authorise(point, "attendant:小李")
        await self.phase(point, "started")
        pump.flow(volume)
        pump.hang_up()
        sale = (await self.sold(before + 1))[-1]
        await self.phase(point, "idle", "calling", "closed")
        return sale

    async def price(self, version: int = 1, starts_at: int = 0, **changed: int) -> None:
        """Head office sends a tariff besides those that hold."""
        held = await self.store.read(books.tariff_book)
        prices = PRICES | {grade.replace("n", "") + "#": price for grade, price in changed.items()}
        tariffs = (*(held.tariffs if held else ()), Tariff(version, starts_at, prices, "head office"))
        await self.store.run(books.keep_tariffs, TariffBook(version, tariffs))
        await self.forecourt.tariffs_changed()

    async def coupons(self, book: CouponBook) -> None:
        """Head office sends a coupon book."""
        await self.store.run(books.keep_coupons, book)
        await self.forecourt.coupons_changed()

    async def letters(self) -> list[Letter]:
        """Every letter that was written."""
        return await self.store.read(letters)

    async def facts(self, kind: type) -> list[Fact]:
        """Every fact of this kind."""
        return [letter.body for letter in await self.letters() if isinstance(letter.body, kind)]


def letters(db: Database) -> list[Letter]:
    """Every letter in the outbox."""
    return [read_letter(body, seq) for seq, body in outbox.waiting(db, 0, 10**9)]


def two_pumps() -> dict[int, FakePump]:
    """The dispensers of :func:`station_settings`."""
    return {
        1: FakePump(1, {1: PRICES["92#"], 2: PRICES["95#"]}),
        2: FakePump(2, {1: PRICES["95#"], 2: PRICES["0#"]}),
    }
