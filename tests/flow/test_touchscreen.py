"""The touchscreen in Chromium before a real station: what a hand does happens at the pump and in the books."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from edge.attendant import roster
from edge.settings import Authorise
from tests.edge.attendant.browser.conftest import FLAGS
from tests.flow.chain import Scene, scene

pytestmark = [pytest.mark.flow, pytest.mark.browser]


@asynccontextmanager
async def _kiosk(play: Scene, profile: Path, pin: str) -> AsyncIterator[Page]:
    """小李 has come to work: the page, opened and unlocked with the PIN on its keypad."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch_persistent_context(
            profile,
            executable_path="/usr/bin/chromium",
            args=FLAGS,
            viewport={"width": 1024, "height": 768},
            has_touch=True,
        )
        screen = await browser.new_page()
        await screen.goto(f"http://127.0.0.1:{play.station.agent.page_port}/login")
        for key in pin:
            await screen.locator(f"[data-key='{key}']").click()
        await screen.keyboard.press("Enter")
        await expect(screen.locator(".bar-person")).to_contain_text("小李")
        await expect(screen.locator("[sse-swap^=beat]")).not_to_be_empty()
        yield screen
        await browser.close()


async def test_f30_no_broker_and_the_browser_wiped_in_mid_sale_and_the_sale_with_its_coupon_reaches_head_office(
    tmp_path: Path,
) -> None:
    """The page holds no truth: what 小李 released and redeemed is with the agent when his profile is gone."""
    async with scene(tmp_path, Authorise.ATTENDANT, speed=2) as play:
        issued = await play.office.coupon(1_500, typed=True)
        await play.station.holds_coupons(1)
        profile, pin = tmp_path / "profile", roster.enlist(play.station.agent.store, "小李")
        async with _kiosk(play, profile, pin) as screen:
            play.chain.broker.stop()
            await play.station.connected(False)
            play.island.customer(2, 1)
            await _release(screen, "¥100")
            await _type_code(screen, 2, str(issued.code))
        shutil.rmtree(profile)
        async with _kiosk(play, profile, pin) as screen:
            await expect(screen.locator("#point-2")).to_contain_text("上一笔", timeout=40_000)
        (view,) = await play.station.sold(1)
        assert (view.sale.authorised_by, view.sale.delivery.amount) == ("attendant:小李", 10_000)
        assert (view.sale.payable, view.delivered) == (8_500, False)
        play.chain.broker.start()
        await play.station.connected()
        await play.station.emptied(60)
        (row,) = play.office.sales()
        assert (row.amount, row.payable, row.volume) == (10_000, 8_500, view.sale.delivery.volume)
        play.chain.check(pudong_1=play.island)


async def _release(screen: Page, preset: str) -> None:
    """The car that calls may fuel for so much."""
    await screen.locator(".calling-one").first.click()
    await screen.wait_for_selector("#sheet[data-calm]")
    await screen.locator("#sheet button", has_text=preset).click()
    await expect(screen.locator("#point-2")).to_contain_text("加油中")


async def _type_code(screen: Page, point: int, code: str) -> None:
    """The code on the keypad, while the car fuels, and back to the forecourt."""
    await screen.goto(screen.url.split("/points")[0].rstrip("/") + f"/verify?point={point}")
    await expect(screen.locator("[sse-swap^=beat]")).not_to_be_empty()
    await screen.locator("input[name=code]").fill(code)
    await screen.keyboard.press("Enter")
    await expect(screen.locator("[data-verdict=good]")).to_contain_text("冒烟券")  # its worth grows with the filling
    await screen.goto(screen.url.split("/verify")[0] + "/")
