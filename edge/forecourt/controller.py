"""One fuelling point at work: what its dispenser says and what people wish goes through the state table, in turn."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import structlog

from edge.forecourt import fuelling_point
from edge.forecourt.authorisation import Release, permit
from edge.forecourt.ending import Figures
from edge.forecourt.fuelling_point import FOUND, SAID, Do, Event
from edge.forecourt.licence import Licence
from edge.forecourt.memory import PointMemory
from edge.forecourt.pricing import Pricing
from edge.forecourt.settlement import Settlement
from edge.forecourt.turns import Turn, Turns
from edge.forecourt.views import PointPhase, PointView
from edge.store import outbox, presented
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
from shared.errors import Refused, Unavailable
from shared.messages import PumpAlarmed

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_AT_REST = (PointPhase.IDLE, PointPhase.AUTHORISED)
_OVER = (PumpState.FINISHED, PumpState.LIMIT_REACHED)
_BETWEEN_FILLINGS = (PointPhase.INOPERATIVE, PointPhase.CLOSED, PointPhase.IDLE, PointPhase.CALLING)


class Controller:
    """The only one who changes a :class:`PointMemory`. ``post`` hands a command to the line; it never waits."""

    def __init__(self, memory: PointMemory, post: Callable[[PumpCommand], None]) -> None:
        self.memory = memory
        self._grounds = memory.grounds
        self._post = post
        self._licence = Licence(memory, post)
        self._settlement = Settlement(memory, post)
        self._pricing = Pricing(memory, post)
        self._turns = Turns()
        self._published: PointView | None = None
        self._failure = ("", "")
        """The last command that failed, told once."""

    # ── What others may do ────────────────────────────────────────────────────────────────────────────────────────────

    def receive(self, event: PumpEvent) -> None:
        """The dispenser said this."""
        self._turns.add(partial(self._hear, event))

    def tick(self) -> None:
        """Time has passed. Where time alone brings nothing, this costs nothing."""
        if self._turns.free and self.memory.restless:
            self._turns.add(_nothing)

    async def ask(self, work: Callable[[], Awaitable[T]]) -> T:
        """Have this done in its turn, and wait for what it gives."""
        return await self._turns.ask(work)

    async def live(self) -> None:
        """Work until cancelled."""
        while True:
            await self._take_turn(await self._turns.next())

    async def authorise(self, by: str, wish: Release) -> None:
        """Release the point; :exc:`Refused` says why not."""
        await self.ask(lambda: self._authorise(by, wish))

    def stop(self) -> None:
        """End the filling or take back the release: at once, past everything that waits."""
        self.memory.held = self.memory.out is not False
        self._post(Stop(self.memory.number))

    async def suspend(self) -> None:
        """Halt the flow for a while."""
        await self.ask(lambda: self._wish(Event.SUSPEND))

    async def resume(self) -> None:
        """Let it flow again."""
        await self.ask(lambda: self._wish(Event.RESUME))

    async def free(self, by: str) -> None:
        """Give up a release whose dispenser is silent; :exc:`Refused` says why not."""
        await self.ask(lambda: self._settlement.give_up(by))

    async def switched(self) -> None:
        """The station was opened or closed."""
        await self.ask(self._switch)

    def publish(self) -> None:
        """Tell those who watch, if there is anything new to see."""
        view = self.memory.view()
        if view != self._published:
            self._published = view
            self._grounds.on_point(self.memory.number)

    # ── A turn, and what time alone may bring ─────────────────────────────────────────────────────────────────────────

    async def _take_turn(self, turn: Turn) -> None:
        try:
            await turn()
            await self._press_on()
        except Unavailable as why:
            _log.warning("point_waits_for_the_store", point=self.memory.number, why=str(why))
        except Exception:
            _log.exception("point_failed", point=self.memory.number)
            self._look()
        self.publish()

    async def _press_on(self) -> None:
        memory, now, patience = self.memory, self._grounds.clock.mono(), self._grounds.patience
        if await self._settlement.press_on():
            await self._close_with_the_station()
            await self._lifted_already()
        if memory.releasing_since is not None and now - memory.releasing_since > patience.release:
            memory.releasing_since = None
            self._look()
        if memory.answering and memory.looking_since is not None and now - memory.looking_since > patience.lost:
            self._look()
        await self._forget_shown()
        if memory.phase in (PointPhase.IDLE, PointPhase.CLOSED) and not memory.settling:
            self._settlement.look_again()
        if self._between_fillings():
            await self._pricing.press_on(now)
        if memory.phase is PointPhase.CALLING:
            await self._serve()

    async def _serve(self) -> None:
        """Release whoever holds a nozzle, when the station is run so and nothing speaks against it."""
        memory = self.memory
        if not self._grounds.automatic or memory.held or memory.leave is not None:
            return
        try:
            await self._authorise("automatic", Release())
        except Refused as why:
            memory.held = why.reason == "no_such_nozzle"

    async def _forget_shown(self) -> None:
        """A coupon that nobody fuels for is put back."""
        memory = self.memory
        if memory.shown is None or memory.leave is not None or memory.settling:
            return
        if self._grounds.clock.now() - memory.shown.at > self._grounds.patience.shown:
            memory.shown = memory.known = None
            await self._grounds.journal.write(presented.forget, memory.number)

    def _between_fillings(self) -> bool:
        memory = self.memory
        return memory.answering and memory.phase in _BETWEEN_FILLINGS and memory.leave is None and not memory.settling

    # ── What the dispenser says ───────────────────────────────────────────────────────────────────────────────────────

    async def _hear(self, event: PumpEvent) -> None:
        memory = self.memory
        match event:
            case PointAnswered():
                memory.answering, memory.out, memory.display = True, None, None
                self._pricing.forget()
                await self._take(Event.ANSWERED)
            case PointSilent():
                memory.answering, memory.looking_since, memory.releasing_since = False, None, None
                self._settlement.abandon()
                await self._take(Event.SILENT)
            case PumpStateRead():
                await self._hear_state(event.state)
            case NozzleLifted():
                await self._hear_lifted(event)
            case NozzleReturned():
                memory.out, memory.held, memory.nozzle = False, False, event.nozzle or memory.nozzle
                await self._take(Event.RETURNED)
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
        await self._take((FOUND if asked else SAID)[state])
        await self._lifted_already()

    async def _lifted_already(self) -> None:
        """A nozzle that was lifted before the point came to rest is as good as one lifted now."""
        memory = self.memory
        if memory.phase in _AT_REST and memory.out and not memory.held:
            await self._take(Event.LIFTED)

    async def _hear_lifted(self, event: NozzleLifted) -> None:
        memory = self.memory
        again = memory.out is True and memory.nozzle == event.nozzle
        memory.out, memory.nozzle = True, event.nozzle
        if memory.leave is not None and memory.leave.nozzle not in (0, event.nozzle):
            memory.held = False  # another nozzle than the filling's: the next customer holds it
        await self._pricing.read(event.nozzle, event.unit_price)
        if not again:
            await self._take(Event.LIFTED)

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
            await self._take(Event.FLOWED)

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
            self._look()
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
            self._look()

    def _looks_in_vain(self, command: PumpCommand) -> bool:
        return isinstance(command, ReadState) and self.memory.looking_since is not None

    # ── The table ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _take(self, event: Event) -> None:
        memory = self.memory
        step = fuelling_point.step(memory.phase, event)
        if step is None:
            _log.info("surprise", point=memory.number, phase=str(memory.phase), said=str(event))
            self._look()
            return
        if step.phase is not memory.phase:
            memory.phase, memory.since = step.phase, self._grounds.clock.now()
        await self._do(step.do)
        await self._close_with_the_station()

    async def _close_with_the_station(self) -> None:
        memory = self.memory
        if memory.phase in (PointPhase.IDLE, PointPhase.CALLING) and not self._grounds.open and not memory.settling:
            await self._take(Event.CLOSE)

    async def _do(self, what: Do) -> None:
        match what:
            case Do.NOTHING | Do.SERVE | Do.PRICE | Do.RELEASE:
                pass  # served and priced whenever the point allows it, see _press_on; released by _authorise
            case Do.LOOK:
                self._look()
            case Do.CHECK:
                if await self._licence.check():
                    self.stop()
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

    def _look(self) -> None:
        if self.memory.answering:
            self.memory.looking_since = self._grounds.clock.mono()
            self._post(ReadState(self.memory.number))

    # ── What people wish ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _authorise(self, by: str, wish: Release) -> None:
        self._grounds.measure()
        permit(wish, self.memory.circumstances())
        await self._take(Event.AUTHORISE)
        await self._licence.give(by, wish)

    async def _wish(self, event: Event) -> None:
        try:
            await self._take(event)
        except fuelling_point.NotNow as why:
            raise Refused("not_now", "This can't be done at this fuelling point now.") from why

    async def _switch(self) -> None:
        await self._take(Event.OPEN if self._grounds.open else Event.CLOSE)
        await self._lifted_already()


async def _nothing() -> None:
    """A turn in which only time has passed."""
