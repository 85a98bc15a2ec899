"""What is looked at as time passes: points many times a second; disk, clock, prices and the store once a second."""

import asyncio
from collections.abc import Iterable

import structlog

from edge.forecourt import station
from edge.forecourt.controller import Controller
from edge.forecourt.grounds import Grounds
from edge.forecourt.troubles import Troubles
from edge.store import station as station_books
from shared.errors import Unavailable

_log = structlog.get_logger(__name__)

_SECOND = 1_000


class Upkeep:
    """Keeps the time of a forecourt."""

    def __init__(self, grounds: Grounds, controllers: Iterable[Controller], troubles: Troubles) -> None:
        self._grounds = grounds
        self._controllers = list(controllers)
        self._troubles = troubles

    async def run(self) -> None:
        """Until cancelled; no failure of one look ends the looking."""
        pulse, slept = self._grounds.patience.pulse, 0
        while True:
            await asyncio.sleep(pulse / _SECOND)
            slept += pulse
            if slept >= _SECOND:
                slept = 0
                await self._surely()
            for controller in self._controllers:
                controller.tick()

    async def each_second(self) -> None:
        """The slower looks."""
        grounds = self._grounds
        grounds.measure()
        grounds.board.turn(grounds.clock.now())
        if grounds.store_fails:
            await self._try_store()
        self._troubles.set("disk", "disk_full" if grounds.disk_full else "")
        self._troubles.set("clock", station.clock_trouble(grounds.clock))
        self._troubles.tell()
        for controller in self._controllers:
            controller.publish()

    async def _surely(self) -> None:
        try:
            await self.each_second()
        except Exception:
            _log.exception("upkeep_failed")

    async def _try_store(self) -> None:
        """Whether the store can be written again."""
        try:
            await self._grounds.store.run(station_books.probe)
            await self._grounds.journal.catch_up()
        except Unavailable as why:
            self._troubles.set("store", "not_writable", str(why))
        else:
            self._troubles.set("store", "")
