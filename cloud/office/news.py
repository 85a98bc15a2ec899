"""What is new, told to every open page a few times a second at most.

A piece of news is only a topic: each page fetches anew the parts of it that show this topic. What comes in a storm is
told once at its beginning, now and then while it lasts, and once at its end; a storm of one topic keeps no other
waiting.
"""

import asyncio
import secrets
from collections.abc import Iterable
from enum import StrEnum

from shared.face import Hub

PAUSE = 1.0
"""Seconds between two tellings of a topic."""
SALES_PAUSE = 0.25
"""So with sales: a customer at head office's telephone waits for his."""


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

    def __init__(self, hub: Hub, pause: float = PAUSE, sales_pause: float = SALES_PAUSE) -> None:
        self._hub = hub
        self._pauses = dict.fromkeys(Topic, pause) | {Topic.SALES: min(pause, sales_pause)}
        self._boot = secrets.token_hex(4)
        self._told = 0
        self._resting: dict[Topic, asyncio.TimerHandle] = {}
        """Topics that were told a moment ago."""
        self._waiting: set[Topic] = set()

    @property
    def mark(self) -> str:
        """Where the news stands. A page that was drawn at this mark, and finds it unchanged, has missed nothing."""
        return f"{self._boot}-{self._told}"

    def tell(self, *topics: Topic) -> None:
        """These have changed."""
        if not topics:
            return
        self._told += 1
        for topic in sorted(topics):
            if topic in self._resting:
                self._waiting.add(topic)
            else:
                self._say(topic)

    def missed(self, mark: str) -> Iterable[tuple[str, object]]:
        """What a page drawn at this mark must fetch anew: nothing, or everything."""
        return [] if mark == self.mark else [(topic.value, None) for topic in Topic]

    async def close(self) -> None:
        """Tells nothing any more."""
        for timer in self._resting.values():
            timer.cancel()

    def _say(self, topic: Topic) -> None:
        self._hub.tell(topic.value)
        loop = asyncio.get_running_loop()
        self._resting[topic] = loop.call_later(self._pauses[topic], self._rested, topic)

    def _rested(self, topic: Topic) -> None:
        del self._resting[topic]
        if topic in self._waiting:
            self._waiting.discard(topic)
            self._say(topic)
