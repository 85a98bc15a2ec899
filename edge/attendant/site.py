"""The touchscreen, put together: which view answers which address."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta, timezone
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web

from edge.attendant.codes import Codes, told
from edge.attendant.disputes import Disputes
from edge.attendant.lines import LinePages
from edge.attendant.paying import Paying
from edge.attendant.people import IDLE, MANAGE, Door
from edge.attendant.points import Points
from edge.attendant.port import ForecourtDoor
from edge.attendant.sales import Sales
from edge.attendant.slips import Slips
from edge.attendant.station import StationPages
from edge.attendant.tanks import TankPages
from edge.attendant.telling import Draw, Teller
from edge.engineer.lines import Lines, nothing
from edge.settings import Settings
from edge.store.database import Store
from edge.tanks.tanks import Tanks
from shared.face import Face, NavItem

HERE = Path(__file__).parent
TEXTS = HERE / "texts"
TANKS = NavItem("/tanks", "nav.tanks", "tank")
NAV = (
    NavItem("/", "nav.forecourt", "pump"),
    NavItem("/verify", "nav.verify", "ticket"),
    NavItem("/sales", "nav.sales", "list"),
    NavItem("/prices", "nav.prices", "tag"),
    TANKS,
    NavItem("/slips", "nav.slips", "printer"),
    NavItem("/station", "nav.station", "station"),
)
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
POINT = "{point:[0-9]{1,3}}"
KEY = "{key:[a-z0-9-]{1,80}}"


def build(
    forecourt: ForecourtDoor, store: Store, settings: Settings, lines: Lines | None = None, tanks: Tanks | None = None
) -> web.Application:
    """The application of the attendants' page. It listens to the forecourt while it runs, and keeps nothing itself."""
    door = Door(store)
    face = _face(settings, door)
    teller = Teller(forecourt)
    slips = Slips(forecourt, store, settings)
    _people(face, door)
    _points(face, Points(forecourt))
    _codes(face, Codes(forecourt))
    _sales(face, Sales(forecourt, store, slips, settings.station.utc_offset), slips)
    _paying(face, Paying(forecourt))
    _disputes(face, Disputes(forecourt, store, settings.station.utc_offset))
    _station(face, StationPages(forecourt, store, version("jiayou")))
    _lines(face, LinePages(lines or nothing(), settings.station.utc_offset))
    _tanks(face, tanks, store)
    face.live("/events", Draw(face), lambda _: teller.everything(), anyone=True)
    face.static(HERE / "static")
    face.environment.globals["latest_station"] = lambda: teller.station
    app = face.application()
    app.cleanup_ctx.append(lambda _: _listening(teller, face))
    return app


def hosts(settings: Settings) -> set[str]:
    """The names by which browsers may call the page."""
    page = settings.page
    own = (page.host,) if page.host not in ("", "0.0.0.0", "::") else ()  # noqa: S104 - compared, not bound
    return {_as_host(name) for name in (*LOOPBACK, *own, *page.allowed_hosts)}


def _as_host(name: str) -> str:
    """As it stands in a Host header: an IPv6 address in brackets."""
    with suppress(ValueError):
        if ip_address(name).version == 6:
            return f"[{name}]"
    return name


def _face(settings: Settings, door: Door) -> Face:
    face = Face(
        "edge",
        templates=HERE / "templates",
        texts=TEXTS,
        sessions=door,
        hosts=hosts(settings),
        nav=NAV if settings.gauges else tuple(item for item in NAV if item is not TANKS),
        touch=True,
        zone=timezone(timedelta(minutes=settings.station.utc_offset)),
        language=settings.language.value,
    )
    face.environment.globals |= {
        "station_name": settings.station.name,
        "station_id": settings.station.id,
        "utc_offset": settings.station.utc_offset,
        "idle_seconds": IDLE // 1000,
        "told": told,
        "hour_names": [f"{hour:02d}" for hour in range(24)],
    }
    return face


def _people(face: Face, door: Door) -> None:
    face.get("/login", door.ask, anyone=True)
    face.post("/login", door.enter, anyone=True)
    face.post("/logout", door.leave, anyone=True)


