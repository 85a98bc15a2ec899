"""Chromium before a station of straw."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.edge.attendant.conftest import Served

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def profile(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh profile on a small touchscreen."""
    profile = chromium.new_context(viewport={"width": 1024, "height": 768}, has_touch=True)
    profile.set_default_timeout(8_000)
    yield profile
    profile.close()


@pytest.fixture
def screen(profile: BrowserContext, served: Served) -> Iterator[Page]:
    """The forecourt, seen by nobody in particular. What the page complains of in its console fails the test."""
    page = profile.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.goto(served.address)
    listening(page)
    yield page
    assert [said for said in complaints if not re.search(r"status of (4\d\d)|Response Status Error", said)] == []


@pytest.fixture
def kiosk(screen: Page, profile: BrowserContext, served: Served) -> Page:
    """The same with 李明 logged in already."""
    profile.add_cookies([{"name": "jiayou_edge_session", "value": served.station.session(), "url": served.address}])
    screen.reload()
    expect(screen.locator(".bar-person")).to_contain_text("李明")
    listening(screen)
    return screen


def open_sheet(screen: Page, selector: str) -> None:
    """Tap, and wait until the sheet takes taps: it ignores the second half of a double tap."""
    screen.locator(selector).first.click()
    screen.wait_for_selector("#sheet[data-calm]")


def listening(screen: Page) -> None:
    """Until the page hears news: the server has told it the time."""
    expect(screen.locator(".bar-clock")).to_have_text(re.compile(r"\d\d:\d\d"))
    expect(screen.locator("[sse-swap^=beat]")).to_have_text(re.compile("."))
