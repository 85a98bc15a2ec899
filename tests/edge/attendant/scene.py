"""Scenes on the forecourt of straw, and the page before them to look at.

``python -m tests.edge.attendant.scene --points 8`` serves it, with cars that come and go.
"""

import argparse
import asyncio
from pathlib import Path
from tempfile import mkdtemp

from aiohttp import web
from msgspec.structs import replace

from edge.attendant.roster import enlist
from edge.attendant.site import build
from edge.forecourt.views import ComingPrice, CouponView, PointPhase, PointView, Trouble
from edge.settings import PageSettings, PrinterSettings, Settings, StationSettings, StoreSettings
from edge.store.database import Store
from edge.store.disputes import MeterLine
from shared.coupon import Reason, Verdict
from shared.disputes import MeterKind
from shared.messages import MeterMoved
from shared.money import amount_of
from shared.sale import Preset, PresetKind
from shared.station import Key
from tests.edge.attendant.fake_forecourt import MINUTE, PRICES, StrawForecourt


def busy(straw: StrawForecourt) -> None:
    """A busy moment: every state that a card can have, a day of sales, prices to come, some trouble."""
    now = straw.now
    tray, straw.tray = straw.tray, None
    for number in range(60):
        straw.tray = tray if number >= 54 else None
        point = straw.board[1 + number % straw.count]
        volume = straw.chance.randrange(8_000, 62_000, 10)
        hose = straw.chance.choice(point.nozzles)
        price = hose.shown or 0
        made = replace(
            point,
            nozzle=hose.nozzle,
            volume=volume,
            unit_price=price,
            amount=amount_of(volume, price),
            plate=straw.chance.choice(("", "", "川A·8K321", "川GD90215", "京N·5Q7F2")).replace("·", ""),
            coupon=CouponView("c", "周五会员日", Verdict(Reason.ACCEPTED, 1500), True) if number % 7 == 3 else None,
        )
        straw.record(made, number == 55, now - (62 - number) * 7 * MINUTE)
    straw.station = replace(straw.station, heard_at=now - 3_000, disputes=1, unexplained=2)
    straw.lines = [
        MeterLine(Key("cn-028-017", 1_763_800_000, 900 + nozzle), now - 9 * MINUTE, line)
        for nozzle, line in enumerate(
            (
                MeterMoved(MeterKind.FALLBACK, 3, 1, "92#", 3_000_000, 3_037_770, 37_770, now - 400 * MINUTE),
                MeterMoved(MeterKind.BACKWARDS, 5, 2, "95#", 5_000_000, 120, 0, now - 300 * MINUTE),
                MeterMoved(MeterKind.DRIP, 1, 1, "92#", 1_000_000, 1_000_040, 40, now - 60 * MINUTE),
            ),
            1,
        )
    ]
    straw.coming = [
        ComingPrice(42, now + 5 * 3_600_000, {"92#": 7_690, "95#": 8_190}),
        ComingPrice(43, now + 77 * 3_600_000, {"0#": 7_410, "98#": 9_330}),
    ]
    _dress(straw)


def _dress(straw: StrawForecourt) -> None:
    last = straw.sold[-1].key
    limit = Preset(PresetKind.AMOUNT, 30_000)
    for number, point in list(straw.board.items()):
        point = replace(point, last_sale=last, since=straw.now - number * 53_000)
        match number % 8:
            case 1:
                straw.board[number] = point
                parked = replace(point, nozzle=2, unit_price=PRICES["95#"], preset=limit, plate="川A8K321")
                _flow_to(straw, parked, 21_340)
            case 2:
                straw.board[number] = point
                straw.lift(number, 2)
            case 3:
                straw.put(replace(point, volume=38_210, amount=29_995, unit_price=7_850), "authorise", "present")
            case 4:
                released = replace(point, phase=PointPhase.AUTHORISED, preset=Preset(PresetKind.VOLUME, 40_000))
                straw.put(released, "stop", "present")
            case 5:
                coupon = CouponView("c-1001", "周五会员日", Verdict(Reason.ACCEPTED, 1500), True)
                member = replace(point, nozzle=1, unit_price=7_850, coupon=coupon, member="138****2210")
                _flow_to(straw, member, 47_900)
            case 6:
                disputed = replace(point, volume=67_960, amount=50_000, unit_price=7_357, disputed=True)
                straw.put(disputed, "authorise", "present")
            case 7:
                paused = replace(point, nozzle=1, unit_price=7_850, volume=12_020, amount=9_436)
                straw.put(replace(paused, phase=PointPhase.SUSPENDED_FUELLING), "stop", "resume", "present")
            case _:
                straw.put(replace(point, phase=PointPhase.INOPERATIVE, trouble="silent"))


def _flow_to(straw: StrawForecourt, point: PointView, millilitres: int) -> None:
    """This point has come so far."""
    straw.board[point.point] = replace(point, phase=PointPhase.FUELLING)
    straw.flow(point.point, millilitres)


def troubled(straw: StrawForecourt) -> None:
    """Offline, out of paper, and a line lost."""
    since = straw.now - 11 * MINUTE
    straw.tell(
        replace(
            straw.station,
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


async def live(straw: StrawForecourt) -> None:
    """Cars come, fuel flows, and they leave, until cancelled."""
    while True:
        await asyncio.sleep(0.2)
        for number, point in list(straw.board.items()):
            if point.phase in (PointPhase.FUELLING, PointPhase.STARTED):
                straw.flow(number, 130)
                full = point.preset and point.amount >= point.preset.value
                if full or straw.chance.random() < 0.002:
                    straw.finish(number)
            elif point.phase is PointPhase.IDLE and straw.chance.random() < 0.004:
                straw.lift(number, straw.chance.choice((1, 2)))


def settings(folder: Path) -> Settings:
    """The settings of a station of straw."""
    return Settings(
        StationSettings("cn-028-017", "蜀道加油站"),
        StoreSettings(str(folder / "station.sqlite")),
        printer=PrinterSettings(url=f"virtual:{folder / 'tray'}"),
        page=PageSettings(),
    )


async def serve(count: int, port: int, sick: bool) -> None:
    """Serve the page until stopped; prints the PINs of two attendants."""
    folder = Path(mkdtemp())
    store = Store.open(folder / "station.sqlite", "cn-028-017")
    for name in ("李明", "王芳", "Zhang Wei"):
        print(name, enlist(store, name), flush=True)
    forecourt = StrawForecourt(count, tray=folder / "tray")
    busy(forecourt)
    if sick:
        troubled(forecourt)
    runner = web.AppRunner(build(forecourt, store, settings(folder)), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await live(forecourt)


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
