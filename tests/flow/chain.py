"""A small chain within this process: broker, head office and station agents with their real parts.

    async with chain(tmp_path) as company, company.office() as office, company.station() as station:
        station.island.customer(1, volume=20_000)

Only what a person would do, and what both houses show for it, goes through here.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, select

import cloud.app
import edge.app
from cloud import founding
from cloud.cases import desk as cases
from cloud.cases.desk import CaseView
from cloud.coupons import issuing
from cloud.coupons.issuing import IssuedCoupon, NewCampaign
from cloud.sales.trace import Trace, trace
from cloud.settings import BrokerListener, Database, Line, Office
from cloud.settings import Settings as CloudSettings
from cloud.stations import commands, register
from cloud.stations.commands import CommandView
from cloud.stations.register import NewStation
from cloud.store.database import Books
from cloud.store.tables import SaleRow, table_of
from cloud.tariffs import deciding
from cloud.tariffs.deciding import NewTariff
from cloud.tariffs.ladder import Ladder, ladder
from edge.forecourt.ending import Patience
from edge.forecourt.views import PointView, SaleView
from edge.settings import (
    Authorise,
    BrokerSettings,
    LineSettings,
    PageSettings,
    PointSettings,
    PrinterSettings,
    Settings,
    StationSettings,
    StoreSettings,
)
from edge.store.timepiece import Clock
from shared.coupon import CouponKind
from shared.messages import Action, Command
from shared.station import Key
from tests.company.servers import free_port
from tests.fakes.waiting import until
from tests.flow.brokers import SINGLE, BrokerKind
from tests.flow.checker import StationBooks, agree, poured, station_books
from tests.flow.island import GRADES, Island, island

A, B = "pudong-1", "minhang-2"
WANG = "attendant:小王"
PRICES = {"92#": 7_550, "95#": 8_360, "98#": 9_360, "0#": 7_200}
QUICK = Patience(confirm=20, again=30, release=2_000, price_again=300, pulse=10)
_DAY = 86_400_000


class Chain:
    """Its keys, passwords and broker. The two houses are opened and closed by :meth:`office` and :meth:`station`."""

    def __init__(self, directory: Path, stations: Collection[str], database: str, kind: BrokerKind) -> None:
        self.directory = directory
        self.settings = kind.settle(
            CloudSettings(
                str(directory / "cloud"),
                database=Database(database),
                broker=BrokerListener(port=(port := free_port())),
                line=Line(port=port),
                office=Office(port=free_port()),
            )
        )
        founding.found(self.settings, "owner")
        self.passwords = self._admit(stations)
        self.broker = kind.broker(self.settings, self.passwords)

    def _admit(self, stations: Collection[str]) -> dict[str, str]:
        with self.books() as books:
            with books.begin() as connection:
                register.add_dealer(connection, "经销商", "test", 1)
                register.add_region(connection, "华东", "test", 1)
                admitted = [register.add(connection, _new(name), "test", 1) for name in stations]
            founding.tell_broker(self.settings)
        return {one.station: one.password for one in admitted}

    @contextmanager
    def books(self) -> Iterator[Books]:
        """Head office's books, opened beside whoever uses them."""
        books = founding.open_books(self.settings)
        try:
            yield books
        finally:
            books.close()

    def store_of(self, station: str) -> Path:
        """A station's store."""
        return self.directory / f"{station}.sqlite"

    def slips_of(self, station: str) -> Path:
        """Where a station's virtual printer keeps its paper."""
        return self.directory / f"{station}-slips"

    @asynccontextmanager
    async def office(self) -> AsyncIterator["HeadOffice"]:
        """Head office at work."""
        company = cloud.app.build(self.settings)
        async with company:
            yield HeadOffice(company)

    @asynccontextmanager
    async def station(
        self, pumps: Island, name: str = A, authorise: Authorise = Authorise.AUTOMATIC, clock: Clock | None = None
    ) -> AsyncIterator["Station"]:
        """A station's agent at work on these dispensers."""
        agent = edge.app.build(self.edge_settings(name, pumps.url, authorise), clock, QUICK)
        async with agent:
            yield Station(agent, pumps, self.slips_of(name))

    def edge_settings(self, name: str, line: str, authorise: Authorise) -> Settings:
        """What stands in a station's configuration file."""
        points = tuple(PointSettings(number, 0x4F + number, grades) for number, grades in enumerate(GRADES, 1))
        return Settings(
            StationSettings(name, f"{name}加油站"),
            StoreSettings(str(self.store_of(name))),
            (LineSettings("一号线", "wayne-dart", line, points),),
            authorise,
            self.broker_settings(name),
            PageSettings(port=0),
            PrinterSettings(f"virtual:{self.slips_of(name)}", 58),
        )

    def broker_settings(self, name: str) -> BrokerSettings:
        """How a station reaches the broker."""
        line = self.settings.line
        return BrokerSettings("127.0.0.1", line.port, line.hosts, password=self.passwords[name])

    def told(self, station: str = A) -> StationBooks:
        """A station's own books."""
        return station_books(self.store_of(station))

    def check(self, **truths: Island) -> None:
        """Both houses agree on every fact; ``truths`` maps a station (``_`` for ``-``) to the dispensers it had."""
        stations = [self.told(name.replace("_", "-")) for name in truths]
        with self.books() as books:
            agree(books, stations)
        for station, pumps in zip(stations, truths.values(), strict=True):
            poured(station, pumps.truth())


