"""The end of a filling: figures and totaliser are awaited, it is proved and written; then the dispenser is cleared.

What an ending may come to:

1. by our leave, and something was delivered      → a sale; disputed when the totaliser does not prove it
2. by our leave, and nothing was delivered        → cancelled
3. by our leave, and the display still shows the last sale, which the totaliser denies → cancelled
4. by nobody's leave, and the display proves what the totaliser has moved by → a sale by ``pump``, and an alarm
5. by nobody's leave, and a totaliser has moved by something else → a line of its own: fallback, drops, or set back
6. by nobody's leave, and nothing has moved       → recorded before: the dispenser is only cleared

Some seconds after each sale the totalisers are read once more, so that drops that fall after the nozzle was hung up
are nobody's, and not the next customer's.
"""

from collections.abc import Callable

import structlog

from edge.forecourt import closing
from edge.forecourt.checkout import Till
from edge.forecourt.closing import Closing
from edge.forecourt.ending import Ask, Ending, Figures, Outcome
from edge.forecourt.memory import PointMemory
from edge.store.fillings import OpenFilling
from hardware.ports import Clear, PumpCommand, PumpState, ReadState, ReadTotaliser, TotaliserRead
from shared.clock import Stamp
from shared.disputes import moved_by
from shared.errors import Refused, Unavailable
from shared.messages import MeterMoved, PumpAlarmed
from shared.sale import Delivery, Finding
from shared.volume import litres

_log = structlog.get_logger(__name__)

_AT_REST = (PumpState.FINISHED, PumpState.READY)
_RETRY = 1_000
"""Milliseconds between two attempts to write a sale."""


