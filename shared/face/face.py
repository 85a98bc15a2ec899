"""The face: what a house hands its templates, texts and views to, and gets an application from."""

import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import tzinfo
from pathlib import Path
from typing import ClassVar

from aiohttp import web
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from msgspec import Struct

from shared.face import charts
from shared.face.door import Door
from shared.face.hub import Hub
from shared.face.live import stream
from shared.face.locks import CSRF_FIELD, CSRF_HEADER, FOR_EVER, lock_headers
from shared.face.once import Once, new_once
from shared.face.person import Sessions
from shared.face.shown import CHINA, filters, span
from shared.face.texts import LANGUAGES, Texts
from shared.face.visit import FORM_BYTES, THEMES, YEAR, Visit

View = Callable[[Visit], Awaitable[web.StreamResponse]]
Draw = Callable[[str, object, str], str]
"""``draw(topic, value, language)``: what a piece of news looks like."""
First = Callable[[Visit], Awaitable[Iterable[tuple[str, object]]]]
"""Every topic with its value as it stands, for a page that has just connected."""

HERE = Path(__file__).parent
VENDOR = HERE / "vendor"
VENDORED = ("htmx.min.js", "sse.js", "noto-sans-sc.css")


class NavItem(Struct, frozen=True):
    """A place in the navigation."""

    path: str
    text: str
    """Key of its text."""
    icon: str
    power: str = ""
    """Shown only to a person with this power; empty for everybody."""


class Face:
    """One house's pages."""

    def __init__(
        self,
        name: str,
        *,
        templates: Path,
        texts: Path,
        sessions: Sessions,
        hosts: Collection[str],
        nav: tuple[NavItem, ...] = (),
        touch: bool = False,
        zone: tzinfo = CHINA,
        secure: bool = False,
        language: str = LANGUAGES[0],
        home: str = "/",
        login: str = "/login",
    ) -> None:
        """``hosts`` are the names by which browsers may call it, without a port; ``secure`` when TLS serves it."""
        self.name = name
        self.sessions = sessions
        self.hosts = frozenset(host.lower() for host in hosts)
        self.nav, self.touch, self.zone, self.secure = nav, touch, zone, secure
        self.language, self.home, self.login = language, home, login
        self.live_path = ""
        """Where this face's live news comes from; set by :meth:`live`."""
        self.live_anyone = False
        self.hub = Hub()
        self.once = Once()
        self.texts = Texts(texts)
        self.environment = self._environment(templates)
        self._door = Door(self)
        self._app = web.Application(middlewares=[self._door.guard], client_max_size=FORM_BYTES)
        self.files: dict[str, Path] = {}
        """What is served as it is, by address: these files as the program found them, and no other."""
        self._serve("/face/", HERE / "static")
        self._serve("/face/vendor/", VENDOR)

    # Building

    def get(self, path: str, view: View, *, anyone: bool = False, power: str = "") -> None:
        """Add a page or a part of one. ``anyone``: also for people who are not logged in."""
        self._app.router.add_get(path, self._door.reading(view, anyone, power))

    def post(self, path: str, view: View, *, anyone: bool = False, power: str = "") -> None:
        """Add an act: CSRF, request token and log-in are seen to."""
        self._app.router.add_post(path, self._door.acting(view, anyone, power))

    def live(self, path: str, draw: Draw, first: First, *, anyone: bool = False) -> None:
        """Add the stream of what is told to :attr:`hub`. An element listens with ``sse-swap="TOPIC"``."""
        self.live_path, self.live_anyone = path, anyone

        async def view(visit: Visit) -> web.StreamResponse:
            return await stream(visit, draw, first, anyone)

        # without HEAD, to which an endless answer is none
        self._app.router.add_get(path, self._door.reading(view, anyone, ""), allow_head=False)

    def static(self, folder: Path) -> None:
        """Add the face's own files, under ``/own/``."""
        self._serve("/own/", folder)

    def application(self) -> web.Application:
        """The application, complete. Call it last, once."""
        self.post("/face/choose", choose, anyone=True)
        self._app.on_response_prepare.append(_headers)
        self._app.on_shutdown.append(self._let_go)
        return self._app

    def lacks(self) -> list[str]:
        """Files from outside that are not there, because the set-up did not run: the pages will be plain and still."""
        return [name for name in VENDORED if not (VENDOR / name).is_file()]

    # Answering

    def draw(self, template: str, language: str, **values: object) -> str:
        """A template as text."""
        say = self.texts.say(language)
        return self.environment.get_template(template).render(t=say, language=language, **values)

    def cookie(self, what: str) -> str:
        """The name of a cookie: two faces on one machine share its cookies, whatever their ports."""
        return f"jiayou_{self.name}_{what}"

    def set_cookie(self, response: web.StreamResponse, what: str, value: str, seconds: int | None) -> None:
        """Set a cookie that scripts can't read and that no foreign site's request carries."""
        response.set_cookie(
            self.cookie(what), value, max_age=seconds, httponly=True, samesite="Strict", secure=self.secure, path="/"
        )

    def _environment(self, templates: Path) -> Environment:
        environment = Environment(
            loader=FileSystemLoader([templates, HERE / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_Compiled(),
        )
        environment.filters |= filters(self.zone)
        environment.globals |= {
            "face": self,
            "file": self.address_of,
            "once": new_once,
            "span": span,
            "bars": charts.bars,
            "sparkline": charts.sparkline,
            "csrf_field": CSRF_FIELD,
            "csrf_header": CSRF_HEADER,
        }
        return environment

    def address_of(self, path: str) -> str:
        """The address of a file, with a mark that changes when the file does, so that browsers keep it until then."""
        return f"{path}?v={_mark(self.files[path])}" if path in self.files else path

    def _serve(self, prefix: str, folder: Path) -> None:
        for path in folder.rglob("*"):
            if path.is_file():
                self.files[prefix + path.relative_to(folder).as_posix()] = path

    async def _let_go(self, _app: web.Application) -> None:
        self.hub.close()


class _Compiled(BytecodeCache):
    """Templates are compiled once in a process, however many faces it has."""

    kept: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """From memory; Jinja itself sees when the source is another one."""
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Into memory."""
        self.kept[bucket.key] = bucket.bytecode_to_string()


_marks: dict[Path, str] = {}


def _mark(path: Path) -> str:
    if path not in _marks:
        _marks[path] = hashlib.sha256(path.read_bytes()).hexdigest()[:10]
    return _marks[path]


async def _headers(request: web.Request, response: web.StreamResponse) -> None:
    kept = FOR_EVER if "v" in request.query else "no-cache"
    lock_headers(response, kept if isinstance(response, web.FileResponse) and response.status < 400 else "no-store")


async def choose(visit: Visit) -> web.StreamResponse:
    """The language, or light and dark: kept in this browser."""
    fields = await visit.fields()
    response = visit.go(fields.get("back", ""))
    for what, known in (("language", LANGUAGES), ("theme", THEMES)):
        if fields.get(what) in known:
            visit.face.set_cookie(response, what, fields[what], YEAR)
    return response