class HeadOffice:
    """Head office, and what people there do and see."""

    def __init__(self, company: cloud.app.Company) -> None:
        self.company = company
        self.books = company.books

    async def price(self, prices: Mapping[str, int], starts_at: int = 0) -> int:
        """A tariff for all stations, pushed at once; its version."""
        with self.books.begin() as connection:
            made = deciding.make(connection, NewTariff(prices, starts_at), "王", founding.now())
        await self.company.line.dispatch.tariffs_changed()
        return made.version

    def ladder(self, version: int) -> Ladder:
        """How far a price has climbed."""
        with self.books.read() as connection:
            return ladder(connection, version, founding.now())

    def read_back(self, version: int) -> int:
        """On how many nozzles it is shown, once it is on all that should."""
        seen = self.ladder(version)
        return seen.read_back if seen.read_back == seen.nozzles else 0

    async def coupon(self, fen: int, campaign: str = "冒烟券", *, typed: bool = False) -> IssuedCoupon:
        """A coupon worth so much, pushed to all stations."""
        return (await self.coupons(1, fen, campaign, typed=typed))[0]

    async def coupons(
        self, count: int, fen: int, campaign: str = "冒烟券", *, typed: bool = False
    ) -> tuple[IssuedCoupon, ...]:
        """So many of them."""
        now = founding.now()
        new = NewCampaign(campaign, CouponKind.AMOUNT, fen, now, now + _DAY)
        with self.books.begin() as connection:
            issuing.create_campaign(connection, new, "王", now)
        issued = issuing.issue(self.books, self.company.seal, campaign, count, "王", now, typed=typed)
        await self.company.line.dispatch.coupons_changed()
        return issued

    async def command(self, station: str, action: Action) -> Command:
        """An order to a station, sent at once."""
        with self.books.begin() as connection:
            given = commands.create(connection, station, action, "王", founding.now())
        await self.company.line.dispatch.commands_given([station])
        return given

    def became_of(self, command: Command, station: str = A) -> CommandView:
        """How an order ended, or stands."""
        with self.books.read() as connection:
            views = commands.latest(connection, station, founding.now())
        return next(view for view in views if view.id == command.id)

    def sales(self, station: str = "") -> Sequence[Row[Any]]:
        """The rows of the sales, in order of their keys."""
        table = table_of(SaleRow)
        with self.books.read() as connection:
            rows = connection.execute(select(table).order_by(*table.primary_key.columns)).all()
        return [row for row in rows if station in ("", row.station)]

    def trace(self, key: Key) -> Trace:
        """The whole way of a sale."""
        with self.books.read() as connection:
            return trace(connection, key)

    def cases(self) -> tuple[CaseView, ...]:
        """What waits for a person's decision."""
        with self.books.read() as connection:
            return cases.page(connection)


