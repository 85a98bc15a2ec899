"""The coupon book of a station: all that it needs to judge codes with no network."""

from typing import Final

import msgspec

from cloud.coupons.holding import free_uses
from cloud.coupons.keys import BOOK, public
from cloud.coupons.records import records_of
from cloud.coupons.settings import allowance, salt
from cloud.store import counters, coupons, holds
from cloud.store.database import Connection
from shared.coupon import CouponTerms, Lease
from shared.messages import CouponBook, ListedCoupon

MOST_LISTED: Final = 20_000
"""Typed codes in one book, the latest issued first. One that is not listed is still good where there is a network."""


def version(connection: Connection, station: str) -> int:
    """The version of a station's book."""
    return counters.version(connection, BOOK, station)


def book_of(connection: Connection, station: str, now: int) -> CouponBook:
    """The book as it is now."""
    listed = coupons.listed(connection, station, now, MOST_LISTED)
    return CouponBook(
        version=version(connection, station),
        keys=public(connection),
        salt=salt(connection),
        allowance=allowance(connection),
        revoked=tuple(coupons.revoked(connection, station, now)),
        leases=_leases(connection, now),
        listed=tuple(
            ListedCoupon(bytes(row.fingerprint), msgspec.json.decode(row.terms_json, type=CouponTerms))
            for row in listed
        ),
    )


def _leases(connection: Connection, now: int) -> tuple[Lease, ...]:
    """What persons have granted, as long as it binds: a lease that was used up says nothing any more."""
    rows = holds.granted(connection, now)
    records = records_of(connection, {row.coupon for row in rows}, lock=False)
    return tuple(
        Lease(row.coupon, row.station, row.until)
        for row in rows
        if row.consumed < row.uses and free_uses(records[row.coupon], now) <= 0
    )
