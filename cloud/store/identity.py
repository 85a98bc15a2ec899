"""Tickets and certificates of stations."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select, update

from cloud.store.tables import CertificateRow, EnrolmentRow, StationRow, table_of

_ticket = table_of(EnrolmentRow)
_certificate = table_of(CertificateRow)
_station = table_of(StationRow)


def add_ticket(connection: Connection, secret: bytes, station: str, by: str, now: int, until: int) -> None:
    """A new ticket. Earlier ones of this station that nobody used are void."""
    unused = (_ticket.c.station == station, _ticket.c.used_at.is_(None))
    connection.execute(_ticket.delete().where(*unused))
    row = {"secret": secret, "station": station, "made_by": by, "made_at": now, "until": until}
    connection.execute(_ticket.insert().values(**row))


def ticket(connection: Connection, secret: bytes) -> Row[Any] | None:
    """The ticket with this secret, held until the transaction ends."""
    return connection.execute(select(_ticket).where(_ticket.c.secret == secret).with_for_update()).one_or_none()


def use_ticket(connection: Connection, secret: bytes, key: bytes, now: int) -> bool:
    """Notes that a machine has used it; False when somebody did before."""
    unused = (_ticket.c.secret == secret, _ticket.c.used_at.is_(None))
    return connection.execute(update(_ticket).where(*unused).values(used_at=now, key=key)).rowcount == 1


def add_certificate(connection: Connection, row: dict[str, Any]) -> None:
    """A certificate was given."""
    connection.execute(_certificate.insert().values(**row))


def newest(connection: Connection, station: str, key: bytes) -> Row[Any] | None:
    """The latest certificate of this station for this key that was not revoked."""
    wanted = select(_certificate).where(
        _certificate.c.station == station, _certificate.c.key == key, _certificate.c.revoked_at.is_(None)
    )
    return connection.execute(wanted.order_by(_certificate.c.given_at.desc()).limit(1)).one_or_none()


def revoke(connection: Connection, station: str, why: str, now: int, fingerprint: bytes | None = None) -> list[bytes]:
    """Revokes a station's certificates, or one of them; gives the fingerprints of those that were good until now."""
    wanted = update(_certificate).where(_certificate.c.station == station, _certificate.c.revoked_at.is_(None))
    if fingerprint is not None:
        wanted = wanted.where(_certificate.c.fingerprint == fingerprint)
    done = connection.execute(wanted.values(revoked_at=now, revoked_why=why).returning(_certificate.c.fingerprint))
    return [bytes(row.fingerprint) for row in done]


def known(connection: Connection, fingerprints: Collection[bytes]) -> dict[bytes, Row[Any]]:
    """These certificates, each with ``station_revoked_at``."""
    wanted = (
        select(_certificate, _station.c.revoked_at.label("station_revoked_at"))
        .join(_station, _station.c.id == _certificate.c.station)
        .where(_certificate.c.fingerprint.in_(fingerprints))
    )
    return {bytes(row.fingerprint): row for row in connection.execute(wanted)}


def of_station(connection: Connection, station: str) -> Sequence[Row[Any]]:
    """Its certificates, the latest first."""
    wanted = select(_certificate).where(_certificate.c.station == station)
    return connection.execute(wanted.order_by(_certificate.c.given_at.desc(), _certificate.c.serial)).all()


def ends(connection: Connection) -> dict[str, int]:
    """When the last good certificate of each station ends, UTC milliseconds."""
    wanted = select(_certificate.c.station, func.max(_certificate.c.not_after).label("end"))
    rows = connection.execute(wanted.where(_certificate.c.revoked_at.is_(None)).group_by(_certificate.c.station))
    return {row.station: row.end for row in rows}


def revoked(connection: Connection, now: int) -> list[tuple[str, int]]:
    """Serial and time of every certificate that lets nobody in though its own time is not over."""
    at = func.coalesce(_certificate.c.revoked_at, _station.c.revoked_at).label("at")
    wanted = select(_certificate.c.serial, at).join(_station, _station.c.id == _certificate.c.station)
    found = connection.execute(wanted.where(at.is_not(None), _certificate.c.not_after > now).order_by(at))
    return [(row.serial, row.at) for row in found]


def without(connection: Connection, now: int) -> list[str]:
    """The stations that were given certificates and have none that is still good."""
    good = select(_certificate.c.station).where(_certificate.c.revoked_at.is_(None), _certificate.c.not_after > now)
    gone = or_(_station.c.revoked_at.is_not(None), _certificate.c.station.not_in(good))
    wanted = select(_certificate.c.station).join(_station, _station.c.id == _certificate.c.station).where(gone)
    return list(connection.execute(wanted.distinct().order_by(_certificate.c.station)).scalars())
