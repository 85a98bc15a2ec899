"""What head office has sent: the tariffs, the coupons, its settings, and when it was last heard."""

from hashlib import sha256
from typing import Final

import msgspec
from msgspec.structs import replace
from sqlite_utils import Database

from shared.messages import CouponBook, CouponPart, ListedCoupon, PartsWanted, SettingsBook, TariffBook
from shared.site import SiteSettings

_TARIFFS = "tariffs"
_COUPONS = "coupons"
_COMING = "coupons_coming"
_SETTINGS = "settings"
AT_ONCE: Final = 4
"""Parts that are asked for together: a megabyte, unpacked."""


def tariff_book(db: Database) -> TariffBook | None:
    """The tariffs that are held; None before the first."""
    body = _body(db, _TARIFFS)
    return msgspec.msgpack.decode(body, type=TariffBook) if body else None


def keep_tariffs(db: Database, book: TariffBook) -> bool:
    """Keep a newer book whole, in place of the old one. False when it is not newer."""
    return _keep(db, _TARIFFS, book.version, msgspec.msgpack.encode(book))


def site_settings(db: Database) -> SiteSettings:
    """What head office has set for this station; nothing before the first book."""
    body = _body(db, _SETTINGS)
    return msgspec.msgpack.decode(body, type=SettingsBook).settings if body else SiteSettings()


def keep_settings(db: Database, book: SettingsBook) -> bool:
    """Keep a newer book in place of the old one. False when it is not newer."""
    return _keep(db, _SETTINGS, book.version, msgspec.msgpack.encode(book))


def coupon_book(db: Database) -> CouponBook | None:
    """The coupons that are held; None before the first. Read it once and keep it: it may be large.

    While the codes of a newer book are on their way, the old list holds whole, and what the newer one revokes is
    revoked already.
    """
    body = _body(db, _COUPONS)
    held = msgspec.msgpack.decode(body, type=CouponBook) if body else None
    coming = coming_book(db)
    if coming is None or held is None:
        return held or coming
    return replace(held, revoked=tuple(dict.fromkeys((*held.revoked, *coming.revoked))))


def coming_book(db: Database) -> CouponBook | None:
    """The head of a large book whose parts are on their way; None when none is."""
    body = _body(db, _COMING)
    return msgspec.msgpack.decode(body, type=CouponBook) if body else None


def keep_coupons(db: Database, book: CouponBook) -> bool:
    """Keep a newer book whole, in place of the old one; of a large one its head. False when it is not newer."""
    if book.parts:
        return _keep_head(db, book)
    if not _keep(db, _COUPONS, book.version, msgspec.msgpack.encode(book)):
        return False
    coming = coming_book(db)
    if coming is not None and coming.version <= book.version:
        _forget_coming(db)
    return True


def _keep_head(db: Database, head: CouponBook) -> bool:
    """Of two heads under one version the later one counts: its list was drawn up anew.

    A newer head of the very list that is held, or on its way, costs no part again: what it revokes is urgent, and a
    list of 200,000 codes would never come to its end if each revocation began it anew.
    """
    coming = coming_book(db)
    if head.version <= versions(db)[1] or (coming is not None and not _comes_later(head, coming)):
        return False
    held = _held_list(db, head)
    if held is not None:
        _forget_coming(db)
        return _keep(db, _COUPONS, head.version, msgspec.msgpack.encode(replace(head, listed=held, parts=0)))
    if coming is not None and coming.whole != head.whole:
        _forget_coming(db)
    return _keep(db, _COMING, head.version, msgspec.msgpack.encode(head))


def _comes_later(head: CouponBook, coming: CouponBook) -> bool:
    return head.version > coming.version or (head.version == coming.version and head.whole != coming.whole)


def _held_list(db: Database, head: CouponBook) -> tuple[ListedCoupon, ...] | None:
    """The codes of this head, if they are those of the book that is held."""
    body = _body(db, _COUPONS)
    held = msgspec.msgpack.decode(body, type=CouponBook) if body else None
    return held.listed if held is not None and held.whole == head.whole else None


def keep_part(db: Database, part: CouponPart) -> bool:
    """Keep a part of the book that is on its way; with the last one the new book takes the place of the old one.

    True when it does. Parts that do not make up the whole are thrown away, and asked for again.
    """
    head = coming_book(db)
    if head is None or (head.version, head.whole) != (part.version, part.whole) or not 0 <= part.index < head.parts:
        return False
    body = msgspec.json.encode(part.listed)
    db.execute("INSERT OR IGNORE INTO coupon_part (part, body) VALUES (?, ?)", (part.index, body))
    bodies = [row[0] for row in db.execute("SELECT body FROM coupon_part ORDER BY part")]
    if len(bodies) < head.parts:
        return False
    if sha256(b"".join(bodies)).digest() != head.whole:
        db.execute("DELETE FROM coupon_part")
        return False
    listed = tuple(one for body in bodies for one in msgspec.json.decode(body, type=tuple[ListedCoupon, ...]))
    book = replace(head, listed=listed, parts=0)
    _forget_coming(db)
    return _keep(db, _COUPONS, book.version, msgspec.msgpack.encode(book))


def parts_wanted(db: Database) -> PartsWanted | None:
    """The next parts to ask for; None when no large book is on its way."""
    head = coming_book(db)
    if head is None:
        return None
    here = {row[0] for row in db.execute("SELECT part FROM coupon_part")}
    wanted = [index for index in range(head.parts) if index not in here][:AT_ONCE]
    return PartsWanted(head.version, head.whole, tuple(wanted))


def _forget_coming(db: Database) -> None:
    db.execute("DELETE FROM book WHERE kind = ?", (_COMING,))
    db.execute("DELETE FROM coupon_part")


def versions(db: Database) -> tuple[int, int]:
    """Versions of the tariff book and the coupon book that are held; 0 for none."""
    held = dict(db.execute("SELECT kind, version FROM book").fetchall())
    return held.get(_TARIFFS, 0), held.get(_COUPONS, 0)


def settings_version(db: Database) -> int:
    """Version of the settings that are held; 0 for none."""
    return int(dict(db.execute("SELECT kind, version FROM book").fetchall()).get(_SETTINGS, 0))


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
