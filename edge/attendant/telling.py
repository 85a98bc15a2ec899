"""From the forecourt's changes to the open pages: which topics are told, and what each looks like.

| topic | what it is | told when |
|---|---|---|
| ``point-3`` | the whole card of point 3 | its state changed |
| ``run-3`` | its litres and money | only they changed |
| ``calling`` | the strip of those who wait | one began or ceased to wait |
| ``owing`` | the strip of sales that wait for their payment | a sale changed |
| ``station`` | the state in the bar | the station changed |
| ``troubles`` | the banner of troubles | likewise |
| ``sales`` | nothing but the sign that there is a new sale or slip | a sale changed |
"""

import asyncio
from contextlib import suppress

import structlog

from edge.attendant.cards import calling, card, same_card
from edge.attendant.port import ForecourtDoor
from edge.forecourt.views import PointPhase, PointView, SaleView, StationView
from shared.face import Face
from shared.station import Key

_log = structlog.get_logger(__name__)
_PAUSE = 1.0
_LOOK = 3.0


class Teller:
    """Tells what changes."""

    def __init__(self, forecourt: ForecourtDoor) -> None:
        self._forecourt = forecourt
        self._points: dict[int, PointView] = {}
        self.station: StationView | None = None
        """As it was told last, for the bar of a page that is being drawn."""

    async def watch(self, face: Face) -> None:
        """Look at the station now and then: its backlog moves without a change of anything else."""
        while True:
            with suppress(Exception):  # a store out of reach is told by the troubles; the next look sees
                self.tell(face, await self._forecourt.view())
            await asyncio.sleep(_LOOK)

    async def run(self, face: Face) -> None:
        """Listen to the forecourt until cancelled. If listening fails, every page is told everything and it goes on."""
        while True:
            try:
                async for change in self._forecourt.changes():
                    self.tell(face, change)
                    if isinstance(change, SaleView):
                        face.hub.tell("owing", await self._owing())
            except Exception:
                _log.exception("telling_failed")
            await asyncio.sleep(_PAUSE)
            with suppress(Exception):  # the forecourt is on its way out or in; the next round tells again
                for topic, value in await self.everything():
                    face.hub.tell(topic, value)

    def tell(self, face: Face, change: PointView | StationView | SaleView) -> None:
        """One change."""
        match change:
            case PointView():
                self._tell_point(face, change)
            case StationView():
                self._tell_station(face, change)
            case SaleView():
                face.hub.tell("sales", change.key)

    def _tell_station(self, face: Face, station: StationView) -> None:
        before, self.station = self.station, station
        if before != station:
            face.hub.tell("station", station)
        if before is None or before.troubles != station.troubles:
            face.hub.tell("troubles", station)

    def _tell_point(self, face: Face, point: PointView) -> None:
        before = self._points.get(point.point)
        self._points[point.point] = point
        if before == point:
            return
        if before is not None and same_card(before, point):
            face.hub.tell(f"run-{point.point}", point)
            return
        face.hub.tell(f"point-{point.point}", point)
        if before is None or PointPhase.CALLING in (before.phase, point.phase):
            face.hub.tell("calling", self._calling())

    def _calling(self) -> tuple[PointView, ...]:
        return tuple(one.point for one in calling(self._points.values()))

    async def everything(self) -> list[tuple[str, object]]:
        """All topics as they stand, for a page that has just connected."""
        station, points = await self._forecourt.view(), await self._forecourt.points()
        self._points, self.station = {point.point: point for point in points}, station
        cards: list[tuple[str, object]] = [(f"point-{point.point}", point) for point in points]
        strips: list[tuple[str, object]] = [("calling", self._calling()), ("owing", await self._owing())]
        return [*cards, *strips, ("station", station), ("troubles", station), ("sales", None)]

    async def _owing(self) -> tuple[SaleView, ...]:
        return tuple(await self._forecourt.tills.owing())


class Draw:
    """Draws a topic's fragment."""

    def __init__(self, face: Face) -> None:
        self._face = face

    def __call__(self, topic: str, value: object, language: str) -> str:
        """The fragment of a topic, in a language."""
        match value:
            case PointView() if topic.startswith("run-"):
                return self._face.draw("parts/run.html", language, card=card(value))
            case PointView():
                return self._face.draw("parts/card.html", language, card=card(value))
            case StationView() if topic == "troubles":
                return self._face.draw("parts/troubles.html", language, station=value)
            case StationView():
                return self._face.draw("parts/status.html", language, station=value)
            case tuple() if topic == "owing":
                return self._face.draw("parts/owing.html", language, sales=value)
            case tuple():
                return self._face.draw("parts/calling.html", language, cards=[card(point) for point in value])
            case Key():
                return str(value)
        return ""
