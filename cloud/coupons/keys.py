"""The keys that sign coupons. The private halves are sealed at rest, opened for an instant, and never logged."""

from typing import Final

from msgspec import Struct

from cloud.coupons.sealing import Seal
from cloud.store import audit, counters, coupons
from cloud.store.database import Connection
from shared.errors import Refused, Unavailable
from shared.signing import new_private_key, public_key

BOOK: Final = "coupons"
"""The name under which the versions of the coupon books grow."""
_LAST_ID: Final = 255


class SigningKey(Struct, frozen=True):
    """A key opened for signing."""

    id: int
    private: bytes

    def __repr__(self) -> str:
        return f"SigningKey({self.id}, secret)"


def add(connection: Connection, seal: Seal, by: str, now: int) -> int:
    """A new key, with which everything is signed from now on; the old ones stay good for what they have signed."""
    number = max((row.id for row in coupons.keys(connection)), default=0) + 1
    if number > _LAST_ID:
        raise Refused("no_more_keys", "There can be 255 signing keys; all of them are taken.")
    private = new_private_key()
    sealed = seal.seal(private, _purpose(number))
    row = {"id": number, "public": public_key(private), "sealed_private": sealed, "created_at": now}
    coupons.add_key(connection, row)
    counters.bump(connection, BOOK)
    audit.record(connection, now, by, "signing_key_added", str(number))
    return number


def newest(connection: Connection, seal: Seal) -> SigningKey:
    """The key to sign with. :exc:`Unavailable` when there is none, or the seal is another."""
    rows = [row for row in coupons.keys(connection) if row.retired_at is None]
    if not rows:
        raise Unavailable("There is no signing key. Please run: jiayou-cloud init --config FILE")
    return _opened(rows[-1].id, rows[-1].sealed_private, seal)


def by_id(connection: Connection, seal: Seal, id: int) -> SigningKey:
    """The key with which a coupon was signed."""
    row = next(row for row in coupons.keys(connection) if row.id == id)
    return _opened(row.id, row.sealed_private, seal)


def public(connection: Connection) -> dict[int, bytes]:
    """Key id → public half, of all keys that are still good."""
    return {row.id: bytes(row.public) for row in coupons.keys(connection) if row.retired_at is None}


def _opened(id: int, sealed: bytes, seal: Seal) -> SigningKey:
    return SigningKey(id, seal.open(bytes(sealed), _purpose(id)))


def _purpose(id: int) -> str:
    return f"jiayou signing key {id}"
