"""营业日 Days: what each station sold on each day, whether that is final, and what came after it was."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from aiohttp import web

from cloud.access.accounts import Power
from cloud.days import keeping, listing
from cloud.days.listing import DateSum
from cloud.office.forms import Form
from cloud.office.moments import day_of
from cloud.office.news import Topic
from cloud.office.office import Look, Office, form_of, query_of
from cloud.stations import register
from cloud.store.database import Connection
from shared.face import Face, Visit

ROWS: Final = 200
CHARTED: Final = 31
"""Days in the chart, today included."""
NOTE: Final = 500
STATES: Final = ("provisional", "final", "restated")
DAY: Final = r"{day:\d\d\d\d-\d\d-\d\d}"


class DayPages:
    """The list over all stations, and one day of one station."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/days", self.index)
        face.get("/live/days", self.index_live)
        face.get(f"/days/{{id}}/{DAY}", self.one)
        face.post(f"/days/{{id}}/{DAY}/close", self.close, power=Power.CASE)

    async def index(self, visit: Visit) -> web.Response:
        """Days, the latest first, and a chart of the last month."""
        return await self._office.page(visit, "days.html", self._list(query_of(visit)))

    async def index_live(self, visit: Visit) -> web.Response:
        """The same anew."""
        return await self._office.part(visit, "days_live.html", self._list(query_of(visit)))

    async def one(self, visit: Visit) -> web.Response:
        """A day with everything that moved it."""
        return await self._one(visit, Form({}))

    async def close(self, visit: Visit) -> web.StreamResponse:
        """A person's word that this is all."""
        form, (station, day) = await form_of(visit), _which(visit)
        why = form.text("why", NOTE)
        if form.wrong:
            return await self._one(visit, form)
        by, now = visit.somebody.id, self._office.now()
        await self._office.write(lambda connection: keeping.close(connection, station, day, by, why, now), Topic.DAYS)
        return visit.go(f"/days/{station}/{day}", "notice.day_closed")

    async def _one(self, visit: Visit, form: Form) -> web.Response:
        station, day = _which(visit)

        def look(connection: Connection) -> Mapping[str, Any]:
            return {
                "view": listing.one(connection, station, day),
                "restated": listing.restatements(connection, station, day),
                "name": register.names(connection).get(station, station),
            }

        return await self._office.page(visit, "day.html", look, 400 if form.wrong else 200, form=form)

    def _list(self, query: Form) -> Look:
        station, state = query.text("station", needed=False), query.chosen("state", ["", *STATES], "")
        today = day_of(self._office.now())
        here = {name: query.raw(name) for name in ("station", "state") if query.raw(name)}

        def look(connection: Connection) -> Mapping[str, Any]:
            first = (today - timedelta(days=CHARTED - 1)).isoformat()
            names = register.names(connection)
            return {
                "rows": listing.page(connection, station, state, limit=ROWS),
                "chart": charted(listing.by_date(connection, station, first), today),
                "names": names,
                "states": STATES,
                "form": query,
                "query": here,
                "shown": names.get(station, station),
            }

        return look


def charted(sums: Sequence[DateSum], today: date) -> dict[str, list[Any]]:
    """The last days in figures for the chart: names of the days, and fen. A day without sales is a bar of nothing."""
    found = {one.day: one.totals.payable for one in sums}
    days = [today - timedelta(days=before) for before in range(CHARTED - 1, -1, -1)]
    return {
        "names": [f"{day.month}-{day.day:02d}" for day in days],
        "payable": [found.get(day.isoformat(), 0) for day in days],
    }


def _which(visit: Visit) -> tuple[str, str]:
    return visit.request.match_info["id"], visit.request.match_info["day"]
