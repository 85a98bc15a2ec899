"""PINs of six digits: how they are made, hashed, and slowed down. Pure, but for the random digits.

A PIN is a weak secret, so guessing is what must be slow: after :data:`FREE_TRIES` wrong ones each further one doubles
the wait, and the count is in the store, where a restart does not forget it.
"""

import hashlib
import hmac
import re
import secrets
from itertools import pairwise

DIGITS = 6
FREE_TRIES = 4
_FIRST_WAIT = 30_000
_LONGEST_WAIT = 3_600_000
_PIN = re.compile(r"[0-9]{6}\Z")


def new_pin() -> str:
    """Six random digits, none that a finger would try first."""
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
        if not _easy(pin):
            return pin


def new_salt() -> bytes:
    """A salt for one person."""
    return secrets.token_bytes(16)


def pin_hash(pin: str, salt: bytes) -> bytes:
    """How a PIN stands in the store: 32 bytes, about 40 ms and 16 MiB of work."""
    return hashlib.scrypt(pin.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)


def is_pin(text: str) -> bool:
    """Whether this could be one."""
    return _PIN.match(text) is not None


def matches(pin: str, salt: bytes, known: bytes) -> bool:
    """Whether it is this person's."""
    return hmac.compare_digest(pin_hash(pin, salt), known)


def locked_until(failures: int, now: int) -> int:
    """Until when no PIN is tried after so many wrong ones in a row, this one counted; 0 for at once."""
    over = failures - FREE_TRIES
    return 0 if over <= 0 else now + min(_LONGEST_WAIT, _FIRST_WAIT << min(over - 1, 16))


def _easy(pin: str) -> bool:
    """All the same, or one after the other."""
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return steps in ({0}, {1}, {9})
