"""Reading the audit, and checking that nobody has touched it."""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from msgspec import Struct

from cloud.store import audit
from cloud.store.database import Connection

_PAGE: Final = 1_000


class Entry(Struct, frozen=True):
    """Who did what."""

    number: int
    at: int
    by: str
    act: str
    subject: str
    detail: dict[str, Any]


class Check(Struct, frozen=True):
    """The result of following the chain."""

    entries: int
    broken_at: int | None
    """The first entry that is not what was written, or whose predecessor is gone; None when all is well."""
    last_hash: str
    """To be noted elsewhere: a later chain must still contain it."""


def page(
    connection: Connection, limit: int = 100, before: int | None = None, words: str = "", acts: Collection[str] = ()
) -> tuple[Entry, ...]:
    """Entries, the newest first; with ``words`` those that hold them, or whose act is one of ``acts``."""
    return tuple(
        Entry(row.id, row.at, row.by, row.act, row.subject, msgspec.json.decode(row.detail_json))
        for row in audit.latest(connection, limit, before, words, acts)
    )


def verify(connection: Connection) -> Check:
    """Follows the chain from its first entry."""
    before, number = audit.START, 0
    while rows := audit.in_order(connection, number, _PAGE):
        for row in rows:
            right = row.id == number + 1 and bytes(row.hash) == audit.link(before, row._asdict())
            if not right:
                return Check(number, number + 1, before.hex())
            before, number = bytes(row.hash), row.id
    return Check(number, None, before.hex())
