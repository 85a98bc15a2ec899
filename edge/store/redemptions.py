"""Coupons used here, as far as this station knows."""

from sqlite_utils import Database

from shared.coupon import Spent


def uses(db: Database, coupon: str) -> int:
    """How often this coupon was redeemed at this station."""
    return int(db.execute("SELECT count(*) FROM redemption WHERE coupon = ?", (coupon,)).fetchone()[0])


def spent(db: Database, member: str, day_start: int) -> Spent:
    """What was given away without a lease since the station's day began, in fen; of a member only when one is named."""
    station_day, member_day = db.execute(
        "SELECT coalesce(sum(discount), 0), coalesce(sum(discount) FILTER (WHERE member = ?1 AND ?1 <> ''), 0)"
        " FROM redemption WHERE spends = 1 AND at >= ?2",
        (member, day_start),
    ).fetchone()
    return Spent(member_day=member_day, station_day=station_day)
