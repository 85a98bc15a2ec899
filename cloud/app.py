"""Builds the company's program: the only file that names its concrete parts. Tests call :func:`build`, too."""

import asyncio
import signal
import ssl
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from importlib.metadata import version

import structlog
from aiohttp import web

from cloud import live, office
from cloud.access import sessions
from cloud.access.sessions import SessionLife
from cloud.broker import COMPANY, gates_here, reload
from cloud.coupons import book as coupon_book
from cloud.coupons import claims, redeeming, sealing
from cloud.coupons.keys import BOOK as COUPONS
from cloud.coupons.sealing import Seal
from cloud.days import keeping
from cloud.door import Door, Entrance
from cloud.door import Place as DoorPlace
from cloud.founding import FOUNDER, authority_of, broker_password, certify_broker, gate_of, key_file, now, open_books
from cloud.gate.admitting import BooksKeeper
from cloud.gate.gate import Gate
from cloud.identity.authority import Authority, client_pair
from cloud.live import Live
from cloud.orders import keys as command_keys
from cloud.orders.signing import OfficePen, Pen
from cloud.sales import arriving, disputes, payments, restoring
from cloud.settings import Settings
from cloud.stations import commands, events, site_settings
from cloud.store import counters
from cloud.store.arrivals import Arrived, BulkHandler
from cloud.store.database import Books, Connection
from cloud.store.migrate import must_be_current
from cloud.sync.line import Line
from cloud.sync.posting import Result
from cloud.sync.trades import Held, Trades
from cloud.tanks import posting as tanks
from cloud.tariffs import book as tariff_book
from cloud.tariffs import ladder
from cloud.tariffs.bounds import limits_of
from cloud.tariffs.deciding import BOOK as TARIFFS
from cloud.watching.gathering import Gathering
from shared.errors import Unavailable
from shared.face.service import ServiceManager, served
from shared.face.watch import Place, WatchDoor
from shared.messages import (
    ClaimAnswer,
    CouponClaim,
    DisputeSettled,
    PriceClimbed,
    SaleRecorded,
    SlipJournalled,
    TariffBook,
)
from shared.mqtt import Broker, tls_context

_log = structlog.get_logger(__name__)
_DAY = 86_400_000
_MINUTE = 60_000
_UPKEEP_SECONDS = 3_600
_DAYS_SECONDS = 2


