"""Today's sales: the list, its totals, and the whole trace of each."""

from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web
from msgspec import Struct

from edge.attendant import forms
from edge.attendant.disputes import key_of
from edge.attendant.points import name_of
from edge.attendant.port import ForecourtDoor
from edge.attendant.slips import Slips
from edge.forecourt.day import DAY as _DAY
from edge.forecourt.day import day_start, local_day
from edge.forecourt.views import SaleView
from edge.store.database import Store
from shared.face import Visit
from shared.sale import SaleStatus

ROWS = 100
"""Shown at once; the totals are over all."""
DAY = 20_000
"""More sales than a station makes in a day."""
_HOUR = 3_600_000

WANTED: dict[str, Callable[[SaleView], bool]] = {
    "all": lambda _: True,
    "disputed": lambda sale: sale.sale.status is SaleStatus.DISPUTED,
    "waiting": lambda sale: sale.waits,
    "owing": lambda sale: sale.account.owes,
    "coupon": lambda sale: bool(sale.sale.redemptions),
    "unprinted": lambda sale: not any(slip.state in {"printed", "unconfirmed"} for slip in sale.slips),
    "unsent": lambda sale: not sale.delivered,
}


class Totals(Struct, frozen=True):
    """A day in figures. Disputed sales are counted apart until a person has settled them."""

    count: int
    volume: int
    amount: int
    discount: int
    payable: int
    disputed: int


class Sales:
    """Views over sales."""

    def __init__(self, forecourt: ForecourtDoor, store: Store, slips: Slips, utc_offset: int) -> None:
        self._forecourt, self._store, self._slips = forecourt, store, slips
        self._utc_offset = utc_offset

    async def page(self, visit: Visit) -> web.StreamResponse:
        """The day."""
        return visit.page("sales.html", **await self._day(visit))

    async def rows(self, visit: Visit) -> web.StreamResponse:
        """Its list alone, drawn anew when a sale comes."""
        return visit.part("parts/sales.html", **await self._day(visit))

    async def detail(self, visit: Visit) -> web.StreamResponse:
        """One sale."""
        sale = await self._forecourt.sale(key_of(visit))
        return visit.page("sale.html", view=sale, gained=_gained(sale))

    async def slips(self, visit: Visit) -> web.StreamResponse:
        """Its slips alone."""
        return visit.part("parts/slips.html", view=await self._forecourt.sale(key_of(visit)))

    async def receipt(self, visit: Visit) -> web.StreamResponse:
        """Its receipt as a picture: the slip that went out last, or the one that would go out now."""
        sale = await self._forecourt.sale(key_of(visit))
        return web.Response(body=await self._slips.picture(sale), content_type="image/png")

    async def reprint(self, visit: Visit) -> web.StreamResponse:
        """Its receipt once more, marked as such."""
        slip = await self._forecourt.reprint(key_of(visit), name_of(visit.person))
        key = "done.reprint" if slip.copy > 1 else "done.print"
        return visit.said(visit.say(key, copy=slip.copy))

    async def _day(self, visit: Visit) -> dict[str, Any]:
        asked, now = visit.request.query, self._store.clock.now()
        today = day_start(now, self._utc_offset)
        start = forms.day(asked, "day", today, self._utc_offset)
        everything = await self._forecourt.sales(start, DAY, start + _DAY)
        show, words = asked.get("show", "all"), asked.get("q", "").strip().upper()
        point = forms.whole(asked, "point", 999)
        wanted = WANTED.get(show, WANTED["all"])
        chosen = [
            sale
            for sale in everything
            if wanted(sale) and point in (0, sale.sale.delivery.point) and found(sale, words)
        ]
        return {
            "sales": chosen[:ROWS],
            "more": max(0, len(chosen) - ROWS),
            "totals": totals(chosen),
            "hours": by_hour(everything, start),
            "show": show if show in WANTED else "all",
            "shows": tuple(WANTED),
            "point": point,
            "points": sorted({sale.sale.delivery.point for sale in everything} | ({point} if point else set())),
            "now": start,
            "day": local_day(start, self._utc_offset),
            "is_today": start == today,
            "words": words,
            "unexplained": len(await self._forecourt.unexplained()),
        }


def found(view: SaleView, words: str) -> bool:
    """Whether a sale is the one that somebody looks for: by its number, plate, member or coupon. Pure."""
    sale = view.sale
    told = (str(view.key), sale.plate, sale.member, *(used.terms.coupon for used in sale.redemptions))
    return not words or any(words in one.upper() for one in told)


def totals(sales: Sequence[SaleView]) -> Totals:
    """The sums."""
    stand = [view.figures for view in sales if not view.waits]
    volumes, amounts, payables = (sum(figures[at] for figures in stand) for at in range(3))
    return Totals(len(stand), volumes, amounts, amounts - payables, payables, len(sales) - len(stand))


def by_hour(sales: Sequence[SaleView], start: int) -> list[int]:
    """What was paid in each hour of the day, in fen."""
    hours = [0] * 24
    for view in sales:
        hour = (view.sale.finished.at - start) // _HOUR
        if not view.waits and 0 <= hour < len(hours):
            hours[hour] += view.figures[2]
    return hours


def _gained(view: SaleView) -> int | None:
    """By how much the totaliser has grown, when both readings are there."""
    before, after = view.sale.proof.before, view.sale.proof.after
    return after - before if before is not None and after is not None and after >= before else None
