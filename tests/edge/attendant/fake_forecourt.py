"""A forecourt of straw: it has the facade of the real one, points that fuel when told to, and nothing behind them.

For the tests of the page, and to look at it: ``python -m tests.edge.attendant.fake_forecourt --points 8``.
"""

import argparse
import asyncio
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from aiohttp import web
from msgspec.structs import replace

from edge.attendant.roster import enlist
from edge.attendant.site import build
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
    Trouble,
)
from edge.settings import PageSettings, PrinterSettings, Settings, StationSettings, StoreSettings
from edge.store.database import Store
from hardware.printers import escpos
from hardware.printers.virtual import VirtualPrinter
from shared.clock import Stamp, TimeQuality
from shared.coupon import CouponKind, CouponTerms, Reason, Verdict
from shared.errors import Refused
from shared.money import amount_of
from shared.sale import Delivery, Finding, Preset, PresetKind, Proof, Redemption, Sale, SaleStatus
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
    coming: list[ComingPrice] = field(default_factory=list)
    watchers: list[asyncio.Queue[Change]] = field(default_factory=list)
    refuses: Refused | None = None

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

    async def sales(self, day_start: int, limit: int = 200) -> list[SaleView]:
        return [view for view in reversed(self.sold) if view.sale.finished.at >= day_start][:limit]

    async def sale(self, key: Key) -> SaleView:
        found = next((view for view in self.sold if view.key == key), None)
        if found is None:
            raise Refused("unknown_sale", "There is no such sale.")
        return found

    async def coming_prices(self) -> list[ComingPrice]:
        return self.coming

    # ── What people wish ──────────────────────────────────────────────────────────────────────────────────────────────

    async def authorise(self, point: int, by: str, preset: Preset | None = None, nozzle: int = 0) -> None:
        self._wish("authorise", point, by, preset, nozzle)
        before = self._require(point, "authorise")
        price = next((hose.shown or 0 for hose in before.nozzles if hose.nozzle == (nozzle or before.nozzle)), 0)
        phase = PointPhase.STARTED if before.nozzle else PointPhase.AUTHORISED
        self.put(
            replace(before, phase=phase, preset=preset, unit_price=price, volume=0, amount=0, since=wall()),
            "stop",
            "present",
        )

    async def stop(self, point: int, by: str) -> None:
        self._wish("stop", point, by)
        self.finish(point)

    async def stop_all(self, by: str) -> None:
        self._wish("stop_all", 0, by)
        for point in self.board.values():
            if "stop" in point.can:
                self.finish(point.point)

    async def suspend(self, point: int, by: str) -> None:
        self._wish("suspend", point, by)
        self.put(
            replace(self._require(point, "suspend"), phase=PointPhase.SUSPENDED_FUELLING), "stop", "resume", "present"
        )

    async def resume(self, point: int, by: str) -> None:
        self._wish("resume", point, by)
        self.put(replace(self._require(point, "resume"), phase=PointPhase.FUELLING), "stop", "suspend", "present")

    async def present(self, point: int, text: str, by: str) -> CouponView:
        self._wish("present", point, text, by)
        before = self._require(point, "present")
        if not text.startswith("JY1") and text.replace(" ", "") != GOOD_CODE:
            raise Refused("code_wrong", "This code is not known here.")
        coupon = CouponView("c-1001", "周五会员日", Verdict(Reason.ACCEPTED, 1500 if before.amount > 1500 else 0), True)
        self.put(replace(before, coupon=coupon), *before.can)
        return coupon

    async def withdraw(self, point: int, by: str) -> None:
        self._wish("withdraw", point, by)
        self.put(replace(self.board[point], coupon=None), *self.board[point].can)

    async def identify(self, point: int, member: str, plate: str, by: str) -> None:
        self._wish("identify", point, member, plate, by)
        self.put(replace(self.board[point], member=member, plate=plate), *self.board[point].can)

    async def switch(self, open: bool, by: str) -> None:
        self._wish("switch", open, by)
        self.tell(replace(self.station, open=open))

    async def reprint(self, key: Key, by: str) -> SlipView:
        self._wish("reprint", key, by)
        view = await self.sale(key)
        slip = SlipView(len(view.slips) + 1, len(view.slips) + 1, "printed", "", wall())
        after = replace(view, slips=(*view.slips, slip))
        self.sold[self.sold.index(view)] = after
        self.print(after)
        self.tell(after)
        return slip

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
            ),
            () if disputed else (SlipView(len(self.sold) + 1, 1, "printed", "", at),),
            self.station.connected,
        )
        self.sold.append(view)
        self.print(view)
        self.tell(view)
        return view

    def print(self, view: SaleView) -> None:
        """Into the tray, when there is one."""
        if self.tray is not None and view.slips:
            printer = VirtualPrinter(self.tray, 58)
            printer.open()
            printer.write(escpos.job(receipt(view.sale, view.key, ReceiptHead(self.station.name)), 58))

    def _wish(self, *what: object) -> None:
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

    # ── A lively scene ────────────────────────────────────────────────────────────────────────────────────────────────

    def scene(self) -> None:
        """A busy moment: every state that a card can have, a day of sales, prices to come, some trouble."""
        now = self.now
        for number in range(60):
            point = self.board[1 + number % self.count]
            volume = self.chance.randrange(8_000, 62_000, 10)
            hose = self.chance.choice(point.nozzles)
            price = hose.shown or 0
            made = replace(
                point,
                nozzle=hose.nozzle,
                volume=volume,
                unit_price=price,
                amount=amount_of(volume, price),
                plate=self.chance.choice(("", "", "川A·8K321", "川GD90215", "京N·5Q7F2")).replace("·", ""),
                coupon=CouponView("c", "周五会员日", Verdict(Reason.ACCEPTED, 1500), True) if number % 7 == 3 else None,
            )
            self.record(made, number == 55, now - (62 - number) * 7 * MINUTE)
        self.station = replace(self.station, heard_at=now - 3_000)
        self.coming = [
            ComingPrice(42, now + 5 * 3_600_000, {"92#": 7_690, "95#": 8_190}),
            ComingPrice(43, now + 77 * 3_600_000, {"0#": 7_410, "98#": 9_330}),
        ]
        self._dress()

    def _dress(self) -> None:
        last = self.sold[-1].key
        limit = Preset(PresetKind.AMOUNT, 30_000)
        for number, point in list(self.board.items()):
            point = replace(point, last_sale=last, since=self.now - number * 53_000)
            match number % 8:
                case 1:
                    self.board[number] = point
                    parked = replace(point, nozzle=2, unit_price=PRICES["95#"], preset=limit, plate="川A8K321")
                    self.flow_to(parked, 21_340)
                case 2:
                    self.board[number] = point
                    self.lift(number, 2)
                case 3:
                    self.put(replace(point, volume=38_210, amount=29_995, unit_price=7_850), "authorise", "present")
                case 4:
                    released = replace(point, phase=PointPhase.AUTHORISED, preset=Preset(PresetKind.VOLUME, 40_000))
                    self.put(released, "stop", "present")
                case 5:
                    coupon = CouponView("c-1001", "周五会员日", Verdict(Reason.ACCEPTED, 1500), True)
                    member = replace(point, nozzle=1, unit_price=7_850, coupon=coupon, member="138****2210")
                    self.flow_to(member, 47_900)
                case 6:
                    disputed = replace(point, volume=67_960, amount=50_000, unit_price=7_357, disputed=True)
                    self.put(disputed, "authorise", "present")
                case 7:
                    paused = replace(point, nozzle=1, unit_price=7_850, volume=12_020, amount=9_436)
                    self.put(replace(paused, phase=PointPhase.SUSPENDED_FUELLING), "stop", "resume", "present")
                case _:
                    self.put(replace(point, phase=PointPhase.INOPERATIVE, trouble="silent"))

    def flow_to(self, point: PointView, millilitres: int) -> None:
        """This point has come so far."""
        self.board[point.point] = replace(point, phase=PointPhase.FUELLING)
        self.flow(point.point, millilitres)

    def trouble(self) -> None:
        """Offline, out of paper, and a line lost."""
        since = self.now - 11 * MINUTE
        self.tell(
            replace(
                self.station,
                connected=False,
                backlog=37,
                oldest_unsent=since,
                heard_at=since,
                printer="paper_out",
                troubles=(
                    Trouble("broker", "unreachable", "", since),
                    Trouble("printer", "paper_out", "", since + MINUTE),
                    Trouble("line:2 号岛", "line_lost", "", since),
                ),
            )
        )

    async def live(self) -> None:
        """Cars come, fuel flows, and they leave, until cancelled."""
        while True:
            await asyncio.sleep(0.2)
            for number, point in list(self.board.items()):
                if point.phase in (PointPhase.FUELLING, PointPhase.STARTED):
                    self.flow(number, 130)
                    full = point.preset and point.amount >= point.preset.value
                    if full or self.chance.random() < 0.002:
                        self.finish(number)
                elif point.phase is PointPhase.IDLE and self.chance.random() < 0.004:
                    self.lift(number, self.chance.choice((1, 2)))


def settings(folder: Path, **printer: object) -> Settings:
    """The settings of a station of straw."""
    return Settings(
        StationSettings("cn-028-017", "蜀道加油站"),
        StoreSettings(str(folder / "station.sqlite")),
        printer=PrinterSettings(url=f"virtual:{folder / 'tray'}"),
        page=PageSettings(),
    )


async def serve(count: int, port: int, troubled: bool) -> None:
    """Serve the page until stopped; prints the PINs of two attendants."""
    folder = Path(mkdtemp())
    store = Store.open(folder / "station.sqlite", "cn-028-017")
    for name in ("李明", "王芳", "Zhang Wei"):
        print(name, enlist(store, name), flush=True)
    forecourt = StrawForecourt(count, tray=folder / "tray")
    forecourt.scene()
    if troubled:
        forecourt.trouble()
    runner = web.AppRunner(build(forecourt, store, settings(folder)), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await forecourt.live()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=8)
    parser.add_argument("--port", type=int, default=8199)
    parser.add_argument("--troubled", action="store_true")
    given = parser.parse_args()
    asyncio.run(serve(given.points, given.port, given.troubled))


if __name__ == "__main__":
    main()
