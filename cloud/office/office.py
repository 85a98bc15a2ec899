"""What every page of head office works with: the books, the clock, the doors to the line, and how a page is drawn."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol, TypeVar

from aiohttp import web

from cloud.cases import desk as cases
from cloud.coupons.sealing import Seal
from cloud.identity.authority import Authority
from cloud.live import Live
from cloud.office.forms import Form
from cloud.office.news import News, Topic
from cloud.settings import Settings
from cloud.stations import dead_letters
from cloud.store.arrivals import BulkHandler
from cloud.store.database import Books, Connection
from shared.face import Face, Visit

T = TypeVar("T")

Look = Callable[[Connection], Mapping[str, Any]]


class Dispatch(Protocol):
    """The way down to the stations. Each is called after what it tells of was committed."""

    async def tariffs_changed(self, stations: Collection[str] | None = None) -> None:
        """There are new tariff books for these stations, or for all."""

    async def coupons_changed(self, stations: Collection[str] | None = None) -> None:
        """Likewise for coupon books."""

    async def settings_changed(self, stations: Collection[str] | None = None) -> None:
        """Likewise for what head office sets."""

    async def commands_given(self, stations: Collection[str]) -> None:
        """There are new commands for these stations."""


class Line(Protocol):
    """The line to the stations, as far as pages care."""

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""

    @property
    def dispatch(self) -> Dispatch:
        """The way down."""


class Company(Protocol):
    """What the pages are built on: the running program, or as much of it as a test needs."""

    @property
    def settings(self) -> Settings:
        """As configured."""

    @property
    def books(self) -> Books:
        """The company's database."""

    @property
    def seal(self) -> Seal:
        """Opens the keys that coupons are signed with."""

    @property
    def authority(self) -> Authority:
        """Signs the certificates of stations."""

    @property
    def live(self) -> Live:
        """Tells what has just changed."""

    @property
    def handlers(self) -> Mapping[type, BulkHandler]:
        """What posts a letter that a person has mended, as for any other."""

    @property
    def line(self) -> Line:
        """The line to the stations."""

    async def stations_changed(self) -> None:
        """A station was let in or shut out: the broker must know."""


class Office:
    """One head office: the pages call it, and it calls the books in threads."""

    def __init__(self, face: Face, company: Company, now: Callable[[], int]) -> None:
        """``now`` is the company's clock, UTC milliseconds."""
        self.face = face
        self.company = company
        self.books = company.books
        self.now = now
        self.news = News(face.hub)

    @property
    def down(self) -> Dispatch:
        """The way down to the stations."""
        return self.company.line.dispatch

    async def read(self, look: Callable[[Connection], T]) -> T:
        """What ``look`` finds in the books, all of one moment."""

        def reading() -> T:
            with self.books.read() as connection:
                return look(connection)

        return await asyncio.to_thread(reading)

    async def write(self, act: Callable[[Connection], T], *topics: Topic) -> T:
        """Does ``act`` in one transaction, and then tells the pages which topics it changed."""

        def writing() -> T:
            with self.books.begin() as connection:
                return act(connection)

        done = await asyncio.to_thread(writing)
        self.news.tell(*topics)
        return done

    async def page(self, visit: Visit, template: str, look: Look, status: int = 200, **values: Any) -> web.Response:
        """A whole page with what ``look`` finds, and the counts that stand beside the places at its left."""
        mark = self.news.mark
        found = await self.read(lambda connection: {**_waiting(connection), **look(connection)})
        live = f"{self.face.live_path}?seen={mark}"
        return visit.page(template, status=status, **{"live": live, **self._known(visit), **found, **values})

    async def part(self, visit: Visit, template: str, look: Look) -> web.Response:
        """A part of a page, fetched anew because of a piece of news."""
        found = await self.read(look)
        return visit.part(template, **{**self._known(visit), **found})

    def _known(self, visit: Visit) -> Mapping[str, Any]:
        return {"now": self.now(), "can": visit.somebody.powers, "line": self.company.line.connected}


def _waiting(connection: Connection) -> Mapping[str, Any]:
    return {"cases_open": cases.open_count(connection), "letters_waiting": dead_letters.waiting_count(connection)}


async def form_of(visit: Visit) -> Form:
    """The form that was sent."""
    fields = await visit.fields()
    return Form({name: fields.getall(name) for name in fields})


def query_of(visit: Visit) -> Form:
    """The address's query."""
    query = visit.request.query
    return Form({name: query.getall(name) for name in query})


def nothing(_connection: Connection) -> Mapping[str, Any]:
    """For a page that needs nothing from the books but what every page shows."""
    return {}
