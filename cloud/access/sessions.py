"""Sessions live in the books: a token is good until it has been idle for too long, or its day is over."""

import hashlib
import secrets
from typing import Any, Final

from msgspec import Struct

from cloud.access.accounts import POWERS, Power, Role
from cloud.store import access, audit
from cloud.store.database import Books, Connection
from shared.errors import Refused

_NOTE_EVERY: Final = 60_000
"""Milliseconds between two notes that a session was seen: each page need not be a write."""


class SessionLife(Struct, frozen=True):
    """How long a session lasts, in milliseconds."""

    idle: int = 30 * 60_000
    life: int = 12 * 3_600_000


class Visitor(Struct, frozen=True):
    """Somebody who is in."""

    account: str
    role: Role
    powers: frozenset[Power]


def open_session(connection: Connection, account: str, now: int) -> str:
    """A new session; its token."""
    token = secrets.token_urlsafe(32)
    access.add_session(connection, _hash(token), account, now)
    return token


class SessionView(Struct, frozen=True):
    """A session of one's own, in a list."""

    id: str
    """Tells it from others; nobody gets in by it."""
    created_at: int
    seen_at: int
    own: bool
    """The one that is looking."""


def whose(books: Books, token: str, now: int, life: SessionLife, *, quiet: bool = False) -> Visitor | None:
    """Who is in by this token; None when it is unknown, over, or its account was shut out.

    Noted as a sign of life, unless ``quiet``.
    """
    with books.read() as connection:
        row = access.session(connection, _hash(token))
    if row is None or _over(row, now, life):
        return None
    if now - row.seen_at >= _NOTE_EVERY and not quiet:
        with books.begin() as connection:
            access.see_session(connection, _hash(token), now)
    role = Role(row.role)
    return Visitor(row.account, role, POWERS[role])


def log_out(connection: Connection, token: str, now: int) -> None:
    """Ends a session; an unknown token is no harm."""
    row = access.session(connection, _hash(token))
    if row is not None:
        access.end_session(connection, _hash(token))
        audit.record(connection, now, row.account, "logged_out", row.account)


def forget(connection: Connection, now: int, life: SessionLife) -> None:
    """Forgets sessions that are over."""
    access.forget_sessions(connection, now - life.idle, now - life.life)


def of_account(
    connection: Connection, account: str, token: str, now: int, life: SessionLife
) -> tuple[SessionView, ...]:
    """The sessions of an account that are not over, seen from the one with this token."""
    rows = [row for row in access.sessions_of(connection, account) if not _over(row, now, life)]
    return tuple(
        SessionView(_id(row.token_hash), row.created_at, row.seen_at, bytes(row.token_hash) == _hash(token))
        for row in rows
    )


def end(connection: Connection, account: str, id: str, now: int) -> None:
    """Ends a session of one's own, on a machine that is out of reach. :exc:`Refused` (``unknown_session``)."""
    found = [row.token_hash for row in access.sessions_of(connection, account) if _id(row.token_hash) == id]
    if not found:
        raise Refused("unknown_session", "This session has ended already.")
    access.end_session(connection, found[0])
    audit.record(connection, now, account, "session_ended", account, session=id)


def _over(row: Any, now: int, life: SessionLife) -> bool:
    return bool(now - row.seen_at >= life.idle or now - row.created_at >= life.life)


def _id(token_hash: bytes) -> str:
    return bytes(token_hash).hex()[:16]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
