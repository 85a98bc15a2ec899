"""One request of one person, and the answers that a view gives to it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, get_origin

import msgspec
from aiohttp import web
from msgspec import Struct
from multidict import MultiDict, MultiDictProxy

from shared.errors import Misread
from shared.face.locks import csrf_token, new_visit
from shared.face.person import Person
from shared.face.texts import LANGUAGES, Say

if TYPE_CHECKING:
    from shared.face.face import Face

T = TypeVar("T", bound=Struct)

THEMES = ("auto", "light", "dark")
YEAR = 365 * 86_400
FORM_BYTES = 64 * 1024


class FormMisread(Misread):
    """A form, or an address, holds something that can't be read. ``field`` names it, or is empty."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class LoginNeeded(Exception):
    """Only a person who is logged in may do this."""


class Visit:
    """What a view knows of the request, and how it answers."""

    def __init__(self, face: "Face", request: web.Request) -> None:
        self.face = face
        self.request = request
        self.person: Person | None = None
        cookies = request.cookies
        self.language = _one_of(cookies.get(face.cookie("language"), ""), LANGUAGES, face.language)
        self.theme = _one_of(cookies.get(face.cookie("theme"), ""), THEMES, THEMES[0])
        self.session = cookies.get(face.cookie("session"), "")
        self.known = cookies.get(face.cookie("visit"), "")
        self.token = self.known or new_visit()
        self.say: Say = face.texts.say(self.language)
        self._fields: MultiDictProxy[str] | None = None

    # What was asked

    @property
    def by_htmx(self) -> bool:
        """Whether a part of a page asks, and not the browser for a whole one."""
        return self.request.headers.get("HX-Request") == "true"

    @property
    def csrf(self) -> str:
        """The token that forms on this page carry."""
        return csrf_token(self.token, self.session)

    @property
    def somebody(self) -> Person:
        """The person. :exc:`LoginNeeded` when there is none."""
        if self.person is None:
            raise LoginNeeded
        return self.person

    async def fields(self) -> MultiDictProxy[str]:
        """The text fields of the form. :exc:`FormMisread` for a body that is none."""
        if self._fields is None:
            self._fields = await _text_fields(self.request)
        return self._fields

    async def read(self, kind: type[T]) -> T:
        """The form as a Struct; a ``tuple`` takes all fields of its name. :exc:`FormMisread` names a wrong one."""
        return convert(await self.fields(), kind)

    def query(self, kind: type[T]) -> T:
        """The address's query as a Struct, likewise."""
        return convert(self.request.query, kind)

    def number(self, name: str) -> int:
        """A number in the path, whose route admits digits only."""
        return int(self.request.match_info[name])

    # What is answered

    def page(self, template: str, status: int = 200, **values: object) -> web.Response:
        """A whole page. It listens to the face's news, unless told ``live=""``."""
        notice = self.request.cookies.get(self.face.cookie("notice"), "")
        values.setdefault("live", self.face.live_path if self.person or self.face.live_anyone else "")
        if not self.say.knows(notice):
            notice = ""
        response = self._html(template, status, {"notice": notice, **values})
        if notice:
            response.del_cookie(self.face.cookie("notice"))
        return response

    def part(
        self, template: str, status: int = 200, events: Mapping[str, object] | None = None, **values: object
    ) -> web.Response:
        """A part of a page, for htmx; ``events`` happen in the browser as it arrives."""
        response = self._html(template, status, values)
        if events:
            response.headers["HX-Trigger"] = json.dumps(events)
        return response

    def sheet(self, template: str, **values: object) -> web.Response:
        """The content of the page's dialog, which opens as it arrives, whoever asked for it."""
        response = self._html(template, 200, values)
        response.headers["HX-Retarget"] = "#sheet"
        response.headers["HX-Reswap"] = "innerHTML"
        return response

    def said(self, text: str, tone: str = "good", *, status: int = 200, **events: object) -> web.Response:
        """A sentence in passing (a toast), and perhaps events: ``close=True`` shuts the open dialog.

        Tones: ``good``, ``note``, ``warning``, ``bad``. A browser without htmx gets it as a page.
        """
        if not self.by_htmx:
            return self.page("face/error.html", status=status, title=text, sentence="")
        wanted: dict[str, object] = {"toast": {"text": text, "tone": tone}} | events
        return web.Response(status=status, headers={"HX-Trigger": json.dumps(wanted), "HX-Reswap": "none"})

    def go(self, path: str, notice: str = "") -> web.Response:
        """To another page of this face; ``notice`` is the key of a sentence to show there once."""
        path = own_path(path, self.face.home)
        if self.by_htmx:
            response = web.Response(headers={"HX-Redirect": path})
        else:
            response = web.Response(status=303, headers={"Location": path})
        if notice:
            self.face.set_cookie(response, "notice", notice, 60)
        return response

    def enter(self, response: web.Response, token: str) -> web.Response:
        """The person is in: give the browser its session token, made by :func:`shared.face.new_token`."""
        self.face.set_cookie(response, "session", token, None)
        return response

    def leave(self, response: web.Response) -> web.Response:
        """The person is out."""
        response.del_cookie(self.face.cookie("session"))
        return response

    def _html(self, template: str, status: int, values: Mapping[str, object]) -> web.Response:
        text = self.face.draw(template, self.language, visit=self, **values)
        return web.Response(status=status, text=text, content_type="text/html")


def own_path(path: str, otherwise: str) -> str:
    """A path on this site; anything that could lead elsewhere becomes ``otherwise``."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if inside and path.isprintable() else otherwise


def convert(fields: Mapping[str, str], kind: type[T]) -> T:
    """Text fields as a Struct. :exc:`FormMisread` with the field that is missing or wrong."""
    raw: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        if field.encode_name not in fields:
            continue
        raw[field.encode_name] = _values(fields, field.encode_name, field.type)
    try:
        return msgspec.convert(raw, kind, strict=False)
    except msgspec.ValidationError as why:
        raise FormMisread(str(why), _field_of(str(why))) from why


def _values(fields: Mapping[str, str], name: str, kind: object) -> str | list[str]:
    if get_origin(kind) is tuple and isinstance(fields, MultiDictProxy):
        return list(fields.getall(name))
    return fields[name].strip()


def _field_of(sentence: str) -> str:
    """The field that msgspec names: ``… - at `$.amount` `` or ``missing required field `amount` ``."""
    if "`$." in sentence:
        return sentence.rpartition("`$.")[2].strip("`").partition("[")[0]
    return sentence.rpartition("field `")[2].strip("`") if "field `" in sentence else ""


async def _text_fields(request: web.Request) -> MultiDictProxy[str]:
    try:
        posted = await request.post()
    except web.HTTPException:
        raise
    except (ValueError, LookupError, AssertionError) as why:
        raise FormMisread("The form could not be read.") from why
    texts = MultiDict((name, value) for name, value in posted.items() if isinstance(value, str))
    return MultiDictProxy(texts)


def _one_of(value: str, known: tuple[str, ...], otherwise: str) -> str:
    return value if value in known else otherwise
