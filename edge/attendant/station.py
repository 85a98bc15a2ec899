"""The station itself: its prices, its health, and whether it is open."""

from typing import Any

from aiohttp import web
from msgspec import Struct

from edge.attendant.cards import mismatched
from edge.attendant.points import name_of
from edge.attendant.port import ForecourtDoor
from edge.forecourt.views import ComingPrice, NozzleView, PointView
from edge.store.database import Store
from shared.face import Visit


class GradeRow(Struct, frozen=True):
    """A grade, what it costs, and what each of its nozzles shows."""

    grade: str
    wished: int | None
    tariff: int
    nozzles: tuple[tuple[int, NozzleView, bool], ...]
    """Point, nozzle, and whether it shows another price than it should."""


class StationPages:
    """Views over the station."""

    def __init__(self, forecourt: ForecourtDoor, store: Store, program: str) -> None:
        self._forecourt, self._store, self._program = forecourt, store, program

    async def prices(self, visit: Visit) -> web.StreamResponse:
        """What every nozzle shows, and what is to come."""
        return visit.page("prices.html", **await self._prices())

    async def price_rows(self, visit: Visit) -> web.StreamResponse:
        """The same without the page around it."""
        return visit.part("parts/prices.html", **await self._prices())

    async def health(self, visit: Visit) -> web.StreamResponse:
        """Line, printer, clock, versions, troubles."""
        return visit.page("station.html", **await self._health(visit))

    async def health_rows(self, visit: Visit) -> web.StreamResponse:
        """The same without the page around it."""
        return visit.part("parts/health.html", **await self._health(visit))

    async def switch_sheet(self, visit: Visit) -> web.StreamResponse:
        """Shall it really be opened, or closed?"""
        station, points = await self._forecourt.view(), await self._forecourt.points()
        busy = [point.point for point in points if "stop" in point.can]
        return visit.sheet("sheets/switch.html", station=station, busy=busy)

    async def switch(self, visit: Visit) -> web.StreamResponse:
        """Open or close it."""
        wish = (await visit.fields()).get("open") == "yes"
        await self._forecourt.switch(wish, name_of(visit.person))
        return visit.said(visit.say("done.open" if wish else "done.closed"), close=True)

    async def _prices(self) -> dict[str, Any]:
        points = await self._forecourt.points()
        rows = grade_rows(points)
        coming = sorted(await self._forecourt.coming_prices(), key=lambda price: price.starts_at)
        known = {row.grade: row.wished for row in rows if row.wished is not None}
        return {
            "rows": rows,
            "watched": [point.point for point in points],
            "coming": _with_before(coming, known),
            "now": self._store.clock.now(),
        }

    async def _health(self, visit: Visit) -> dict[str, Any]:
        return {
            "station": await self._forecourt.view(),
            "now": self._store.clock.now(),
            "store": self._store,
            "program": self._program,
            "person": visit.person,
        }


def grade_rows(points: tuple[PointView, ...]) -> list[GradeRow]:
    """The nozzles by grade."""
    found: dict[str, list[tuple[int, NozzleView, bool]]] = {}
    for point in points:
        for nozzle in point.nozzles:
            found.setdefault(nozzle.grade, []).append((point.point, nozzle, mismatched(nozzle)))
    return [_row(grade, tuple(nozzles)) for grade, nozzles in sorted(found.items(), key=lambda item: _order(item[0]))]


def _row(grade: str, nozzles: tuple[tuple[int, NozzleView, bool], ...]) -> GradeRow:
    priced = next((nozzle for _, nozzle, _ in nozzles if nozzle.wished is not None), nozzles[0][1])
    return GradeRow(grade, priced.wished, priced.tariff, nozzles)


def _order(grade: str) -> tuple[bool, int, str]:
    """Petrol by octane, then diesel."""
    number = grade.rstrip("#").lstrip("-")
    octane = int(number) if number.isdecimal() else 0
    return (octane < 80, octane, grade)


def _with_before(coming: list[ComingPrice], known: dict[str, int]) -> list[tuple[ComingPrice, dict[str, int | None]]]:
    """Each tariff to come with what the prices are until then, the earlier ones to come counted in."""
    rows: list[tuple[ComingPrice, dict[str, int | None]]] = []
    for price in coming:
        rows.append((price, {grade: known.get(grade) for grade in price.prices}))
        known = known | price.prices
    return rows
