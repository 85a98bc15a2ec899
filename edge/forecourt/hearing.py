"""What a dispenser says, as it bears on its fuelling point: what is remembered, and which step that is."""

import structlog

from edge.forecourt.ending import Figures
from edge.forecourt.fuelling_point import FOUND, SAID, Event
from edge.forecourt.pricing import Pricing
from edge.forecourt.settlement import Settlement
from edge.forecourt.steps import Steps
from edge.store import outbox
from hardware.ports import (
    AlarmRaised,
    Authorise,
    CommandDone,
    CommandFailed,
    FillingRead,
    NozzleLifted,
    NozzleReturned,
    PointAnswered,
    PointSilent,
    PriceRead,
    PumpCommand,
    PumpEvent,
    PumpState,
    PumpStateRead,
    ReadState,
    Resume,
    Stop,
    Suspend,
    TotaliserRead,
)
from shared.messages import PumpAlarmed

_log = structlog.get_logger(__name__)

_OVER = (PumpState.FINISHED, PumpState.LIMIT_REACHED)


class Hearing:
    """Listens to the dispenser of one point."""

    def __init__(self, steps: Steps, settlement: Settlement, pricing: Pricing) -> None:
        self.memory = steps.memory
        self._grounds = steps.memory.grounds
        self._steps = steps
        self._settlement = settlement
        self._pricing = pricing
        self._failure = ("", "")
        """The last command that failed, told once."""

    async def hear(self, event: PumpEvent) -> None:
        """It said this."""
        memory = self.memory
        match event:
            case PointAnswered():
                memory.answering, memory.out, memory.display = True, None, None
                self._pricing.forget()
                await self._steps.take(Event.ANSWERED)
            case PointSilent():
                memory.answering, memory.looking_since, memory.releasing_since = False, None, None
                self._settlement.abandon()
                await self._steps.take(Event.SILENT)
            case PumpStateRead():
                await self._hear_state(event.state)
            case NozzleLifted():
                await self._hear_lifted(event)
            case NozzleReturned():
                memory.out, memory.held, memory.nozzle = False, False, event.nozzle or memory.nozzle
                await self._steps.take(Event.RETURNED)
            case FillingRead():
                await self._hear_figures(Figures(event.volume, event.amount))
            case TotaliserRead():
                self._settlement.read_totaliser(event)
            case PriceRead():
                await self._pricing.read(event.nozzle, event.unit_price)
            case AlarmRaised():
                await self._hear_alarm(event)
            case CommandDone():
                await self._hear_done(event.command)
            case CommandFailed():
                await self._hear_failed(event)

    async def _hear_state(self, state: PumpState) -> None:
        """A state that we asked for is taken at its word; one told by itself goes through the table."""
        memory = self.memory
        memory.pump = state
        if state in (PumpState.AUTHORISED, PumpState.FUELLING):
            memory.releasing_since = None
        asked, memory.looking_since = memory.looking_since is not None, None
        await self._steps.take((FOUND if asked else SAID)[state])
        await self._steps.lifted_already()

    async def _hear_lifted(self, event: NozzleLifted) -> None:
        memory = self.memory
        again = memory.out is True and memory.nozzle == event.nozzle
        memory.out, memory.nozzle = True, event.nozzle
        if memory.leave is not None and memory.leave.nozzle not in (0, event.nozzle):
            memory.held = False  # another nozzle than the filling's: the next customer holds it
        await self._pricing.read(event.nozzle, event.unit_price)
        if not again:
            await self._steps.take(Event.LIFTED)

    async def _hear_figures(self, figures: Figures) -> None:
        memory = self.memory
        before, memory.display = memory.display, figures
        if memory.ending is not None:
            memory.ending.read_figures(figures, self._grounds.clock.mono())
            return
        if memory.leave is not None:
            memory.figures = figures
            memory.highest = max(memory.highest, figures, key=lambda seen: seen.volume)
        if before is not None and figures.volume > before.volume and memory.releasing_since is None:
            await self._steps.take(Event.FLOWED)

    async def _hear_alarm(self, event: AlarmRaised) -> None:
        self.memory.alarm = event.alarm
        fact = PumpAlarmed(event.point, event.alarm, f"code {event.code:02X}")
        await self._grounds.journal.write(outbox.append, self._grounds.clock.stamp(), fact)

    async def _hear_done(self, command: PumpCommand) -> None:
        """A filling so short that its end is the first that is heard of it was no release that failed."""
        memory = self.memory
        over = memory.pump in _OVER and memory.display is not None and memory.display.volume > 0
        if isinstance(command, Authorise) and memory.releasing_since is not None and over:
            memory.releasing_since = None
            self._steps.look()
        self._settlement.answered(command)
        await self._pricing.done(command)

    async def _hear_failed(self, event: CommandFailed) -> None:
        failure = type(event.command).__name__, event.detail
        if failure != self._failure:
            _log.warning("command_failed", point=event.point, command=failure[0], why=failure[1])
        self._failure = failure
        if isinstance(event.command, Authorise):
            self.memory.releasing_since = None
        self._settlement.answered(event.command)
        await self._pricing.failed(event.command, event.detail)
        if isinstance(event.command, Authorise | Stop | Suspend | Resume) or self._looks_in_vain(event.command):
            self._steps.look()

    def _looks_in_vain(self, command: PumpCommand) -> bool:
        return isinstance(command, ReadState) and self.memory.looking_since is not None
