"""Who is at the page. Sessions live at the server, in each house's own store; the browser holds a random token."""

import hashlib
import secrets
from typing import Protocol

from msgspec import Struct


class Person(Struct, frozen=True):
    """Somebody who is logged in."""

    id: str
    """The stable name by which the house knows them; it stands in its records."""
    name: str
    """As shown on the page."""
    powers: frozenset[str] = frozenset()
    """What they may do, in the house's own words."""


class Sessions(Protocol):
    """The house's book of who is logged in."""

    async def whose(self, token: str, *, quiet: bool = False) -> Person | None:
        """Whose token this is; None when it is unknown, ended or has been idle for too long.

        Noted as a sign of life, unless ``quiet``: a page that renews itself is no person.
        """


def new_token() -> str:
    """A token for a new session: 256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """How a token stands in a store: who steals the store can't use it."""
    return hashlib.sha256(token.encode()).digest()
