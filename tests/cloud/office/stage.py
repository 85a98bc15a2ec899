"""A head office to try the pages on: real books and trades, stations that write letters, and a browser's manners."""

import re
import tempfile
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from cloud import app, office
from cloud.access import accounts, auditing, login
from cloud.access.accounts import Role
from cloud.coupons.sealing import Seal
from cloud.identity import authority
from cloud.identity.authority import Authority
from cloud.live import Live
from cloud.orders.signing import OfficePen
from cloud.settings import Settings
from cloud.store.database import Books
from cloud.sync.greeting import Greeter, HeardHello
from cloud.sync.posting import Result, post_all
from cloud.sync.reading import open_message
from shared.face import new_once
from shared.messages import Fact, Hello, Letter, PointState
from shared.wire import batch_of, letter_bytes
from tests.cloud.scene import EPOCH, HOUR, NOW, Scene, stamp

PASSWORD: Final = "correct horse 95"
OWNER, VIEWER = "王总", "小周"
_CSRF: Final = re.compile(r'name="csrf" value="([0-9a-f]+)"')
_ONCE: Final = re.compile(r'name="once" value="([^"]+)"')


@cache
def _authority() -> Authority:
    return authority.create(Path(tempfile.mkdtemp(prefix="jiayou-authority-")), "示范加油", NOW)


class Down:
    """The way down to the stations, noting what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    async def tariffs_changed(self, stations: Collection[str] | None = None) -> None:
        """New tariffs."""
        self.asked.append(("tariffs", stations))

    async def coupons_changed(self, stations: Collection[str] | None = None) -> None:
        """New coupon books."""
        self.asked.append(("coupons", stations))

    async def settings_changed(self, stations: Collection[str] | None = None) -> None:
        """New settings."""
        self.asked.append(("settings", stations))

    async def commands_given(self, stations: Collection[str]) -> None:
        """New commands."""
        self.asked.append(("commands", stations))


@dataclass
class Stage:
    """A company whose clock stands still until a test moves it."""

    scene: Scene
    settings: Settings = field(default_factory=lambda: Settings(data="unused", name="示范加油"))
    live: Live = field(default_factory=Live)
    line: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(connected=True, dispatch=Down()))
    clock: int = NOW + 11 * HOUR
    broker_told: int = 0
    seqs: dict[str, int] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.handlers = app.handlers(self.settings)
        self.application = office.build(self, self.now)

    @classmethod
    def founded(cls, books: Books) -> "Stage":
        """A company with three stations, an owner and a viewer who have never logged in."""
        stage = cls(Scene.founded(books, Seal(bytes(32))))
        with books.begin() as connection:
            for name, role in ((OWNER, Role.OWNER), (VIEWER, Role.VIEWER)):
                stage.codes[name] = accounts.add(connection, name, role, "init", stage.clock).code
        return stage

    def again(self, books: Books) -> "Stage":
        """The same company on a copy of its books."""
        return Stage(Scene(books, self.seal), clock=self.clock, seqs=dict(self.seqs), codes=dict(self.codes))

    @property
    def books(self) -> Books:
        """The scene's books."""
        return self.scene.books

    @property
    def seal(self) -> Seal:
        """The scene's seal."""
        return self.scene.seal

    @property
    def asked(self) -> list[tuple[str, Any]]:
        """What was asked of the line."""
        down: Down = self.line.dispatch
        return down.asked

    @property
    def authority(self) -> Authority:
        """What signs certificates, made once."""
        return _authority()

    async def stations_changed(self) -> None:
        """The broker is told."""
        self.broker_told += 1

    def now(self) -> int:
        """The company's clock."""
        return self.clock

    # ── What stations do ──

    def tell(self, station: str, *facts: Fact | bytes, skip: int = 0, at: int = 0) -> Result:
        """A station's next letters, made ``at`` this time; ``skip`` before them went missing. Bytes are no letter."""
        first = self.seqs.get(station, 0) + 1 + skip
        self.seqs[station] = first + len(facts) - 1
        letters = [
            fact if isinstance(fact, bytes) else letter_bytes(Letter(seq, stamp(at or self.clock), fact))
            for seq, fact in enumerate(facts, first)
        ]
        message = open_message(station, batch_of(station, EPOCH, first, letters))
        with self.books.begin() as connection:
            return post_all(connection, [message], self.handlers, (at or self.clock) + 2_000)

    def announce(self, result: Result) -> None:
        """The program tells its pages what is new. On the event loop only."""
        for notice in app.notices_of(result):
            self.live.tell(notice)

    def greet(self, station: str, **changes: Any) -> None:
        """A station says hello."""
        told: dict[str, Any] = {
            "station": station,
            "epoch": EPOCH,
            "store_id": f"store of {station}",
            "boot": 1,
            "mono": self.clock - EPOCH * 1_000,
            "wall": self.clock,
            "next_seq": self.seqs.get(station, 0) + 1,
            "stored_upto": 0,
            "oldest_unsent": 0,
            "tariffs": 0,
            "coupons": 0,
            "program": "0.1.0",
            "points": tuple(PointState(number, "idle") for number in (1, 2, 3, 4)),
            "printer": "ok",
        }
        hello = Hello(**{**told, **changes})
        greeter = Greeter(
            self.books, app.trades(self.settings, self.handlers, OfficePen(self.seal, self.now)), self.now
        )
        greeter.greet([HeardHello(hello, self.clock)])

    # ── Who looks ──

    @asynccontextmanager
    async def browser(self, name: str = OWNER) -> AsyncIterator["Browser"]:
        """Somebody's browser, logged in; nobody's for an empty name."""
        client: TestClient[web.Request, web.Application] = TestClient(TestServer(self.application))
        await client.start_server()
        browser = Browser(client)
        try:
            await browser.look("/login")
            if name:
                token = self.token(name)
                client.session.cookie_jar.update_cookies({"jiayou_office_session": token}, client.make_url("/"))
                await browser.look("/account")
            yield browser
        finally:
            await client.close()

    def token(self, name: str) -> str:
        """A session of this person, who sets a password at the first time."""
        if name in self.codes:
            return login.first_login(self.books, name, self.codes.pop(name), PASSWORD, self.clock).token
        return login.log_in(self.books, name, PASSWORD, self.clock).token


