"""The papers of this station: one directory a set, and a link that says which set is in force.

A set is written and synced whole before the link is turned, so that a power cut leaves the old papers or the new ones.
Programs name files through the link: what they open next is what is in force then.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

import msgspec
from msgspec import Struct

from shared import certificates
from shared.certificates import CertificateFacts, CertificateMisread
from shared.enrolment import Enrolled
from shared.errors import Refused, Unavailable

_LINK: Final = "now"
_KEY: Final = "key.pem"
_CERTIFICATE: Final = "certificate.pem"
_AUTHORITY: Final = "authority.pem"
_COMMAND_KEYS: Final = "command_keys.json"


class Papers(Struct, frozen=True):
    """What is in force."""

    directory: Path
    """Holds the link."""
    facts: CertificateFacts
    command_keys: dict[int, bytes]

    @property
    def key(self) -> Path:
        """PEM file of the private key."""
        return self.directory / _LINK / _KEY

    @property
    def certificate(self) -> Path:
        """PEM file of the certificate and of the one that issued it."""
        return self.directory / _LINK / _CERTIFICATE

    @property
    def authority(self) -> Path:
        """PEM file of the authority to trust."""
        return self.directory / _LINK / _AUTHORITY

    @property
    def due(self) -> int:
        """When they are to be renewed, UTC milliseconds: when a third of their time is left."""
        return self.facts.not_after - (self.facts.not_after - self.facts.not_before) // 3


def load(directory: Path) -> Papers | None:
    """The papers in force; None before this machine is enrolled. :exc:`Unavailable` when they are damaged."""
    now = directory / _LINK
    if not now.exists():
        return None
    try:
        text, key = (now / _CERTIFICATE).read_text(), (now / _KEY).read_text()
        facts = certificates.read(text)
        command_keys = msgspec.json.decode((now / _COMMAND_KEYS).read_bytes(), type=dict[int, bytes])
        if not certificates.belongs(text, key):
            raise CertificateMisread("the key is another one's")
    except (OSError, UnicodeDecodeError, msgspec.DecodeError, CertificateMisread) as why:
        raise Unavailable(f"The papers in {directory} are damaged: {why}. Enrol this machine with a new code.") from why
    return Papers(directory, facts, command_keys)


def enrolled_keys(directory: Path) -> dict[int, bytes]:
    """The command keys to trust; none before this machine is enrolled, or while its papers are damaged."""
    try:
        papers = load(directory)
    except Unavailable:
        return {}
    return papers.command_keys if papers else {}


def keep(directory: Path, station: str, key: str, enrolled: Enrolled) -> Papers:
    """Puts new papers in force. :exc:`Refused` when they are not ours; :exc:`Unavailable` when the disk refuses."""
    _must_be_ours(station, key, enrolled)
    fresh = directory / token_hex(8)
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh.mkdir(mode=0o700)
        _write(fresh / _KEY, key.encode())
        _write(fresh / _CERTIFICATE, enrolled.certificate.encode())
        _write(fresh / _AUTHORITY, enrolled.authority.encode())
        _write(fresh / _COMMAND_KEYS, msgspec.json.encode(enrolled.command_keys))
        _sync(fresh)
        _turn(directory, fresh)
        _clear_away(directory, fresh)
    except OSError as why:
        raise Unavailable(f"The papers can't be written to {directory}: {why}. Check the disk and its rights.") from why
    papers = load(directory)
    if papers is None:
        raise Unavailable(f"The papers in {directory} went away while they were written.")
    return papers


def keep_file(path: Path, data: bytes) -> None:
    """Writes a file for this program's eyes only, whole or not at all. :exc:`Unavailable` when the disk refuses."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write(fresh, data)
        fresh.replace(path)
        _sync(path.parent)
    except OSError as why:
        raise Unavailable(f"{path} can't be written: {why}. Check the disk and its rights.") from why


def _must_be_ours(station: str, key: str, enrolled: Enrolled) -> None:
    facts = certificates.read(enrolled.certificate)
    if facts.name != station or enrolled.station != station or not certificates.belongs(enrolled.certificate, key):
        raise Refused("foreign_papers", "Head office answered with papers of another station or key. Nothing was kept.")


def _turn(directory: Path, fresh: Path) -> None:
    """From one moment to the next."""
    link = directory / f"{_LINK}.new"
    with suppress(FileNotFoundError):
        link.unlink()
    link.symlink_to(fresh.name)
    link.replace(directory / _LINK)
    _sync(directory)


def _clear_away(directory: Path, kept: Path) -> None:
    for old in directory.iterdir():
        if old.is_dir() and not old.is_symlink() and old != kept:
            shutil.rmtree(old)


def _write(path: Path, data: bytes) -> None:
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
