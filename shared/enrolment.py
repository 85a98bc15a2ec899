"""How a machine becomes a station: the ticket that a person carries to it, and what both ends say at the door. Pure.

A ticket is 32 signs in groups of four (Crockford's base 32): 80 bits that let in once, and the first 80 bits of the
authority's fingerprint, so that the machine tells its words to nobody but the company that the person means.
"""

from hmac import compare_digest
from typing import Final, NamedTuple

from msgspec import Struct

from shared.errors import CodeMisread

HALF: Final = 10
"""Bytes of each half of a ticket."""
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS: Final = str.maketrans("OIL", "011", "- \u2010\u2011\u2013\u00a0")
_SIGNS: Final = HALF * 8 // 5


class Ticket(NamedTuple):
    """What a person carries."""

    secret: bytes
    authority: bytes
    """The first bytes of SHA-256 over the root certificate."""

    def names(self, fingerprint: bytes) -> bool:
        """Whether this is the authority that the ticket means."""
        return compare_digest(fingerprint[:HALF], self.authority)

    def __str__(self) -> str:
        signs = _signs(self.secret) + _signs(self.authority)
        return "-".join(signs[i : i + 4] for i in range(0, len(signs), 4))


def read_ticket(text: str) -> Ticket:
    """The ticket in what a person typed. :exc:`CodeMisread` when it has other signs, or another number of them."""
    signs = text.upper().translate(_READ_AS)
    if len(signs) != 2 * _SIGNS or any(sign not in _ALPHABET for sign in signs):
        raise CodeMisread("An enrolment code has 32 letters and digits in 8 groups. Please type it once more.")
    return Ticket(_bytes(signs[:_SIGNS]), _bytes(signs[_SIGNS:]))


class EnrolmentAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """The machine shows its ticket's secret half, in hexadecimal, and asks for a certificate for its own key."""

    secret: str
    station: str
    request: str
    """PEM."""


class RenewalAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """A station asks for its next certificate, on a connection made with its present one."""

    request: str


class Enrolled(Struct, frozen=True, forbid_unknown_fields=True):
    """The company's answer to both."""

    station: str
    certificate: str
    """PEM: the station's own, then the issuing one."""
    authority: str
    """PEM of the root."""
    command_keys: dict[int, bytes] = {}
    """Public keys, 32 bytes each, with which head office signs what it wishes of stations."""


class DoorRefusal(Struct, frozen=True, forbid_unknown_fields=True):
    """Why not: a stable word, and a sentence for the person at the machine."""

    reason: str
    sentence: str


def _signs(half: bytes) -> str:
    number = int.from_bytes(half)
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_SIGNS)))


def _bytes(signs: str) -> bytes:
    number = 0
    for sign in signs:
        number = number << 5 | _ALPHABET.index(sign)
    return number.to_bytes(HALF)
