"""A forecourt of straw: it has the facade of the real one, points that fuel when told to, and nothing behind them."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from edge.forecourt.decisions import needs_explaining
from edge.forecourt.receipts import ReceiptHead, receipt
from edge.forecourt.views import (
    ComingPrice,
    CouponView,
    NozzleView,
    PointPhase,
    PointView,
    SaleView,
    SlipView,
    StationView,
)
from edge.store.disputes import MeterLine
from hardware.printers import escpos
from hardware.printers.virtual import VirtualPrinter
from shared.clock import Stamp, TimeQuality
from shared.coupon import CouponKind, CouponTerms, Reason, Verdict
from shared.disputes import Basis, DisputeReason, MeterReason, Settlement, settle
from shared.errors import Refused
from shared.messages import MeterExplained
from shared.money import amount_of
from shared.payment import OPEN, Account, BackReason, Payment, Refund, Tender, pay, refund
from shared.sale import CASH, Delivery, Finding, Preset, PresetKind, Proof, Redemption, Sale, SaleStatus
from shared.station import Key

PRICES = {"92#": 7850, "95#": 8360, "98#": 9480, "0#": 7520}
GRADES = ("92#", "95#", "98#", "0#")
GOOD_CODE = "6217004510983342"
EPOCH = 1_763_800_000
MINUTE = 60_000
Change = PointView | StationView | SaleView


def wall() -> int:
    """Now."""
    return time.time_ns() // 1_000_000


@dataclass
class StrawForecourt:
    """Everything in memory; ``done`` tells the tests what was asked of it."""

    count: int = 4
    alive: bool = False
    """Cars come and fuel flows by itself."""
    tray: Path | None = None
    now: int = field(default_factory=wall)
    done: list[tuple[object, ...]] = field(default_factory=list)
    board: dict[int, PointView] = field(default_factory=dict)
    sold: list[SaleView] = field(default_factory=list)
    lines: list[MeterLine] = field(default_factory=list)
    coming: list[ComingPrice] = field(default_factory=list)
    watchers: list[asyncio.Queue[Change]] = field(default_factory=list)
    refuses: Refused | None = None
    at_the_till: bool = False
    """Sales are paid at the till."""

    @property
    def tills(self) -> "StrawTills":
        """Where sales are paid."""
        return StrawTills(self)

    def __post_init__(self) -> None:
        self.chance = random.Random(7)
        for number in range(1, self.count + 1):
            pair = GRADES[:2] if number % 2 else GRADES[2:]
            hoses = tuple(
                NozzleView(hose, grade, PRICES[grade], PRICES[grade], 41, 1_000_000 * number)
                for hose, grade in enumerate(pair, 1)
            )
            self.board[number] = PointView(
                number, PointPhase.IDLE, False, hoses, 0, 0, 0, 0, None, self.now - 9 * MINUTE, ("authorise", "present")
            )
        self.station = StationView(
            "cn-028-017", "蜀道加油站", True, True, 0, 0, self.now, 12, "ok", (), 41, 17, 187_450
        )

    # ── What the page sees ────────────────────────────────────────────────────────────────────────────────────────────

    async def view(self) -> StationView:
        return self.station

    async def points(self) -> tuple[PointView, ...]:
        return tuple(self.board.values())

    async def changes(self) -> AsyncIterator[Change]:
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self.watchers.append(queue)
        while True:
            yield await queue.get()

    async def sales(self, day_start: int, limit: int = 200, until: int = 2**62) -> list[SaleView]:
        return [view for view in reversed(self.sold) if day_start <= view.sale.finished.at < until][:limit]

    async def sale(self, key: Key) -> SaleView:
        found = next((view for view in self.sold if view.key == key), None)
        if found is None:
            raise Refused("unknown_sale", "There is no such sale.")
        return found

    async def coming_prices(self) -> list[ComingPrice]:
        return self.coming

    # ── What people wish ──────────────────────────────────────────────────────────────────────────────────────────────

    async def authorise(self, point: int, by: str, preset: Preset | None = None, nozzle: int = 0) -> None:
        self.wish("authorise", point, by, preset, nozzle)
        before = self._require(point, "authorise")
        price = next((hose.shown or 0 for hose in before.nozzles if hose.nozzle == (nozzle or before.nozzle)), 0)
        phase = PointPhase.STARTED if before.nozzle else PointPhase.AUTHORISED
        self.put(
            replace(before, phase=phase, preset=preset, unit_price=price, volume=0, amount=0, since=wall()),
            "stop",
            "present",
        )

    async def stop(self, point: int, by: str) -> None:
        self.wish("stop", point, by)
        self.finish(point)

    async def stop_all(self, by: str) -> None:
        self.wish("stop_all", 0, by)
        for point in self.board.values():
            if "stop" in point.can:
                self.finish(point.point)

    async def suspend(self, point: int, by: str) -> None:
        self.wish("suspend", point, by)
        self.put(
            replace(self._require(point, "suspend"), phase=PointPhase.SUSPENDED_FUELLING), "stop", "resume", "present"
        )

    async def resume(self, point: int, by: str) -> None:
        self.wish("resume", point, by)
        self.put(replace(self._require(point, "resume"), phase=PointPhase.FUELLING), "stop", "suspend", "present")

    async def present(self, point: int, text: str, by: str) -> CouponView:
        self.wish("present", point, text, by)
        before = self._require(point, "present")
        if not text.startswith("JY1") and text.replace(" ", "") != GOOD_CODE:
            raise Refused("code_wrong", "This code is not known here.")
        coupon = CouponView("c-1001", "周五会员日", Verdict(Reason.ACCEPTED, 1500 if before.amount > 1500 else 0), True)
        self.put(replace(before, coupon=coupon), *before.can)
        return coupon

    async def withdraw(self, point: int, by: str) -> None:
        self.wish("withdraw", point, by)
        self.put(replace(self.board[point], coupon=None), *self.board[point].can)

    async def identify(self, point: int, member: str, plate: str, by: str) -> None:
        self.wish("identify", point, member, plate, by)
        self.put(replace(self.board[point], member=member, plate=plate), *self.board[point].can)

    async def switch(self, open: bool, by: str) -> None:
        self.wish("switch", open, by)
        self.tell(replace(self.station, open=open))

    async def reprint(self, key: Key, by: str) -> SlipView:
        self.wish("reprint", key, by)
        view = await self.sale(key)
        slip = SlipView(len(view.slips) + 1, len(view.slips) + 1, "printed", "", wall())
        after = replace(view, slips=(*view.slips, slip))
        self.sold[self.sold.index(view)] = after
        self.print(after)
        self.tell(after)
        return slip

    async def free(self, point: int, by: str) -> None:
        self.wish("free", point, by)

    async def settle(
        self,
        key: Key,
        basis: Basis,
        reason: DisputeReason,
        by: str,
        note: str = "",
        agreed: tuple[int, int] | None = None,
    ) -> Settlement:
        self.wish("settle", key, basis, reason, by, note, agreed)
        view = await self.sale(key)
        settled = settle(view.sale, basis, reason, by, note, agreed)
        self.sold[self.sold.index(view)] = replace(view, settled=settled)
        return settled

    async def unexplained(self) -> list[MeterLine]:
        return [line for line in self.lines if needs_explaining(line)]

    async def meter_lines(self, since: int) -> list[MeterLine]:
        return [line for line in self.lines if line.at >= since]

    async def meter_line(self, key: Key) -> MeterLine:
        found = next((line for line in self.lines if line.key == key), None)
        if found is None:
            raise Refused("unknown_line", "There is no such line.")
        return found

    async def explain(self, key: Key, reason: MeterReason, amount: int, by: str, note: str = "") -> None:
        self.wish("explain", key, reason, amount, by, note)
        line = await self.meter_line(key)
        told = MeterExplained(key.epoch, key.seq, reason, amount, by, note)
        self.lines[self.lines.index(line)] = replace(line, explained=told)

    # ── What happens at the pumps ─────────────────────────────────────────────────────────────────────────────────────

    def put(self, point: PointView, *can: str) -> None:
        """A point is so now."""
        self.board[point.point] = replace(point, can=can)
        self.tell(self.board[point.point])

    def tell(self, change: Change) -> None:
        """Tell everybody who watches."""
        if isinstance(change, StationView):
            self.station = change
        for queue in self.watchers:
            queue.put_nowait(change)

    def lift(self, point: int, nozzle: int = 1) -> None:
        """A customer takes a nozzle."""
        before = self.board[point]
        self.put(
            replace(before, phase=PointPhase.CALLING, nozzle=nozzle, volume=0, amount=0, since=wall(), disputed=False),
            "authorise",
            "present",
        )

    def flow(self, point: int, millilitres: int) -> None:
        """Fuel flows, up to the limit."""
        before = self.board[point]
        price = before.unit_price or PRICES["92#"]
        volume = before.volume + millilitres
        limit = before.preset
        if limit and limit.kind is PresetKind.VOLUME:
            volume = min(volume, limit.value)
        amount = amount_of(volume, price)
        if limit and limit.kind is PresetKind.AMOUNT and amount > limit.value:
            amount, volume = limit.value, limit.value * 10_000 // price
        since = before.since if before.phase is PointPhase.FUELLING else wall()
        self.put(
            replace(
                before,
                phase=PointPhase.FUELLING,
                nozzle=before.nozzle or 1,
                unit_price=price,
                volume=volume,
                amount=amount,
                since=since,
            ),
            "stop",
            "suspend",
            "present",
        )

    def finish(self, point: int, disputed: bool = False) -> None:
        """The filling is over; its sale is recorded, if anything flowed."""
        before = self.board[point]
        view = self.record(before, disputed) if before.volume else None
        self.put(
            replace(
                before,
                phase=PointPhase.IDLE,
                nozzle=0,
                preset=None,
                coupon=None,
                plate="",
                member="",
                since=wall(),
                disputed=disputed,
                last_sale=view.key if view else before.last_sale,
            ),
            "authorise",
            "present",
        )

    def record(self, point: PointView, disputed: bool = False, at: int = 0) -> SaleView:
        """A sale."""
        at = at or wall()
        hose = next((hose for hose in point.nozzles if hose.nozzle == point.nozzle), point.nozzles[0])
        terms = CouponTerms("c-1001", "周五会员日", CouponKind.AMOUNT, 1500, 0, at + 1)
        used = (Redemption(terms, 1500, Reason.ACCEPTED, True, True),) if point.coupon and not disputed else ()
        before = hose.totaliser or 0
        view = SaleView(
            Key(self.station.station, EPOCH, len(self.sold) + 1),
            Sale(
                Delivery(point.point, hose.nozzle, hose.grade, point.volume, point.amount, point.unit_price),
                Proof(before, before + 2 * point.volume, Finding.MISMATCH)
                if disputed
                else Proof(before, before + point.volume, Finding.PROVED),
                SaleStatus.DISPUTED if disputed else SaleStatus.SETTLED,
                41,
                Stamp(at - 95_000, TimeQuality.SYNCED, 3, 1),
                Stamp(at, TimeQuality.SYNCED, 3, 2),
                point.amount - sum(one.discount for one in used),
                authorised_by="attendant:李明",
                preset=point.preset,
                redemptions=used,
                member=point.member,
                plate=point.plate,
                tender=OPEN if self.at_the_till else CASH,
            ),
            () if disputed or self.at_the_till else (SlipView(len(self.sold) + 1, 1, "printed", "", at),),
            self.station.connected,
            account=Account(owes=self.at_the_till and not disputed),
        )
        self.sold.append(view)
        self.print(view)
        self.tell(view)
        return view

    def change(self, key: Key, account: Account) -> None:
        """A sale's money has moved."""
        before = next(view for view in self.sold if view.key == key)
        after = replace(before, account=account)
        self.sold[self.sold.index(before)] = after
        self.tell(after)

    def print(self, view: SaleView) -> None:
        """Into the tray, when there is one."""
        if self.tray is not None and view.slips:
            printer = VirtualPrinter(self.tray, 58)
            printer.open()
            printer.write(escpos.job(receipt(view.sale, view.key, ReceiptHead(self.station.name)), 58))

    def wish(self, *what: object) -> None:
        """Note it, or refuse."""
        if self.refuses:
            raise self.refuses
        self.done.append(what)

    def _require(self, point: int, what: str) -> PointView:
        found = self.board.get(point)
        if found is None:
            raise Refused("no_such_point", "There is no such point.")
        if what not in found.can:
            raise Refused("not_now", "This can't be done now.")
        return found


