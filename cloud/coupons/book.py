"""The coupon book of a station: all that it needs to judge codes with no network."""

from collections.abc import Collection, Iterator
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from cloud.coupons.holding import free_uses
from cloud.coupons.keys import BOOK, public
from cloud.coupons.records import records_of
from cloud.coupons.settings import allowance, salt
from cloud.store import counters, coupons, holds
from cloud.store.database import Connection
from shared.coupon import CouponTerms, Lease
from shared.messages import CouponBook, CouponPart, ListedCoupon, PartsWanted

MOST_LISTED: Final = 200_000
"""Typed codes in one book, the latest issued first. One that is not listed is still good where there is a network."""

PART_BYTES: Final = 200 * 1024
"""Of the codes in one part, as JSON; with everything around it a message stays below 256 KiB."""
_DAY: Final = 86_400_000
_REMEMBERED: Final = 4


def version(connection: Connection, station: str) -> int:
    """The version of a station's book."""
    return counters.version(connection, BOOK, station)


class Listed(NamedTuple):
    """The listed codes of a book in parts, each as JSON, and SHA-256 over them all."""

    parts: tuple[bytes, ...]
    whole: bytes


class Lists:
    """The lists that were drawn up last: ten thousand stations ask for the same one. For one thread."""

    def __init__(self) -> None:
        self._drawn: dict[tuple[str, int, int], Listed] = {}

    def of(self, connection: Connection, own: str, version: int, now: int) -> Listed:
        """The list of a station with coupons of its own, or that of all others (""): the same one all day long, unless
        the version grows."""
        day = now - now % _DAY
        what = (own, version, day)
        if what not in self._drawn:
            parts = tuple(_parts(connection, own, day))
            while len(self._drawn) >= _REMEMBERED:
                del self._drawn[next(iter(self._drawn))]
            self._drawn[what] = Listed(parts, sha256(b"".join(parts)).digest())
        return self._drawn[what]


def book_of(connection: Connection, station: str, now: int, lists: Lists | None = None) -> CouponBook:
    """The book as it is now; of a large one the head, whose listed codes follow in parts."""
    return books_of(connection, [station], now, lists or Lists())[station]


def books_of(connection: Connection, stations: Collection[str], now: int, lists: Lists) -> dict[str, CouponBook]:
    """The same for many at once. Stations with no coupon of their own are given one and the same book."""
    versions = counters.versions(connection, BOOK, stations)
    own, chain = coupons.with_own(connection, stations), _chain(connection, now)
    drawn: dict[tuple[str, int], CouponBook] = {}
    books = {}
    for station in stations:
        what = (station if station in own else counters.EVERY_STATION), versions[station]
        books[station] = drawn[what] = drawn.get(what) or _drawn(connection, *what, now, chain, lists)
    return books


def _chain(connection: Connection, now: int) -> CouponBook:
    """What is the same at every station."""
    return CouponBook(0, public(connection), salt(connection), allowance(connection), leases=_leases(connection, now))


def _drawn(connection: Connection, station: str, version: int, now: int, chain: CouponBook, lists: Lists) -> CouponBook:
    """With what is a station's own, or that of all who have nothing of their own."""
    listed = lists.of(connection, station, version, now)
    large = len(listed.parts) > 1
    return msgspec.structs.replace(
        chain,
        version=version,
        revoked=tuple(coupons.revoked(connection, station, now)),
        listed=() if large else tuple(one for part in listed.parts for one in _read(part)),
        parts=len(listed.parts) if large else 0,
        whole=listed.whole if large else b"",
    )


def parts_of(connection: Connection, station: str, asked: PartsWanted, now: int, lists: Lists) -> list[CouponPart]:
    """The parts of a large book that a station asks for; none when its list was drawn up anew meanwhile."""
    held = version(connection, station)
    own = station if coupons.with_own(connection, [station]) else counters.EVERY_STATION
    listed = lists.of(connection, own, held, now)
    if (asked.version, asked.whole) != (held, listed.whole):
        return []
    return [
        CouponPart(asked.version, asked.whole, index, _read(listed.parts[index]))
        for index in asked.wanted
        if 0 <= index < len(listed.parts)
    ]


def _read(part: bytes) -> tuple[ListedCoupon, ...]:
    return msgspec.json.decode(part, type=tuple[ListedCoupon, ...])


def _parts(connection: Connection, station: str, day: int) -> Iterator[bytes]:
    some: list[bytes] = []
    size = 0
    for row in coupons.listed(connection, station, day, MOST_LISTED):
        terms = msgspec.json.decode(row.terms_json, type=CouponTerms)
        one = msgspec.json.encode(ListedCoupon(bytes(row.fingerprint), terms))
        if some and size + len(one) > PART_BYTES:
            yield b"[" + b",".join(some) + b"]"
            some, size = [], 0
        some.append(one)
        size += len(one) + 1
    if some:
        yield b"[" + b",".join(some) + b"]"


def _leases(connection: Connection, now: int) -> tuple[Lease, ...]:
    """What persons have granted, as long as it binds: a lease that was used up says nothing any more."""
    rows = holds.granted(connection, now)
    records = records_of(connection, {row.coupon for row in rows}, lock=False)
    return tuple(
        Lease(row.coupon, row.station, row.until)
        for row in rows
        if row.consumed < row.uses and free_uses(records[row.coupon], now) <= 0
    )
