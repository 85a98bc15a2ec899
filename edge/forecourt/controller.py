"""One fuelling point at work: what its dispenser says and what people wish goes through the state table, in turn.

Events and wishes wait in one queue, so that nothing happens to a point while something else is being written for it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from msgspec.structs import replace

from edge.forecourt import fuelling_point
from edge.forecourt.authorisation import Release, nozzles_of, permit
from edge.forecourt.ending import Figures
from edge.forecourt.fuelling_point import FOUND, SAID, Do, Event
from edge.forecourt.memory import PointMemory
from edge.forecourt.pricing import Pricing
from edge.forecourt.settlement import Settlement
from edge.forecourt.views import PointPhase, PointView
from edge.store import fillings, outbox, presented
from edge.store.database import Database
from edge.store.fillings import OpenFilling
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
from shared.clock import Stamp
from shared.errors import Refused, Unavailable
from shared.messages import PumpAlarmed

T = TypeVar("T")
Wish = Callable[[], Awaitable[None]]

_log = structlog.get_logger(__name__)

_AT_REST = (PointPhase.IDLE, PointPhase.AUTHORISED)
_BETWEEN_FILLINGS = (PointPhase.INOPERATIVE, PointPhase.CLOSED, PointPhase.IDLE, PointPhase.CALLING)


class Controller:
    """The only one who changes a :class:`PointMemory`. ``post`` hands a command to the line; it never waits."""

    def __init__(self, memory: PointMemory, post: Callable[[PumpCommand], None]) -> None:
        self.memory = memory
        self._grounds = memory.grounds
        self._post = post
        self._settlement = Settlement(memory, post)
        self._pricing = Pricing(memory, post)
        self._waiting: asyncio.Queue[PumpEvent | Wish] = asyncio.Queue()
        self._published: PointView | None = None
        self._failure = ("", "")
        """The last command that failed, told once."""

    # ── What others may do ────────────────────────────────────────────────────────────────────────────────────────────

    def receive(self, event: PumpEvent) -> None:
        """The dispenser said this."""
        self._waiting.put_nowait(event)

    def tick(self) -> None:
        """Time has passed. Where time alone brings nothing, this costs nothing."""
        if self._waiting.empty() and self.memory.restless:
            self._waiting.put_nowait(self._nothing)

    def publish(self) -> None:
        """Tell those who watch, if there is anything new to see."""
        view = self.memory.view()
        if view != self._published:
            self._published = view
            self._grounds.on_point(self.memory.number)

    async def ask(self, work: Callable[[], Awaitable[T]]) -> T:
        """Have this done when its turn has come, and wait for its result."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def wish() -> None:
            try:
                result = await work()
            except Exception as why:
                if not done.cancelled():
                    done.set_exception(why)
            else:
                if not done.cancelled():
                    done.set_result(result)

        self._waiting.put_nowait(wish)
        return await done

    async def live(self) -> None:
        """Work until cancelled."""
        while True:
            await self._one(await self._waiting.get())

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

    async def switched(self) -> None:
        """The station was opened or closed."""
        await self.ask(self._switch)

    # ── One after the other ───────────────────────────────────────────────────────────────────────────────────────────

    async def _one(self, item: PumpEvent | Wish) -> None:
        try:
            if callable(item):
                await item()
            else:
                await self._hear(item)
            await self._press_on()
        except Unavailable as why:
            _log.warning("point_waits_for_the_store", point=self.memory.number, why=str(why))
        except Exception:
            _log.exception("point_failed", point=self.memory.number)
            self._look()
        self.publish()

    async def _nothing(self) -> None:
        """Only time has passed."""

    async def _press_on(self) -> None:
        """Whatever time alone may bring."""
        memory, now = self.memory, self._grounds.clock.mono()
        if await self._settlement.press_on():
            await self._settled()
        patience = self._grounds.patience
        if memory.releasing_since is not None and now - memory.releasing_since > patience.release:
            memory.releasing_since = None
            self._look()
        if memory.answering and memory.looking_since is not None and now - memory.looking_since > patience.reply:
            self._look()
        await self._forget_shown()
        if self._between_fillings():
            await self._pricing.press_on(now)
        if memory.phase is PointPhase.CALLING:
            await self._serve()

    async def _settled(self) -> None:
        """The filling is recorded: close the point if the station is closed, serve who lifted a nozzle meanwhile."""
        await self._close_with_the_station()
        await self._lifted_already()

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
                memory.out, memory.held = False, False
                await self._take(Event.RETURNED)
            case FillingRead():
                await self._hear_figures(Figures(event.volume, event.amount))
            case TotaliserRead():
                if memory.ending is not None:
                    memory.ending.read_totaliser(event.nozzle, event.volume, event.modulus, self._grounds.clock.mono())
            case PriceRead():
                await self._pricing.read(event.nozzle, event.unit_price)
            case AlarmRaised():
                memory.alarm = event.alarm
                await self._alarm(event.alarm, f"code {event.code:02X}")
            case CommandDone():
                await self._pricing.done(event.command)
            case CommandFailed():
                await self._hear_failed(event)

    async def _hear_state(self, state: PumpState) -> None:
        """A state that we asked for is taken at its word; one told by itself goes through the table."""
        memory = self.memory
        memory.pump = state
        if state in (PumpState.AUTHORISED, PumpState.FUELLING):
            memory.releasing_since = None
        if memory.looking_since is None:
            await self._take(SAID[state])
        else:
            memory.looking_since = None
            await self._take(FOUND[state])
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
        if before is not None and figures.volume > before.volume:
            await self._take(Event.FLOWED)

    async def _hear_failed(self, event: CommandFailed) -> None:
        failure = type(event.command).__name__, event.detail
        if failure != self._failure:
            _log.warning("command_failed", point=event.point, command=failure[0], why=failure[1])
        self._failure = failure
        if isinstance(event.command, Authorise):
            self.memory.releasing_since = None
        await self._pricing.failed(event.command, event.detail)
        if isinstance(event.command, Authorise | Stop | Suspend | Resume):
            self._look()

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
                await self._check()
            case Do.BEGIN:
                await self._begin()
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

    async def _check(self) -> None:
        """Released: by our leave, this nozzle, at this price? Otherwise it is stopped before anything flows."""
        await self._adopt()
        memory, leave = self.memory, self.memory.leave
        if leave is None or not memory.lifted:
            return
        wrong_nozzle = bool(leave.nozzles) and memory.lifted not in leave.nozzles
        price = leave.prices.get(memory.lifted, 0)
        wrong_price = price > 0 and memory.price_of(memory.lifted) != price
        if (wrong_nozzle or wrong_price) and not leave.started:
            memory.alarm = "other_nozzle" if wrong_nozzle else "price_pending"
            self.stop()
            return
        await self._note_start(leave)

    async def _begin(self) -> None:
        """Fuel flows."""
        self._settlement.abandon()
        await self._adopt()
        if self.memory.leave is not None:
            await self._note_start(self.memory.leave)

    async def _note_start(self, leave: OpenFilling) -> None:
        """The nozzle, and its price and tariff: what this filling is sold at, whatever head office sends meanwhile."""
        memory = self.memory
        if leave.started is not None or memory.nozzle not in memory.grades:
            return
        tariff, unit_price = memory.prices.sold_at(memory.nozzle)
        started = self._grounds.clock.stamp()
        memory.leave = replace(leave, nozzle=memory.nozzle, tariff=tariff, unit_price=unit_price, started=started)
        await self._grounds.journal.write(fillings.amend, memory.leave)

    async def _adopt(self) -> None:
        """The dispenser fuels by nobody's leave: it happened, so it is recorded, and head office is told."""
        memory = self.memory
        if memory.leave is not None:
            return
        stamp = self._grounds.clock.stamp()
        memory.leave = OpenFilling(memory.number, "pump", stamp)
        memory.figures = memory.highest = memory.display or Figures()
        memory.alarm = "unauthorised"
        alarm = PumpAlarmed(memory.number, "unauthorised", "The dispenser was released by nobody here.")
        await self._grounds.journal.write(_adopt, memory.leave, stamp, alarm)

    # ── What people wish ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _wish(self, event: Event) -> None:
        try:
            await self._take(event)
        except fuelling_point.NotNow as why:
            raise Refused("not_now", "This can't be done at this fuelling point now.") from why

    async def _switch(self) -> None:
        await self._take(Event.OPEN if self._grounds.open else Event.CLOSE)
        await self._lifted_already()

    async def _serve(self) -> None:
        """Release whoever holds a nozzle, when the station is run so and nothing speaks against it."""
        memory = self.memory
        if not self._grounds.automatic or memory.held:
            return
        try:
            await self._authorise("automatic", Release())
        except Refused as why:
            memory.held = why.reason in ("no_such_nozzle",)

    async def _authorise(self, by: str, wish: Release) -> None:
        """The leave is on the disk before the dispenser hears of it."""
        memory = self.memory
        self._grounds.measure()
        permit(wish, memory.circumstances())
        await self._take(Event.AUTHORISE)
        nozzles = nozzles_of(wish, memory.lifted, tuple(memory.grades))
        prices = {nozzle: memory.price_of(nozzle) for nozzle in nozzles}
        leave = OpenFilling(memory.number, by, self._grounds.clock.stamp(), nozzles, prices, wish.preset)
        try:
            await self._grounds.store.run(fillings.open_filling, leave)
        except Unavailable as why:
            raise Refused("store", str(why)) from why
        memory.leave, memory.held, memory.alarm = leave, False, ""
        memory.figures = memory.highest = Figures()
        memory.releasing_since = self._grounds.clock.mono()
        self._post(Authorise(memory.number, nozzles, wish.preset))

    async def _alarm(self, alarm: str, detail: str) -> None:
        fact = PumpAlarmed(self.memory.number, alarm, detail)
        await self._grounds.journal.write(outbox.append, self._grounds.clock.stamp(), fact)

    async def _forget_shown(self) -> None:
        """A coupon that nobody fuels for is put back."""
        memory = self.memory
        if memory.shown is None or memory.leave is not None or memory.settling:
            return
        if self._grounds.clock.now() - memory.shown.at > self._grounds.patience.shown:
            await self.forget_shown()

    async def forget_shown(self) -> None:
        """Take back what was shown here."""
        memory = self.memory
        memory.shown = memory.known = None
        await self._grounds.journal.write(presented.forget, memory.number)

    def _between_fillings(self) -> bool:
        memory = self.memory
        return memory.answering and memory.phase in _BETWEEN_FILLINGS and memory.leave is None and not memory.settling


def _adopt(db: Database, leave: OpenFilling, stamp: Stamp, alarm: PumpAlarmed) -> None:
    fillings.open_filling(db, leave)
    outbox.append(db, stamp, alarm)
