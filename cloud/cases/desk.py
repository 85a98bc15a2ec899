"""The desk of cases: listed by urgency, taken over, talked about, decided once, reopened with a reason."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from cloud.store import audit, cases
from cloud.store.cases import CaseFilter, NewCase
from cloud.store.database import Connection
from shared.errors import Refused
from shared.station import Key

DECIDE_WITHIN: Final = 7 * 86_400_000
"""Milliseconds in which a person should decide."""
OPEN: Final = CaseFilter()


class Kind(StrEnum):
    """What a case can be about."""

    DISPUTED_SALE = "disputed_sale"  # it failed its proof
    COUPON_USED_TWICE = "coupon_used_twice"
    COUPON_NOT_VALID = "coupon_not_valid"
    COUPON_UNKNOWN = "coupon_unknown"
    FILLING_TOLD_TWICE = "filling_told_twice"  # two sales begin at the same reading of the same totaliser
    LETTER_DIFFERS = "letter_differs"  # another letter came under a number that was given already
    UNKNOWN_MEMBER = "unknown_member"
    UNKNOWN_TARIFF = "unknown_tariff"  # sold at a version that head office never made


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
    """One of :class:`Kind`."""
    sale: Key
    coupon: str
    reason: str
    rule: str
    winner: str
    """The printed number of the sale that stands against this one; empty when there is none."""
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
    assigned_to: str | None
    """Who has taken it over."""
    about: str = ""
    """What nobody knows, for an unknown member or price version."""


class CaseAct(Struct, frozen=True):
    """What somebody did about a case."""

    at: int
    by: str
    act: str
    """``noted``, ``assigned``, ``decided`` or ``reopened``."""
    text: str


def letters_differ(connection: Connection, places: Collection[tuple[str, int, int]], now: int) -> None:
    """Other letters have come under numbers that were given: what was first stands, and a person looks at both.

    ``places``: station, epoch and number of each. A number has one case, however many letters want to be it.
    """
    cases.open_many(
        connection,
        [
            NewCase(Kind.LETTER_DIFFERS.value, *place, "same_key", "", 0, now, now + DECIDE_WITHIN, rule="first_stands")
            for place in places
        ],
    )


def page(
    connection: Connection, wanted: CaseFilter = OPEN, limit: int = 100, before: int | None = None
) -> tuple[CaseView, ...]:
    """Cases that are meant: ``open`` ones by their deadline, ``decided`` ones the newest first."""
    return tuple(_view(row) for row in cases.page(connection, wanted, limit, before))


def one(connection: Connection, number: int) -> CaseView:
    """A case. :exc:`Refused` (``unknown_case``)."""
    row = cases.one(connection, number)
    if row is None:
        raise Refused("unknown_case", f"There is no case {number}.")
    return _view(row)


def history(connection: Connection, number: int) -> tuple[CaseAct, ...]:
    """What people did about it, the earliest first."""
    return tuple(CaseAct(row.at, row.by, row.act, row.words) for row in cases.acts(connection, number))


def open_count(connection: Connection) -> int:
    """How many wait for a decision."""
    return cases.open_count(connection)


def overdue_count(connection: Connection, now: int) -> int:
    """How many of them have waited for too long."""
    return cases.overdue_count(connection, now)


def decide(connection: Connection, number: int, decision: Decision, by: str, note: str, now: int) -> CaseView:
    """Decides a case, once. :exc:`Refused`: ``unknown_case``, ``decided`` (somebody was faster), ``no_note``."""
    why = _said(note)
    view = one(connection, number)
    if not cases.decide(connection, number, decision.value, by, why, now):
        raise _decided(view)
    if view.kind == Kind.LETTER_DIFFERS:
        cases.waive_letters(connection, (view.sale.station, view.sale.epoch, view.sale.seq), by, why, now)
    cases.add_act(connection, number, "decided", by, f"{decision.value} {why}", now)
    audit.record(connection, now, by, "case_decided", str(number), decision=decision.value, note=why)
    return one(connection, number)


def note(connection: Connection, number: int, by: str, text: str, now: int) -> None:
    """Keeps what somebody has found out. :exc:`Refused`: ``unknown_case``, ``no_note``."""
    words = _said(text)
    one(connection, number)
    cases.add_act(connection, number, "noted", by, words, now)
    audit.record(connection, now, by, "case_noted", str(number), note=words)


def assign(connection: Connection, number: int, to: str, by: str, now: int) -> None:
    """Hands an open case to somebody, or with an empty name back to everybody.

    :exc:`Refused`: ``unknown_case``, ``decided``.
    """
    view = one(connection, number)
    if view.state != "open":
        raise _decided(view)
    if to != (view.assigned_to or ""):
        cases.assign(connection, number, to or None)
        cases.add_act(connection, number, "assigned", by, to, now)
        audit.record(connection, now, by, "case_assigned", str(number), to=to)


def reopen(connection: Connection, number: int, by: str, why: str, now: int) -> CaseView:
    """Takes a decision back; the history keeps it. :exc:`Refused`: ``unknown_case``, ``open``, ``no_note``."""
    words = _said(why)
    view = one(connection, number)
    if not cases.reopen(connection, number, now + DECIDE_WITHIN):
        raise Refused("open", f"Case {number} is open.")
    cases.add_act(connection, number, "reopened", by, words, now)
    audit.record(connection, now, by, "case_reopened", str(number), was=view.decision, why=words)
    return one(connection, number)


def _said(text: str) -> str:
    words = text.strip()
    if not words:
        raise Refused("no_note", "Please say why; the reason stays with the case.")
    return words


def _decided(view: CaseView) -> Refused:
    return Refused("decided", f"Case {view.number} was decided by {view.decided_by} already.")


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
        row.assigned_to,
        row.about,
    )
