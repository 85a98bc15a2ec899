"""Opens what arrives from a station, without believing any of it. Pure."""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from msgspec import Raw

from shared.errors import LetterMisread
from shared.messages import Batch, CouponClaim, Hello, Letter
from shared.wire import read_letter, unpack

MOST_LETTERS = 4_096
"""Ours hold a few hundred at most; a message of a million empty letters is not one of ours."""
LARGEST_BATCH = 1024 * 1024
"""Bytes, unpacked. Ours stop at 64 KiB, or hold a single letter; no letter comes near a megabyte."""
_LARGEST_QUESTION = 256 * 1024
_LARGEST = 2**53
_LARGEST_EPOCH = 2**32
_LARGEST_SEQ = 2**31

_LONGEST_WORD = 128
_STORE_ID = re.compile(r"[\w-]{1,64}\Z", re.ASCII)


class Opened(NamedTuple):
    """A message that is a batch, its letters still closed."""

    station: str
    epoch: int
    first: int
    letters: Sequence[Raw]


class Unreadable(NamedTuple):
    """A message that is no batch at all."""

    station: str
    data: bytes
    reason: str


class Forged(NamedTuple):
    """A message in the name of another station than the one that may write there."""

    station: str
    claimed: str

    @property
    def sentence(self) -> str:
        """For head office."""
        return f"It wrote in the name of “{self.claimed}”."


class ReadLetter(NamedTuple):
    """One letter: what it says, or why it says nothing."""

    seq: int
    raw: bytes
    sha256: bytes
    letter: Letter | None
    reason: str


def open_message(station: str, data: bytes) -> Opened | Unreadable | Forged:
    """What a message on this station's topic is. Any bytes give one of the three."""
    try:
        batch = unpack(data, Batch, LARGEST_BATCH)
    except LetterMisread as why:
        return Unreadable(station, data, str(why))
    if batch.station != station:
        return _forged(station, batch.station)
    if not (0 < batch.epoch < _LARGEST_EPOCH and 0 < batch.first < _LARGEST_SEQ - MOST_LETTERS):
        return Unreadable(station, data, f"No letter can be number {batch.first} of epoch {batch.epoch}.")
    if len(batch.letters) > MOST_LETTERS:
        return Unreadable(station, data, f"{len(batch.letters)} letters at once are none of ours.")
    return Opened(station, batch.epoch, batch.first, batch.letters)


def open_hello(station: str, data: bytes) -> Hello | Forged:
    """The hello in a message on this station's topic; :exc:`LetterMisread` when there is none, or none that can be."""
    hello = unpack(data, Hello, _LARGEST_QUESTION)
    figures = (hello.boot, hello.mono, hello.wall, hello.next_seq, hello.stored_upto, hello.tariffs, hello.coupons)
    if hello.station != station:
        return _forged(station, hello.station)
    if not (0 < hello.epoch < _LARGEST_EPOCH and all(0 <= figure < _LARGEST for figure in figures)):
        raise LetterMisread("This hello has figures that can't be.")
    if not _STORE_ID.match(hello.store_id):
        raise LetterMisread("This hello names no store.")
    return hello


def open_claim(station: str, data: bytes) -> CouponClaim | Forged:
    """The claim in a message on this station's topic; :exc:`LetterMisread` when there is none, or none that can be."""
    claim = unpack(data, CouponClaim, _LARGEST_QUESTION)
    if claim.filling.station != station:
        return _forged(station, claim.filling.station)
    for word in (claim.ask, claim.code, claim.coupon, claim.filling.grade):
        if len(word) > _LONGEST_WORD or not word.isprintable():
            raise LetterMisread("This claim has a code that is none of ours.")
    return claim


def fingerprint(raw: Raw) -> bytes:
    """What tells a repeated letter from another under the same number."""
    return sha256(raw).digest()


def open_letter(seq: int, raw: Raw, hashed: bytes) -> ReadLetter:
    """A letter at its place, read if it can be."""
    try:
        return ReadLetter(seq, bytes(raw), hashed, read_letter(raw, seq), "")
    except LetterMisread as why:
        return ReadLetter(seq, bytes(raw), hashed, None, str(why))


def _forged(station: str, claimed: str) -> Forged:
    return Forged(station, claimed[:64].replace("\0", "␀"))
