"""Hellos that wait for an answer, the newest of each store. Belongs to the event loop.

A station that is not answered says hello again. In a storm of ten thousand, answering what was said before as well
would keep the others waiting, who say it again in their turn.
"""

import asyncio

from cloud.sync.greeting import HeardHello

_Speaker = tuple[str, int, str, int]
"""Station, epoch, store and boot: a double is somebody else."""


class WaitingHellos:
    """In the order in which their speakers came; at most so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[_Speaker, HeardHello] = {}
        self._some = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, heard: HeardHello) -> bool:
        """In the place of what the same store said before; False, and let go, when too many wait."""
        hello = heard.hello
        speaker = hello.station, hello.epoch, hello.store_id, hello.boot
        if speaker not in self._waiting and len(self._waiting) >= self._most:
            return False
        self._waiting[speaker] = heard
        self._some.set()
        return True

    async def take(self, most: int) -> list[HeardHello]:
        """The first of them, up to so many; waits for one."""
        await self._some.wait()
        taken = [self._waiting.pop(speaker) for speaker in list(self._waiting)[:most]]
        if not self._waiting:
            self._some.clear()
        return taken
