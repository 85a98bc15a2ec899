"""Stations: how each one is, what is missing of it, and what head office wishes of it; whose they are."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from cloud.access.accounts import Power
from cloud.office.attention import Trouble, troubles_of
from cloud.office.forms import Form
from cloud.office.moments import day_of
from cloud.office.news import Topic
from cloud.office.office import Look, Office, form_of, nothing, query_of
from cloud.sales import disputes, listing, paper
from cloud.sales.listing import SaleFilter, Sums
from cloud.stations import commands, events, register, states
from cloud.stations.register import Admission, NewStation
from cloud.stations.states import StationState
from cloud.store.database import Connection
from cloud.tanks import listing as tanks
from cloud.tariffs import shown
from shared import topics
from shared.errors import Refused
from shared.face import Face, Visit
from shared.messages import Action, AuthorisePoint, FreePoint, StopPoint, SwitchStation
from shared.sale import Preset, PresetKind
from shared.station import is_station_id

Row = tuple[StationState, list[Trouble], Sums]
SHOWN: Final = ("all", "attention", "away")
PAGE: Final = 100
"""Stations on a page."""
MOST_POINTS: Final = 999


class StationPages:
    """The list, a new station, and one station."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/stations", self.index)
        face.get("/live/stations", self.index_live)
        face.get("/new-station", self.new, power=Power.STATION)
        face.post("/new-station", self.create, power=Power.STATION)
        face.get("/stations/{id}", self.one)
        face.get("/live/stations/{id}", self.one_live)
        face.post("/stations/{id}/command", self.command, power=Power.STATION)
        face.post("/stations/{id}/password", self.new_password, power=Power.STATION)
        face.post("/stations/{id}/revoke", self.revoke, power=Power.STATION)

    # ── The list ──

    async def index(self, visit: Visit) -> web.Response:
        """All stations, or those that are meant."""
        return await self._office.page(visit, "stations.html", self._list(query_of(visit)))

    async def index_live(self, visit: Visit) -> web.Response:
        """The list anew."""
        return await self._office.part(visit, "stations_live.html", self._list(query_of(visit)))

    def _list(self, query: Form) -> Look:
        now = self._office.now()
        show, words = query.chosen("show", SHOWN, "all"), query.text("q", 40, needed=False)
        leaf = query.whole("page", 0, 10_000, 0)

        def look(connection: Connection) -> Mapping[str, Any]:
            every = states.states(connection, now)
            sums = listing.by_station(connection, _today(now))
            rows = [(state, troubles_of(state), sums.get(state.id, Sums())) for state in every]
            away = sum(not state.connected for state in every if state.revoked_at is None)
            meant = [row for row in rows if _meant(row, show, words)]
            return {
                "rows": meant[leaf * PAGE : (leaf + 1) * PAGE],
                "more": len(meant) > (leaf + 1) * PAGE,
                "leaf": leaf,
                "total": len(every),
                "away": away,
                "show": show,
                "q": words,
            }

        return look

    # ── A new one ──

    async def new(self, visit: Visit) -> web.Response:
        """The form for a new station."""
        return await self._new(visit, Form({}))

    async def create(self, visit: Visit) -> web.Response:
        """Lets a station in, and shows its password this once."""
        form = await form_of(visit)
        wanted = NewStation(form.text("id", 32), form.text("name"), form.text("dealer"), form.text("region"))
        if wanted.id and not is_station_id(wanted.id):
            form.complain("id", "station_id")
        if form.wrong:
            return await self._new(visit, form)
        by, now = visit.somebody.id, self._office.now()
        try:
            admission = await self._office.write(
                lambda connection: register.add(connection, wanted, by, now), Topic.STATIONS
            )
        except Refused as why:
            if why.reason != "exists":
                raise
            form.complain("id", "taken")
            return await self._new(visit, form)
        await self._office.company.stations_changed()
        if self._office.company.settings.door is not None:
            return visit.go(f"/stations/{wanted.id}/machine", "notice.station_added")
        return await self._admitted(visit, admission)

    async def _new(self, visit: Visit, form: Form) -> web.Response:
        def look(connection: Connection) -> Mapping[str, Any]:
            dealers, regions = register.dealers(connection), register.regions(connection)
            return {"dealers": _options(dealers), "regions": _options(regions)}

        return await self._office.page(visit, "station_new.html", look, 400 if form.wrong else 200, form=form)

    async def _admitted(self, visit: Visit, admission: Admission) -> web.Response:
        where = topics.up(admission.station, "…")
        return await self._office.page(visit, "station_admitted.html", nothing, admission=admission, topics=where)

    # ── One ──

    async def one(self, visit: Visit) -> web.Response:
        """Everything about a station."""
        return await self._office.page(visit, "station.html", self._one(_station(visit)))

    async def one_live(self, visit: Visit) -> web.Response:
        """The same anew."""
        return await self._office.part(visit, "station_live.html", self._one(_station(visit)))

    def _one(self, station: str) -> Look:
        now = self._office.now()

        def look(connection: Connection) -> Mapping[str, Any]:
            state = states.state(connection, station, now)
            return {
                "state": state,
                "gaps": states.gaps(connection, station),
                "sums": listing.totals(connection, _today(now, station)),
                "feed": listing.page(connection, SaleFilter(stations=(station,)), 10),
                "shown": shown.shown_at(connection, [station], now)[station],
                "commands": commands.latest(connection, station, now, 10),
                "slips": paper.latest(connection, station, 10),
                "told": events.latest(connection, station, 15),
                "tanks": tanks.of_station(connection, station),
                "meter_lines": disputes.lines(connection, station, 10),
            }

        return look

    async def command(self, visit: Visit) -> web.StreamResponse:
        """A wish to the station."""
        station, form = _station(visit), await form_of(visit)
        seconds = form.whole("seconds", commands.SHORTEST, commands.LONGEST, 60)
        action = _action(form)
        if form.wrong or action is None:
            raise Refused("bad_command", "This is not a command that a station knows. Please choose one on its page.")
        by, now = visit.somebody.id, self._office.now()
        await self._office.write(
            lambda connection: commands.create(connection, station, action, by, now, seconds), Topic.STATIONS
        )
        await self._office.down.commands_given([station])
        return visit.go(f"/stations/{station}", "notice.command")

    async def new_password(self, visit: Visit) -> web.Response:
        """A new password; the old one is worth nothing from now on."""
        station, by, now = _station(visit), visit.somebody.id, self._office.now()
        admission = await self._office.write(
            lambda connection: register.new_password(connection, station, by, now), Topic.STATIONS
        )
        await self._office.company.stations_changed()
        return await self._admitted(visit, admission)

    async def revoke(self, visit: Visit) -> web.StreamResponse:
        """Shuts the station out."""
        station, by, now = _station(visit), visit.somebody.id, self._office.now()
        await self._office.write(lambda connection: register.revoke(connection, station, by, now), Topic.STATIONS)
        await self._office.company.stations_changed()
        return visit.go(f"/stations/{station}", "notice.revoked")


