"""Uses of coupons held for a station, and the wrong codes that stations have asked for."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from cloud.store.tables import CouponLeaseRow, StationLineRow, WrongCodeRow, table_of

_lease = table_of(CouponLeaseRow)
_wrong = table_of(WrongCodeRow)
_line = table_of(StationLineRow)


def add(connection: Connection, row: Mapping[str, Any]) -> int:
    """A new lease; its number."""
    return int(connection.execute(_lease.insert().values(**row).returning(_lease.c.id)).scalar_one())


def of_coupons(connection: Connection, coupons: Collection[str]) -> Sequence[Row[Any]]:
    """All leases of these coupons that there ever were, the oldest first."""
    if not coupons:
        return ()
    return connection.execute(select(_lease).where(_lease.c.coupon.in_(coupons)).order_by(_lease.c.id)).all()


def granted(connection: Connection, now: int) -> Sequence[Row[Any]]:
    """The leases that persons have granted and that are in force."""
    wanted = select(_lease).where(_lease.c.ask == "", _lease.c.released_at.is_(None), _lease.c.until > now)
    return connection.execute(wanted.order_by(_lease.c.id)).all()


def one(connection: Connection, number: int) -> Row[Any] | None:
    """A lease."""
    return connection.execute(select(_lease).where(_lease.c.id == number)).one_or_none()


def release(connection: Connection, number: int, at: int) -> bool:
    """Ends a lease before its time; False when it had ended so before."""
    wanted = update(_lease).where(_lease.c.id == number, _lease.c.released_at.is_(None))
    return connection.execute(wanted.values(released_at=at)).rowcount == 1


def set_consumed(connection: Connection, consumed: Mapping[int, int]) -> None:
    """How many uses of each of these leases have come back."""
    if consumed:
        changed = update(_lease).where(_lease.c.id == bindparam("number")).values(consumed=bindparam("uses_back"))
        connection.execute(changed, [{"number": number, "uses_back": uses} for number, uses in consumed.items()])


def newest_lines(connection: Connection, stations: Collection[str]) -> dict[str, Row[Any]]:
    """The line of the newest store of each of these stations."""
    wanted = select(_line).where(_line.c.station.in_(stations)).order_by(_line.c.epoch)
    return {row.station: row for row in connection.execute(wanted)} if stations else {}


def note_wrong_code(connection: Connection, station: str, at: int) -> None:
    """A station asked for a coupon that does not exist."""
    connection.execute(_wrong.insert().values(station=station, at=at))


def wrong_codes(connection: Connection, station: str, since: int) -> int:
    """How often it has done so."""
    wanted = select(func.count()).where(_wrong.c.station == station, _wrong.c.at > since)
    return int(connection.execute(wanted).scalar_one())


def forget_wrong_codes(connection: Connection, before: int) -> None:
    """Forgets wrong codes of long ago."""
    connection.execute(delete(_wrong).where(_wrong.c.at < before))
