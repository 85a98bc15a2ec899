"""The stream of news to one open page.

It begins by telling everything as it stands, so a page that was away is whole again by connecting. Between news it
beats, so that a page knows by silence that its figures are old.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from shared.face.hub import Listener, Story
from shared.face.visit import Visit

Draw = Callable[[str, object, str], str]
First = Callable[[Visit], Awaitable[Iterable[tuple[str, object]]]]

BEAT = 5.0
"""Seconds between signs of life."""
PATIENCE = 30.0
"""Seconds that a browser may take to read what was sent, before it is let go."""
BREATH = 0.05
"""Seconds between two writes: what happens meanwhile goes out together."""


async def stream(visit: Visit, draw: Draw, first: First, anyone: bool) -> web.StreamResponse:
    """Tell this page the news until it goes, its person logs out, or the program ends."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
    await response.prepare(visit.request)
    try:
        with visit.face.hub.listening() as listener:
            await _send(response, "retry: 1000\n\n")
            listener.lost = True
            await _converse(visit, response, listener, draw, first, anyone)
    except (ConnectionError, TimeoutError):
        pass  # the browser is gone; it will connect again and hear everything
    return response


async def _converse(
    visit: Visit, response: web.StreamResponse, listener: Listener, draw: Draw, first: First, anyone: bool
) -> None:
    while not listener.closed:
        if listener.lost:
            listener.lost = False
            news = [Story(topic, value, {}) for topic, value in await first(visit)]
            await _send(response, _beat())
        else:
            news = await _news(listener)
        if not news and not await _welcome_still(visit, anyone):
            await _send(response, "event: ended\ndata:\n\n")
            return
        text = "".join(event(story.topic, story.shown(visit.language, draw)) for story in news)
        await _send(response, text or _beat())
        await asyncio.sleep(BREATH)


async def _news(listener: Listener) -> list[Story]:
    try:
        return await asyncio.wait_for(listener.news(), BEAT)
    except TimeoutError:
        return []


async def _welcome_still(visit: Visit, anyone: bool) -> bool:
    """Whether the person who opened this page is still logged in; looking is no sign of life of theirs."""
    if anyone:
        return True
    return await visit.face.sessions.whose(visit.session, quiet=True) is not None


async def _send(response: web.StreamResponse, text: str) -> None:
    await asyncio.wait_for(response.write(text.encode()), PATIENCE)


def _beat() -> str:
    """A sign of life, with the time that a page counts by."""
    return event("beat", str(time.time_ns() // 1_000_000))


def event(topic: str, text: str) -> str:
    """One server-sent event; a line of text is a line of data."""
    data = "".join(f"data: {line}\n" for line in text.splitlines()) or "data:\n"
    return f"event: {topic}\n{data}\n"
