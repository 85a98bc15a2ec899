"""Passwords of stations that have no certificate: 192 random bits each, for the broker's own machine alone. Pure."""

import secrets
from hashlib import sha256
from hmac import compare_digest
from typing import Final

import bcrypt

_FAST: Final = "sha256:"
_OLDEST: Final = "$2"


def draw() -> str:
    """A new password."""
    return secrets.token_urlsafe(24)


def hashed(password: str) -> str:
    """As it stands in the books. So many random bits need no slow hash, and thousands may come back at once."""
    return _FAST + sha256(password.encode()).hexdigest()


def fits(password: str, stored: str) -> bool:
    """Whether this is the password that was hashed; the first ones were by bcrypt."""
    if stored.startswith(_FAST):
        return compare_digest(hashed(password), stored)
    if not stored.startswith(_OLDEST):
        return False
    try:
        return bcrypt.checkpw(password.encode()[:72], stored.encode())
    except ValueError:
        return False


def badge(stored: str) -> str:
    """A word that is the same for the same password, and tells nothing of it."""
    return sha256(b"badge" + stored.encode()).hexdigest()[:16]
