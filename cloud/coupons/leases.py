"""Coupons held for a station by a person: there they can be used offline without any risk, elsewhere not at all."""

from typing import Any, Final

from msgspec import Struct

from cloud.coupons.holding import free_uses, may_hold
from cloud.coupons.issuing import unknown
from cloud.coupons.keys import BOOK
from cloud.coupons.records import records_of, told_until
from cloud.store import audit, counters, holds, stations
from cloud.store.database import Connection
from shared.coupon import Filling, Reason
from shared.errors import Refused

LONGEST: Final = 31 * 86_400_000


class LeaseView(Struct, frozen=True):
    """A lease as head office sees it."""

    number: int
    coupon: str
    station: str
    until: int
    uses: int
    consumed: int
    by_claim: bool
    granted_at: int
    granted_by: str
    released_at: int | None


def grant(connection: Connection, coupon: str, station: str, until: int, by: str, now: int) -> LeaseView:
    """Holds all uses that are left of a coupon for a station.

    :exc:`Refused`: ``unknown_coupon``, ``unknown_station``, ``bad_time``, or the judge's reason why it can't be used.
    """
    if not now < until <= now + LONGEST:
        raise Refused("bad_time", "A coupon can be held until a time that is to come, for 31 days at most.")
    if not stations.existing(connection, [station]):
        raise Refused("unknown_station", f"There is no station “{station}”, or it was revoked.")
    record = records_of(connection, [coupon]).get(coupon)
    if record is None:
        raise unknown(coupon)
    told = {**told_until(connection, record, now), station: now}
    verdict = may_hold(record, Filling(station, "", 0, 0), now, told)
    uses = free_uses(record, now, told)
    if verdict is not Reason.ACCEPTED or uses <= 0:
        reason = verdict if verdict is not Reason.ACCEPTED else Reason.LEASED_ELSEWHERE
        raise Refused(reason.value, f"This coupon can't be held for {station}: {reason.value}.")
    row = {"coupon": coupon, "station": station, "until": until, "uses": uses, "consumed": 0, "ask": ""}
    number = holds.add(connection, row | {"granted_at": now, "granted_by": by})
    counters.bump(connection, BOOK)
    audit.record(connection, now, by, "coupon_leased", coupon, station=station, until=until)
    return one(connection, number)


def release(connection: Connection, number: int, by: str, now: int) -> None:
    """Ends a lease before its time: for a station that won't come back. :exc:`Refused`: ``unknown_lease``, ``ended``.

    If that station comes back after all and has used the coupon, a case is opened when somebody else has, too.
    """
    view = one(connection, number)
    records_of(connection, [view.coupon])
    if not holds.release(connection, number, now):
        raise Refused("ended", "This lease was released already.")
    counters.bump(connection, BOOK)
    audit.record(connection, now, by, "coupon_released", view.coupon, station=view.station)


def one(connection: Connection, number: int) -> LeaseView:
    """A lease. :exc:`Refused` (``unknown_lease``)."""
    row = holds.one(connection, number)
    if row is None:
        raise Refused("unknown_lease", f"There is no lease {number}.")
    return _view(row)


def of_coupon(connection: Connection, coupon: str) -> tuple[LeaseView, ...]:
    """All leases of a coupon, the oldest first."""
    return tuple(_view(row) for row in holds.of_coupons(connection, [coupon]))


def _view(row: Any) -> LeaseView:
    return LeaseView(
        row.id,
        row.coupon,
        row.station,
        row.until,
        row.uses,
        row.consumed,
        bool(row.ask),
        row.granted_at,
        row.granted_by,
        row.released_at,
    )
