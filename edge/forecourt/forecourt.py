"""The forecourt as its callers see it: the attendants' page, the line to head office, and tests.

Everything here is asked on the event loop. A wish that can't be granted raises :exc:`shared.errors.Refused` with a
stable reason and a sentence.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from edge.forecourt import closing, showing, station
from edge.forecourt.authorisation import Release
from edge.forecourt.changes import Changes, View, What
from edge.forecourt.controller import Controller
from edge.forecourt.decisions import Decisions
from edge.forecourt.ending import Patience
from edge.forecourt.grounds import Grounds
from edge.forecourt.memory import PointMemory
from edge.forecourt.orders import Orders, answer_unfinished
from edge.forecourt.redemption import Claim
from edge.forecourt.tills import Tills
from edge.forecourt.troubles import Troubles
from edge.forecourt.upkeep import Upkeep
from edge.forecourt.views import ComingPrice, CouponView, PointView, SaleView, SlipView, StationView
from edge.settings import Authorise, Pay, PointSettings, Settings
from edge.store import books, outbox, prices
from edge.store import station as station_books
from edge.store.database import Store
from edge.store.disputes import MeterLine
from hardware.ports import PumpCommand, PumpEvent
from shared.disputes import Basis, DisputeReason, MeterReason, Settlement, settle
from shared.errors import Refused, Unavailable
from shared.messages import (
    Action,
    AgentStarted,
    AuthorisePoint,
    Command,
    CommandEnded,
    FreePoint,
    ReprintSlip,
    StopPoint,
    SwitchStation,
)
from shared.payment import OPEN
from shared.sale import CASH, Preset
from shared.site import SiteSettings
from shared.station import Key

Post = Callable[[PumpCommand], None]

_LOOK = 1.0
"""Seconds between two looks at the backlog, while somebody watches."""


def soon(loop: asyncio.AbstractEventLoop, call: Callable[..., object], *args: object) -> None:
    """From another thread; a loop that is just ending needs no news."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(call, *args)


class Slips(closing.Slips, Protocol):
    """The receipt printer, with what a person may ask of it."""

    async def reprint(self, key: Key) -> SlipView:
        """One more slip of a sale, marked as such."""
        ...


