"""Sessions live in the books: a token is good until it has been idle for too long, or its day is over."""

import hashlib
import secrets
from typing import Final

from msgspec import Struct

from cloud.access.accounts import POWERS, Power, Role
from cloud.store import access, audit
from cloud.store.database import Books, Connection

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


def whose(books: Books, token: str, now: int, life: SessionLife) -> Visitor | None:
    """Who is in by this token; None when it is unknown, over, or its account was shut out."""
    with books.read() as connection:
        row = access.session(connection, _hash(token))
    if row is None or now - row.seen_at >= life.idle or now - row.created_at >= life.life:
        return None
    if now - row.seen_at >= _NOTE_EVERY:
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


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
