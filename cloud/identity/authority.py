"""The company's own authority: a root that everybody trusts, and the issuing certificate that works in its name.

Its files lie in the data directory, for their owner's eyes only. The root's key is needed once in some years, to make
the next issuing certificate: keep it away from this machine and put it back for that day.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from shared import certificates
from shared.certificates import Signer
from shared.errors import Unavailable

ROOT_DAYS: Final = 7_300
ISSUING_DAYS: Final = 1_825
STATION_DAYS: Final = 90
SERVER_DAYS: Final = 90


class Authority(Struct, frozen=True):
    """What signs certificates here."""

    root: str
    """PEM of the certificate that everybody trusts."""
    issuing: Signer

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of the root, 32 bytes: a ticket carries its first half."""
        return certificates.read(self.root).fingerprint

    def station(self, request: str, station: str, now: int) -> str:
        """PEM of a station's certificate and of the issuing one. :exc:`Misread` when that is no request."""
        return certificates.for_station(self.issuing, request, station, now, STATION_DAYS) + self.issuing.certificate

    def client(self, key: str, name: str, now: int) -> str:
        """Likewise for a program of the company itself."""
        return self.station(certificates.request(key, name), name, now)

    def server(self, key: str, hosts: Sequence[str], now: int) -> str:
        """Likewise for a server that is reached under these names."""
        return certificates.for_server(self.issuing, key, hosts, now, SERVER_DAYS) + self.issuing.certificate


class Pair(Struct, frozen=True):
    """Files of a certificate with its chain, and of its key."""

    certificate: Path
    key: Path


def create(directory: Path, name: str, now: int) -> Authority:
    """Makes the authority, or takes up the one that is there; a lacking issuing certificate is made anew."""
    root_pem, root_key = directory / "root.pem", directory / "root.key"
    if not root_pem.exists():
        root = certificates.root(f"{name} root", now, ROOT_DAYS)
        keep(root_key, root.key)
        keep(root_pem, root.certificate)
    if not (directory / "issuing.pem").exists():
        parent = Signer(_read(root_pem), _read(root_key))
        made = certificates.issuing(parent, f"{name} issuing", now, ISSUING_DAYS)
        keep(directory / "issuing.key", made.key)
        keep(directory / "issuing.pem", made.certificate)
    return load(directory)


def load(directory: Path) -> Authority:
    """The authority of this head office. :exc:`Unavailable` when a file of it is missing or does not fit."""
    issuing = Signer(_read(directory / "issuing.pem"), _read(directory / "issuing.key"))
    try:
        fits = certificates.belongs(issuing.certificate, issuing.key)
    except certificates.CertificateMisread as why:
        raise Unavailable(f"The authority in “{directory}” is damaged: {why}. Restore it from the backup.") from why
    if not fits:
        raise Unavailable(f"In “{directory}” issuing.key is not the key of issuing.pem. Restore both from one backup.")
    return Authority(_read(directory / "root.pem"), issuing)


def server_pair(authority: Authority, directory: Path, name: str, hosts: Sequence[str], now: int) -> tuple[Pair, bool]:
    """Files for a server of ours, and whether they are new: made when they lack, when a third of their time is left, or
    when the server has other names."""
    return _pair(directory, name, tuple(hosts), now, lambda key: authority.server(key, hosts, now))


def client_pair(authority: Authority, directory: Path, name: str, now: int) -> Pair:
    """Files with which a program of the company shows who it is, likewise."""
    return _pair(directory, name, (), now, lambda key: authority.client(key, name, now))[0]


def keep(path: Path, text: str) -> None:
    """Writes a file for its owner's eyes only, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_name(path.name + ".new")
    with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _pair(
    directory: Path, name: str, hosts: tuple[str, ...], now: int, sign: Callable[[str], str]
) -> tuple[Pair, bool]:
    pair = Pair(directory / f"{name}.pem", directory / f"{name}.key")
    if _good(pair, hosts, now):
        return pair, False
    key = certificates.new_key()
    keep(pair.key, key)
    keep(pair.certificate, sign(key))
    return pair, True


def _good(pair: Pair, hosts: tuple[str, ...], now: int) -> bool:
    try:
        text, key = pair.certificate.read_text(), pair.key.read_text()
        facts, fits = certificates.read(text), certificates.belongs(text, key)
    except (OSError, certificates.CertificateMisread):
        return False
    return fits and set(facts.hosts) == set(hosts) and now < due(facts.not_before, facts.not_after)


def due(not_before: int, not_after: int) -> int:
    """When a certificate is to be renewed: when a third of its time is left."""
    return not_after - (not_after - not_before) // 3


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as why:
        raise Unavailable(f"“{path}” can't be read: {why}. Restore it from the backup.") from why