def _points(face: Face, points: Points) -> None:
    face.get("/", points.board, anyone=True)
    face.get(f"/points/{POINT}", points.sheet, anyone=True)
    face.get(f"/points/{POINT}/preset", points.preset_sheet)
    face.get(f"/points/{POINT}/plate", points.plate_sheet)
    face.post(f"/points/{POINT}/authorise", points.authorise)
    face.post(f"/points/{POINT}/identify", points.identify)
    for what in ("suspend", "resume", "withdraw"):
        face.post(f"/points/{POINT}/{what}", points.act(what))
    face.post(f"/points/{POINT}/stop", points.act("stop"), anyone=True)
    face.post(f"/points/{POINT}/free", points.act("free"))
    face.post("/stop-all", points.stop_all, anyone=True)


def _codes(face: Face, codes: Codes) -> None:
    face.get("/verify", codes.page, anyone=True)
    face.get("/verify/points", codes.points, anyone=True)
    face.post("/verify", codes.present)
    face.post("/scanned", codes.scanned)


def _sales(face: Face, sales: Sales, slips: Slips) -> None:
    face.get("/sales", sales.page, anyone=True)
    face.get("/sales/rows", sales.rows, anyone=True)
    face.get(f"/sales/{KEY}", sales.detail, anyone=True)
    face.get(f"/sales/{KEY}/slips", sales.slips, anyone=True)
    face.get(f"/sales/{KEY}/receipt.png", sales.receipt, anyone=True)
    face.post(f"/sales/{KEY}/reprint", sales.reprint)
    face.get("/slips", slips.page, anyone=True)
    face.get("/slips/rows", slips.rows, anyone=True)
    face.get("/slips/{number:[0-9]{1,9}}.png", slips.paper, anyone=True)


def _paying(face: Face, paying: Paying) -> None:
    face.get(f"/sales/{KEY}/pay", paying.sheet)
    face.post(f"/sales/{KEY}/pay", paying.pay)
    face.get(f"/sales/{KEY}/drive_off", paying.gone_sheet)
    face.post(f"/sales/{KEY}/drive_off", paying.drive_off)
    for what, act in (("take_back", paying.take_back), ("refund", paying.refund)):
        face.get(f"/sales/{KEY}/{what}", paying.back_sheet, power=MANAGE)
        face.post(f"/sales/{KEY}/{what}", act, power=MANAGE)


def _disputes(face: Face, disputes: Disputes) -> None:
    face.get(f"/sales/{KEY}/settle", disputes.settle_sheet)
    face.post(f"/sales/{KEY}/settle", disputes.settle)
    face.get("/meters", disputes.lines, anyone=True)
    face.get(f"/meters/{KEY}", disputes.explain_sheet)
    face.post(f"/meters/{KEY}", disputes.explain)


def _station(face: Face, station: StationPages) -> None:
    face.get("/prices", station.prices, anyone=True)
    face.get("/prices/rows", station.price_rows, anyone=True)
    face.get("/station", station.health, anyone=True)
    face.get("/station/rows", station.health_rows, anyone=True)
    face.get("/station/switch", station.switch_sheet)
    face.post("/station/switch", station.switch)


def _lines(face: Face, lines: LinePages) -> None:
    face.get("/lines", lines.page, anyone=True)
    face.get("/lines/rows", lines.rows, anyone=True)
    face.get("/lines/incidents/{name}", lines.incident, anyone=True)


def _tanks(face: Face, tanks: Tanks | None, store: Store) -> None:
    """Where the station has a gauge."""
    if tanks is not None and tanks.any:
        pages = TankPages(tanks, store)
        face.get("/tanks", pages.page, anyone=True)
        face.get("/tanks/rows", pages.rows, anyone=True)
        tanks.on_change = lambda: face.hub.tell("tanks")


async def _listening(teller: Teller, face: Face) -> AsyncIterator[None]:
    """The teller, for as long as the application runs."""
    tasks = [asyncio.create_task(work(face)) for work in (teller.run, teller.watch)]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
