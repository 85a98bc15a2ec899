"""The engineer's page: how well each line and each fuelling point answers, and what was said around an incident."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta, timezone
from typing import Any, Final

from aiohttp import web
from msgspec import Struct

from edge.engineer.lines import Kept, Lines
from edge.engineer.rows import Cells, cells
from hardware.registry import dispenser
from hardware.watch.books import ENOUGH, MINUTES, Health
from hardware.watch.recording import RecordingMisread
from hardware.watch.reports import LineReport, PointReport
from shared.errors import Refused
from shared.face import Visit

_STEP: Final = 5
"""Minutes of a bar."""
LABELS: Final = [f"-{MINUTES - start - _STEP}" for start in range(0, MINUTES, _STEP)]
"""Minutes before now."""


class Shown(Struct, frozen=True):
    """A line or a fuelling point with what is drawn of it."""

    report: LineReport | PointReport
    failures: list[int]
    """Failed exchanges of each five minutes of the last hour."""
    times: str
    """Median and 99th percentile of the round trip, in milliseconds."""
    share: str
    """Failed of the last exchanges, in per cent; a dash before there are enough to tell."""
    strange: int
    """Bytes and frames that made no sense."""


class LinePages:
    """Views over the running lines."""

    def __init__(self, lines: Lines, utc_offset: int) -> None:
        self._lines = lines
        self._zone = timezone(timedelta(minutes=utc_offset))

    async def page(self, visit: Visit) -> web.StreamResponse:
        """Every line with its points, and the incidents."""
        return visit.page("lines.html", **await self._values(visit))

    async def rows(self, visit: Visit) -> web.StreamResponse:
        """The same without the page around it."""
        return visit.part("parts/lines.html", **await self._values(visit))

    async def incident(self, visit: Visit) -> web.StreamResponse:
        """What was said around an incident, frame by frame."""
        name = visit.request.match_info["name"]
        try:
            head, entries = await asyncio.to_thread(self._lines.incident, name)
        except (Refused, RecordingMisread) as why:
            raise web.HTTPNotFound from why
        rows: list[Cells] = [each for entry in entries for each in cells(head, entry, self._zone)]
        return visit.page("incident.html", head=head, rows=rows, name=name)

    async def _values(self, visit: Visit) -> dict[str, Any]:
        reports = self._lines.reports()
        kept: list[Kept] = await asyncio.to_thread(self._lines.incidents)
        return {
            "lines": [(shown(line), [shown(point) for point in line.points]) for line in reports],
            "titles": _titles(reports, visit.language),
            "labels": LABELS,
            "incidents": kept,
        }


def shown(report: LineReport | PointReport) -> Shown:
    """The figures of a line or a point, as they are drawn."""
    health: Health = report.health
    failures = [sum(failed for _, failed in health.minutes[at : at + _STEP]) for at in range(0, MINUTES, _STEP)]
    times = health.times
    told = f"{times.median // 1_000} / {times.p99 // 1_000}" if times.median else "–"
    share = f"{health.share // 10}.{health.share % 10}" if health.exchanges >= ENOUGH else "–"
    return Shown(report, failures, told, share, sum(health.blemishes.values()))


def _titles(reports: tuple[LineReport, ...], language: str) -> Mapping[str, str]:
    cards = [dispenser(report.protocol) for report in reports]
    return {card.name: card.title_zh if language == "zh" else card.title_en for card in cards}
