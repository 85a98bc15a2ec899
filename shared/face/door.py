"""The door that every request comes through: who may come in, and what becomes of what goes wrong.

| what happens in a view | what the browser gets |
|---|---|
| ``LoginNeeded`` | the way to the log-in |
| ``Misread`` | 400 and the sentence |
| ``Refused`` | 409 and the translated reason |
| ``Unavailable`` | 503 and the sentence |
| ``HTTPException`` | its status, as a sentence |
| anything else | 500, a sentence, and the whole of it in the log |

htmx gets the sentence as a toast, a browser as a page.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from shared.errors import Misread, Refused, Unavailable
from shared.face.locks import CSRF_FIELD, CSRF_HEADER, csrf_right, host_known, same_site
from shared.face.visit import YEAR, FormMisread, LoginNeeded, Visit

if TYPE_CHECKING:
    from shared.face.face import Face

View = Callable[[Visit], Awaitable[web.StreamResponse]]

VISIT = web.RequestKey("visit", Visit)
ONCE_FIELD = "once"
_log = structlog.get_logger(__name__)


class Door:
    """One face's door."""

    def __init__(self, face: "Face") -> None:
        self._face = face
        self.guard = self._make_guard()

    def reading(self, view: View, anyone: bool, power: str) -> Handler:
        """A handler for what only looks."""

        async def handler(request: web.Request) -> web.StreamResponse:
            visit = request[VISIT]
            _may(visit, anyone, power)
            return await view(visit)

        return handler

    def acting(self, view: View, anyone: bool, power: str) -> Handler:
        """A handler for what changes something: from our own page, by somebody who may, once."""

        async def handler(request: web.Request) -> web.StreamResponse:
            visit = request[VISIT]
            fields = await visit.fields()
            given = request.headers.get(CSRF_HEADER, "") or fields.get(CSRF_FIELD, "")
            if not (same_site(request) and csrf_right(given, visit.known, visit.session)):
                raise web.HTTPForbidden(reason="csrf")
            _may(visit, anyone, power)
            if not fields.get(ONCE_FIELD):
                return await view(visit)
            intent = repr((visit.known, request.path, sorted(fields.items())))
            return await self._face.once.answer(intent, lambda: answered(visit, lambda: view(visit)))

        return handler

    def _make_guard(self) -> Middleware:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not host_known(request.headers.get("Host", ""), self._face.hosts):
                return web.Response(
                    status=421, text="此地址不在允许的主机名之列。 This page does not go by that name.\n"
                )
            if request.path in self._face.files and request.method in {"GET", "HEAD"}:
                return web.FileResponse(self._face.files[request.path])
            visit = request[VISIT] = Visit(self._face, request)
            response = await answered(visit, lambda: self._entered(visit, handler))
            if not visit.known and not response.prepared:
                self._face.set_cookie(response, "visit", visit.token, YEAR)
            return response

        return guard

    async def _entered(self, visit: Visit, handler: Handler) -> web.StreamResponse:
        if visit.session:
            quiet = _renews_itself(visit.request.path, self._face.live_path)
            visit.person = await self._face.sessions.whose(visit.session, quiet=quiet)
        return await handler(visit.request)


def _renews_itself(path: str, live: str) -> bool:
    """Whether a page asks this by itself: the stream of news, or a part below it that news makes it fetch."""
    return bool(live) and (path == live or path.startswith(live + "/"))


def _may(visit: Visit, anyone: bool, power: str) -> None:
    """:exc:`LoginNeeded` or 403."""
    if anyone and not power:
        return
    if power and power not in visit.somebody.powers:
        raise web.HTTPForbidden(reason="power")
    _ = visit.somebody


async def answered(visit: Visit, act: Callable[[], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
    """What ``act`` answers, or its error as a sentence."""
    try:
        return await act()
    except LoginNeeded:
        return _to_login(visit)
    except web.HTTPException as why:
        if why.status < 400:
            raise
        return _http(visit, why)
    except FormMisread as why:
        return _sentence(visit, 400, visit.say("error.form"), _named(visit, why.field))
    except Misread as why:
        return _sentence(visit, 400, visit.say.reason(type(why).__name__, str(why), "misread"))
    except Refused as why:
        return _sentence(visit, 409, visit.say.reason(why.reason, str(why)), tone="warning")
    except Unavailable as why:
        return _sentence(visit, 503, visit.say.reason(type(why).__name__, str(why), "unavailable"))
    except (ConnectionError, TimeoutError):
        raise
    except Exception:
        _log.exception("page_failed", path=visit.request.path)
        return _sentence(visit, 500, visit.say("error.ours"))


def _to_login(visit: Visit) -> web.Response:
    """A browser is led to the log-in, and back to where it was; a part of a page leads its page there."""
    if visit.by_htmx:
        return web.Response(status=401, headers={"HX-Redirect": visit.face.login})
    back = visit.request.path if visit.request.method == "GET" else visit.face.home
    query = f"?next={back}" if back != visit.face.home else ""
    return web.Response(status=303, headers={"Location": visit.face.login + query})


def _http(visit: Visit, why: web.HTTPException) -> web.Response:
    key = f"error.{why.reason}" if why.status == 403 else f"error.{why.status}"
    text = visit.say(key) if visit.say.knows(key) else visit.say("error.request")
    response = _sentence(visit, why.status, text)
    if "Allow" in why.headers:
        response.headers["Allow"] = why.headers["Allow"]
    return response


def _sentence(visit: Visit, status: int, text: str, more: str = "", tone: str = "bad") -> web.Response:
    if visit.by_htmx:
        return visit.said(" ".join(filter(None, (text, more))), tone, status=status)
    return visit.page("face/error.html", status=status, title=text, sentence=more, live="")


def _named(visit: Visit, field: str) -> str:
    return visit.say("error.field", field=visit.say.reason(field, field, "field")) if field else ""