class Station:
    """A station, and what people there do and see."""

    def __init__(self, agent: edge.app.Agent, pumps: Island, slips: Path) -> None:
        self.agent = agent
        self.island = pumps
        self.forecourt = agent.forecourt
        self._slips = slips

    def slips(self) -> int:
        """How many slips came out of the printer."""
        return len(list(self._slips.glob("*.png")))

    async def point(self, number: int) -> PointView:
        """A fuelling point as the touchscreen shows it."""
        return next(view for view in await self.forecourt.points() if view.point == number)

    async def sales(self) -> list[SaleView]:
        """Everything sold, the oldest first."""
        return (await self.forecourt.sales(0))[::-1]

    async def sold(self, count: int, seconds: float = 15) -> list[SaleView]:
        """Once so many sales are recorded."""
        await eventually(self._has_sold(count), seconds, f"{count} sales at the station")
        return await self.sales()

    def _has_sold(self, count: int) -> Callable[[], Any]:
        async def look() -> bool:
            return len(await self.sales()) >= count

        return look

    async def serve(self, point: int, volume: int, nozzle: int = 1) -> SaleView:
        """A customer from arrival to leaving; gives his sale."""
        before = len(await self.sales())
        self.island.customer(point, nozzle, volume)
        return (await self.sold(before + 1))[-1]

    async def priced(self, version: int) -> None:
        """Once every nozzle here shows the prices of this tariff, and nothing is left to be settled."""

        async def look() -> bool:
            points = await self.forecourt.points()
            shown = [nozzle for point in points for nozzle in point.nozzles]
            ready = all(n.tariff >= version and n.shown == n.wished is not None for n in shown)
            return ready and not any(point.settling for point in points)

        await eventually(look, 15, f"tariff {version} on every nozzle")

    async def ready(self) -> None:
        """Once every point can be used, and head office answers."""

        async def look() -> bool:
            points = await self.forecourt.points()
            return self.forecourt.connected and not any(p.settling or p.phase == "inoperative" for p in points)

        await eventually(look, 15, "the station to be ready")

    async def phase(self, number: int, phase: str) -> None:
        """Once this point is in this phase, and nothing is being settled there."""

        async def look() -> bool:
            view = await self.point(number)
            return view.phase == phase and not view.settling

        await eventually(look, 10, f"point {number} to be {phase}")

    async def holds_coupons(self, version: int) -> None:
        """Once this coupon book is here."""

        async def look() -> bool:
            return (await self.forecourt.view()).coupon_book >= version

        await eventually(look, 15, f"coupon book {version} at the station")

    async def emptied(self, seconds: float = 20) -> None:
        """Once head office has every letter, and every slip is printed."""

        async def look() -> bool:
            busy = [point for point in await self.forecourt.points() if point.settling]
            if busy or not await self._printed():
                return False
            view = await self.forecourt.view()  # last: what was printed a moment ago has written a letter, too
            return view.connected and not view.backlog

        await eventually(look, seconds, "the outbox to be empty")

    async def _printed(self) -> bool:
        slips = [slip for sale in await self.sales() for slip in sale.slips]
        return all(slip.state not in ("queued", "printing") for slip in slips)

    async def connected(self, wanted: bool = True) -> None:
        """Once head office answers, or does not."""
        await until(lambda: self.forecourt.connected is wanted, 15, f"connected: {wanted}")


async def eventually(look: Callable[[], Any], seconds: float, what: str) -> None:
    """Returns as soon as ``look()``, awaited, is true; fails after so many seconds, naming what was awaited."""
    async with _within(seconds, what):
        while not await look():  # noqa: ASYNC110 - books of two houses know no common event
            await asyncio.sleep(0.02)


@asynccontextmanager
async def _within(seconds: float, what: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise AssertionError(f"waited {seconds:.0f} s in vain for {what}") from None


class Scene(Struct, frozen=True):
    """Head office and one station, both open, the first prices on the nozzles."""

    chain: Chain
    office: HeadOffice
    station: Station
    island: Island


@asynccontextmanager
async def chain(
    directory: Path, stations: Collection[str] = (A,), database: str = "", kind: BrokerKind = SINGLE
) -> AsyncIterator[Chain]:
    """A founded chain with its broker running."""
    founded = Chain(directory, stations, database, kind)
    founded.broker.start()
    try:
        yield founded
    finally:
        founded.broker.stop()


@asynccontextmanager
async def scene(
    directory: Path,
    authorise: Authorise = Authorise.AUTOMATIC,
    database: str = "",
    speed: int = 60,
    kind: BrokerKind = SINGLE,
) -> AsyncIterator[Scene]:
    """Both houses in business."""
    with island(speed) as pumps:
        async with chain(directory, database=database, kind=kind) as company, company.office() as office:
            version = await office.price(PRICES)
            async with company.station(pumps, A, authorise) as station:
                await station.priced(version)
                yield Scene(company, office, station, pumps)


def _new(name: str) -> NewStation:
    return NewStation(name, f"{name}加油站", "经销商", "华东")
