"""The page of the tanks: what the gauge read, what is wrong, what came in; reachable without a network or a PIN."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace

from edge.attendant.site import build
from edge.settings import GaugeSettings, TankSettings
from edge.tanks.tanks import Tanks
from hardware.gauges.ports import (
    AlarmsRead,
    DeliveriesRead,
    Delivery,
    GaugeEvent,
    GaugeSilent,
    InventoryRead,
    Silence,
    TankAlarm,
    TankReading,
)
from shared.tanks import TankLevel
from tests.edge.attendant.conftest import Station
from tests.edge.attendant.scene import settings
from tests.shared.face.stage import Browser

GAUGE = GaugeSettings(
    "液位仪",
    "socket://127.0.0.1:9",
    (
        TankSettings(1, "92#", "1 号罐", 30_000, low=3_000),
        TankSettings(2, "95#", "2 号罐", 30_000, low=3_000),
        TankSettings(3, "98#", "3 号罐", 20_000),
        TankSettings(4, "0#", "4 号罐", 50_000, high_water=50),
    ),
)


def level(litres: int, capacity: int, water: int = 0) -> TankLevel:
    """A level as a gauge tells it, at 15.2 °C."""
    volume = litres * 1_000
    room, below = capacity * 1_000 - volume, capacity * water
    return TankLevel(volume, volume, room, 2_400_000 * litres // capacity, water * 1_000, below, 15_250)


def day() -> list[GaugeEvent]:
    """What the gauge of a station might tell."""
    return [
        InventoryRead(
            (
                TankReading(1, level(18_250, 30_000, 3)),
                TankReading(2, level(2_400, 30_000)),
                TankReading(3, level(11_200, 20_000), delivering=True),
                TankReading(4, level(41_730, 50_000, 62)),
                TankReading(9, TankLevel()),
            )
        ),
        AlarmsRead((TankAlarm(2, "low_product", 5),)),
        DeliveriesRead(
            (Delivery(1, "2026-11-21 06:10", "2026-11-21 06:42", level(6_000, 30_000), level(18_900, 30_000)),)
        ),
    ]


@dataclass
class Forecourt:
    """The page with tanks, in a browser that nobody is logged in at."""

    tanks: Tanks
    browser: Browser

    async def hear(self, *events: GaugeEvent) -> None:
        """The gauge tells this."""
        self.tanks.receive(GAUGE.name, list(events))
        await self.tanks.written()


@pytest.fixture
async def forecourt(station: Station) -> AsyncIterator[Forecourt]:
    told = replace(settings(station.folder), gauges=(GAUGE,))
    tanks = Tanks(station.store, told.gauges, lambda *_: None)
    task = asyncio.create_task(tanks.run())
    app = build(station.forecourt, station.store, told, None, tanks)
    client: TestClient[web.Request, web.Application] = TestClient(TestServer(app))
    await client.start_server()
    yield Forecourt(tanks, Browser(client))
    await client.close()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_tank_stands_on_the_page_with_its_figures(forecourt: Forecourt, language: str) -> None:
    await forecourt.hear(*day())
    browser = forecourt.browser
    await browser.look("/")
    assert 'href="/tanks"' in browser.text
    await browser.post("/face/choose", language=language)
    for path in ("/tanks", "/tanks/rows"):
        assert await browser.look(path) == 200
        for figure in ("18,250", "11,750", "15.3", "62.0", "12,900", "2026-11-21 06:10"):
            assert figure in browser.text, figure
        words = ("油量过低", "水位高于本站设定", "正在进油", "未在配置中登记", "低于本站设定的油量")
        english = ("Low product", "Water above", "Delivery under way", "Not in the configuration", "Below the station")
        assert [word for word in (words if language == "zh" else english) if word not in browser.text] == []
        assert "Undefined" not in browser.text


async def test_before_the_first_reading_the_page_says_so(forecourt: Forecourt) -> None:
    await forecourt.hear()
    assert await forecourt.browser.look("/tanks") == 200
    assert forecourt.browser.text.count("尚无读数") == 4


async def test_a_silent_gauge_is_said_in_plain_words_beside_the_last_levels(forecourt: Forecourt) -> None:
    await forecourt.hear(*day(), GaugeSilent(Silence.NO_ANSWER))
    await forecourt.browser.look("/tanks")
    assert "液位仪没有应答" in forecourt.browser.text
    assert "18,250" in forecourt.browser.text


async def test_a_station_without_a_gauge_has_no_such_place(browser: Browser) -> None:
    assert 'href="/tanks"' not in browser.text
    assert await browser.look("/tanks") == 404
