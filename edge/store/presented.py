"""What the customer at a fuelling point has shown, until it is used, taken back or forgotten."""

import sqlite3

import msgspec
from msgspec import Struct
from sqlite_utils import Database

from shared.coupon import CouponTerms, Lease


class ShownCoupon(Struct, frozen=True):
    """A coupon whose code was genuine."""

    terms: CouponTerms
    by: str
    online: bool = False
    """Head office leased it for this very use."""
    lease: Lease | None = None


class Presented(Struct, frozen=True):
    """All that was shown at a point. Kept as JSON; fields are only ever added, with a default."""

    point: int
    at: int
    coupon: ShownCoupon | None = None
    member: str = ""
    plate: str = ""


def keep(db: Database, shown: Presented) -> bool:
    """Keep it in place of what was shown before. False when the coupon lies at another point already."""
    coupon = shown.coupon.terms.coupon if shown.coupon else None
    try:
        db.execute(
            "INSERT INTO presented (point, coupon, at, body) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (point) DO UPDATE SET coupon = excluded.coupon, at = excluded.at, body = excluded.body",
            (shown.point, coupon, shown.at, msgspec.json.encode(shown).decode()),
        )
    except sqlite3.IntegrityError:
        return False
    return True


def forget(db: Database, point: int) -> None:
    """The customer has left, or what was shown has been used."""
    db.execute("DELETE FROM presented WHERE point = ?", (point,))


def all_presented(db: Database) -> dict[int, Presented]:
    """What is shown, by fuelling point."""
    rows = db.execute("SELECT point, body FROM presented")
    return {point: msgspec.json.decode(body, type=Presented) for point, body in rows}
