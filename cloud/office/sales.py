"""Sales: listed, filtered, taken away as CSV, and each with its whole trace from the nozzle to the letter."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from aiohttp import web

from cloud.access.accounts import Power
from cloud.office.forms import Form
from cloud.office.moments import DAY, day_of, local
from cloud.office.news import Topic
from cloud.office.office import Look, Office, form_of, query_of
from cloud.office.pricing import in_order
from cloud.sales import listing
from cloud.sales.listing import SaleFilter, SaleLine
from cloud.sales.trace import trace
from cloud.stations import commands, register
from cloud.store.database import Connection
from shared.errors import Refused, Unavailable
from shared.face import Face, Visit
from shared.face.texts import Say
from shared.messages import ReprintSlip
from shared.money import per_litre, yuan
from shared.sale import SaleStatus
from shared.station import GRADES, Key
from shared.volume import litres

PAGE: Final = 50
FLAGGED: Final = "flagged"
"""In place of a status: all sales about which something is odd."""
RECENT: Final = 30
"""Days before today that are summed up when no first day is asked for."""
CHUNK: Final = 1_000
"""Sales that are read at once for the CSV."""
_COLUMNS: Final = (
    "key", "station", "day", "happened", "arrived", "point", "nozzle", "grade", "volume", "unit_price", "amount",
    "discount", "payable", "tender", "status", "flags", "tariff", "member", "plate", "coupons", "quality",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t")
_BOM: Final = "\ufeff"


class SalePages:
    """The list, the file, and one sale."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def add(self, face: Face) -> None:
        """Adds the pages."""
        face.get("/sales", self.index)
        face.get("/live/sales", self.live)
        face.get("/sales.csv", self.file)
        face.get("/sales/{key}", self.one)
        face.post("/sales/{key}/reprint", self.reprint, power=Power.STATION)

    async def index(self, visit: Visit) -> web.Response:
        """The sales that are meant, the latest first."""
        query = query_of(visit)
        return await self._office.page(visit, "sales.html", self._look(query), query=_kept(query))

    async def live(self, visit: Visit) -> web.Response:
        """Their rows anew."""
        return await self._office.part(visit, "sales_live.html", self._look(query_of(visit)))

    def _look(self, query: Form) -> Look:
        wanted = filter_of(query)
        summed = summed_of(wanted, self._office.now())

        def look(connection: Connection) -> Mapping[str, Any]:
            rows = listing.page(connection, wanted, PAGE + 1)
            names = register.names(connection)
            return {
                "rows": rows[:PAGE],
                "more": cursor_of(rows[PAGE - 1]) if len(rows) > PAGE else "",
                "first": wanted.before is None,
                "sums": listing.totals(connection, summed),
                "recent": summed is not wanted,
                "names": names,
                "stations": [(id, f"{name} · {id}") for id, name in names.items()],
                "grades": in_order({*GRADES, *filter(None, [wanted.grade])}),
                "form": query,
                "here": _kept(query),
            }

        return look

    async def one(self, visit: Visit) -> web.Response:
        """A sale with its trace."""
        key = key_of(visit)
        return await self._office.page(visit, "sale.html", lambda connection: {"trace": trace(connection, key)})

    async def reprint(self, visit: Visit) -> web.StreamResponse:
        """Wishes its receipt printed once more at the station."""
        key, form = key_of(visit), await form_of(visit)
        seconds = form.whole("seconds", commands.SHORTEST, commands.LONGEST, 60)
        if form.wrong:
            raise Refused("bad_deadline", "This is no deadline of a command.")
        by, now = visit.somebody.id, self._office.now()

        def act(connection: Connection) -> None:
            trace(connection, key)
            commands.create(connection, key.station, ReprintSlip(key.epoch, key.seq), by, now, seconds)

        await self._office.write(act, Topic.STATIONS)
        await self._office.down.commands_given([key.station])
        return visit.go(f"/sales/{key}", "notice.command")

    # ── As a file ──

    async def file(self, visit: Visit) -> web.StreamResponse:
        """The sales that are meant as CSV, streamed: a year of them needs no memory."""
        query = query_of(visit)
        wanted = filter_of(query)
        name = f"sales-{day_of(self._office.now()).isoformat()}.csv"
        response = web.StreamResponse(
            headers={
                "Content-Type": "text/csv; charset=utf-8",
                "Content-Disposition": f'attachment; filename="{name}"',
            }
        )
        first = await self._office.read(lambda connection: listing.page(connection, wanted, CHUNK))
        await response.prepare(visit.request)
        await response.write((_BOM + _csv([_heads(visit.say)])).encode())
        try:
            async for lines in self._chunks(wanted, first):
                rows = await asyncio.to_thread(_csv, [_cells(visit.say, line) for line in lines])
                await response.write(rows.encode())
        except Unavailable:
            if visit.request.transport is not None:
                visit.request.transport.abort()  # half a file must not look like a whole one
            return response
        await response.write_eof()
        return response

    async def _chunks(self, wanted: SaleFilter, lines: tuple[SaleLine, ...]) -> AsyncIterator[tuple[SaleLine, ...]]:
        while lines:
            yield lines
            if len(lines) < CHUNK:
                return
            after = SaleFilter(**{**_fields(wanted), "before": lines[-1].place})
            lines = await self._office.read(lambda connection, after=after: listing.page(connection, after, CHUNK))  # type: ignore[misc]


