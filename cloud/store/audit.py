"""The audit: who changed what, in a chain of hashes. Entries are only ever added."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, or_, select

from cloud.store.counters import take
from cloud.store.tables import AuditRow, table_of

_audit = table_of(AuditRow)
START = bytes(32)
"""What the first entry's hash is chained to."""


def record(connection: Connection, at: int, by: str, act: str, subject: str, **detail: Any) -> None:
    """Adds an entry: ``by`` did ``act`` to ``subject``. In the transaction of the change that it tells of."""
    number = take(connection, "audit")
    before = connection.execute(select(_audit.c.hash).where(_audit.c.id == number - 1)).scalar()
    entry = {
        "id": number,
        "at": at,
        "by": by,
        "act": act,
        "subject": subject,
        "detail_json": msgspec.json.encode(detail, order="sorted").decode(),
    }
    connection.execute(_audit.insert().values(**entry, hash=link(bytes(before or START), entry)))


def link(before: bytes, entry: Mapping[str, Any]) -> bytes:
    """The hash of an entry: over the hash of the one before it and all that it says. Pure."""
    said = [entry[name] for name in ("id", "at", "by", "act", "subject", "detail_json")]
    return hashlib.sha256(before + msgspec.json.encode(said)).digest()


def latest(
    connection: Connection, limit: int, before: int | None = None, words: str = "", acts: Collection[str] = ()
) -> Sequence[Row[Any]]:
    """The newest entries first; with ``before`` those older than that entry.

    With ``words`` those that hold them, or whose act is one of ``acts``.
    """
    wanted = select(_audit).order_by(_audit.c.id.desc()).limit(limit)
    if words:
        told = (_audit.c.by, _audit.c.act, _audit.c.subject, _audit.c.detail_json)
        holds = [column.icontains(words, autoescape=True) for column in told]
        wanted = wanted.where(or_(*holds, _audit.c.act.in_(acts)))
    return connection.execute(wanted if before is None else wanted.where(_audit.c.id < before)).all()


def in_order(connection: Connection, after: int, limit: int) -> Sequence[Row[Any]]:
    """Entries after this one, oldest first."""
    return connection.execute(select(_audit).where(_audit.c.id > after).order_by(_audit.c.id).limit(limit)).all()
