"""Server-sent events, from whoever knows to every open page.

Each page keeps at most one piece of news a topic, the latest: a browser that reads slowly, or not at all, costs no more
memory than one that reads at once. One that falls too far behind is told everything anew.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from msgspec import Struct

TOPICS_WAITING = 512
"""More topics than this waiting for one page: it has stopped reading, and starts from the beginning."""


class Story(Struct, frozen=True, eq=False):
    """News on a topic. What it looks like is made once for each language, however many pages are open."""

    topic: str
    value: object
    made: dict[str, str]

    def shown(self, language: str, draw: Callable[[str, object, str], str]) -> str:
        """The fragment for a language, drawn by ``draw(topic, value, language)`` at the first call."""
        if language not in self.made:
            self.made[language] = draw(self.topic, self.value, language)
        return self.made[language]


class Listener:
    """One open page."""

    def __init__(self) -> None:
        self._waiting: dict[str, Story] = {}
        self._wake = asyncio.Event()
        self.lost = False
        """Too much was waiting: tell it all from the beginning."""
        self.closed = False

    def tell(self, story: Story) -> None:
        """Replace what waits on this topic."""
        self._waiting.pop(story.topic, None)
        self._waiting[story.topic] = story
        if len(self._waiting) > TOPICS_WAITING:
            self._waiting.clear()
            self.lost = True
        self._wake.set()

    def close(self) -> None:
        """No more news: the page is let go."""
        self.closed = True
        self._wake.set()

    async def news(self) -> list[Story]:
        """All that is new, in order, waiting for the first piece. Empty when everything must be told, or at the end."""
        await self._wake.wait()
        self._wake.clear()
        stories = list(self._waiting.values())
        self._waiting.clear()
        return stories


class Hub:
    """Where news is told and heard. Not thread-safe: call it from the event loop."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def __len__(self) -> int:
        return len(self._listeners)

    def tell(self, topic: str, value: object = None) -> None:
        """Tell every open page. Costs nothing when nobody listens."""
        if self._listeners:
            self.tell_all([Story(topic, value, {})])

    def tell_all(self, stories: Iterable[Story]) -> None:
        """Tell several pieces, in order."""
        for story in stories:
            for listener in self._listeners:
                listener.tell(story)

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Hear the news as long as this lasts."""
        listener = Listener()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """Let every page go: the program ends."""
        for listener in self._listeners:
            listener.close()
