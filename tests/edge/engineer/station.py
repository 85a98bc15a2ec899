"""A station of one line on an adapter, with its agent, for the engineer's tools to look at."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from edge.app import Agent, build
from edge.forecourt.ending import Patience
from edge.settings import (
    Authorise,
    LineSettings,
    PageSettings,
    PointSettings,
    Settings,
    StationSettings,
    StoreSettings,
)
from tests.fakes.adapter import Adapter


def settings(folder: Path, lines: Sequence[LineSettings], authorise: Authorise = Authorise.AUTOMATIC) -> Settings:
    """A configuration without broker and printer."""
    store = StoreSettings(str(folder / "s.db"), budget_mb=100)
    return Settings(
        StationSettings("s1", "第一加油站"), store, lines=tuple(lines), authorise=authorise, page=PageSettings(port=0)
    )


def line(at: Adapter, name: str = "一号岛", first: int = 1) -> LineSettings:
    """The line of an adapter; its points are numbered from ``first`` on."""
    points = tuple(
        PointSettings(first + place.point - 1, place.address, place.grades, place.decimals) for place in at.places
    )
    return LineSettings(name, at.protocol.name, str(at.link), points, site_tested=True)


@asynccontextmanager
async def running(chosen: Settings) -> AsyncIterator[Agent]:
    """Its agent, when every point answers."""
    async with build(chosen, patience=Patience(confirm=100, again=100, pulse=20)) as agent:
        await until(lambda: agent.page_port)
        yield agent


async def until(happened: Callable[[], object], seconds: float = 30) -> None:
    """Wait for something that tells nobody."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.02)


def answering(agent: Agent) -> int:
    """How many points answer."""
    return sum(point.answers for report in agent.lines.reports() for point in report.points)
