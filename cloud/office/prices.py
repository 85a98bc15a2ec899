"""Prices: what stands on every nozzle, the tariffs of head office, a new one, and how far each has climbed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from cloud.access.accounts import Power
from cloud.office.forms import Form
from cloud.office.moments import write_moment
from cloud.office.news import Topic
from cloud.office.office import Look, Office, form_of, query_of
from cloud.office.pricing import changes, grades_now, in_order, rungs_of, unfinished_first
from cloud.stations import register
from cloud.store.database import Connection
from cloud.tariffs import deciding, shown
from cloud.tariffs.deciding import NewTariff, TariffState, TariffView
from cloud.tariffs.ladder import ladder
from shared.errors import Refused
from shared.face import Face, Visit
from shared.money import per_litre
from shared.station import GRADES

PAGE: Final = 40
"""Stations on a page."""
LADDERS: Final = 100
"""Stations of a ladder that are shown one by one, the ones that wait first."""
TARIFFS: Final = 50
_NOW, _LATER = "now", "later"
_ALL, _SOME = "all", "some"


class PricePages:
    """What stands now, and the list of tariffs."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/prices", self.index)
        face.get("/live/prices", self.live)
        face.get("/prices/tariffs", self.tariffs)
        face.get(r"/prices/{version:\d{1,12}}", self.one)
        face.get(r"/live/prices/{version:\d{1,12}}", self.one_live)
        face.post(r"/prices/{version:\d{1,12}}/cancel", self.cancel, power=Power.PRICE)

    async def index(self, visit: Visit) -> web.Response:
        """Every grade over the chain, then station by station."""
        return await self._office.page(visit, "prices.html", self._now(query_of(visit)))

    async def live(self, visit: Visit) -> web.Response:
        """The same anew."""
        return await self._office.part(visit, "prices_live.html", self._now(query_of(visit)))

    def _now(self, query: Form) -> Look:
        now, place = self._office.now(), query.whole("page", 0, 10_000, 0)
        show = query.chosen("show", ("all", "differing"), "all")

        def look(connection: Connection) -> Mapping[str, Any]:
            names = _stations(connection)
            every = shown.shown_at(connection, list(names), now)
            meant = [id for id in names if show == "all" or any(nozzle.differs for nozzle in every[id])]
            return {
                "grades": grades_now(shown.holding_at(connection, list(names), now), every),
                "rows": [(id, names[id], every[id]) for id in meant[place * PAGE : (place + 1) * PAGE]],
                "place": place,
                "more": len(meant) > (place + 1) * PAGE,
                "show": show,
                "coming": _coming(deciding.page(connection, now, TARIFFS)),
            }

        return look

    async def tariffs(self, visit: Visit) -> web.Response:
        """Tariffs that are coming, that hold, and that are past."""
        now, before = self._office.now(), query_of(visit).whole("before", 1, default=0)

        def look(connection: Connection) -> Mapping[str, Any]:
            rows = deciding.page(connection, now, TARIFFS + 1, before or None)
            return {
                **_sorted(rows[:TARIFFS], _holding(connection, now)),
                "more": rows[TARIFFS - 1].version if len(rows) > TARIFFS else 0,
                "first": not before,
            }

        return await self._office.page(visit, "tariffs.html", look)

    async def one(self, visit: Visit) -> web.Response:
        """A tariff and its ladder."""
        return await self._office.page(visit, "tariff.html", self._one(visit.number("version")))

    async def one_live(self, visit: Visit) -> web.Response:
        """The ladder anew."""
        return await self._office.part(visit, "tariff_live.html", self._one(visit.number("version")))

    def _one(self, version: int) -> Look:
        now = self._office.now()

        def look(connection: Connection) -> Mapping[str, Any]:
            climbed = ladder(connection, version, now)
            stations = unfinished_first(climbed)
            return {
                "tariff": climbed.tariff,
                "rungs": rungs_of(climbed),
                "stations": stations[:LADDERS],
                "left_out": max(0, len(stations) - LADDERS),
                "holds": version in _holding(connection, now),
            }

        return look

    async def cancel(self, visit: Visit) -> web.StreamResponse:
        """Takes a tariff back before it starts."""
        version, by, now = visit.number("version"), visit.somebody.id, self._office.now()
        stations = await self._office.write(lambda connection: _cancelled(connection, version, by, now), Topic.PRICES)
        await self._office.down.tariffs_changed(stations or None)
        return visit.go(f"/prices/{version}", "notice.cancelled")


class Wish(Struct, frozen=True):
    """A tariff as a person typed it, not made yet."""

    new: NewTariff
    instead: int
    """The coming tariff that it replaces; 0 for none."""


