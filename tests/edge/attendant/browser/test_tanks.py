"""The tanks in Chromium on the smallest screen: what the gauge tells arrives by itself, every place is in reach."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from msgspec.structs import replace
from playwright.sync_api import Browser, expect

from edge.attendant.site import build
from edge.tanks.tanks import Tanks
from tests.edge.attendant.browser.conftest import listening
from tests.edge.attendant.conftest import Served, Station
from tests.edge.attendant.scene import settings
from tests.edge.attendant.test_tanks import GAUGE, day

pytestmark = pytest.mark.browser


@dataclass
class TankStation(Station):
    """A station with a gauge."""

    kept: list[Tanks] = field(default_factory=list)

    def page(self) -> web.Application:
        """The touchscreen, with the tanks beside it."""
        told = replace(settings(self.folder), gauges=(GAUGE,))
        tanks = Tanks(self.store, told.gauges, lambda *_: None)
        self.kept.append(tanks)
        app = build(self.forecourt, self.store, told, None, tanks)

        async def living(_: web.Application) -> AsyncIterator[None]:
            task = asyncio.create_task(tanks.run())
            yield
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        app.cleanup_ctx.append(living)
        return app


@pytest.fixture
def gauged(station: Station) -> Iterator[tuple[Served, Tanks]]:
    measured = TankStation(station.store, station.forecourt, station.folder, station.pin)
    served = Served(measured)
    yield served, measured.kept[0]
    served.close()


def test_levels_arrive_by_themselves_and_every_place_is_in_reach(
    gauged: tuple[Served, Tanks], chromium: Browser
) -> None:
    served, tanks = gauged
    page = chromium.new_page(viewport={"width": 1024, "height": 600}, has_touch=True)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.goto(served.address)
    page.get_by_role("link", name="油罐").tap()
    expect(page.locator(".tank").first).to_contain_text("尚无读数")
    listening(page)
    served.loop.call_soon_threadsafe(tanks.receive, GAUGE.name, day())
    expect(page.locator(".tank").first).to_contain_text("18,250", timeout=8_000)
    expect(page.get_by_text("水位高于本站设定")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    last = page.get_by_role("link", name="本站").bounding_box()
    assert last is not None
    assert last["y"] + last["height"] <= 600
    assert last["height"] >= 60, "a wet glove needs so much"
    page.close()
    assert complaints == []
