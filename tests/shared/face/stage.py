"""A small face to try the kit on: a kiosk of two people, with one board that tells news and one act that counts."""

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from shared.errors import Refused, Unavailable
from shared.face import Face, NavItem, Person, Visit, new_token

PEOPLE = {
    "li": Person("li", "李明", frozenset({"count"})),
    "wang": Person("wang", "王芳"),
}


class Book:
    """Who is logged in, kept in memory."""

    def __init__(self) -> None:
        self.tokens: dict[str, Person] = {}
        self.seen = 0

    async def whose(self, token: str, *, quiet: bool = False) -> Person | None:
        self.seen += not quiet
        return self.tokens.get(token)


class Stage:
    """The face, what its acts did, and a browser for it."""

    def __init__(self, folder: Path) -> None:
        _write(folder)
        self.book = Book()
        self.acts = 0
        self.board = {"pump": "0.00"}
        self.face = Face(
            "stage",
            templates=folder,
            texts=folder,
            sessions=self.book,
            hosts=("127.0.0.1", "localhost"),
            nav=(NavItem("/", "nav.home", "pump"), NavItem("/count", "nav.count", "list", power="count")),
        )
        self.face.get("/", self._home, anyone=True)
        self.face.get("/private", self._home)
        self.face.get("/broken", self._broken, anyone=True)
        self.face.post("/enter/{who}", self._enter, anyone=True)
        self.face.post("/act", self._act)
        self.face.post("/count", self._act, power="count")
        self.face.post("/refuse", self._refuse, anyone=True)
        self.face.post("/away", self._away, anyone=True)
        self.face.live("/news", self._draw, self._first)
        self.app = self.face.application()

    async def browser(self) -> "Browser":
        """A browser that has opened the first page."""
        client: TestClient[web.Request, web.Application] = TestClient(TestServer(self.app))
        await client.start_server()
        browser = Browser(client)
        await browser.look("/")
        return browser

    async def _home(self, visit: Visit) -> web.StreamResponse:
        return visit.page("home.html")

    async def _broken(self, _visit: Visit) -> web.StreamResponse:
        raise ZeroDivisionError

    async def _enter(self, visit: Visit) -> web.StreamResponse:
        token = new_token()
        self.book.tokens[token] = PEOPLE[visit.request.match_info["who"]]
        return visit.enter(visit.go("/", "notice.welcome"), token)

    async def _act(self, visit: Visit) -> web.StreamResponse:
        self.acts += 1
        return visit.said(f"{visit.somebody.name} {self.acts}")

    async def _refuse(self, _visit: Visit) -> web.StreamResponse:
        raise Refused("nozzle_up", "Hang up the nozzle first.")

    async def _away(self, _visit: Visit) -> web.StreamResponse:
        raise Unavailable("The printer is away.")

    def _draw(self, topic: str, value: object, language: str) -> str:
        return f"{language} {topic} {value}\nsecond line"

    async def _first(self, _visit: Visit) -> list[tuple[str, object]]:
        return list(self.board.items())


class Browser:
    """Keeps cookies and the CSRF token of the page it looked at last."""

    def __init__(self, client: TestClient[web.Request, web.Application]) -> None:
        self.client = client
        self.csrf = ""
        self.text = ""

    async def look(self, path: str, **headers: str) -> int:
        """Open a page; its text is kept."""
        async with self.client.get(path, headers=headers, allow_redirects=False) as answer:
            self.text = await answer.text()
            if '"X-Jiayou-Csrf": "' in self.text:
                self.csrf = self.text.partition('"X-Jiayou-Csrf": "')[2].partition('"')[0]
            self.headers = dict(answer.headers)
            return answer.status

    async def post(self, path: str, **fields: str) -> int:
        """Send a form with this page's token, unless the form brings another."""
        return await self.send(path, {"csrf": self.csrf} | fields)

    async def send(self, path: str, fields: Mapping[str, str], **headers: str) -> int:
        """Send exactly this form."""
        async with self.client.post(path, data=fields, headers=headers, allow_redirects=False) as answer:
            self.text = await answer.text()
            self.headers = dict(answer.headers)
            return answer.status

    async def enter(self, who: str) -> None:
        """Log in, and look at the first page again."""
        await self.post(f"/enter/{who}")
        await self.look("/")


def _write(folder: Path) -> None:
    (folder / "home.html").write_text(
        '{% extends "face/frame.html" %}{% block title %}{{ t("nav.home") }}{% endblock %}'
        "{% block bar %}{{ ui.switches(visit, t) }}{% endblock %}"
        "{% block main %}<h1>{{ visit.person.name if visit.person else '-' }}</h1>{% endblock %}",
        encoding="utf-8",
    )
    (folder / "zh.toml").write_text(
        'app.name="舞台"\nnav.home="首页"\nnav.count="计数"\nnotice.welcome="欢迎"\nreason.nozzle_up="请先挂枪。"\n',
        encoding="utf-8",
    )
    (folder / "en.toml").write_text(
        'app.name="Stage"\nnav.home="Home"\nnav.count="Count"\nnotice.welcome="Welcome"\n'
        'reason.nozzle_up="Hang up the nozzle first."\n',
        encoding="utf-8",
    )
