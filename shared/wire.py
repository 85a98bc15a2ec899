"""Letters to bytes and back: the only codec.

A message is one byte of version (1), one byte of packing (0 plain, 1 zlib) and JSON. JSON, because a person may have to
read and mend a dead letter; packed, because the link is paid by the byte.
"""

import zlib
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from shared.errors import LetterMisread
from shared.messages import Batch, Letter

VERSION = 1
BATCH_BYTES = 64 * 1024
"""The plain size at which a batch is full."""
_LARGEST = 8 * 1024 * 1024
_WORTH_PACKING = 512

T = TypeVar("T", bound=Struct)

_encoder = msgspec.json.Encoder()
_letter_decoder = msgspec.json.Decoder(Letter)
_syntax = msgspec.json.Decoder(Raw)


def pack(message: Struct) -> bytes:
    """A message as it goes over the line."""
    plain = _encoder.encode(message)
    if len(plain) < _WORTH_PACKING:
        return bytes((VERSION, 0)) + plain
    return bytes((VERSION, 1)) + zlib.compress(plain, 1)


def unpack(data: bytes, kind: type[T], largest: int = _LARGEST) -> T:
    """The message of this kind in these bytes; :exc:`LetterMisread` when there is none.

    ``largest`` in bytes, unpacked: a few packed bytes may hold a thousand times as many.
    """
    plain = _plain(data, largest)
    try:
        return msgspec.json.decode(plain, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise LetterMisread(f"This is no {kind.__name__}: {why}") from why


def letter_bytes(letter: Letter) -> bytes:
    """A letter as it is kept in the outbox and carried, unchanged, in a batch."""
    return _encoder.encode(letter)


def batch_of(station: str, epoch: int, first: int, letters: list[bytes]) -> bytes:
    """A batch, ready for the line, of letters from :func:`letter_bytes` that follow one another from ``first`` on."""
    return pack(Batch(station, epoch, first, tuple(_carried(body) for body in letters)))


def _carried(body: bytes) -> Raw:
    """A letter as it is. What a bad disk has torn goes as a text in base64, or it would tear its whole batch."""
    try:
        _syntax.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Raw(_encoder.encode(body))
    return Raw(body)


def read_letter(raw: Raw | bytes, seq: int) -> Letter:
    """The letter at place ``seq`` of its batch; :exc:`LetterMisread` when it can't be read or claims another place."""
    try:
        letter = _letter_decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise LetterMisread(f"This letter can't be read: {why}") from why
    if letter.seq != seq:
        raise LetterMisread(f"This letter says it is number {letter.seq}, but stands at number {seq}.")
    return letter


def _plain(data: bytes, largest: int) -> bytes:
    if len(data) < 2 or data[0] != VERSION or data[1] > 1:
        raise LetterMisread("This message has a version or packing that this program does not know.")
    if data[1] == 0 and len(data) - 2 <= largest:
        return data[2:]
    if data[1] == 0:
        raise LetterMisread("This message is larger than any of ours.")
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data[2:], largest)
    except zlib.error as why:
        raise LetterMisread(f"This message is damaged: {why}") from why
    if not unpacker.eof:
        raise LetterMisread("This message is cut off, or larger than any of ours.")
    return plain
