"""What the gate is known by at the broker: keys of nats-server's kind (*nkeys*, Ed25519), all drawn from one secret."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Final

import nkeys

from cloud.broker import GateNames
from shared.errors import Unavailable

_SECRET_BYTES: Final = 32


class GateKeys:
    """The gate's keys. Who has their secret can let anybody onto the line: it stays at head office."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.asked_seed = self._seed("asked", nkeys.PREFIX_BYTE_USER)
        """With it the gate logs in to be asked; with the next one, to look at connections."""
        self.system_seed = self._seed("system", nkeys.PREFIX_BYTE_USER)

    def __repr__(self) -> str:
        return "GateKeys()"  # a key must never get into a log

    @cached_property
    def names(self) -> GateNames:
        """What stands of them in the broker's configuration."""
        return GateNames(
            issuer=self.issuer,
            asked=_public(self.asked_seed),
            system=_public(self.system_seed),
            route=sha256(b"route" + self._secret).hexdigest()[:40],
        )

    @cached_property
    def issuer(self) -> str:
        """The public key under which permits are signed."""
        return _public(self._seed("issuer", nkeys.PREFIX_BYTE_ACCOUNT))

    def sign(self, data: bytes) -> bytes:
        """A permit's signature, 64 bytes."""
        return bytes(self._issuer.sign(data))

    @cached_property
    def _issuer(self) -> nkeys.KeyPair:
        return nkeys.from_seed(bytearray(self._seed("issuer", nkeys.PREFIX_BYTE_ACCOUNT), "ascii"))

    def _seed(self, use: str, kind: int) -> str:
        drawn = sha256(f"jiayou gate {use} ".encode() + self._secret).digest()
        return bytes(nkeys.encode_seed(drawn, kind)).decode()


def gate_keys(path: Path) -> GateKeys:
    """The keys in this file, drawn when they are first needed. :exc:`Unavailable` when it can't be read or written."""
    try:
        secret = bytes.fromhex(drawn_once(path, lambda: secrets.token_hex(_SECRET_BYTES)))
    except ValueError:
        secret = b""
    if len(secret) != _SECRET_BYTES:
        raise Unavailable(f"“{path}” is damaged. Restore it from the backup.")
    return GateKeys(secret)


def drawn_once(path: Path, draw: Callable[[], str]) -> str:
    """The secret in this file, drawn when it is first needed. :exc:`Unavailable` when it can't be read or written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _place(path, draw())
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as why:
        raise Unavailable(f"“{path}” can't be read or written: {why}.") from why


def _place(path: Path, secret: str) -> None:
    """Whole, or not at all, and never over one that another process has placed meanwhile."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _public(seed: str) -> str:
    return bytes(nkeys.from_seed(bytearray(seed, "ascii")).public_key).decode()
