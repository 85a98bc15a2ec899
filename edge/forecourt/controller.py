"""One fuelling point at work: what its dispenser says and what people wish goes through the state table, in turn."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import structlog

from edge.forecourt import fuelling_point
from edge.forecourt.authorisation import Release, permit
from edge.forecourt.fuelling_point import Event
from edge.forecourt.hearing import Hearing
from edge.forecourt.licence import Licence
from edge.forecourt.memory import PointMemory
from edge.forecourt.pricing import Pricing
from edge.forecourt.settlement import Settlement
from edge.forecourt.steps import Steps
from edge.forecourt.turns import Turn, Turns
from edge.forecourt.views import PointPhase, PointView
from edge.store import presented
from hardware.ports import PumpCommand, PumpEvent
from shared.errors import Refused, Unavailable

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_BETWEEN_FILLINGS = (PointPhase.INOPERATIVE, PointPhase.CLOSED, PointPhase.IDLE, PointPhase.CALLING)


class Controller:
    """Whatever changes a :class:`PointMemory` is done in its turns. ``post`` never waits."""

    def __init__(self, memory: PointMemory, post: Callable[[PumpCommand], None]) -> None:
        self.memory = memory
        self._grounds = memory.grounds
        self._licence = Licence(memory, post)
        self._settlement = Settlement(memory, post)
        self._pricing = Pricing(memory, post)
        self._steps = Steps(memory, self._licence, self._settlement, post)
        self._hearing = Hearing(self._steps, self._settlement, self._pricing)
        self._turns = Turns()
        self._published: PointView | None = None

    # ── What others may do ────────────────────────────────────────────────────────────────────────────────────────────

    def receive(self, event: PumpEvent) -> None:
        """The dispenser said this."""
        self._turns.add(partial(self._hearing.hear, event))

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
        self._steps.halt()

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
            self._steps.look()
        self.publish()

    async def _press_on(self) -> None:
        memory, now, patience = self.memory, self._grounds.clock.mono(), self._grounds.patience
        if await self._settlement.press_on():
            await self._steps.close_with_the_station()
            await self._steps.lifted_already()
        if memory.releasing_since is not None and now - memory.releasing_since > patience.release:
            memory.releasing_since = None
            self._steps.look()
        if memory.answering and memory.looking_since is not None and now - memory.looking_since > patience.lost:
            self._steps.look()
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

    # ── What people wish ──────────────────────────────────────────────────────────────────────────────────────────────

    async def _authorise(self, by: str, wish: Release) -> None:
        self._grounds.measure()
        permit(wish, self.memory.circumstances())
        await self._steps.take(Event.AUTHORISE)
        await self._licence.give(by, wish)

    async def _wish(self, event: Event) -> None:
        try:
            await self._steps.take(event)
        except fuelling_point.NotNow as why:
            raise Refused("not_now", "This can't be done at this fuelling point now.") from why

    async def _switch(self) -> None:
        await self._steps.take(Event.OPEN if self._grounds.open else Event.CLOSE)
        await self._steps.lifted_already()


async def _nothing() -> None:
    """A turn in which only time has passed."""
