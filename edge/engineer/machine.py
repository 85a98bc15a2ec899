"""What this machine says of itself: clock, disk, certificates. Reads and measures; decides nothing."""

import ctypes
import os
import socket
import ssl
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

_TIME_ERROR: Final = 5
_UTC_TIME: Final = 0x17
_CONNECT_SECONDS: Final = 4.0
_WRITES: Final = 3


class Disk(Struct, frozen=True):
    """How the disk of a folder is. Bytes, microseconds."""

    free: int
    fsync: int
    """The slowest of a few."""


class Peer(Struct, frozen=True):
    """Who answered at a broker's address."""

    certificate_ends: datetime | None
    """None without TLS."""


def synchronised() -> bool | None:
    """Whether the kernel's clock is disciplined (NTP, chrony, systemd-timesyncd); None where it can't be told."""
    with suppress(OSError, AttributeError):
        state: int = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
        return None if state < 0 else state != _TIME_ERROR
    return None


def disk(folder: Path) -> Disk:
    """Free room, and how long a write takes until it is safe. :exc:`OSError` when the folder takes nothing."""
    room = os.statvfs(folder)
    slowest = 0
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
        for _ in range(_WRITES):
            began = time.monotonic_ns()
            file.write(b"\0" * 4_096)
            file.flush()
            os.fsync(file.fileno())
            slowest = max(slowest, (time.monotonic_ns() - began) // 1_000)
    return Disk(room.f_bavail * room.f_frsize, slowest)


def knock_at(host: str, port: int, tls: ssl.SSLContext | None) -> Peer:
    """Connect, and go again. :exc:`OSError` (:exc:`ssl.SSLError` among them) says why it can't be."""
    with socket.create_connection((host, port), _CONNECT_SECONDS) as plain:
        if tls is None:
            return Peer(None)
        with tls.wrap_socket(plain, server_hostname=host) as safe:
            told = safe.getpeercert() or {}
    return Peer(datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC))


def certificate_ends(pem: Path) -> datetime:
    """When the first certificate in a file ends. :exc:`OSError` or :exc:`ValueError` when there is none."""
    try:
        text = pem.read_text("ascii")
        begin = text.index(ssl.PEM_HEADER)
        der = ssl.PEM_cert_to_DER_cert(text[begin : text.index(ssl.PEM_FOOTER, begin) + len(ssl.PEM_FOOTER)])
        body = _parts(_parts(der)[0][1])[0][1]
        fields = [part for part in _parts(body) if part[0] != 0xA0]  # the version is optional
        kind, end = _parts(fields[3][1])[1]  # serial, algorithm, issuer, validity
    except (ValueError, IndexError):
        raise ValueError(f"{pem} is no certificate.") from None
    form = "%y%m%d%H%M%SZ" if kind == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(end.decode("ascii"), form).replace(tzinfo=UTC)


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """The values side by side in DER: tag and content."""
    found = []
    while data:
        if len(data) < 2:
            raise ValueError("the certificate is cut off")
        size, start = data[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[2:start], "big")
        found.append((data[0], data[start : start + size]))
        data = data[start + size :]
    return found