class Company:
    """The running company: its books, its line to the stations and its pages.

    ``async with company:`` starts and stops it; :meth:`run` does so until the process is told to end.
    """

    def __init__(self, settings: Settings, books: Books, seal: Seal) -> None:
        self.settings = settings
        self.books = books
        self.seal = seal
        self.live = Live()
        self.handlers = handlers(settings)
        self.pen = OfficePen(seal, now)
        self.line = Line(
            books,
            line_broker(settings),
            trades(settings, self.handlers, self.pen),
            self._posted,
            self._heard,
            self._line_changed,
            self.live.tell,
            now,
        )
        self.gate = Gate(gate_of(settings), BooksKeeper(books), partial(gates, settings), now, gate_tls(settings))
        self._standing: asyncio.Task[None] | None = None
        self._pages: web.AppRunner | None = None
        self._door = self._entrance()
        self._watch = self._watched()
        self._upkeep: asyncio.Task[None] | None = None
        self._days: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Company":
        """Opens the pages, then the line. :exc:`Unavailable` when the pages' address is taken."""
        self._pages = web.AppRunner(office.build(self, now), access_log=None)
        await self._pages.setup()
        place = self.settings.office
        try:
            await web.TCPSite(self._pages, place.host, place.port).start()
            if self._door is not None:
                await self._door.open()
            if self._watch is not None:
                await self._watch.open()
        except OSError as why:
            await self._close()
            raise Unavailable(f"The pages can't be opened at {place.host}:{place.port}: {why.strerror}.") from why
        except Unavailable:
            await self._close()
            raise
        self._standing = asyncio.create_task(self.gate.run(), name="gate")
        self.line.start()
        self._upkeep = asyncio.create_task(self._keep_up(), name="upkeep")
        self._days = asyncio.create_task(self._keep_days(), name="days")
        _log.info("company_open", pages=f"http://{place.host}:{place.port}")
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Closes the line, the pages and the books, in this order: what has arrived is stored."""
        await _ended(self._upkeep)
        await _ended(self._days)
        await self.line.stop()
        self.gate.close()
        await _ended(self._standing)
        await self._close()
        _log.info("company_closed")

    def _watched(self) -> WatchDoor | None:
        """For Prometheus, and for whoever asks how it is."""
        place = self.settings.watch
        if place is None:
            return None
        gathering = Gathering(f"jiayou-cloud {version('jiayou')}", self.books, self.line, self.gate, self.live, now)
        return WatchDoor(Place(place.host, place.port, place.token), gathering.figures, gathering.how)

    @property
    def authority(self) -> Authority:
        """Signs the certificates of stations."""
        return authority_of(self.settings)

    def _entrance(self) -> Entrance | None:
        """Where machines become stations."""
        place = self.settings.door
        if place is None:
            return None
        made, directory = self.authority, self.settings.directory / "keys" / "door"
        return Entrance(
            Door(self.books, made, now, command_keys.public),
            made,
            DoorPlace(place.host, place.port, place.hosts, directory),
            now,
        )

    async def _close(self) -> None:
        for door in (self._watch, self._door):
            if door is not None:
                await door.close()
        if self._pages is not None:
            await self._pages.cleanup()
        self.books.close()

    async def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        told = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, told.set)
        async with self, served(ServiceManager(), "head office is open"):
            await told.wait()

    async def stations_changed(self) -> None:
        """A station was let in or shut out: whoever may no longer be on the line is cut off."""
        self.gate.look()

    async def _keep_up(self) -> None:
        """Once an hour: what is over is forgotten, what will be over is renewed."""
        while True:
            try:
                await asyncio.to_thread(self.forget)
                await asyncio.to_thread(self.renew)
            except Unavailable as why:
                _log.warning("upkeep_put_off", why=str(why))
            await asyncio.sleep(_UPKEEP_SECONDS)

    async def _keep_days(self) -> None:
        """Every few seconds: days whose sales have moved are added up, and those that are over are judged."""
        while True:
            try:
                if await asyncio.to_thread(keeping.keep, self.books, now()):
                    self._tell(live.DaysMoved())
            except Unavailable as why:
                _log.warning("days_put_off", why=str(why))
            except Exception:
                _log.exception("days_not_kept")
            await asyncio.sleep(_DAYS_SECONDS)

    def forget(self) -> None:
        """Does so now."""
        office = self.settings.office
        life = SessionLife(office.idle_minutes * _MINUTE, office.session_hours * 60 * _MINUTE)
        with self.books.begin() as connection:
            sessions.forget(connection, now(), life)
            claims.forget(connection, now())

    def renew(self) -> None:
        """Takes new certificates for the door, the broker and the company's own line, when it is time."""
        if self._door is not None:
            self._door.renew()
        if certify_broker(self.settings):
            reload(self.settings.place)
        line_broker(self.settings)

    def _posted(self, result: Result) -> None:
        """Something is new in the books."""
        for notice in notices_of(result):
            self._tell(notice)

    def _heard(self, stations: Collection[str]) -> None:
        self._tell(live.StationsHeard(tuple(sorted(stations))))

    def _tell(self, notice: live.Notice) -> None:
        """To those who look at the pages here, and at those of other workers."""
        self.live.tell(notice)
        self.line.team.tell(notice)

    def _line_changed(self, connected: bool, why: str) -> None:
        self.live.tell(live.LineChanged(connected, why))


def build(settings: Settings) -> Company:
    """The program, not yet started. :exc:`Unavailable` when the books are not there, or not ready for it."""
    books = open_books(settings)
    try:
        must_be_current(books)
        seal = sealing.load(key_file(settings))
        company = Company(settings, books, seal)
        with books.begin() as connection:  # books that were founded before there were any get theirs now
            command_keys.found(connection, seal, FOUNDER, now())
            company.pen.refresh(connection)
        return company
    except BaseException:
        books.close()
        raise


