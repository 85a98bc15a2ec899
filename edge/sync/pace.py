"""What the parts of the line share: how patient they are, what they tell of the station, how they wait and go on."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from msgspec import Struct

from shared.errors import Unavailable
from shared.messages import GaugeState, PointState

_log = structlog.get_logger(__name__)

HEARTBEAT = 15.0
"""Seconds between two hellos."""
_UNHEARD = 40.0
"""After so many seconds without a welcome the company counts as away, whatever the connection says."""


class Pipe(Protocol):
    """What is needed of :class:`shared.mqtt.Pipe`."""

    @property
    def connected(self) -> bool: ...

    def publish(self, topic: str, data: bytes) -> bool: ...

    def drop(self, why: str) -> None: ...


class Presence(Struct, frozen=True):
    """How the station is, for the heartbeat."""

    open: bool = True
    points: tuple[PointState, ...] = ()
    printer: str = ""
    gauges: tuple[GaugeState, ...] = ()


class Pace(Struct, frozen=True):
    """The times of the line in seconds; tests are less patient than the road."""

    heartbeat: float = HEARTBEAT
    unheard: float = _UNHEARD
    greeting_again: float = 2.0
    first_patience: float = 5.0
    longest_patience: float = 60.0
    first_silence: float = 60.0


UNHURRIED = Pace()


async def either(event: asyncio.Event, seconds: float | None) -> None:
    """Until the event happens, which is then spent, or the time is over."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
    event.clear()


async def whatever_happens(part: Callable[[], Awaitable[None]]) -> None:
    """Runs a part for ever: a failing disk or a bug in it is logged once, and it goes on."""
    told = ""
    while True:
        try:
            await part()
        except Unavailable as why:
            if str(why) != told:
                _log.warning("line_waits_for_the_store", why=str(why))
            told = str(why)
        except Exception as why:
            if repr(why) != told:
                _log.exception("line_failed")
            told = repr(why)
        await asyncio.sleep(1.0)
