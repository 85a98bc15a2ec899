"""Taking the money: one tap where one tender pays it all, a few more for change, or where several tenders share it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from aiohttp import web

from edge.attendant.disputes import key_of, word
from edge.attendant.points import name_of
from edge.attendant.port import ForecourtDoor
from edge.forecourt.views import SaleView
from shared.face import FormMisread, Visit
from shared.money import parse_yuan
from shared.payment import MOST_TENDERS, NEEDS_REFERENCE, BackReason, Tender, TenderKind

NOTES: Final = (5_000, 10_000, 20_000, 50_000, 100_000)
"""Fen: what is handed over is mostly the next of these."""
CASH_KEYS: Final = 3


class Paying:
    """Views over the money of sales."""

    def __init__(self, forecourt: ForecourtDoor) -> None:
        self._forecourt = forecourt

    async def sheet(self, visit: Visit) -> web.StreamResponse:
        """What is due, and how it may be paid."""
        view, asked = await self._forecourt.sale(key_of(visit)), visit.request.query
        parts, kind = _parts(asked), word(TenderKind, asked.get("with", "")) or TenderKind.CASH
        if asked.get("add"):
            parts = (*parts, _tender(asked, kind, _money(asked, "amount")))
        if asked.get("drop", "").isdecimal():
            parts = tuple(part for place, part in enumerate(parts) if place != int(asked["drop"]))
        return visit.sheet("sheets/pay.html", **_asked(view, parts, kind, bool(asked.get("split"))))

    async def pay(self, visit: Visit) -> web.StreamResponse:
        """It is paid. What the customer gets back stands large until somebody has seen it."""
        key, fields = key_of(visit), await visit.fields()
        view, parts = await self._forecourt.sale(key), _parts(fields)
        kind = word(TenderKind, fields.get("with", ""))
        if kind is None:
            raise FormMisread("Please choose how it is paid.", "with")
        rest = view.figures[2] - sum(part.amount for part in parts)
        given = _money(fields, "given") if kind is TenderKind.CASH and fields.get("given", "").strip() else 0
        given += sum(part.amount for part in parts if part.kind is TenderKind.CASH) if given else 0
        tenders = (*parts, _tender(fields, kind, rest))
        paid = await self._forecourt.tills.pay(key, tenders, name_of(visit.person), given)
        if paid.change:
            return visit.sheet("sheets/paid.html", view=view, paid=paid)
        return visit.said(visit.say("done.pay", point=view.sale.delivery.point), close=True)

    async def back_sheet(self, visit: Visit) -> web.StreamResponse:
        """Why a payment is taken back, or money given back."""
        view = await self._forecourt.sale(key_of(visit))
        paid = view.account.paid.amount if view.account.paid else 0
        return visit.sheet(
            "sheets/money_back.html",
            view=view,
            what="refund" if visit.request.path.endswith("/refund") else "take_back",
            left=paid - view.account.refunded,
            reasons=tuple(BackReason),
            kinds=tuple(TenderKind),
        )

    async def take_back(self, visit: Visit) -> web.StreamResponse:
        """A payment was entered wrongly: the sale owes again."""
        key, fields = key_of(visit), await visit.fields()
        note = fields.get("note", "")
        await self._forecourt.tills.take_back(key, _reason(fields), name_of(visit.person), note)
        return visit.go(f"/sales/{key}", "done.take_back")

    async def refund(self, visit: Visit) -> web.StreamResponse:
        """Money goes back to the customer."""
        key, fields = key_of(visit), await visit.fields()
        kind = word(TenderKind, fields.get("with", ""))
        if kind is None:
            raise FormMisread("Please choose how it is given back.", "with")
        tender = _tender(fields, kind, _money(fields, "amount"))
        reason, note = _reason(fields), fields.get("note", "")
        await self._forecourt.tills.refund(key, tender, reason, name_of(visit.person), note)
        return visit.go(f"/sales/{key}", "done.refund")

    async def gone_sheet(self, visit: Visit) -> web.StreamResponse:
        """Whether the car has really left."""
        return visit.sheet("sheets/driven_off.html", view=await self._forecourt.sale(key_of(visit)))

    async def drive_off(self, visit: Visit) -> web.StreamResponse:
        """It has."""
        key, fields = key_of(visit), await visit.fields()
        await self._forecourt.tills.drive_off(key, name_of(visit.person), fields.get("note", ""))
        return visit.go(f"/sales/{key}", "done.drive_off")


def favourites(rest: int) -> tuple[int, ...]:
    """Fen that are likely to be handed over for this much: the next round sums. Pure."""
    nexts = {-(-rest // note) * note for note in NOTES}
    return tuple(sorted(one for one in nexts if one > rest)[:CASH_KEYS])


def _asked(view: SaleView, parts: Sequence[Tender], kind: TenderKind, split: bool) -> dict[str, Any]:
    rest = view.figures[2] - sum(part.amount for part in parts)
    return {
        "view": view,
        "parts": parts,
        "parts_text": msgspec.json.encode(parts).decode(),
        "rest": rest,
        "kind": kind,
        "kinds": tuple(TenderKind),
        "split": split and len(parts) < MOST_TENDERS - 1,
        "needs_reference": kind in NEEDS_REFERENCE,
        "favourites": favourites(rest),
    }


def _parts(fields: Mapping[str, str]) -> tuple[Tender, ...]:
    try:
        return msgspec.json.decode(fields.get("parts", "") or "[]", type=tuple[Tender, ...])
    except (msgspec.MsgspecError, UnicodeError) as why:
        raise FormMisread("These parts of a payment can't be read. Please begin again.", "parts") from why


def _tender(fields: Mapping[str, str], kind: TenderKind, amount: int) -> Tender:
    return Tender(kind, amount, " ".join(fields.get("reference", "").split()))


def _money(fields: Mapping[str, str], name: str) -> int:
    try:
        return parse_yuan(fields.get(name, ""))
    except ValueError as why:
        raise FormMisread(str(why), name) from why


def _reason(fields: Mapping[str, str]) -> BackReason:
    reason = word(BackReason, fields.get("reason", ""))
    if reason is None:
        raise FormMisread("Please choose why.", "reason")
    return reason
