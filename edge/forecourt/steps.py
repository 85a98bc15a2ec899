"""One fuelling point's way through the state table: each event leads somewhere, and there is something to do."""

from collections.abc import Callable

import structlog

from edge.forecourt import fuelling_point
from edge.forecourt.fuelling_point import Do, Event
from edge.forecourt.licence import Licence
from edge.forecourt.memory import PointMemory
from edge.forecourt.settlement import Settlement
from edge.forecourt.views import PointPhase
from hardware.ports import PumpCommand, ReadState, Resume, Stop, Suspend

_log = structlog.get_logger(__name__)

_AT_REST = (PointPhase.IDLE, PointPhase.AUTHORISED)


class Steps:
    """Takes them, one event after the other."""

    def __init__(
        self, memory: PointMemory, licence: Licence, settlement: Settlement, post: Callable[[PumpCommand], None]
    ) -> None:
        self.memory = memory
        self._grounds = memory.grounds
        self._licence = licence
        self._settlement = settlement
        self._post = post

    async def take(self, event: Event) -> None:
        """Something happened: go where the table says, and do what it says. What is not in it is read anew."""
        memory = self.memory
        step = fuelling_point.step(memory.phase, event)
        if step is None:
            _log.info("surprise", point=memory.number, phase=str(memory.phase), said=str(event))
            self.look()
            return
        if step.phase is not memory.phase:
            memory.phase, memory.since = step.phase, self._grounds.clock.now()
        await self._do(step.do)
        await self.close_with_the_station()

    async def close_with_the_station(self) -> None:
        """A point at rest is closed while the station is."""
        memory = self.memory
        if memory.phase in (PointPhase.IDLE, PointPhase.CALLING) and not self._grounds.open and not memory.settling:
            await self.take(Event.CLOSE)

    def look(self) -> None:
        """Ask the dispenser how it stands."""
        if self.memory.answering:
            self.memory.looking_since = self._grounds.clock.mono()
            self._post(ReadState(self.memory.number))

    async def lifted_already(self) -> None:
        """A nozzle that was lifted before the point came to rest is as good as one lifted now."""
        memory = self.memory
        if memory.phase in _AT_REST and memory.out and not memory.held:
            await self.take(Event.LIFTED)

    def halt(self) -> None:
        """End the filling or take back the release: at once."""
        self.memory.held = self.memory.out is not False
        self._post(Stop(self.memory.number))

    async def _do(self, what: Do) -> None:
        match what:
            case Do.NOTHING | Do.SERVE | Do.PRICE | Do.RELEASE:
                pass  # served and priced whenever the point allows it, and released, by the controller
            case Do.LOOK:
                self.look()
            case Do.CHECK:
                if await self._licence.check():
                    self.halt()
            case Do.BEGIN:
                self._settlement.abandon()
                await self._licence.begin()
            case Do.SETTLE:
                self._settlement.begin()
            case Do.HALT:
                self._post(Stop(self.memory.number))
            case Do.PAUSE:
                self._post(Suspend(self.memory.number))
            case Do.CONTINUE:
                self._post(Resume(self.memory.number))