class Settlement:
    """Settles the fillings of one point, one after the other."""

    def __init__(self, memory: PointMemory, post: Callable[[PumpCommand], None]) -> None:
        self._memory = memory
        self._grounds = memory.grounds
        self._post = post
        self._finished: Stamp | None = None
        self._begun_at = 0
        self._not_before = 0

    def begin(self) -> None:
        """The filling is over, or the point is seen for the first time: find out what there is to record."""
        memory = self._memory
        if memory.ending is not None or memory.releasing_since is not None:
            return
        leave = memory.leave
        memory.held = memory.held or (leave is not None and leave.started is not None and self._in_hand(leave))
        nozzles = self._candidates(leave)
        before = {nozzle: memory.totalisers[nozzle] for nozzle in nozzles}
        settings = memory.settings
        memory.ending = Ending(
            before,
            memory.highest,
            memory.display,
            settings.totaliser_modulus,
            settings.totaliser_tolerance,
            self._grounds.patience,
        )
        self._finished = self._grounds.clock.stamp()
        self._begun_at = self._grounds.clock.mono()
        self._not_before = 0

    async def give_up(self, by: str) -> None:
        """A person gives up the leave of a point that is silent. :exc:`Refused` when there is none, or it answers."""
        memory = self._memory
        if memory.leave is None:
            raise Refused("nothing_open", "Nothing is released at this fuelling point.")
        if memory.answering:
            raise Refused("answers", "The dispenser answers. Stop the fuelling point; it settles by itself.")
        try:
            await self._grounds.store.run(closing.give_up, self._grounds.clock.stamp(), memory.number, by)
        except Unavailable as why:
            raise Refused("store", str(why)) from why
        memory.shown = memory.known = None
        self._ended(clear=False)

    def look_again(self) -> None:
        """Drops may have fallen since the last sale: read the totalisers of a point at rest once more."""
        memory, now = self._memory, self._grounds.clock.mono()
        if memory.look_again_at is None or now < memory.look_again_at:
            return
        memory.look_again_at = None
        if memory.answering and memory.leave is None and not memory.out and memory.display in (None, Figures()):
            memory.display = Figures()
            self.begin()

    def abandon(self) -> None:
        """It goes on after all, or the dispenser is silent: all is asked anew at its end. What is known is kept."""
        ending = self._memory.ending
        if ending is not None and ending.outcome is None:
            self._memory.ending = None

    def read_totaliser(self, read: TotaliserRead) -> None:
        """The dispenser told the totaliser of a nozzle."""
        if self._memory.ending is not None:
            self._memory.ending.read_totaliser(read.nozzle, read.volume, read.modulus, self._grounds.clock.mono())

    def answered(self, command: PumpCommand) -> None:
        """A question of ours has come to its end."""
        if self._memory.ending is not None and isinstance(command, ReadState | ReadTotaliser):
            self._memory.ending.answered()

    async def press_on(self) -> bool:
        """Ask what is missing, or write what is known; True when the point is settled."""
        ending, now = self._memory.ending, self._grounds.clock.mono()
        if ending is None:
            return False
        if self._memory.leave is None and self._memory.display == Figures():
            ending.trust(Figures())
        ending.likely = self._memory.nozzle
        question = ending.next(self._waits_for_nozzle(), now)
        if question in (Ask.FIGURES, Ask.BOTH):
            self._post(ReadState(self._memory.number))
        if question in (Ask.TOTALISERS, Ask.BOTH):
            for nozzle in ending.nozzles:
                self._post(ReadTotaliser(self._memory.number, nozzle))
        if ending.outcome is None or now < self._not_before:
            return False
        return await self._conclude(ending.outcome, now)

    def _candidates(self, leave: OpenFilling | None) -> tuple[int, ...]:
        """The nozzles that may have delivered."""
        if leave is None:
            return tuple(self._memory.grades)
        if leave.nozzle:
            return (leave.nozzle,)
        return tuple(n for n in leave.nozzles if n in self._memory.grades) or tuple(self._memory.grades)

    def _waits_for_nozzle(self) -> bool:
        """A filling ends with its nozzle hung up; where there was none, nothing needs to be waited for.

        Neither where the display still shows a sale that is recorded: whoever holds the nozzle is the next customer.
        And not for ever: while nobody was watching, the next one may have lifted the nozzle of a filling that is over.
        """
        memory, leave = self._memory, self._memory.leave
        if memory.pump in _AT_REST and self._grounds.clock.mono() - self._begun_at > self._grounds.patience.hand:
            return False
        if leave is None and self._shows_last_sale():
            return False
        shows = memory.display is None or memory.display.volume > 0
        return self._in_hand(leave) and (shows or (leave is not None and leave.started is not None))

    def _in_hand(self, leave: OpenFilling | None) -> bool:
        """Whether this filling's nozzle may still be out. Who holds another one of this point is the next customer."""
        memory = self._memory
        other = leave is not None and leave.nozzle and memory.lifted and memory.lifted != leave.nozzle
        return memory.out is not False and not other

    def _shows_last_sale(self) -> bool:
        last, display = self._memory.last_sale, self._memory.display
        return last is not None and display == Figures(last.delivery.volume, last.delivery.amount)

    async def _conclude(self, outcome: Outcome, now: int) -> bool:
        self._not_before = now + _RETRY
        try:
            await self._write(outcome)
        except Unavailable as why:
            if not self._memory.unrecorded:
                _log.error("sale_not_recorded_yet", point=self._memory.number, why=str(why))
            self._memory.unrecorded = str(why)
            return False
        self._memory.unrecorded = ""
        self._memory.totalisers |= outcome.after
        self._memory.read_at |= dict.fromkeys(outcome.after, self._grounds.clock.now())
        self._memory.ending = None
        return True

    async def _write(self, outcome: Outcome) -> None:
        """One of the six ends. :exc:`Unavailable` when the store can't take it: nothing has changed then."""
        leave, delivered = self._memory.leave, outcome.figures.volume > 0
        if not await self._grounds.journal.catch_up():
            raise Unavailable(self._grounds.store.trouble or "The store can't be written.")
        if leave is None:
            await self._write_unlicensed(outcome, delivered)
        elif (delivered or outcome.moved) and not self._is_last_sale_again(leave, outcome):
            await self._record(leave, outcome, moved=self._moved(outcome, besides=self._sold_by(leave, outcome)))
        else:
            stamp = self._grounds.clock.stamp()
            await self._grounds.store.run(closing.cancel, stamp, self._memory.number, outcome.after)
            self._ended(clear=delivered)

    async def _write_unlicensed(self, outcome: Outcome, delivered: bool) -> None:
        memory, stamp = self._memory, self._grounds.clock.stamp()
        proved = delivered and outcome.moved and outcome.proof.finding is Finding.PROVED and not memory.doubted
        moved = self._moved(outcome, besides=outcome.nozzle if proved else 0)
        if proved:
            leave = OpenFilling(memory.number, "pump", stamp, nozzle=outcome.nozzle)
            await self._record(leave, outcome, PumpAlarmed(memory.number, "unauthorised", _told(outcome)), moved)
            return
        if moved or any(memory.totalisers.get(nozzle) != volume for nozzle, volume in outcome.after.items()):
            await self._grounds.store.run(closing.keep_totalisers, stamp, memory.number, outcome.after, moved)
        if moved:
            self._grounds.on_meter()
        if delivered:
            self._post(Clear(memory.number))

    def _moved(self, outcome: Outcome, besides: int) -> tuple[MeterMoved, ...]:
        """What moved totalisers with no sale to show for it; not of the nozzle ``besides``, whose sale is known."""
        memory, wished = self._memory, self._grounds.site.drip_limit
        drips = memory.settings.drip_limit if wished is None else wished
        lines = []
        for nozzle, after in outcome.after.items():
            before = memory.totalisers.get(nozzle)
            if before is None or before == after or nozzle == besides:
                continue
            kind, volume = moved_by(before, after, outcome.modulus, drips)
            grade, since = memory.grades.get(nozzle, ""), memory.read_at.get(nozzle, 0)
            lines.append(MeterMoved(kind, memory.number, nozzle, grade, before, after, volume, since))
        return tuple(lines)

    async def _record(
        self,
        leave: OpenFilling,
        outcome: Outcome,
        alarm: PumpAlarmed | None = None,
        moved: tuple[MeterMoved, ...] = (),
    ) -> None:
        memory, grounds = self._memory, self._grounds
        shown = memory.shown
        done = await grounds.store.run(
            closing.close,
            Closing(
                stamp=grounds.clock.stamp(),
                now=grounds.clock.now(),
                till=self._till(leave, outcome),
                coupon=shown.coupon if shown else None,
                totalisers=outcome.after,
                alarm=alarm,
                moved=moved,
            ),
            grounds.desk,
            grounds.slips,
        )
        _log.info(
            "sale_recorded",
            sale=str(done.key),
            point=memory.number,
            by=leave.authorised_by,
            volume=done.sale.delivery.volume,
            payable=done.sale.payable,
            status=str(done.sale.status),
        )
        memory.figures = outcome.figures
        memory.last_key, memory.last_sale, memory.last_settled = done.key, done.sale, False
        memory.shown = memory.known = None
        self._ended(clear=True)
        memory.look_again_at = grounds.clock.mono() + grounds.patience.drip
        grounds.slips.nudge()
        grounds.on_sale(done.key)

    def _till(self, leave: OpenFilling, outcome: Outcome) -> Till:
        memory = self._memory
        nozzle = self._sold_by(leave, outcome)
        tariff, unit_price = memory.prices.sold_at(nozzle) if nozzle in memory.grades else (0, 0)
        if leave.unit_price:
            tariff, unit_price = leave.tariff, leave.unit_price
        unit_price = unit_price or leave.prices.get(nozzle, 0)
        figures, shown = outcome.figures, memory.shown
        finished = self._finished or self._grounds.clock.stamp()
        return Till(
            delivery=Delivery(
                memory.number, nozzle, memory.grades.get(nozzle, ""), figures.volume, figures.amount, unit_price
            ),
            proof=outcome.proof,
            tariff=tariff,
            started=leave.started or leave.opened,
            finished=finished,
            authorised_by=leave.authorised_by,
            preset=leave.preset,
            member=shown.member if shown else "",
            plate=shown.plate if shown else "",
            tender=self._grounds.tender,
        )

    def _sold_by(self, leave: OpenFilling, outcome: Outcome) -> int:
        """The nozzle that this sale is of."""
        return leave.nozzle or outcome.nozzle or self._memory.nozzle or next(iter(leave.nozzles), 0)

    def _is_last_sale_again(self, leave: OpenFilling, outcome: Outcome) -> bool:
        """A clear that was lost leaves the last sale on the display; a release that never came true adds nothing."""
        last = self._memory.last_sale
        if last is None or outcome.moved or leave.started is not None or outcome.proof.after is None:
            return False
        return Figures(last.delivery.volume, last.delivery.amount) == outcome.figures

    def _ended(self, *, clear: bool) -> None:
        memory = self._memory
        memory.leave = None
        memory.highest = Figures()
        memory.customers += 1
        if clear:
            self._post(Clear(memory.number))


def _told(outcome: Outcome) -> str:
    before, after = outcome.proof.before or 0, outcome.proof.after or 0
    return f"The totaliser of nozzle {outcome.nozzle} has moved by {litres(after - before)} L."