class Browser:
    """Looks at pages and sends their forms, with the tokens of the page that it saw last."""

    def __init__(self, client: TestClient[web.Request, web.Application]) -> None:
        self.client = client
        self.text = ""
        self.status = 0
        self.response: ClientResponse | None = None

    async def look(self, path: str, **more: Any) -> str:
        """A page; redirects are followed."""
        return await self._kept(await self.client.get(path, **more))

    async def send(
        self,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        csrf: str | None = None,
        once: str = "",
        follow: bool = True,
    ) -> str:
        """A form of the last page, sent with its tokens."""
        found = _CSRF.search(self.text)
        tokens = {"csrf": csrf if csrf is not None else found[1] if found else ""}
        tokens["once"] = once or new_once()
        pairs = [(name, one) for name, value in {**tokens, **(fields or {})}.items() for one in _each(value)]
        return await self._kept(await self.client.post(path, data=pairs, allow_redirects=follow))

    @property
    def path(self) -> str:
        """Where the browser is after redirects."""
        assert self.response is not None
        return self.response.url.path_qs

    @property
    def location(self) -> str:
        """Where the last answer leads, when redirects are not followed."""
        assert self.response is not None
        return self.response.headers.get("Location", "")

    async def _kept(self, response: ClientResponse) -> str:
        text = await response.text()
        if _CSRF.search(text) or not self.text:
            self.text = text
        self.status, self.response = response.status, response
        return text


def _each(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def acts(stage: Stage) -> list[tuple[str, str, str]]:
    """The audit: who did what to what, the newest last."""
    entries = stage.scene.read(auditing.page, 200)
    return [(entry.by, entry.act, entry.subject) for entry in reversed(entries)]