def handlers(settings: Settings) -> dict[type, BulkHandler]:
    """What writes the postings of each kind of fact."""
    decide_within = settings.coupons.case_days * _DAY

    def sales(connection: Connection, facts: Sequence[Arrived]) -> None:
        arriving.apply(connection, facts, decide_within)
        redeeming.apply(connection, facts, decide_within)

    told = {**arriving.handlers, **disputes.handlers, **payments.handlers}
    return {**told, **events.handlers, **ladder.handlers, **tanks.handlers, SaleRecorded: sales}


def trades(settings: Settings, handlers: Mapping[type, BulkHandler], pen: Pen) -> Trades:
    """Everything that the line asks of the trades."""
    lease = settings.coupons.lease_minutes * _MINUTE
    lists = coupon_book.Lists()

    def claim(connection: Connection, station: str, asked: CouponClaim, at: int) -> ClaimAnswer:
        return claims.claim(connection, station, asked, at, lease)

    def tariffs(connection: Connection, stations: Collection[str], at: int) -> Mapping[str, TariffBook]:
        books = tariff_book.books_of(connection, stations, at, limits_of(settings))
        tariff_book.sent(connection, books, at)
        return books

    return Trades(
        handlers=handlers,
        versions=_versions,
        tariffs=tariffs,
        coupons=partial(coupon_book.books_of, lists=lists),
        settings=site_settings.books_of,
        parts=partial(coupon_book.parts_of, lists=lists),
        claim=claim,
        commands=commands.take_waiting,
        pen=pen,
        restore=_restore,
    )


def line_broker(settings: Settings) -> Broker:
    """How the company connects to the broker."""
    line = settings.line
    password, ca, certificate, key = broker_password(settings), line.ca, line.certificate, line.key
    if settings.certifies_broker and not (ca or certificate):
        pair = client_pair(authority_of(settings), settings.directory / "keys" / "line", COMPANY, now())
        ca, certificate, key = str(settings.root_file), str(pair.certificate), str(pair.key)
    tls = line.tls or bool(ca or certificate)
    return Broker(line.host, line.port, COMPANY, password, tls, ca, certificate, key, line.hosts)


def gates(settings: Settings) -> Sequence[str]:
    """Where the gate stands: at the brokers that are named, or at those that run here."""
    return settings.line.gates or gates_here(str(settings.directory / "broker"))


def gate_tls(settings: Settings) -> ssl.SSLContext | None:
    """How it comes in to a broker on another machine."""
    broker = line_broker(settings)
    return tls_context(broker) if settings.line.gates and broker.tls else None


def notices_of(result: Result) -> list[live.Notice]:
    """What a group of letters has changed. Pure."""
    facts = result.facts
    sold = (SaleRecorded, SlipJournalled, *payments.handlers)
    sales = tuple(fact.key for fact in facts if isinstance(fact.body, sold))
    tariffs = {fact.body.tariff for fact in facts if isinstance(fact.body, PriceClimbed)}
    used = any(isinstance(fact.body, SaleRecorded) and fact.body.sale.redemptions for fact in facts)
    told = {fact.station for fact in facts if type(fact.body) in {**events.handlers, **disputes.handlers}}
    settled = any(isinstance(fact.body, DisputeSettled) for fact in facts)
    measured = {fact.station for fact in facts if type(fact.body) in tanks.handlers}
    tried: list[tuple[bool, live.Notice]] = [
        (bool(measured), live.TanksMoved(tuple(sorted(measured)))),
        (bool(sales), live.SalesArrived(sales)),
        (bool(sales) or settled, live.CasesOpened()),
        (bool(tariffs), live.PricesMoved(tuple(sorted(tariffs)))),
        (used, live.CouponsChanged()),
        (bool(told), live.StationsHeard(tuple(sorted(told)))),
        (bool(result.dead), live.LettersDied()),
    ]
    return [notice for happened, notice in tried if happened]


async def _ended(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _versions(connection: Connection, stations: Collection[str]) -> dict[str, Held]:
    found = [counters.versions(connection, kind, stations) for kind in (TARIFFS, COUPONS, site_settings.BOOK)]
    return {station: Held(*(versions[station] for versions in found)) for station in stations}


def _restore(connection: Connection, station: str, epoch: int, boot: int, zero: int) -> None:
    moved = restoring.restored_coupons(connection, station, epoch, boot, zero)
    if moved:
        redeeming.rejudge(connection, moved, now())
