"""What is new, told to every open page a few times a second at most.

A piece of news is only a topic: each page fetches anew the parts of it that show this topic. What comes in a storm is
told once at its beginning and once at its end.
"""

import asyncio
import secrets
from collections.abc import Iterable
from enum import StrEnum

from shared.face import Hub

PAUSE = 1.0
"""Seconds between two tellings."""


class Topic(StrEnum):
    """What pages show and may have to fetch anew."""

    SALES = "sales"
    STATIONS = "stations"
    PRICES = "prices"
    COUPONS = "coupons"
    CASES = "cases"
    LETTERS = "letters"
    SECURITY = "security"
    TANKS = "tanks"
    DAYS = "days"


class News:
    """Tells topics to the pages. Belongs to the event loop."""

    def __init__(self, hub: Hub, pause: float = PAUSE) -> None:
        self._hub = hub
        self._pause = pause
        self._boot = secrets.token_hex(4)
        self._told = 0
        self._waiting: set[Topic] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def mark(self) -> str:
        """Where the news stands. A page that was drawn at this mark, and finds it unchanged, has missed nothing."""
        return f"{self._boot}-{self._told}"

    def tell(self, *topics: Topic) -> None:
        """These have changed."""
        if not topics:
            return
        self._told += 1
        self._waiting.update(topics)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._telling(), name="office-news")

    def missed(self, mark: str) -> Iterable[tuple[str, object]]:
        """What a page drawn at this mark must fetch anew: nothing, or everything."""
        return [] if mark == self.mark else [(topic.value, None) for topic in Topic]

    async def close(self) -> None:
        """Tells nothing any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _telling(self) -> None:
        while self._waiting:
            now, self._waiting = sorted(self._waiting), set()
            for topic in now:
                self._hub.tell(topic.value)
            await asyncio.sleep(self._pause)
        self._task = None
