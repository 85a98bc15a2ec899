"""What head office has sent: the tariffs, the coupons, and when it was last heard."""

import msgspec
from sqlite_utils import Database

from shared.messages import CouponBook, TariffBook

_TARIFFS = "tariffs"
_COUPONS = "coupons"


def tariff_book(db: Database) -> TariffBook | None:
    """The tariffs that are held; None before the first."""
    body = _body(db, _TARIFFS)
    return msgspec.msgpack.decode(body, type=TariffBook) if body else None


def keep_tariffs(db: Database, book: TariffBook) -> bool:
    """Keep a newer book whole, in place of the old one. False when it is not newer."""
    return _keep(db, _TARIFFS, book.version, msgspec.msgpack.encode(book))


def coupon_book(db: Database) -> CouponBook | None:
    """The coupons that are held; None before the first. Read it once and keep it: it may be large."""
    body = _body(db, _COUPONS)
    return msgspec.msgpack.decode(body, type=CouponBook) if body else None


def keep_coupons(db: Database, book: CouponBook) -> bool:
    """Keep a newer book whole, in place of the old one. False when it is not newer."""
    return _keep(db, _COUPONS, book.version, msgspec.msgpack.encode(book))


def versions(db: Database) -> tuple[int, int]:
    """Versions of the tariff book and the coupon book that are held; 0 for none."""
    held = dict(db.execute("SELECT kind, version FROM book").fetchall())
    return held.get(_TARIFFS, 0), held.get(_COUPONS, 0)


def heard(db: Database, wall: int) -> None:
    """The company was heard at this time, UTC milliseconds by its own clock."""
    db.execute("UPDATE station SET heard_at = ? WHERE heard_at < ?", (wall, wall))


def heard_at(db: Database) -> int:
    """When the company was last heard; 0 for never."""
    return int(db.execute("SELECT heard_at FROM station").fetchone()[0])


def _body(db: Database, kind: str) -> bytes | None:
    row = db.execute("SELECT body FROM book WHERE kind = ?", (kind,)).fetchone()
    return row[0] if row else None


def _keep(db: Database, kind: str, version: int, body: bytes) -> bool:
    written = db.execute(
        "INSERT INTO book (kind, version, body) VALUES (?, ?, ?)"
        " ON CONFLICT (kind) DO UPDATE SET version = excluded.version, body = excluded.body"
        " WHERE excluded.version > version",
        (kind, version, body),
    )
    return written.rowcount > 0
