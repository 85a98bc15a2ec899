"""Dealers, regions and stations: who they are, added and revoked by somebody with a name."""

import re
from typing import Final

from msgspec import Struct

from cloud.stations import passwords
from cloud.store import audit, stations
from cloud.store.database import Connection
from shared.errors import Refused
from shared.station import is_station_id

_LONGEST: Final = 80
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Group(Struct, frozen=True):
    """A dealer or a region."""

    id: str
    name: str
    created_at: int


class NewStation(Struct, frozen=True):
    """What a person enters. Dealer and region by id or by name."""

    id: str
    name: str
    dealer: str
    region: str


class Admission(Struct, frozen=True):
    """A station that was let in. The password is shown this once: the books keep its hash alone."""

    station: str
    password: str


def add_dealer(connection: Connection, name: str, by: str, now: int, id: str = "") -> Group:
    """A new dealer. :exc:`Refused` (``exists``, ``bad_name``). Without an id the name serves as one."""
    group = _add_group(connection, stations.dealer, name, id or name, now, "dealer")
    audit.record(connection, now, by, "dealer_added", group.id, name=group.name)
    return group


def add_region(connection: Connection, name: str, by: str, now: int, id: str = "") -> Group:
    """A new region, likewise."""
    group = _add_group(connection, stations.region, name, id or name, now, "region")
    audit.record(connection, now, by, "region_added", group.id, name=group.name)
    return group


def dealers(connection: Connection) -> tuple[Group, ...]:
    """All dealers."""
    return tuple(Group(row.id, row.name, row.created_at) for row in stations.groups(connection, stations.dealer))


def regions(connection: Connection) -> tuple[Group, ...]:
    """All regions."""
    return tuple(Group(row.id, row.name, row.created_at) for row in stations.groups(connection, stations.region))


def add(connection: Connection, new: NewStation, by: str, now: int) -> Admission:
    """Lets a station in: the gate knows it from now on.

    :exc:`Refused`: ``bad_station_id``, ``bad_name``, ``unknown_dealer``, ``unknown_region``, ``exists``.
    """
    if not is_station_id(new.id):
        raise Refused("bad_station_id", "A station's id has small letters, digits and hyphens, at most 32.")
    dealer = _group_id(connection, stations.dealer, new.dealer, "dealer")
    region = _group_id(connection, stations.region, new.region, "region")
    password = passwords.draw()
    row = {
        "id": new.id,
        "name": checked_name(new.name),
        "dealer_id": dealer,
        "region_id": region,
        "password_hash": passwords.hashed(password),
        "created_at": now,
    }
    if not stations.add(connection, row):
        raise Refused("exists", f"There is, or was, a station “{new.id}”. Please choose another id.")
    audit.record(connection, now, by, "station_added", new.id, name=new.name, dealer=dealer, region=region)
    return Admission(new.id, password)


def names(connection: Connection, revoked: bool = True) -> dict[str, str]:
    """Id and name of every station, by id; with or without those that were revoked."""
    return {row.id: row.name for row in stations.every(connection) if revoked or row.revoked_at is None}


def new_password(connection: Connection, station: str, by: str, now: int) -> Admission:
    """A new password for a station whose old one was lost or stolen. :exc:`Refused` (``unknown_station``)."""
    password = passwords.draw()
    if not stations.change(connection, station, password_hash=passwords.hashed(password)):
        raise unknown(station)
    audit.record(connection, now, by, "station_password", station)
    return Admission(station, password)


def revoke(connection: Connection, station: str, by: str, now: int) -> None:
    """Shuts a station out. What it has told stays in the books. :exc:`Refused` (``unknown_station``)."""
    if not stations.change(connection, station, revoked_at=now):
        raise unknown(station)
    audit.record(connection, now, by, "station_revoked", station)


def must_exist(connection: Connection, wanted: tuple[str, ...]) -> None:
    """:exc:`Refused` (``unknown_station``) when one of these stations does not exist or was revoked."""
    strangers = sorted(set(wanted) - stations.existing(connection, wanted)) if wanted else []
    if strangers:
        raise unknown(strangers[0])


def unknown(station: str) -> Refused:
    """The refusal for a station that is not there."""
    return Refused("unknown_station", f"There is no station “{station}”, or it was revoked.")


def checked_name(name: str) -> str:
    """A name without blanks around it. :exc:`Refused` (``bad_name``) when it is empty, too long or not plain."""
    trimmed = name.strip()
    if not trimmed or len(trimmed) > _LONGEST or _CONTROL.search(trimmed):
        raise Refused("bad_name", f"A name has 1 to {_LONGEST} characters, and no line breaks or control characters.")
    return trimmed


def _add_group(connection: Connection, table: stations.Group, name: str, id: str, now: int, kind: str) -> Group:
    group = Group(checked_name(id), checked_name(name), now)
    if not stations.add_group(connection, table, group.name, group.id, now):
        raise Refused("exists", f"There is a {kind} “{group.id}” already.")
    return group


def _group_id(connection: Connection, table: stations.Group, words: str, kind: str) -> str:
    found = stations.group_named(connection, table, words)
    if found is None:
        raise Refused(f"unknown_{kind}", f"There is no {kind} “{words}”. Please add it first: {kind} add NAME")
    return found
