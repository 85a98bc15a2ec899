"""Waiting for something to become true, and no longer."""

import asyncio
import time
from collections.abc import Callable


async def until(happened: Callable[[], object], seconds: float = 10.0, what: str = "") -> None:
    """Returns as soon as ``happened()`` is true; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, what or "it did not happen in time"
        await asyncio.sleep(0.005)