def filter_of(query: Form) -> SaleFilter:
    """Which sales an address means. What can't be read of it is left out, as if it had not been there."""
    day = query.day("day")
    first, last = query.day("first", day), query.day("last", day)
    station = query.text("station", 32, needed=False)
    status = query.chosen("status", [*[one.value for one in SaleStatus], FLAGGED], "")
    return SaleFilter(
        stations=(station,) if station else (),
        first_day=first.isoformat() if first else "",
        last_day=last.isoformat() if last else "",
        status=status if status != FLAGGED else "",
        grade=query.text("grade", 16, needed=False),
        flagged=status == FLAGGED,
        text=query.text("q", 60, needed=False),
        before=read_cursor(query.raw("before")),
    )


def summed_of(wanted: SaleFilter, now: int) -> SaleFilter:
    """Which of them are summed up above the list: without a first day the latest ones only, be there millions."""
    if wanted.first_day:
        return wanted
    first = day_of(now - RECENT * DAY).isoformat()
    return SaleFilter(**{**_fields(wanted), "first_day": first})


def cursor_of(line: SaleLine) -> str:
    """Where the next page begins."""
    happened_at, station, epoch, seq = line.place
    return f"{happened_at}.{epoch}.{seq}.{station}"


def read_cursor(text: str) -> tuple[int, str, int, int] | None:
    """The place that a cursor names; None for one that is none of ours."""
    parts = text.split(".", 3)
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() and len(part) <= 15 for part in parts[:3]):
        return None
    happened_at, epoch, seq = map(int, parts[:3])
    return happened_at, parts[3][:64], epoch, seq


def key_of(visit: Visit) -> Key:
    """The sale in the path. :exc:`Refused` (``unknown_sale``) for what can't be the number of one."""
    text = visit.request.match_info["key"]
    try:
        key = Key.parse(text)
    except ValueError:
        key = None
    if key is None or not (0 <= key.epoch < 2**40 and 0 <= key.seq < 2**40):
        raise Refused("unknown_sale", f"“{text[:60]}” is not the number of a sale.")
    return key


def _kept(query: Form) -> Mapping[str, str]:
    """The parts of the address that the next page, the file and the live rows keep."""
    names = ("station", "day", "first", "last", "status", "grade", "q", "before")
    return {name: query.raw(name) for name in names if query.raw(name)}


def _fields(wanted: SaleFilter) -> Mapping[str, Any]:
    return {name: getattr(wanted, name) for name in SaleFilter.__struct_fields__}


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()


def _heads(say: Say) -> list[str]:
    return [say(f"csv.{name}") for name in _COLUMNS]


def _cells(say: Say, line: SaleLine) -> list[str]:
    """A sale as cells. What a person may have written never begins like a formula, which a spreadsheet would run."""
    cells: Mapping[str, str] = {
        "key": str(line.key),
        "station": line.key.station,
        "day": line.business_day,
        "happened": local(line.happened_at).strftime("%Y-%m-%d %H:%M:%S"),
        "arrived": local(line.arrived_at).strftime("%Y-%m-%d %H:%M:%S"),
        "point": str(line.point),
        "nozzle": str(line.nozzle),
        "grade": line.grade,
        "volume": litres(line.volume),
        "unit_price": per_litre(line.unit_price),
        "amount": yuan(line.amount),
        "discount": yuan(line.discount),
        "payable": yuan(line.payable),
        "tender": say.reason(line.tender, prefix="tender"),
        "status": say.reason(line.status, prefix="status"),
        "flags": " ".join(say.reason(flag, prefix="flag") for flag in line.flags),
        "tariff": str(line.tariff),
        "member": _harmless(line.member),
        "plate": _harmless(line.plate),
        "coupons": _harmless(" ".join(line.coupons)),
        "quality": say.reason(line.quality, prefix="quality"),
    }
    return [cells[name] for name in _COLUMNS]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
