"""The first page: how today goes, which stations need attention, and sales as they arrive."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from cloud.office.attention import troubled
from cloud.office.chart import hour_chart
from cloud.office.moments import day_of
from cloud.office.office import Look, Office, query_of
from cloud.sales import listing
from cloud.sales.listing import SaleFilter, Sums
from cloud.stations import states
from cloud.store.database import Connection
from shared.face import Face, Visit

FEED: Final = 12
_MEASURES: Final[Mapping[str, Callable[[Sums], int]]] = {
    "amount": lambda sums: sums.amount // 100,
    "volume": lambda sums: sums.volume // 1000,
    "sales": lambda sums: sums.sales,
}
_WEEK: Final = timedelta(days=7)


class OverviewPages:
    """The overview and the part of it that renews itself."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/", self.page)
        face.get("/live/overview", self.live)

    async def page(self, visit: Visit) -> web.Response:
        """The overview."""
        measure = _measure(visit)
        return await self._office.page(visit, "overview.html", self._look(measure), measures=tuple(_MEASURES))

    async def live(self, visit: Visit) -> web.Response:
        """Its figures anew."""
        return await self._office.part(visit, "overview_live.html", self._look(_measure(visit)))

    def _look(self, measure: str) -> Look:
        now = self._office.now()

        def look(connection: Connection) -> Mapping[str, Any]:
            every = states.states(connection, now)
            return {
                **_day(connection, now, measure),
                "feed": listing.page(connection, SaleFilter(), FEED),
                "names": {state.id: state.name for state in every},
                "troubled": troubled(every),
                "station_count": sum(state.revoked_at is None for state in every),
            }

        return look


def _measure(visit: Visit) -> str:
    return query_of(visit).chosen("by", _MEASURES, "amount")


def _day(connection: Connection, now: int, measure: str) -> Mapping[str, Any]:
    day = day_of(now)
    today, last = _on(day.isoformat()), _on((day - _WEEK).isoformat())
    figure = _MEASURES[measure]
    hours = [[figure(sums) for sums in listing.by_hour(connection, wanted)] for wanted in (today, last)]
    return {
        "day": day.isoformat(),
        "measure": measure,
        "today": listing.totals(connection, today),
        "last": listing.totals(connection, last),
        "grades": _largest_first(listing.by_grade(connection, today)),
        "chart": hour_chart(*hours),
    }


def _on(day: str) -> SaleFilter:
    return SaleFilter(first_day=day, last_day=day)


def _largest_first(grades: Mapping[str, Sums]) -> Sequence[tuple[str, Sums]]:
    return sorted(grades.items(), key=lambda pair: -pair[1].volume)