@dataclass
class StrawTills:
    """The money of the straw forecourt's sales, by the real rules."""

    straw: StrawForecourt

    async def owing(self) -> list[SaleView]:
        return [view for view in self.straw.sold if view.account.owes]

    async def pay(self, key: Key, tenders: Sequence[Tender], by: str, given: int = 0) -> Payment:
        self.straw.wish("pay", key, tuple(tenders), by, given)
        view = await self.straw.sale(key)
        if not view.account.owes:
            raise Refused("already_paid", "Somebody has taken the money for this sale already.")
        paid = pay(view.figures[2], tenders, by, given)
        self.straw.change(key, Account(paid=paid, at=wall(), letter=1))
        return paid

    async def take_back(self, key: Key, reason: BackReason, by: str, note: str = "") -> None:
        self.straw.wish("take_back", key, reason, by, note)
        self.straw.change(key, Account(owes=True))

    async def refund(self, key: Key, tender: Tender, reason: BackReason, by: str, note: str = "") -> Refund:
        self.straw.wish("refund", key, tender, reason, by, note)
        held = (await self.straw.sale(key)).account
        given = refund(held.paid.amount if held.paid else 0, held.refunded, tender, reason, by, note)
        self.straw.change(key, replace(held, refunds=(*held.refunds, given)))
        return given

    async def drive_off(self, key: Key, by: str, note: str = "") -> None:
        self.straw.wish("drive_off", key, by, note)
        self.straw.change(key, Account(gone_by=by, at=wall(), letter=1))
