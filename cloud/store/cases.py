"""Cases: opened by what arrives, decided by a person."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, insert, select, tuple_, update

from cloud.store.database import insert_or_ignore
from cloud.store.tables import CaseActRow, CaseRow, DeadLetterRow, table_of

case = table_of(CaseRow)
_act = table_of(CaseActRow)
_dead = table_of(DeadLetterRow)
NOBODY = "-"
"""As a filter: cases that nobody has taken over."""


class CaseFilter(Struct, frozen=True):
    """Which cases are meant. Empty means all."""

    state: str = "open"
    kind: str = ""
    station: str = ""
    assigned_to: str = ""
    """A name, or :data:`NOBODY`."""
    overdue_at: int = 0
    """Only those whose deadline was before this moment; 0 for all."""


class NewCase(Struct, frozen=True):
    """What a person is asked to decide: the fields of :class:`cloud.store.tables.CaseRow`."""

    kind: str
    station: str
    epoch: int
    seq: int
    reason: str
    cost_owner: str
    amount: int
    opened_at: int
    deadline: int
    coupon: str = ""
    rule: str = ""
    winner: str = ""
    about: str = ""
    """What nobody knows: a station has one case about it, however many of its sales name it."""


def open_many(connection: Connection, cases: Sequence[NewCase]) -> None:
    """Opens cases; one that is there already stays as it is."""
    if cases:
        rows = [asdict(one) | {"state": "open"} for one in cases]
        connection.execute(insert_or_ignore(connection, case), rows)


def set_winner(connection: Connection, kind: str, coupon: str, winner: str) -> None:
    """Names the sale that won in all open cases about a coupon: an earlier use has come to light."""
    wanted = update(case).where(case.c.kind == kind, case.c.coupon == coupon, case.c.state == "open")
    connection.execute(wanted.values(winner=winner))


def withdraw(connection: Connection, uses: Sequence[tuple[str, int, int, str]], at: int) -> None:
    """Ends open cases about coupons, by station, epoch, seq and coupon of the sale: judged anew there is none."""
    rows = [{"s": station, "e": epoch, "q": seq, "c": coupon} for station, epoch, seq, coupon in uses]
    if rows:
        own = (
            case.c.station == bindparam("s"),
            case.c.epoch == bindparam("e"),
            case.c.seq == bindparam("q"),
            case.c.coupon == bindparam("c"),
            case.c.state == "open",
        )
        values = {"state": "decided", "decision": "withdrawn", "decided_by": "judge", "decided_at": at, "note": ""}
        connection.execute(update(case).where(*own).values(**values), rows)


def page(connection: Connection, wanted: CaseFilter, limit: int, before: int | None) -> Sequence[Row[Any]]:
    """Cases that are meant: open ones by their deadline, decided ones the newest first; those after ``before``."""
    query = select(case).where(*_meant(wanted)).limit(limit)
    if wanted.state != "open":
        newest = query if before is None else query.where(case.c.id < before)
        return connection.execute(newest.order_by(case.c.id.desc())).all()
    place = tuple_(case.c.deadline, case.c.id)
    if before is not None:
        query = query.where(place > select(case.c.deadline, case.c.id).where(case.c.id == before).scalar_subquery())
    return connection.execute(query.order_by(case.c.deadline, case.c.id)).all()


def one(connection: Connection, number: int) -> Row[Any] | None:
    """A case."""
    return connection.execute(select(case).where(case.c.id == number)).one_or_none()


def open_count(connection: Connection) -> int:
    """How many wait for a decision."""
    return int(connection.execute(select(func.count()).where(case.c.state == "open")).scalar_one())


def overdue_count(connection: Connection, now: int) -> int:
    """How many of them should have been decided by now."""
    late = (case.c.state == "open", case.c.deadline < now)
    return int(connection.execute(select(func.count()).where(*late)).scalar_one())


def decide(connection: Connection, number: int, decision: str, by: str, note: str, at: int) -> bool:
    """Writes the decision; False when the case is not there or was decided before."""
    wanted = update(case).where(case.c.id == number, case.c.state == "open")
    values = {"state": "decided", "decision": decision, "decided_by": by, "decided_at": at, "note": note}
    return connection.execute(wanted.values(**values)).rowcount == 1


def reopen(connection: Connection, number: int, deadline: int) -> bool:
    """Takes the decision back; False when there is none."""
    wanted = update(case).where(case.c.id == number, case.c.state == "decided")
    values = {"decision": None, "decided_by": None, "decided_at": None, "note": None}
    return connection.execute(wanted.values(state="open", deadline=deadline, **values)).rowcount == 1


def assign(connection: Connection, number: int, to: str | None) -> None:
    """Hands a case over."""
    connection.execute(update(case).where(case.c.id == number).values(assigned_to=to))


def add_act(connection: Connection, number: int, act: str, by: str, words: str, at: int) -> None:
    """Notes what somebody did about it."""
    connection.execute(insert(_act).values(case=number, act=act, by=by, words=words, at=at))


def acts(connection: Connection, number: int) -> Sequence[Row[Any]]:
    """What people did about it, the earliest first."""
    return connection.execute(select(_act).where(_act.c.case == number).order_by(_act.c.id)).all()


def waive_letters(connection: Connection, place: tuple[str, int, int], by: str, note: str, at: int) -> None:
    """Ends the dead letters that came under a number which another letter has."""
    station, epoch, seq = place
    mine = (_dead.c.station == station, _dead.c.epoch == epoch, _dead.c.seq == seq, _dead.c.state == "waiting")
    connection.execute(update(_dead).where(*mine).values(state="waived", ended_by=by, note=note, ended_at=at))


def _meant(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    tried = (
        (wanted.kind, case.c.kind == wanted.kind),
        (wanted.station, case.c.station == wanted.station),
        (wanted.assigned_to == NOBODY, case.c.assigned_to.is_(None)),
        (wanted.assigned_to not in ("", NOBODY), case.c.assigned_to == wanted.assigned_to),
        (wanted.overdue_at, case.c.deadline < wanted.overdue_at),
    )
    return [case.c.state == wanted.state, *(condition for given, condition in tried if given)]
