"""One intent, one act, however often the button is hit.

A form carries a token made when it was drawn. The first POST with it acts; each further one that says the same with the
same token gets the same answer, and nothing happens a second time. Wet gloves tap ten times in a second.
"""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from aiohttp import web
from msgspec import Struct

KEPT = 2_048
LIFE = 900.0
"""Seconds for which an answer is remembered."""


def new_once() -> str:
    """A token for a form about to be drawn."""
    return secrets.token_urlsafe(12)


class Answer(Struct, frozen=True):
    """A response that can be sent more than once."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @classmethod
    def of(cls, response: web.StreamResponse) -> "Answer":
        """Keep a response, its cookies with it."""
        headers = list(response.headers.items())
        headers += [("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()]
        body = response.body if isinstance(response, web.Response) else b""
        return cls(response.status, tuple(headers), bytes(body) if isinstance(body, bytes | bytearray) else b"")

    def response(self) -> web.Response:
        """The response once more."""
        return web.Response(status=self.status, headers=list(self.headers), body=self.body)


class Once:
    """The answers of late, by token."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._acts: OrderedDict[str, tuple[float, asyncio.Task[Answer]]] = OrderedDict()

    async def answer(self, token: str, act: Callable[[], Awaitable[web.StreamResponse]]) -> web.Response:
        """Act, unless this token has acted before: then its answer. A browser that hangs up does not stop the act."""
        self._forget()
        if token not in self._acts:
            self._acts[token] = (self._now(), asyncio.ensure_future(_kept(act)))
        answer = await asyncio.shield(self._acts[token][1])
        return answer.response()

    def _forget(self) -> None:
        """The oldest, when they are too many or too old; one that still acts stays."""
        for token, (since, task) in list(self._acts.items()):
            old = self._now() - since > LIFE or len(self._acts) > KEPT
            if not old:
                return
            if task.done():
                del self._acts[token]


async def _kept(act: Callable[[], Awaitable[web.StreamResponse]]) -> Answer:
    return Answer.of(await act())
