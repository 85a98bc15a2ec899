"""收款: what was paid for sales at the till, as it arrives. A sale's row says how it is paid as things stand."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from cloud.store import payments
from cloud.store.arrivals import Arrived, BulkHandler
from cloud.store.database import Connection
from cloud.store.payments import SaleKey
from shared.messages import PaymentTakenBack, SaleDrivenOff, SalePaid, SaleRefunded
from shared.payment import OPEN, Tender
from shared.station import Key

MIXED: Final = "mixed"
DRIVEN_OFF: Final = "driven_off"


class Kind(StrEnum):
    """What a line tells."""

    PAID = "paid"
    TAKEN_BACK = "taken_back"
    REFUNDED = "refunded"
    DRIVEN_OFF = "driven_off"


class PaymentPosting(NamedTuple):
    """A row of ``payment``: the columns in their order."""

    station: str
    epoch: int
    seq: int
    sale_epoch: int
    sale_seq: int
    kind: str
    amount: int
    given: int
    change: int
    tenders_json: str
    taken_epoch: int
    taken_seq: int
    reason: str
    by: str
    note: str
    quality: str
    boot: int
    mono: int
    happened_at: int
    arrived_at: int


class PaymentView(Struct, frozen=True):
    """A line about a sale's money."""

    kind: str
    amount: int
    """Fen."""
    given: int
    change: int
    tenders: tuple[Tender, ...]
    reason: str
    by: str
    note: str
    happened_at: int
    holds: bool
    """It was not taken back."""


def apply(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts them, and says of their sales how they are paid now."""
    rows = [_posting(fact) for fact in facts]
    payments.insert(connection, rows)
    refresh(connection, {(row.station, row.sale_epoch, row.sale_seq) for row in rows})


def refresh(connection: Connection, keys: Collection[SaleKey]) -> None:
    """Says of these sales how they are paid, as their payments stand; those of which nothing was told stay."""
    told: dict[SaleKey, list[Any]] = defaultdict(list)
    for row in payments.of_sales(connection, keys):
        told[row.station, row.sale_epoch, row.sale_seq].append(row)
    payments.set_tenders(connection, {key: tender_of(rows) for key, rows in told.items()})


def tender_of(rows: Sequence[Any]) -> str:
    """How a sale is paid, from all that was told of its money. Pure.

    The word of the one tender, ``mixed``, ``driven_off``, or ``open`` while it owes.
    """
    holds = [row for row in _holding(rows) if row.kind in (Kind.PAID, Kind.DRIVEN_OFF)]
    if not holds:
        return OPEN
    if holds[0].kind == Kind.DRIVEN_OFF:
        return DRIVEN_OFF
    kinds = {tender.kind.value for tender in _tenders(holds[0])}
    return kinds.pop() if len(kinds) == 1 else MIXED


def of_sale(connection: Connection, key: Key) -> tuple[PaymentView, ...]:
    """Everything that was told of a sale's money, in its order."""
    rows = payments.of_sales(connection, [(key.station, key.epoch, key.seq)])
    holds = {(row.epoch, row.seq) for row in _holding(rows)}
    return tuple(
        PaymentView(
            row.kind,
            row.amount,
            row.given,
            row.change,
            _tenders(row),
            row.reason,
            row.by,
            row.note,
            row.happened_at,
            (row.epoch, row.seq) in holds,
        )
        for row in rows
    )


handlers: dict[type, BulkHandler] = {
    SalePaid: apply,
    PaymentTakenBack: apply,
    SaleRefunded: apply,
    SaleDrivenOff: apply,
}


def _holding(rows: Sequence[Any]) -> list[Any]:
    taken = {(row.taken_epoch, row.taken_seq) for row in rows if row.kind == Kind.TAKEN_BACK}
    return [row for row in rows if (row.epoch, row.seq) not in taken and row.kind != Kind.TAKEN_BACK]


def _tenders(row: Any) -> tuple[Tender, ...]:
    return msgspec.json.decode(row.tenders_json, type=tuple[Tender, ...])


def _posting(fact: Arrived) -> PaymentPosting:
    match fact.body:
        case SalePaid(payment=paid):
            return _line(fact, fact.body, Kind.PAID, paid.amount, paid.by, paid.tenders, paid.given, paid.change)
        case SaleRefunded(refund=back):
            amount, tenders = back.tender.amount, (back.tender,)
            line = _line(fact, fact.body, Kind.REFUNDED, amount, back.by, tenders)
            return line._replace(reason=back.reason.value, note=back.note)
        case SaleDrivenOff(amount=amount, by=by, note=note):
            return _line(fact, fact.body, Kind.DRIVEN_OFF, amount, by)._replace(note=note)
        case PaymentTakenBack() as told:
            line = _line(fact, told, Kind.TAKEN_BACK, 0, told.by)
            return line._replace(
                taken_epoch=told.letter_epoch, taken_seq=told.letter_seq, reason=told.reason.value, note=told.note
            )
        case other:
            raise TypeError(f"{type(other).__name__} tells nothing of a sale's money")


def _line(
    fact: Arrived,
    said: SalePaid | SaleRefunded | SaleDrivenOff | PaymentTakenBack,
    kind: Kind,
    amount: int,
    by: str,
    tenders: Sequence[Tender] = (),
    given: int = 0,
    change: int = 0,
) -> PaymentPosting:
    told = msgspec.json.encode(tenders).decode()
    place = fact.station, fact.epoch, fact.seq, said.sale_epoch, said.sale_seq
    return PaymentPosting(*place, kind.value, amount, given, change, told, 0, 0, "", by, "", *fact.times)
