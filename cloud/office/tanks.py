"""Tanks: the levels of every station, and one station's tanks with what came in and what went wrong."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from cloud.office.forms import Form
from cloud.office.level_chart import level_chart
from cloud.office.office import Look, Office, query_of
from cloud.stations import states
from cloud.store.database import Connection
from cloud.tanks import listing
from shared.face import Face, Visit

SPANS: Final = ("1", "7", "30")
"""Days that a chart may show."""
_DAY: Final = 86_400_000


class TankPages:
    """The list over all stations, and one station."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/tanks", self.index)
        face.get("/live/tanks", self.index_live)
        face.get("/stations/{id}/tanks", self.one)
        face.get("/live/stations/{id}/tanks", self.one_live)

    async def index(self, visit: Visit) -> web.Response:
        """All stations that have tanks."""
        return await self._office.page(visit, "tanks.html", self._list())

    async def index_live(self, visit: Visit) -> web.Response:
        """The list anew."""
        return await self._office.part(visit, "tanks_live.html", self._list())

    async def one(self, visit: Visit) -> web.Response:
        """Everything about the tanks of a station."""
        return await self._office.page(visit, "station_tanks.html", self._one(visit))

    async def one_live(self, visit: Visit) -> web.Response:
        """The same anew."""
        return await self._office.part(visit, "station_tanks_live.html", self._one(visit))

    def _list(self) -> Look:
        now = self._office.now()

        def look(connection: Connection) -> Mapping[str, Any]:
            every = states.states(connection, now)
            found = listing.of_stations(connection, [state.id for state in every])
            return {"rows": [(state, found.get(state.id, ())) for state in every if state.id in found or state.gauges]}

        return look

    def _one(self, visit: Visit) -> Look:
        now, station = self._office.now(), visit.request.match_info["id"]
        days = _days(query_of(visit))

        def look(connection: Connection) -> Mapping[str, Any]:
            state = states.state(connection, station, now)
            tanks = listing.of_station(connection, station)
            since = now - days * _DAY
            return {
                "state": state,
                "tanks": tanks,
                "charts": [level_chart(listing.levels(connection, tank, since), since, now) for tank in tanks],
                "deliveries": listing.deliveries(connection, station),
                "alarms": listing.alarms(connection, station),
                "names": {(tank.gauge, tank.tank): tank.name for tank in tanks},
                "days": days,
                "spans": [int(span) for span in SPANS],
            }

        return look


def _days(query: Form) -> int:
    return int(query.chosen("days", SPANS, SPANS[0]))
