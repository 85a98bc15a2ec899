"""Settling disputed sales, and explaining litres that no sale explains: one big button for each answer."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

from aiohttp import web

from edge.attendant.points import name_of
from edge.attendant.port import ForecourtDoor
from edge.forecourt.day import day_start
from edge.forecourt.decisions import needs_explaining
from edge.store.database import Store
from shared.disputes import Basis, DisputeReason, MeterKind, MeterReason, by_totaliser
from shared.face import FormMisread, Visit
from shared.money import parse_yuan
from shared.station import Key
from shared.volume import parse_litres

E = TypeVar("E", bound=StrEnum)

USUAL: Final[Mapping[Basis, DisputeReason]] = {
    Basis.DISPLAY: DisputeReason.TOTALISER_WRONG,
    Basis.TOTALISER: DisputeReason.DISPLAY_WRONG,
    Basis.AGREED: DisputeReason.CUSTOMER_AGREED,
    Basis.VOID: DisputeReason.NOTHING_DELIVERED,
}
"""The reason that is chosen already when a basis is."""
_REASONS: Final[Mapping[MeterKind, tuple[MeterReason, ...]]] = {
    MeterKind.FALLBACK: (
        MeterReason.SOLD_BY_HAND,
        MeterReason.PUMP_TEST,
        MeterReason.CALIBRATION,
        MeterReason.UNKNOWN,
        MeterReason.OTHER,
    ),
    MeterKind.BACKWARDS: (MeterReason.METER_CHANGED, MeterReason.UNKNOWN, MeterReason.OTHER),
    MeterKind.DRIP: (),
}


class Disputes:
    """Views over what persons decide."""

    def __init__(self, forecourt: ForecourtDoor, store: Store, utc_offset: int) -> None:
        self._forecourt = forecourt
        self._store = store
        self._utc_offset = utc_offset

    async def settle_sheet(self, visit: Visit) -> web.StreamResponse:
        """Both figures side by side, and what may be done about them."""
        view = await self._forecourt.sale(key_of(visit))
        basis = word(Basis, visit.request.query.get("basis", "")) or _first_choice(by_totaliser(view.sale))
        return visit.sheet(
            "sheets/settle.html",
            view=view,
            basis=basis,
            bases=tuple(Basis),
            reasons=tuple(DisputeReason),
            usual=USUAL[basis],
            meter=by_totaliser(view.sale),
        )

    async def settle(self, visit: Visit) -> web.StreamResponse:
        """It is settled."""
        key, fields = key_of(visit), await visit.fields()
        basis, reason = word(Basis, fields.get("basis", "")), word(DisputeReason, fields.get("reason", ""))
        if basis is None or reason is None:
            raise FormMisread("Please choose how the sale is settled, and why.", "reason")
        agreed = _agreed(fields) if basis is Basis.AGREED else None
        await self._forecourt.settle(key, basis, reason, name_of(visit.person), fields.get("note", ""), agreed)
        return visit.go(f"/sales/{key}", "done.settle")

    async def lines(self, visit: Visit) -> web.StreamResponse:
        """What must be explained, and what was today."""
        start = day_start(self._store.clock.now(), self._utc_offset)
        waiting = await self._forecourt.unexplained()
        told = [line for line in await self._forecourt.meter_lines(start) if not needs_explaining(line)]
        return visit.page("meters.html", waiting=waiting, told=told)

    async def explain_sheet(self, visit: Visit) -> web.StreamResponse:
        """One line, and the answers that it may have."""
        line = await self._forecourt.meter_line(key_of(visit))
        return visit.sheet("sheets/explain.html", line=line, reasons=_REASONS[line.moved.kind])

    async def explain(self, visit: Visit) -> web.StreamResponse:
        """It is explained."""
        key, fields = key_of(visit), await visit.fields()
        reason = word(MeterReason, fields.get("reason", ""))
        if reason is None:
            raise FormMisread("Please choose how it came about.", "reason")
        amount = _money(fields, "amount") if fields.get("amount", "").strip() else 0
        await self._forecourt.explain(key, reason, amount, name_of(visit.person), fields.get("note", ""))
        return visit.go("/meters", "done.explain")


def key_of(visit: Visit) -> Key:
    """The number in the path."""
    text = visit.request.match_info["key"]
    try:
        return Key.parse(text)
    except ValueError as why:
        raise FormMisread("This is not the number of a sale.") from why


def _first_choice(meter: tuple[int, int] | None) -> Basis:
    """The totaliser is sealed, and the display's figures are those that are doubted."""
    return Basis.AGREED if meter is None else Basis.TOTALISER


def _agreed(fields: Mapping[str, str]) -> tuple[int, int]:
    try:
        volume = parse_litres(fields.get("litres", ""))
    except ValueError as why:
        raise FormMisread(str(why), "litres") from why
    return volume, _money(fields, "yuan")


def _money(fields: Mapping[str, str], name: str) -> int:
    try:
        return parse_yuan(fields.get(name, ""))
    except ValueError as why:
        raise FormMisread(str(why), name) from why


def word(kind: type[E], text: str) -> E | None:
    """The stable word that was sent; None when it is none of this kind."""
    try:
        return kind(text)
    except ValueError:
        return None