class NewTariffPages:
    """A new tariff: the form, the question, the deed."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/prices/new", self.new, power=Power.PRICE)
        face.post("/prices/check", self.check, power=Power.PRICE)
        face.post("/prices", self.make, power=Power.PRICE)

    async def new(self, visit: Visit) -> web.Response:
        """The form, filled in when another tariff is to be replaced."""
        instead = query_of(visit).whole("instead", 1, 10**12, 0)
        form = Form({})
        if instead:
            now = self._office.now()
            form = await self._office.read(lambda connection: _form_of(deciding.view(connection, instead, now)))
        return await self._form(visit, form)

    async def check(self, visit: Visit) -> web.Response:
        """What it would change, before it is made."""
        form = await form_of(visit)
        now = self._office.now()
        known = await self._office.read(lambda connection: _stations(connection))
        wish = read_wish(form, list(known), now)
        if form.wrong or form.raw("back"):
            return await self._form(visit, form)

        def look(connection: Connection) -> Mapping[str, Any]:
            meant = wish.new.stations or tuple(known)
            holding = shown.holding_at(connection, meant, wish.new.starts_at or now)
            return {
                "changes": changes(wish.new.prices, holding),
                "wish": wish,
                "meant": [(id, known[id]) for id in meant],
                "nozzles": sum(
                    nozzle.grade in wish.new.prices
                    for some in shown.shown_at(connection, meant, now).values()
                    for nozzle in some
                ),
            }

        return await self._office.page(visit, "tariff_check.html", look, form=form)

    async def make(self, visit: Visit) -> web.StreamResponse:
        """Makes it, and leads to its ladder."""
        form = await form_of(visit)
        by, now = visit.somebody.id, self._office.now()
        known = await self._office.read(lambda connection: _stations(connection))
        wish = read_wish(form, list(known), now)
        if form.wrong:
            return await self._form(visit, form)
        made = await self._office.write(lambda connection: _made(connection, wish, by, now), Topic.PRICES)
        await self._office.down.tariffs_changed(None if wish.instead else made.stations or None)
        return visit.go(f"/prices/{made.version}", "notice.price_made")

    async def _form(self, visit: Visit, form: Form) -> web.Response:
        now = self._office.now()

        def look(connection: Connection) -> Mapping[str, Any]:
            names = _stations(connection)
            every = shown.shown_at(connection, list(names), now)
            sold = grades_now(shown.holding_at(connection, list(names), now), every)
            wished = {grade.grade: grade.wished for grade in sold}
            return {
                "grades": [(grade, wished.get(grade, ())) for grade in in_order({*GRADES, *wished})],
                "stations": list(names.items()),
            }

        return await self._office.page(visit, "tariff_new.html", look, 400 if form.wrong else 200, form=form)


def read_wish(form: Form, stations: Sequence[str], now: int) -> Wish:
    """The tariff in a form, its complaints left in the form. An empty price leaves that grade alone."""
    fields = [name for name in form.names if name.startswith("price:") and form.raw(name).strip()]
    prices = {name.removeprefix("price:")[:16]: form.unit_price(name) for name in fields}
    if not prices:
        form.complain("prices", "some_price")
    starts_at = form.moment("starts_at") if form.chosen("when", (_NOW, _LATER), _NOW) == _LATER else 0
    if starts_at and starts_at <= now:
        form.complain("starts_at", "past")
    some: tuple[str, ...] = ()
    if form.chosen("where", (_ALL, _SOME), _ALL) == _SOME:
        some = form.several("station", stations)
        if not some:
            form.complain("station", "some_station")
    return Wish(NewTariff(prices, starts_at, some), form.whole("instead", 0, 10**12, 0))


def _made(connection: Connection, wish: Wish, by: str, now: int) -> TariffView:
    if wish.instead:
        return deciding.supersede(connection, wish.instead, wish.new, by, now)
    return deciding.make(connection, wish.new, by, now)


def _cancelled(connection: Connection, version: int, by: str, now: int) -> tuple[str, ...]:
    deciding.cancel(connection, version, by, now)
    return deciding.view(connection, version, now).stations


def _stations(connection: Connection) -> dict[str, str]:
    """Id and name of every station that is not revoked."""
    return register.names(connection, revoked=False)


def _holding(connection: Connection, now: int) -> set[int]:
    """The tariffs that set a price anywhere now."""
    holding = shown.holding_at(connection, list(_stations(connection)), now)
    return {price.tariff for prices in holding.values() for price in prices.values()}


def _coming(tariffs: Sequence[TariffView]) -> list[TariffView]:
    coming = [tariff for tariff in tariffs if tariff.state is TariffState.COMING]
    return sorted(coming, key=lambda tariff: (tariff.starts_at, tariff.version))


def _sorted(tariffs: Sequence[TariffView], holding: set[int]) -> Mapping[str, Any]:
    started = [tariff for tariff in tariffs if tariff.state is TariffState.STARTED]
    return {
        "coming": _coming(tariffs),
        "holding": [tariff for tariff in started if tariff.version in holding],
        "past": [
            tariff
            for tariff in tariffs
            if tariff.state is not TariffState.COMING and not (tariff in started and tariff.version in holding)
        ],
    }


def _form_of(tariff: TariffView) -> Form:
    """A form filled with a tariff that has not started. :exc:`Refused` (``started``) when it has."""
    if tariff.state is not TariffState.COMING:
        raise Refused("started", f"Tariff {tariff.version} is not waiting any more. Please make a new one.")
    fields: dict[str, Sequence[str]] = {f"price:{grade}": (per_litre(price),) for grade, price in tariff.prices.items()}
    fields["when"] = (_LATER,)
    fields["starts_at"] = (write_moment(tariff.starts_at),)
    fields["where"] = (_SOME if tariff.stations else _ALL,)
    fields["station"] = tariff.stations
    fields["instead"] = (str(tariff.version),)
    return Form(fields)
