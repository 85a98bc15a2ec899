"""A new tariff: the form, the question what it would change, the deed."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from msgspec import Struct

from cloud.access.accounts import Power
from cloud.office.forms import Form
from cloud.office.moments import write_moment
from cloud.office.news import Topic
from cloud.office.office import Office, form_of, query_of
from cloud.office.pricing import changes, grades_now, in_order
from cloud.stations import register
from cloud.store.database import Connection
from cloud.tariffs import deciding, shown
from cloud.tariffs.bounds import Limits, limits_of
from cloud.tariffs.deciding import NewTariff, TariffState, TariffView
from shared.errors import Refused
from shared.face import Face, Visit
from shared.money import per_litre
from shared.station import GRADES

_NOW, _LATER = "now", "later"
_ALL, _SOME = "all", "some"


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
        known = await self._office.read(lambda connection: register.names(connection, revoked=False))
        wish = read_wish(form, list(known), now)
        if form.wrong or form.raw("back"):
            return await self._form(visit, form)

        def look(connection: Connection) -> Mapping[str, Any]:
            meant = wish.new.stations or tuple(known)
            holding = shown.holding_at(connection, meant, wish.new.starts_at or now)
            return {
                "changes": changes(wish.new.prices, holding, limits_of(self._office.company.settings).percent),
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
        known = await self._office.read(lambda connection: register.names(connection, revoked=False))
        wish = read_wish(form, list(known), now)
        if form.wrong:
            return await self._form(visit, form)
        limits = limits_of(self._office.company.settings)
        made = await self._office.write(lambda connection: _made(connection, wish, by, now, limits), Topic.PRICES)
        if made.state is TariffState.WAITING and not wish.instead:
            return visit.go(f"/prices/{made.version}", "notice.price_waits")
        await self._office.down.tariffs_changed(None if wish.instead else made.stations or None)
        return visit.go(f"/prices/{made.version}", "notice.price_made")

    async def _form(self, visit: Visit, form: Form) -> web.Response:
        now = self._office.now()

        def look(connection: Connection) -> Mapping[str, Any]:
            names = register.names(connection, revoked=False)
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


def _made(connection: Connection, wish: Wish, by: str, now: int, limits: Limits) -> TariffView:
    if wish.instead:
        return deciding.supersede(connection, wish.instead, wish.new, by, now, limits)
    return deciding.make(connection, wish.new, by, now, limits)


def _form_of(tariff: TariffView) -> Form:
    """A form filled with a tariff that has not started. :exc:`Refused` (``started``) when it has."""
    if tariff.state not in (TariffState.COMING, TariffState.WAITING):
        raise Refused("started", f"Tariff {tariff.version} is not waiting any more. Please make a new one.")
    fields: dict[str, Sequence[str]] = {f"price:{grade}": (per_litre(price),) for grade, price in tariff.prices.items()}
    fields["when"] = (_LATER,)
    fields["starts_at"] = (write_moment(tariff.starts_at),)
    fields["where"] = (_SOME if tariff.stations else _ALL,)
    fields["station"] = tariff.stations
    fields["instead"] = (str(tariff.version),)
    return Form(fields)
