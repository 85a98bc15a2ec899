"""What has changed, for everybody who watches: each at his own pace, always the latest, never a growing queue."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from edge.forecourt.views import PointView, SaleView, StationView
from shared.station import Key

View = PointView | StationView | SaleView
What = int | Key | None
"""A fuelling point, a sale, or the station as a whole."""
Look = Callable[[What], Awaitable[View | None]]
T = TypeVar("T")

_MOST = 256
"""A watcher who has fallen so far behind misses the oldest sales; the page reads the list anew."""


class Watcher:
    """One who watches. What changed twice before he looked is told once, as it is now."""

    def __init__(self) -> None:
        self._changed: dict[What, None] = {}
        self._wake = asyncio.Event()

    def note(self, what: What) -> None:
        """This has changed."""
        self._changed.setdefault(what)
        if len(self._changed) > _MOST:
            del self._changed[next(iter(self._changed))]
        self._wake.set()

    async def next(self) -> What:
        """What changed first of all that was not told yet."""
        while not self._changed:
            self._wake.clear()
            await self._wake.wait()
        what = next(iter(self._changed))
        del self._changed[what]
        return what


class Changes:
    """All who watch."""

    def __init__(self) -> None:
        self._watchers: set[Watcher] = set()

    @property
    def watched(self) -> bool:
        """Whether anybody watches."""
        return bool(self._watchers)

    def note(self, what: What) -> None:
        """Tell everybody that this has changed."""
        for watcher in self._watchers:
            watcher.note(what)

    async def watch(self, look: Look) -> AsyncIterator[View]:
        """Everything that changes from now on, as ``look`` sees it when the watcher has time."""
        watcher = Watcher()
        self._watchers.add(watcher)
        try:
            while True:
                view = await look(await watcher.next())
                if view is not None:
                    yield view
        finally:
            self._watchers.discard(watcher)