class Forecourt:
    """All fuelling points of the station. ``posts`` hands a command to the line of a point, by its number."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        posts: Mapping[int, Post],
        slips: Slips,
        patience: Patience | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._posts = posts
        self._slips = slips
        self._grounds = Grounds(
            store,
            slips,
            utc_offset=settings.station.utc_offset,
            automatic=settings.authorise is Authorise.AUTOMATIC,
            budget=settings.store.budget,
            patience=patience or Patience(),
            tender=OPEN if settings.pay is Pay.TILL else CASH,
        )
        self._controllers: dict[int, Controller] = {}
        self._changes = Changes()
        self._orders = Orders(store, self._act)
        self.decisions = Decisions(store, slips)
        self.tills = Tills(store, slips, self._sold)
        self._tasks: list[asyncio.Task[None]] = []
        self.troubles = Troubles(store.clock.mono, store.clock.now, lambda: self._changes.note(None))
        self.connected = False
        self.printer = "absent"
        """How the receipt printer is, in a stable word."""
        self.on_settings: Callable[[SiteSettings], None] = lambda _: None
        """Called with what head office has set, when the forecourt starts and whenever it changes."""

    # ── Life ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self, program: str) -> None:
        """Take up every point as it was left, and begin to live."""
        loop = asyncio.get_running_loop()
        self._store.on_trouble = lambda why: soon(loop, self._store_trouble, why)
        started = AgentStarted(program, self._store.store_id)
        await self._grounds.journal.write(outbox.append, self._store.clock.stamp(), started)
        self._grounds.on_point = self._changes.note
        self._grounds.on_sale = self._sold
        self._grounds.on_meter = lambda: self._changes.note(None)
        self._grounds.open = await self._store.read(station_books.is_open)
        self._grounds.measure()
        await self.tariffs_changed()
        await self.coupons_changed()
        await self.settings_changed()
        left = await self._store.read(station.left_behind)
        for settings in self._points():
            memory = PointMemory(settings, self._grounds, left.of(settings.number))
            await showing.restore(memory)
            self._controllers[settings.number] = Controller(memory, self._posts[settings.number])
        await self._grounds.journal.write(answer_unfinished, self._store.clock.stamp())
        works = [controller.live for controller in self._controllers.values()]
        self._tasks = [asyncio.create_task(work()) for work in (*works, self._upkeep().run, self._watch_books)]

    async def close(self) -> None:
        """End. What is being written is written, what is being fuelled goes on without us."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def each_second(self) -> None:
        """Look at disk, clock, prices and store at once, and not at the next full second."""
        await self._upkeep().each_second()

    def limit_disk(self, budget: int) -> None:
        """Grant the store so many bytes from now on."""
        self._grounds.budget = budget

    def _upkeep(self) -> Upkeep:
        return Upkeep(self._grounds, self._controllers.values(), self.troubles)

    # ── From the lines, the store, the printer and the link ───────────────────────────────────────────────────────────

    def receive(self, events: Iterable[PumpEvent]) -> None:
        """The dispensers said this."""
        for event in events:
            if event.point in self._controllers:
                self._controllers[event.point].receive(event)

    def line_trouble(self, line: str, sentence: str | None) -> None:
        """A serial line is gone, or back (None)."""
        self.troubles.set(f"line:{line}", "line_lost" if sentence else "", sentence or "")

    def _store_trouble(self, sentence: str | None) -> None:
        self.troubles.set("store", "not_writable" if sentence else "", sentence or "")

    def printer_changed(self, word: str, sentence: str | None) -> None:
        """How the receipt printer is; a sentence when that is a trouble."""
        self.printer = word
        self.troubles.set("printer", word if sentence is not None else "", sentence or "")
        self._changes.note(None)

    def link_changed(self, connected: bool, reason: str, detail: str) -> None:
        """Head office answers, or does not, for a reason in a stable word."""
        self.connected = connected
        self.troubles.set("broker", "" if connected else reason, detail)
        self._changes.note(None)

    def slip_moved(self, key: Key) -> None:
        """A slip of this sale was printed, or was not."""
        self._changes.note(key)

    def ask_head_office_by(self, claim: Claim) -> None:
        """How a coupon is claimed; None comes back when head office does not answer in time."""
        self._grounds.desk.claim = claim

    async def tariffs_changed(self) -> None:
        """A newer tariff book is in the store."""
        book = await self._store.read(books.tariff_book)
        if book is None:
            return
        board = self._grounds.board
        board.keep(book.tariffs, self._store.clock.now())
        await self._grounds.journal.write(prices.climb_station, self._store.clock.stamp(), board.versions)
        self._changes.note(None)

    async def coupons_changed(self) -> None:
        """A newer coupon book is in the store."""
        await self._grounds.desk.reload()
        self._changes.note(None)

    async def settings_changed(self) -> None:
        """Newer settings of head office are in the store: they hold from now on."""
        self._grounds.site = await self._store.read(books.site_settings)
        self.on_settings(self._grounds.site)

    # ── What can be seen ──────────────────────────────────────────────────────────────────────────────────────────────

    async def view(self) -> StationView:
        """The station as a whole."""
        ledger = await self._store.read(station.ledger, self._grounds.desk)
        return StationView(
            station=self._store.station,
            name=self._settings.station.name,
            open=self._grounds.open,
            connected=self.connected,
            backlog=ledger.backlog.count,
            oldest_unsent=ledger.backlog.oldest_at,
            heard_at=ledger.heard_at,
            clock_difference=self._store.clock.difference,
            printer=self.printer,
            troubles=self.troubles.all(),
            tariff_book=ledger.tariff_book,
            coupon_book=ledger.coupon_book,
            allowance_left=ledger.allowance_left,
            disputes=ledger.disputes,
            unexplained=ledger.unexplained,
            owing=ledger.owing,
        )

    async def points(self) -> tuple[PointView, ...]:
        """Every fuelling point as it is now, by number."""
        return tuple(self._controllers[number].memory.view() for number in sorted(self._controllers))

    def changes(self) -> AsyncIterator[View]:
        """What changes from now on; of each thing the latest."""
        return self._changes.watch(self._look)

    async def sales(self, day_start: int, limit: int = 200, until: int = 2**62) -> list[SaleView]:
        """Sales recorded since this time, and before ``until``, the newest first."""
        return await self._store.read(station.sales_since, day_start, limit, until)

    async def sale(self, key: Key) -> SaleView:
        """One sale; :exc:`Refused` (``unknown_sale``) when this station has none of that number."""
        found = await self._store.read(station.sale, key) if key.station == self._store.station else None
        if found is None:
            raise Refused("unknown_sale", f"This station has no sale {key}.")
        return found

    async def coming_prices(self) -> list[ComingPrice]:
        """Tariffs that have not started yet, the next first."""
        return self._grounds.board.coming(self._store.clock.now())

    # ── What people wish ──────────────────────────────────────────────────────────────────────────────────────────────

    async def authorise(self, point: int, by: str, preset: Preset | None = None, nozzle: int = 0) -> None:
        """Release a point; ``nozzle`` 0 for the one that is lifted, or any."""
        station.note_wish("authorise", point, by)
        await self._of(point).authorise(by, Release(nozzle, preset))

    async def stop(self, point: int, by: str) -> None:
        """End what the point does, at once."""
        station.note_wish("stop", point, by)
        self._of(point).stop()

    async def stop_all(self, by: str) -> None:
        """End it at every point."""
        station.note_wish("stop", 0, by)
        for controller in self._controllers.values():
            controller.stop()

    async def suspend(self, point: int, by: str) -> None:
        """Halt the flow; the filling stays open."""
        station.note_wish("suspend", point, by)
        await self._of(point).suspend()

    async def resume(self, point: int, by: str) -> None:
        """Let a suspended filling go on."""
        station.note_wish("resume", point, by)
        await self._of(point).resume()

    async def present(self, point: int, text: str, by: str) -> CouponView:
        """The customer at this point shows a code, scanned or typed."""
        return await showing.present(self._of(point), text, by)

    async def withdraw(self, point: int, by: str) -> None:
        """Take the coupon off this point."""
        station.note_wish("withdraw", point, by)
        await showing.withdraw(self._of(point))

    async def identify(self, point: int, member: str, plate: str, by: str) -> None:
        """Who is at this point."""
        station.note_wish("identify", point, by)
        await showing.identify(self._of(point), member, plate)

    async def free(self, point: int, by: str) -> None:
        """Give up a release whose dispenser does not answer any more."""
        station.note_wish("free", point, by)
        await self._of(point).free(by)

    async def switch(self, open: bool, by: str) -> None:
        """Open the station for business, or close it; fillings that run go on to their end."""
        try:
            await self._store.run(station_books.switch, self._store.clock.stamp(), open, by)
        except Unavailable as why:
            raise Refused("store", str(why)) from why
        self._grounds.open = open
        for controller in self._controllers.values():
            await controller.switched()
        self._changes.note(None)

    async def reprint(self, key: Key, by: str) -> SlipView:
        """One more slip of a sale, marked as such."""
        station.note_wish("reprint", 0, by)
        return await self._slips.reprint(key)

    async def settle(
        self,
        key: Key,
        basis: Basis,
        reason: DisputeReason,
        by: str,
        note: str = "",
        agreed: tuple[int, int] | None = None,
    ) -> Settlement:
        """Settle a disputed sale of this station; :exc:`Refused` says why not."""
        settlement = await self.decisions.settle(key, lambda sale: settle(sale, basis, reason, by, note, agreed))
        for controller in self._controllers.values():
            if controller.memory.last_key == key:
                controller.memory.last_settled = True
                controller.publish()
        self._sold(key)
        return settlement

    async def explain(self, key: Key, reason: MeterReason, amount: int, by: str, note: str = "") -> None:
        """Explain litres with no sale to show for them."""
        await self.decisions.explain(key, reason, amount, by, note)
        self._changes.note(None)

    async def unexplained(self) -> list[MeterLine]:
        """Lines that must be explained before a shift can be closed, the oldest first."""
        return await self.decisions.unexplained()

    async def meter_lines(self, since: int) -> Sequence[MeterLine]:
        """All such lines since this time, the newest first."""
        return await self.decisions.lines(since)

    async def meter_line(self, key: Key) -> MeterLine:
        """One such line, or one of drops."""
        return await self.decisions.line(key)

    async def execute(self, command: Command) -> CommandEnded:
        """A command from head office: acted on once, before its deadline, and answered."""
        return await self._orders.execute(command)

    async def _act(self, action: Action, by: str) -> str:
        match action:
            case AuthorisePoint():
                await self.authorise(action.point, by, action.preset)
            case StopPoint(point=0):
                await self.stop_all(by)
            case StopPoint():
                await self.stop(action.point, by)
            case FreePoint():
                await self.free(action.point, by)
            case SwitchStation():
                await self.switch(action.open, by)
            case ReprintSlip():
                slip = await self.reprint(Key(self._store.station, action.epoch, action.seq), by)
                return f"copy {slip.copy}"
        return ""

    # ── Inside ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _watch_books(self) -> None:
        """Backlog and allowance change without anybody here doing anything."""
        before: StationView | None = None
        while True:
            await asyncio.sleep(_LOOK)
            if self._changes.watched:
                before, last = await self.view(), before
                if before != last:
                    self._changes.note(None)

    def _of(self, point: int) -> Controller:
        if point not in self._controllers:
            raise Refused("no_such_point", f"This station has no fuelling point {point}.")
        return self._controllers[point]

    def _points(self) -> list[PointSettings]:
        return [point for line in self._settings.lines for point in line.points]

    def _sold(self, key: Key) -> None:
        self._changes.note(key)
        self._changes.note(None)

    async def _look(self, what: What) -> View | None:
        match what:
            case None:
                return await self.view()
            case Key():
                return await self._store.read(station.sale, what)
            case point:
                return self._controllers[point].memory.view()
