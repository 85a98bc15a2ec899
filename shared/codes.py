"""Codes that a member shows or says.

* A **scanned** code carries its terms and an Ed25519 signature: ``JY1`` and base 45 (the alphabet of QR's dense mode,
  RFC 9285) over ``key id ‖ terms ‖ signature``. Any station checks it with the public key alone.
* A **typed** code is 15 random digits and a Damm check digit. A station knows it only as a fingerprint: scrypt, 16 MiB
  a guess, over a salt of the book, so that a stolen list can't be turned back into codes.
"""

import hashlib
from collections.abc import Mapping

import msgspec

from shared.coupon import CouponTerms
from shared.errors import CodeMisread
from shared.signing import SIGNATURE_BYTES, sign, verify

PREFIX = "JY1"
TYPED_DIGITS = 16
_CONTEXT = b"jiayou coupon 1\0"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUE = {char: value for value, char in enumerate(_ALPHABET)}
_LONGEST = 1_000
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def check_digit(digits: str) -> str:
    """Damm's check digit: it finds every single wrong digit and every pair of neighbours swapped."""
    state = 0
    for digit in digits:
        state = int(_DAMM[state][int(digit)])
    return str(state)


def typed_code(random_digits: str) -> str:
    """The whole typed code for 15 random digits."""
    return random_digits + check_digit(random_digits)


def read_typed(text: str) -> str:
    """The 16 digits of a typed code, spaces and hyphens allowed. :exc:`CodeMisread` when a digit must be wrong."""
    digits = text.replace(" ", "").replace("-", "")
    if len(digits) != TYPED_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise CodeMisread("A typed code has 16 digits. Please count them and type them again.")
    if check_digit(digits) != "0":
        raise CodeMisread("A digit of this code is wrong. Please type it again.")
    return digits


def grouped(digits: str) -> str:
    """Digits in groups of four, for people."""
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def fingerprint(digits: str, salt: bytes) -> bytes:
    """How a typed code stands in a station's book: 32 bytes, about 40 ms and 16 MiB of work."""
    return hashlib.scrypt(digits.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)


def looks_scanned(text: str) -> bool:
    """Whether a scanner's text is one of ours, genuine or not."""
    return text.startswith(PREFIX)


def scanned_code(terms: CouponTerms, key_id: int, private: bytes) -> str:
    """The text of a QR code for these terms, signed."""
    body = bytes([key_id]) + msgspec.msgpack.encode(terms)
    return PREFIX + _base45(body + sign(private, _CONTEXT + body))


def read_scanned(text: str, keys: Mapping[int, bytes]) -> CouponTerms:
    """The terms of a scanned code whose signature is right. :exc:`CodeMisread` for everything else."""
    raw = _unbase45(text.removeprefix(PREFIX)) if looks_scanned(text) and len(text) <= _LONGEST else b""
    if len(raw) <= 1 + SIGNATURE_BYTES:
        raise CodeMisread("This is not one of our codes. Please scan the coupon's own code.")
    body, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
    public = keys.get(body[0])
    if public is None or not verify(public, signature, _CONTEXT + body):
        raise CodeMisread("The signature of this code is wrong: it was not issued by us, or it is damaged.")
    try:
        return msgspec.msgpack.decode(body[1:], type=CouponTerms)
    except msgspec.DecodeError as why:
        raise CodeMisread("This code was made by a newer version of the program.") from why


def _base45(data: bytes) -> str:
    out = []
    for i in range(0, len(data), 2):
        pair = data[i : i + 2]
        number = int.from_bytes(pair)
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            out.append(_ALPHABET[digit])
    return "".join(out)


def _unbase45(text: str) -> bytes:
    out = bytearray()
    for i in range(0, len(text), 3):
        group = text[i : i + 3]
        number = sum(_VALUE.get(char, 1 << 20) * 45**place for place, char in enumerate(group))
        size = len(group) - 1
        if size == 0 or number >= 1 << (8 * size):
            return b""
        out += number.to_bytes(size)
    return bytes(out)
