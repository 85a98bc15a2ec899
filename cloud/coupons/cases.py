"""Cases: what about a sale a person must decide. The facts stay as they are; the decision stands beside them."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from cloud.store import audit, cases
from cloud.store.database import Connection
from shared.errors import Refused
from shared.station import Key


class Decision(StrEnum):
    """What a person may decide."""

    HEAD_OFFICE_BEARS = "head_office_bears"
    DEALER_BEARS = "dealer_bears"
    SETTLED = "settled"  # the sale is right as it stands, or was put right with the customer
    DISMISSED = "dismissed"  # there is nothing to decide


class CaseView(Struct, frozen=True):
    """A case."""

    number: int
    kind: str
    """``disputed_sale``, ``coupon_used_twice``, ``coupon_not_valid`` or ``coupon_unknown``."""
    sale: Key
    coupon: str
    reason: str
    rule: str
    winner: str
    """The printed number of the sale that won the coupon; empty when there is none."""
    cost_owner: str
    """Proposed: ``head_office``, ``dealer:ID``, or empty."""
    amount: int
    """Fen."""
    opened_at: int
    deadline: int
    state: str
    decision: str | None
    decided_at: int | None
    decided_by: str | None
    note: str | None


def page(
    connection: Connection, state: str = "open", limit: int = 100, before: int | None = None
) -> tuple[CaseView, ...]:
    """Cases in a state: ``open`` ones by their deadline, ``decided`` ones the newest first."""
    return tuple(_view(row) for row in cases.page(connection, state, limit, before))


def one(connection: Connection, number: int) -> CaseView:
    """A case. :exc:`Refused` (``unknown_case``)."""
    row = cases.one(connection, number)
    if row is None:
        raise Refused("unknown_case", f"There is no case {number}.")
    return _view(row)


def open_count(connection: Connection) -> int:
    """How many wait for a decision."""
    return cases.open_count(connection)


def decide(connection: Connection, number: int, decision: Decision, by: str, note: str, now: int) -> CaseView:
    """Decides a case, once. :exc:`Refused`: ``unknown_case``, ``decided`` (somebody was faster), ``no_note``."""
    if not note.strip():
        raise Refused("no_note", "Please say why; the reason stays with the case.")
    view = one(connection, number)
    if not cases.decide(connection, number, decision.value, by, note.strip(), now):
        raise Refused("decided", f"Case {number} was decided by {view.decided_by} already.")
    audit.record(connection, now, by, "case_decided", str(number), decision=decision.value, note=note.strip())
    return one(connection, number)


def _view(row: Any) -> CaseView:
    return CaseView(
        row.id,
        row.kind,
        Key(row.station, row.epoch, row.seq),
        row.coupon,
        row.reason,
        row.rule,
        row.winner,
        row.cost_owner,
        row.amount,
        row.opened_at,
        row.deadline,
        row.state,
        row.decision,
        row.decided_at,
        row.decided_by,
        row.note,
    )
