"""What the company writes to a station, under its signature: the broker in between can delay an order, no more.

A frame is one byte 2, one byte with the number of the command key, 64 bytes of Ed25519 signature, two bytes with the
length of the head, the head in JSON and the message as :mod:`shared.wire` packs it. The signature covers the number
and everything behind it, exactly as it was carried: nothing is ever written anew to be checked.

*Stored* is signed like the rest, for who could forge it could make a station believe that its sales had arrived; so
are the *welcome* (it says what is stored, and what the time is) and the answer to a claim (it grants a lease). What
tells news from a repeat stands in the message, under the same signature: a book has its version, a command its name and
deadline, a welcome the hello's own readings, an answer the number of its question.
"""

from typing import Final

import msgspec
from msgspec import Struct

from shared.errors import LetterMisread, Refused
from shared.signing import SIGNATURE_BYTES, Signer, verify

LIFE: Final = 86_400_000
"""Milliseconds for which an order holds: by so much a broker can delay it, at most."""
EARLY: Final = 3_600_000
"""So many milliseconds before its time an order is taken, for clocks differ."""

_FRAME: Final = 2
_PURPOSE: Final = b"jiayou order\0"
_HEAD_AT: Final = 2 + SIGNATURE_BYTES
_LONGEST_HEAD: Final = 1_024


class OrderHead(Struct, frozen=True, forbid_unknown_fields=True):
    """What is ordered, to whom and when. Times in UTC milliseconds of the company."""

    kind: str
    """The last word of its topic."""
    target: str
    """The only station that it is meant for."""
    not_before: int
    """When it was signed."""
    expires: int


class Frame(Struct, frozen=True):
    """A frame taken apart, nothing of it believed."""

    key: int
    signature: bytes
    signed: bytes
    head: OrderHead
    message: bytes

    def signed_with(self, public: bytes) -> bool:
        """Whether this key's owner signed exactly this."""
        return verify(public, self.signature, self.signed)


def is_order(data: bytes) -> bool:
    """Whether this claims to be signed."""
    return data[:1] == bytes((_FRAME,))


def order(head: OrderHead, message: bytes, key: int, signer: Signer) -> bytes:
    """A frame ready for the line."""
    text = msgspec.json.encode(head)
    rest = len(text).to_bytes(2, "big") + text + message
    number = bytes((key,))
    return bytes((_FRAME,)) + number + signer.sign(_PURPOSE + number + rest) + rest


def open_frame(data: bytes) -> Frame:
    """The frame in these bytes. :exc:`LetterMisread` when they are none."""
    if not is_order(data) or len(data) < _HEAD_AT + 2:
        raise LetterMisread("This message is not signed.")
    message_at = _HEAD_AT + 2 + int.from_bytes(data[_HEAD_AT : _HEAD_AT + 2], "big")
    if message_at > min(len(data), _HEAD_AT + 2 + _LONGEST_HEAD):
        raise LetterMisread("This order is cut off.")
    try:
        head = msgspec.json.decode(data[_HEAD_AT + 2 : message_at], type=OrderHead)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise LetterMisread(f"This order can't be read: {why}") from why
    signed = _PURPOSE + data[1:2] + data[_HEAD_AT:]
    return Frame(data[1], data[2:_HEAD_AT], signed, head, data[message_at:])


def must_concern(head: OrderHead, kind: str, station: str, now: int) -> None:
    """:exc:`Refused` unless an order whose signature is right is meant for here and now.

    ``wrong_kind``, ``for_another``, ``expired``, ``not_yet``.
    """
    if head.kind != kind:
        raise Refused("wrong_kind", f"This order is signed as “{head.kind}” and came as “{kind}”.")
    if head.target != station:
        raise Refused("for_another", f"This order is signed for station “{head.target}”.")
    if now > head.expires:
        raise Refused("expired", "This order is too old: it was kept back on the way, or is played once more.")
    if now < head.not_before - EARLY:
        raise Refused("not_yet", "This order does not hold yet, or this station's clock is far behind.")
