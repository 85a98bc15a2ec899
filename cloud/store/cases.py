"""Cases: opened by what arrives, decided by a person."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import Connection, Row, bindparam, func, select, tuple_, update

from cloud.store.database import insert_or_ignore
from cloud.store.tables import CaseRow, table_of

case = table_of(CaseRow)


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


def page(connection: Connection, state: str, limit: int, before: int | None) -> Sequence[Row[Any]]:
    """Cases in this state: open ones by their deadline, decided ones the newest first; those that follow ``before``."""
    wanted = select(case).where(case.c.state == state).limit(limit)
    if state != "open":
        newest = wanted if before is None else wanted.where(case.c.id < before)
        return connection.execute(newest.order_by(case.c.id.desc())).all()
    place = tuple_(case.c.deadline, case.c.id)
    if before is not None:
        wanted = wanted.where(place > select(case.c.deadline, case.c.id).where(case.c.id == before).scalar_subquery())
    return connection.execute(wanted.order_by(case.c.deadline, case.c.id)).all()


def one(connection: Connection, number: int) -> Row[Any] | None:
    """A case."""
    return connection.execute(select(case).where(case.c.id == number)).one_or_none()


def open_count(connection: Connection) -> int:
    """How many wait for a decision."""
    return int(connection.execute(select(func.count()).where(case.c.state == "open")).scalar_one())


def decide(connection: Connection, number: int, decision: str, by: str, note: str, at: int) -> bool:
    """Writes the decision; False when the case is not there or was decided before."""
    wanted = update(case).where(case.c.id == number, case.c.state == "open")
    values = {"state": "decided", "decision": decision, "decided_by": by, "decided_at": at, "note": note}
    return connection.execute(wanted.values(**values)).rowcount == 1
