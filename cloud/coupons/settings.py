"""What head office sets for all coupons: the salt of typed codes, and how much a station may give away offline."""

import secrets
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from cloud.coupons.keys import BOOK
from cloud.store import audit, counters, coupons
from cloud.store.database import Connection
from shared.coupon import Allowance
from shared.errors import Refused, Unavailable

_SALT: Final = "coupon_salt"
_ALLOWANCE: Final = "coupon_allowance"
_MOST_FEN: Final = 100_000_000
_LONGEST_AGE: Final = 90 * 86_400_000


class Change(Struct, frozen=True):
    """Who changed a setting, and when."""

    by: str
    at: int


def draw_salt(connection: Connection, by: str, now: int) -> None:
    """The salt of this chain's typed codes, once and for all."""
    if coupons.setting(connection, _SALT) is None:
        coupons.set_setting(connection, _SALT, msgspec.json.encode(secrets.token_bytes(16)).decode(), by, now)


def salt(connection: Connection) -> bytes:
    """The salt. :exc:`Unavailable` when the books were never founded."""
    found = coupons.setting(connection, _SALT)
    if found is None:
        raise Unavailable("The books were not founded. Please run: jiayou-cloud init --config FILE")
    return msgspec.json.decode(found, type=bytes)


def allowance(connection: Connection) -> Allowance:
    """How much may be given away offline without a lease."""
    found = coupons.setting(connection, _ALLOWANCE)
    return Allowance() if found is None else msgspec.json.decode(found, type=Allowance)


def allowance_change(connection: Connection) -> Change | None:
    """Who set the allowance; None while nobody has."""
    row = coupons.setting_row(connection, _ALLOWANCE)
    return None if row is None else Change(row.changed_by, row.changed_at)


def set_allowance(connection: Connection, wanted: Allowance, by: str, now: int) -> None:
    """Sets it for all stations. :exc:`Refused` (``bad_allowance``)."""
    figures = (wanted.per_coupon, wanted.per_member_day, wanted.per_station_day)
    if not all(0 <= fen <= _MOST_FEN for fen in figures) or not 0 <= wanted.book_age <= _LONGEST_AGE:
        raise Refused("bad_allowance", "An allowance is 0 to 1,000,000 yuan, and a book is good for 90 days at most.")
    coupons.set_setting(connection, _ALLOWANCE, msgspec.json.encode(wanted).decode(), by, now)
    counters.bump(connection, BOOK)
    audit.record(connection, now, by, "allowance_set", "coupons", **asdict(wanted))
