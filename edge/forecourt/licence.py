"""Leave to fill: given, found missing, checked when the nozzle is lifted, and amended when the filling begins.

A leave is on the disk before the dispenser hears of it. What a dispenser delivers by nobody's leave happened all the
same: it is adopted, and head office is told.
"""

from collections.abc import Callable

from msgspec.structs import replace

from edge.forecourt.authorisation import Release, nozzles_of
from edge.forecourt.ending import Figures
from edge.forecourt.memory import PointMemory
from edge.store import fillings, outbox
from edge.store.database import Database
from edge.store.fillings import OpenFilling
from hardware.ports import Authorise, PumpCommand
from shared.clock import Stamp
from shared.errors import Refused, Unavailable
from shared.messages import PumpAlarmed


class Licence:
    """The leaves of one fuelling point."""

    def __init__(self, memory: PointMemory, post: Callable[[PumpCommand], None]) -> None:
        self._memory = memory
        self._grounds = memory.grounds
        self._post = post

    async def give(self, by: str, wish: Release) -> None:
        """Write it, then release the point. :exc:`Refused` when it can't be written."""
        memory = self._memory
        nozzles = nozzles_of(wish, memory.lifted, tuple(memory.grades))
        prices = {nozzle: memory.price_of(nozzle) for nozzle in nozzles}
        leave = OpenFilling(memory.number, by, self._grounds.clock.stamp(), nozzles, prices, wish.preset)
        try:
            await self._grounds.store.run(fillings.open_filling, leave)
        except Unavailable as why:
            raise Refused("store", str(why)) from why
        memory.leave, memory.held, memory.alarm = leave, False, ""
        memory.figures, memory.highest, memory.display = Figures(), Figures(), None
        memory.releasing_since = self._grounds.clock.mono()
        self._post(Authorise(memory.number, nozzles, wish.preset))

    async def check(self) -> str:
        """The point is released: what is wrong with that, in a stable word; empty when it is as it was meant."""
        await self._adopt()
        memory, leave = self._memory, self._memory.leave
        if leave is None or not memory.lifted:
            return ""
        wrong = self._wrong(leave)
        if wrong and not leave.started:
            memory.alarm = wrong
            return wrong
        await self._note_start(leave)
        return ""

    async def begin(self) -> None:
        """Fuel flows."""
        await self._adopt()
        if self._memory.leave is not None:
            await self._note_start(self._memory.leave)

    def _wrong(self, leave: OpenFilling) -> str:
        """Another nozzle than was released, or another price than was shown then."""
        memory = self._memory
        if leave.nozzles and memory.lifted not in leave.nozzles:
            return "other_nozzle"
        price = leave.prices.get(memory.lifted, 0)
        return "price_pending" if price and memory.price_of(memory.lifted) != price else ""

    async def _note_start(self, leave: OpenFilling) -> None:
        """The nozzle, and its price and tariff: what this filling is sold at, whatever head office sends meanwhile."""
        memory = self._memory
        if leave.started is not None or memory.nozzle not in memory.grades:
            return
        tariff, unit_price = memory.prices.sold_at(memory.nozzle)
        started = self._grounds.clock.stamp()
        memory.leave = replace(leave, nozzle=memory.nozzle, tariff=tariff, unit_price=unit_price, started=started)
        await self._grounds.journal.write(fillings.amend, memory.leave)

    async def _adopt(self) -> None:
        memory = self._memory
        if memory.leave is not None:
            return
        stamp = self._grounds.clock.stamp()
        memory.leave = OpenFilling(memory.number, "pump", stamp)
        memory.figures = memory.highest = memory.display or Figures()
        memory.alarm = "unauthorised"
        alarm = PumpAlarmed(memory.number, "unauthorised", "The dispenser was released by nobody here.")
        await self._grounds.journal.write(_write_adopted, memory.leave, stamp, alarm)


def _write_adopted(db: Database, leave: OpenFilling, stamp: Stamp, alarm: PumpAlarmed) -> None:
    fillings.open_filling(db, leave)
    outbox.append(db, stamp, alarm)
