"""Facts that must be written, whatever the disk says now: they wait in order, and are tried again."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Concatenate, ParamSpec

import structlog

from edge.store.database import Database, Store
from shared.errors import Unavailable

P = ParamSpec("P")

_log = structlog.get_logger(__name__)


class Journal:
    """What could not be written yet. In memory: while the disk fails there is nowhere else."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: deque[Callable[[Database], object]] = deque()
        self._turn = asyncio.Lock()
        self.refused = False
        """Whether the disk has refused what waits. What is only on its way to the disk is no trouble."""

    async def write(self, work: Callable[Concatenate[Database, P], object], *args: P.args, **kwargs: P.kwargs) -> bool:
        """Write this after all that waits; False when it has to wait too."""
        self._waiting.append(lambda db: work(db, *args, **kwargs))
        return await self.catch_up()

    async def catch_up(self) -> bool:
        """Write what waits; False when the disk still refuses."""
        async with self._turn:
            while self._waiting:
                try:
                    await self._store.run(self._waiting[0])
                except Unavailable:
                    self.refused = True
                    return False
                except Exception:  # a fact that can't be written for a bug of ours must not hold up the others
                    _log.exception("fact_not_written")
                self._waiting.popleft()
            self.refused = False
        return True
