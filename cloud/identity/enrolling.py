"""A ticket becomes a certificate, a certificate becomes the next one, and either is taken back.

Answered twice, done once: a machine that lost the answer shows the same ticket with the same key, and gets the same
certificate. Called in a transaction that writes.
"""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from msgspec import Struct

from cloud.identity.authority import Authority
from cloud.identity.judging import judge
from cloud.store import audit, identity, lines
from cloud.store import stations as station_books
from cloud.store.database import Connection
from cloud.store.lines import SecurityEvent
from shared import certificates
from shared.enrolment import HALF, Ticket
from shared.errors import Refused

TICKET_LIFE: Final = 15 * 60_000
"""Milliseconds in which a ticket must be used."""


class NewTicket(Struct, frozen=True):
    """A station's ticket, shown this once: the books keep a hash alone."""

    station: str
    code: str
    until: int


class CertificateView(Struct, frozen=True):
    """A certificate in a list. Times in UTC milliseconds."""

    serial: str
    fingerprint: str
    given_at: int
    not_after: int
    revoked_at: int | None
    revoked_why: str


def new_ticket(connection: Connection, authority: Authority, station: str, by: str, now: int) -> NewTicket:
    """A ticket for this station; earlier ones are void. :exc:`Refused` (``unknown_station``)."""
    if not station_books.existing(connection, {station}):
        raise Refused("unknown_station", f"There is no station “{station}”, or it was revoked.")
    ticket = Ticket(secrets.token_bytes(HALF), authority.fingerprint[:HALF])
    identity.add_ticket(connection, _hash(ticket.secret), station, by, now, now + TICKET_LIFE)
    audit.record(connection, now, by, "station_ticket", station)
    return NewTicket(station, str(ticket), now + TICKET_LIFE)


def enrol(
    connection: Connection, authority: Authority, secret: bytes, station: str, request: str, now: int
) -> tuple[str, list[bytes]]:
    """The certificate for the key of this request, and the fingerprints of those that it takes the place of.

    :exc:`Refused`: ``bad_code``, ``code_used``, ``code_expired``, ``code_of_another``. :exc:`CertificateMisread`.
    """
    key = certificates.key_of_request(request)
    ticket = identity.ticket(connection, _hash(secret))
    if ticket is None:
        raise Refused("bad_code", "Head office does not know this enrolment code. Ask there for a new one.")
    if ticket.station != station:
        raise Refused("code_of_another", "This enrolment code is for another station. Check station.id.")
    if ticket.used_at is not None:
        return _again(connection, ticket, key), []
    if now >= ticket.until:
        raise Refused("code_expired", "This enrolment code's 15 minutes are over. Ask head office for a new one.")
    identity.use_ticket(connection, ticket.secret, key, now)
    replaced = identity.revoke(connection, station, "replaced", now)
    pem = _give(connection, authority, request, station, now)
    audit.record(connection, now, ticket.made_by, "station_enrolled", station, serial=_serial(pem))
    return pem, replaced


def renew(
    connection: Connection, authority: Authority, fingerprint: bytes, station: str, request: str, now: int
) -> str:
    """The next certificate of a station that showed this one. The old one stays good until its own end.

    :exc:`Refused` as :func:`cloud.identity.judging.judge` says; :exc:`CertificateMisread`.
    """
    judge(identity.known(connection, [fingerprint]).get(fingerprint), station, now)
    key = certificates.key_of_request(request)
    before = identity.newest(connection, station, key)
    if before is not None:  # the answer was lost
        return str(before.pem)
    pem = _give(connection, authority, request, station, now)
    audit.record(connection, now, f"station:{station}", "certificate_renewed", station, serial=_serial(pem))
    return pem


def revoke(
    connection: Connection, station: str, by: str, now: int, why: str, fingerprint: bytes | None = None
) -> list[bytes]:
    """Takes a station's certificates back, or one of them; the fingerprints of those that were good."""
    gone = identity.revoke(connection, station, why, now, fingerprint)
    for each in gone:
        audit.record(connection, now, by, "certificate_revoked", station, fingerprint=each.hex(), why=why)
    return gone


def of_station(connection: Connection, station: str) -> Sequence[CertificateView]:
    """Its certificates, the latest first."""
    return [
        CertificateView(
            row.serial, bytes(row.fingerprint).hex(), row.given_at, row.not_after, row.revoked_at, row.revoked_why or ""
        )
        for row in identity.of_station(connection, station)
    ]


def accuse(connection: Connection, station: str, kind: str, detail: str, now: int) -> None:
    """Keeps what somebody tried at the door or at the gate."""
    lines.note_security(connection, [SecurityEvent(now, station, kind, detail)])


def _again(connection: Connection, ticket: Any, key: bytes) -> str:
    before = identity.newest(connection, ticket.station, key) if key == bytes(ticket.key) else None
    if before is None:
        raise Refused("code_used", "This enrolment code was used before. Ask head office for a new one.")
    return str(before.pem)


def _give(connection: Connection, authority: Authority, request: str, station: str, now: int) -> str:
    pem = authority.station(request, station, now)
    facts = certificates.read(pem)
    row = {
        "fingerprint": facts.fingerprint,
        "station": station,
        "serial": facts.serial,
        "key": facts.key,
        "pem": pem,
        "not_before": facts.not_before,
        "not_after": facts.not_after,
        "given_at": now,
    }
    identity.add_certificate(connection, row)
    return pem


def _serial(pem: str) -> str:
    return certificates.read(pem).serial


def _hash(secret: bytes) -> bytes:
    """Eighty random bits need no slow hash."""
    return sha256(secret).digest()
