"""A few words beside the store that say how far it had come.

A file that was put in its place behind the agent's back (an old copy, a file without its log) gives itself away by
them, with no network. They are never ahead of what is on the disk: written after the commit, not before.
"""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

_MACHINE = Path("/etc/machine-id")


class Witness(Struct, frozen=True):
    """How far the store had come when it was last looked at."""

    station: str
    store_id: str
    epoch: int
    boot: int
    place: int
    """Of its newest letter, see :func:`edge.store.outbox.place_of`."""


def read(store: Path) -> Witness | None:
    """None when nothing was said, or nothing that can be read."""
    try:
        return msgspec.json.decode(_path(store).read_bytes(), type=Witness)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def write(store: Path, witness: Witness) -> None:
    """In the place of what was said before. A disk that takes nothing keeps the older words, which are still true."""
    new = store.with_name(store.name + ".witness.new")
    with suppress(OSError):
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, msgspec.json.encode(witness))
            os.fsync(file)
        finally:
            os.close(file)
        new.replace(_path(store))


def machine() -> str:
    """A word for this machine that tells nobody which one it is; empty where machines have no number of their own."""
    try:
        number = _MACHINE.read_bytes().strip()
    except OSError:
        return ""
    return sha256(b"jiayou store\0" + number).hexdigest()[:16] if number else ""


def _path(store: Path) -> Path:
    return store.with_name(store.name + ".witness")
