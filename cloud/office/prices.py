"""Prices: what stands on every nozzle, the tariffs of head office, and how far each has climbed."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from cloud.access.accounts import Power
from cloud.office.forms import Form
from cloud.office.news import Topic
from cloud.office.office import Look, Office, query_of
from cloud.office.pricing import grades_now, rungs_of, unfinished_first
from cloud.stations import register
from cloud.store.database import Connection
from cloud.tariffs import deciding, shown
from cloud.tariffs.bounds import Limits, limits_of
from cloud.tariffs.deciding import TariffState, TariffView
from cloud.tariffs.ladder import ladder
from shared.face import Face, Visit

PAGE: Final = 40
"""Stations on a page."""
LADDERS: Final = 100
"""Stations of a ladder that are shown one by one, the ones that wait first."""
TARIFFS: Final = 50


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
        face.post(r"/prices/{version:\d{1,12}}/approve", self.approve, power=Power.PRICE)

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
            names = register.names(connection, revoked=False)
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
        limits = limits_of(self._office.company.settings)
        stations = await self._office.write(
            lambda connection: _cancelled(connection, version, by, now, limits), Topic.PRICES
        )
        await self._office.down.tariffs_changed(stations or None)
        return visit.go(f"/prices/{version}", "notice.cancelled")

    async def approve(self, visit: Visit) -> web.StreamResponse:
        """A second person answers for a price beyond the bounds of one."""
        version, by, now = visit.number("version"), visit.somebody.id, self._office.now()
        limits = limits_of(self._office.company.settings)
        approved = await self._office.write(
            lambda connection: deciding.approve(connection, version, by, now, limits), Topic.PRICES
        )
        await self._office.down.tariffs_changed(approved.stations or None)
        return visit.go(f"/prices/{version}", "notice.price_approved")


def _cancelled(connection: Connection, version: int, by: str, now: int, limits: Limits) -> tuple[str, ...]:
    deciding.cancel(connection, version, by, now, limits)
    return deciding.view(connection, version, now).stations


def _holding(connection: Connection, now: int) -> set[int]:
    """The tariffs that set a price anywhere now."""
    holding = shown.holding_at(connection, list(register.names(connection, revoked=False)), now)
    return {price.tariff for prices in holding.values() for price in prices.values()}


def _coming(tariffs: Sequence[TariffView]) -> list[TariffView]:
    coming = [tariff for tariff in tariffs if tariff.state is TariffState.COMING]
    return sorted(coming, key=lambda tariff: (tariff.starts_at, tariff.version))


def _sorted(tariffs: Sequence[TariffView], holding: set[int]) -> Mapping[str, Any]:
    started = [tariff for tariff in tariffs if tariff.state is TariffState.STARTED]
    return {
        "waiting": [tariff for tariff in tariffs if tariff.state is TariffState.WAITING],
        "coming": _coming(tariffs),
        "holding": [tariff for tariff in started if tariff.version in holding],
        "past": [
            tariff
            for tariff in tariffs
            if tariff.state not in (TariffState.COMING, TariffState.WAITING)
            and not (tariff in started and tariff.version in holding)
        ],
    }
