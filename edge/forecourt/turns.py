"""One thing after the other: events and wishes wait in one queue, and each is finished before the next begins."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
Turn = Callable[[], Awaitable[None]]


class Turns:
    """A queue of things to do, worked off by :meth:`next`."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Turn] = asyncio.Queue()

    @property
    def free(self) -> bool:
        """Whether nothing waits."""
        return self._waiting.empty()

    def add(self, turn: Turn) -> None:
        """Have this done when its turn has come."""
        self._waiting.put_nowait(turn)

    async def ask(self, work: Callable[[], Awaitable[T]]) -> T:
        """The same, waiting for what it gives or raises."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def turn() -> None:
            try:
                result = await work()
            except Exception as why:
                if not done.cancelled():
                    done.set_exception(why)
            else:
                if not done.cancelled():
                    done.set_result(result)

        self.add(turn)
        return await done

    async def next(self) -> Turn:
        """The next to be done; waits for one."""
        return await self._waiting.get()