def _station(visit: Visit) -> str:
    return visit.request.match_info["id"]


def _today(now: int, *stations: str) -> SaleFilter:
    day = day_of(now).isoformat()
    return SaleFilter(stations=stations, first_day=day, last_day=day)


def _options(groups: Sequence[register.Group]) -> list[tuple[str, str]]:
    return [(group.id, group.name) for group in groups]


def _meant(row: Row, show: str, words: str) -> bool:
    state, troubles, _ = row
    shows = {"all": True, "attention": bool(troubles), "away": not state.connected and state.revoked_at is None}
    said = " ".join((state.id, state.name, state.dealer, state.region)).casefold()
    return shows[show] and words.casefold() in said


def _action(form: Form) -> Action | None:
    match form.chosen("act", ("authorise", "stop", "free", "open", "close")):
        case "authorise":
            return AuthorisePoint(form.whole("point", 1, MOST_POINTS), _preset(form))
        case "stop":
            return StopPoint(form.whole("point", 0, MOST_POINTS))
        case "free":
            return FreePoint(form.whole("point", 1, MOST_POINTS))
        case "open":
            return SwitchStation(open=True)
        case "close":
            return SwitchStation(open=False)
    return None


def _preset(form: Form) -> Preset | None:
    match form.chosen("limit", ("amount", "volume"), ""):
        case "amount":
            return Preset(PresetKind.AMOUNT, form.money("value", 1, 100_000_00))
        case "volume":
            return Preset(PresetKind.VOLUME, form.litres("value", 1, 1_000_000))
    return None
