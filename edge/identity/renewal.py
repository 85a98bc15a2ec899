"""Papers that never run out while there is a line, and a person who hears of it in time when there is none."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

import structlog

from edge.identity import door, papers
from edge.identity.papers import Papers
from shared.errors import JiayouError, Unavailable

_log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 600.0
"""Between two looks at the calendar."""
WARN_DAYS: Final = 14
_DAY: Final = 86_400_000


class Worry(NamedTuple):
    """What a person must know; ``word`` empty when all is well."""

    word: str
    detail: str


def worry(present: Papers | None, now: int) -> Worry:
    """What is wrong with the papers. Pure."""
    if present is None:
        return Worry("not_enrolled", "")
    left = present.facts.not_after - now
    if left <= 0:
        return Worry("certificate_over", "")
    if left < WARN_DAYS * _DAY:
        return Worry("certificate_ends", str(-(-left // _DAY)))
    return Worry("", "")


class Renewal:
    """Looks at the papers from time to time. ``on_worry`` hears what a person must know, ``on_renewed`` that there are
    new papers; ``now`` is the station's time."""

    def __init__(
        self,
        directory: Path,
        station: str,
        address: str,
        now: Callable[[], int],
        on_worry: Callable[[Worry], None],
        on_renewed: Callable[[], Awaitable[None]],
        seconds: float = LOOK_SECONDS,
    ) -> None:
        self._directory = directory
        self._station = station
        self._address = address
        self._now = now
        self._on_worry = on_worry
        self._on_renewed = on_renewed
        self._seconds = seconds
        self._told = ""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._seconds)

    async def look(self) -> None:
        """Once."""
        try:
            present = papers.load(self._directory)
        except Unavailable as why:
            self._on_worry(Worry("papers_damaged", str(why)))
            return
        if present is not None and self._address and present.due <= self._now() < present.facts.not_after:
            present = await self._renewed(present)
        self._on_worry(worry(present, self._now()))

    async def _renewed(self, present: Papers) -> Papers:
        try:
            fresh = await door.renew(self._address, self._station, present)
        except JiayouError as why:
            if str(why) != self._told:
                _log.warning("certificate_not_renewed", why=str(why))
            self._told = str(why)
            return present
        self._told = ""
        _log.info("certificate_renewed", until=fresh.facts.not_after)
        await self._on_renewed()
        return fresh
