"""What must not be read from a stolen database is sealed with a key that lies in a file beside it."""

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from shared.errors import Unavailable

_NONCE_BYTES: Final = 12


class Seal:
    """Seals and opens. What is sealed says what it is for, and opens as nothing else."""

    def __init__(self, key: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)

    def seal(self, secret: bytes, purpose: str) -> bytes:
        """The secret, unreadable and unchangeable."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """The secret. :exc:`Unavailable` when the key file is not the one that it was sealed with."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
        except InvalidTag as why:
            raise Unavailable("The signing key can't be opened: the key file does not belong to these books.") from why


def create(path: Path) -> Seal:
    """A new key file, for its owner's eyes only; the one that is there already stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(ChaCha20Poly1305.generate_key())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    return load(path)


def load(path: Path) -> Seal:
    """The seal of this head office. :exc:`Unavailable` when its key file is missing or damaged."""
    try:
        return Seal(path.read_bytes())
    except (OSError, ValueError) as why:
        raise Unavailable(f"The key file “{path}” can't be used: {why}. Please restore it from the backup.") from why
