"""A station of straw with the real page before it, and the real store for who may act."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from edge.attendant.pins import pin_hash
from edge.attendant.site import build
from edge.store import attendants
from edge.store.database import Store
from shared.face import new_token, token_hash
from tests.edge.attendant.fake_forecourt import StrawForecourt
from tests.edge.attendant.scene import settings
from tests.shared.face.stage import Browser

STATION = "cn-028-017"
PIN = "402917"
SALT = b"salt for a test."
PIN_HASH = pin_hash(PIN, SALT)


@dataclass
class Station:
    """What a test holds."""

    store: Store
    forecourt: StrawForecourt
    folder: Path
    pin: str

    def session(self) -> str:
        """The token of a session of 李明's."""
        token, now = new_token(), self.store.clock.wall()
        assert self.store.call(attendants.enter, "李明", token_hash(token), now, 0)
        return token

    def page(self) -> web.Application:
        """The touchscreen."""
        return build(self.forecourt, self.store, settings(self.folder))


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    store = Store.open(tmp_path / "station.sqlite", STATION)
    assert store.call(attendants.add, "李明", PIN_HASH, SALT, 0)
    yield Station(store, StrawForecourt(8, tray=None), tmp_path, PIN)
    store.close()


@pytest.fixture
async def browser(station: Station) -> AsyncIterator[Browser]:
    """A browser that has opened the forecourt; nobody is logged in."""
    client: TestClient[web.Request, web.Application] = TestClient(TestServer(station.page()))
    await client.start_server()
    browser = Browser(client)
    await browser.look("/")
    yield browser
    await client.close()


@pytest.fixture
async def attendant(station: Station, browser: Browser) -> Browser:
    """The same after 李明 has logged in."""
    browser.client.session.cookie_jar.update_cookies(
        {"jiayou_edge_session": station.session()}, browser.client.make_url("/")
    )
    await browser.look("/")
    return browser


class Served:
    """The page on a port of its own, in a thread of its own, for a browser that blocks."""

    def __init__(self, station: Station) -> None:
        self.station = station
        self.forecourt = station.forecourt
        self.loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.runner = web.AppRunner(self.station.page(), access_log=None, shutdown_timeout=0.5)
        self.loop.run_until_complete(self.runner.setup())
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        self.loop.run_until_complete(site.start())
        self.port: int = self.runner.addresses[0][1]
        self._ready.set()
        self.loop.run_forever()

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}"

    def happen(self, what: str | Callable[[StrawForecourt], None], *args: object) -> None:
        """Something happens on the forecourt."""
        done = threading.Event()

        def do() -> None:
            if isinstance(what, str):
                getattr(self.forecourt, what)(*args)
            else:
                what(self.forecourt)
            done.set()

        self.loop.call_soon_threadsafe(do)
        assert done.wait(10)

    def close(self) -> None:
        """End it."""
        asyncio.run_coroutine_threadsafe(self.runner.cleanup(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


@pytest.fixture
def served(station: Station) -> Iterator[Served]:
    station.forecourt.tray = station.folder / "tray"
    served = Served(station)
    yield served
    served.close()
