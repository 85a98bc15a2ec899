"""Dealers, regions, stations, their events and the commands to them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, func, or_, select, update

from cloud.store.database import insert_many, insert_or_ignore
from cloud.store.tables import (
    CertificateRow,
    CommandRow,
    DeadLetterRow,
    DealerRow,
    RegionRow,
    SecurityEventRow,
    StationEventRow,
    StationLineRow,
    StationRow,
    table_of,
)

Group = Table
"""The table of dealers or that of regions."""
dealer: Group = table_of(DealerRow)
region: Group = table_of(RegionRow)
_station = table_of(StationRow)
_line = table_of(StationLineRow)
_event = table_of(StationEventRow)
_command = table_of(CommandRow)
_security = table_of(SecurityEventRow)
_dead = table_of(DeadLetterRow)
_certificate = table_of(CertificateRow)

_OWNED = select(_station, dealer.c.name.label("dealer_name"), region.c.name.label("region_name")).select_from(
    _station.join(dealer).join(region)
)


def add_group(connection: Connection, table: Group, name: str, id: str, now: int) -> bool:
    """A new dealer or region; False when there is one under this id."""
    fresh = insert_or_ignore(connection, table).values(id=id, name=name, created_at=now)
    return connection.execute(fresh.returning(table.c.id)).first() is not None


def groups(connection: Connection, table: Group) -> Sequence[Row[Any]]:
    """All dealers, or all regions, by name."""
    return connection.execute(select(table).order_by(table.c.name, table.c.id)).all()


def group_named(connection: Connection, table: Group, words: str) -> str | None:
    """The id of the dealer or region with this id or this name; an id goes first."""
    wanted = select(table.c.id).where(or_(table.c.id == words, table.c.name == words))
    return connection.execute(wanted.order_by(table.c.id != words, table.c.id).limit(1)).scalar()


def add(connection: Connection, row: Mapping[str, Any]) -> bool:
    """A new station; False when there is, or was, one under this id."""
    fresh = insert_or_ignore(connection, _station).values(**row)
    return connection.execute(fresh.returning(_station.c.id)).first() is not None


def change(connection: Connection, id: str, **values: Any) -> bool:
    """Changes a station that is not revoked; False when there is none."""
    wanted = update(_station).where(_station.c.id == id, _station.c.revoked_at.is_(None))
    return connection.execute(wanted.values(**values)).rowcount == 1


def one(connection: Connection, id: str) -> Row[Any] | None:
    """A station with the names of its dealer and region."""
    return connection.execute(_OWNED.where(_station.c.id == id)).one_or_none()


def every(connection: Connection) -> Sequence[Row[Any]]:
    """All stations, revoked ones too, with the names of their dealers and regions."""
    return connection.execute(_OWNED.order_by(_station.c.id)).all()


def existing(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of these stations that exist and were not revoked."""
    wanted = select(_station.c.id).where(_station.c.id.in_(ids), _station.c.revoked_at.is_(None))
    return set(connection.execute(wanted).scalars())


def passwords(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Hash of the password of each of these stations that was not revoked."""
    wanted = select(_station.c.id, _station.c.password_hash)
    found = connection.execute(wanted.where(_station.c.id.in_(ids), _station.c.revoked_at.is_(None)))
    return {row.id: row.password_hash for row in found}


def shut_out(connection: Connection) -> tuple[int, int]:
    """How many stations were revoked, and how many certificates: two figures that change with each revocation."""
    revoked = select(func.count()).where(_station.c.revoked_at.is_not(None)).scalar_subquery()
    taken = select(func.count()).where(_certificate.c.revoked_at.is_not(None)).scalar_subquery()
    row = connection.execute(select(revoked, taken)).one()
    return int(row[0]), int(row[1])


def lines(connection: Connection, station: str = "") -> Sequence[Row[Any]]:
    """The lines of a station, or of all, the newest epoch last."""
    wanted = select(_line).order_by(_line.c.station, _line.c.epoch)
    return connection.execute(wanted.where(_line.c.station == station) if station else wanted).all()


def insert_events(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """What stations told; what is there already stays as it is."""
    insert_many(connection, _event, rows)


def events(connection: Connection, station: str, limit: int) -> Sequence[Row[Any]]:
    """What a station told, or all of them, the latest first."""
    wanted = select(_event).order_by(_event.c.happened_at.desc(), _event.c.epoch.desc(), _event.c.seq.desc())
    return connection.execute((wanted.where(_event.c.station == station) if station else wanted).limit(limit)).all()


def security_events(
    connection: Connection,
    limit: int,
    station: str = "",
    before: int | None = None,
    words: str = "",
    kinds: Collection[str] = (),
) -> Sequence[Row[Any]]:
    """Who tried what they may not, the latest first; with ``words`` those that hold them, or of one of ``kinds``."""
    told = (_security.c.station, _security.c.kind, _security.c.detail)
    tried: list[tuple[bool, ColumnElement[bool]]] = [
        (bool(station), _security.c.station == station),
        (before is not None, _security.c.id < (before or 0)),
        (bool(words), or_(*[column.icontains(words, autoescape=True) for column in told], _security.c.kind.in_(kinds))),
    ]
    wanted = select(_security).where(*[condition for applies, condition in tried if applies])
    return connection.execute(wanted.order_by(_security.c.id.desc()).limit(limit)).all()


def add_command(connection: Connection, row: Mapping[str, Any]) -> None:
    """A new command."""
    connection.execute(_command.insert().values(**row))


def commands(connection: Connection, *conditions: ColumnElement[bool], limit: int = 1_000) -> Sequence[Row[Any]]:
    """Commands that are meant, the latest first."""
    newest = _command.c.created_at.desc(), _command.c.id
    return connection.execute(select(_command).where(*conditions).order_by(*newest).limit(limit)).all()


def commands_of(connection: Connection, station: str, limit: int) -> Sequence[Row[Any]]:
    """The latest commands to a station."""
    return commands(connection, _command.c.station == station, limit=limit)


def commands_waiting(connection: Connection, stations: Collection[str], now: int) -> Sequence[Row[Any]]:
    """Commands to these stations that have neither ended nor run out, the latest first."""
    waiting = _command.c.station.in_(stations), _command.c.ended_at.is_(None), _command.c.deadline > now
    return commands(connection, *waiting)


def commands_sent(connection: Connection, ids: Collection[str], at: int) -> None:
    """These commands went out for the first time."""
    if ids:
        connection.execute(update(_command).where(_command.c.id.in_(ids)).values(sent_at=at))


def end_command(connection: Connection, id: str, station: str, done: bool, detail: str, at: int) -> None:
    """What became of a command. A station ends its own commands only, and each once."""
    wanted = update(_command).where(_command.c.id == id, _command.c.station == station, _command.c.ended_at.is_(None))
    connection.execute(wanted.values(done=int(done), detail=detail, ended_at=at))


def dead_letters(connection: Connection, state: str, limit: int, before: int | None) -> Sequence[Row[Any]]:
    """Dead letters in this state, the latest first."""
    wanted = select(_dead).where(_dead.c.state == state).order_by(_dead.c.id.desc()).limit(limit)
    return connection.execute(wanted if before is None else wanted.where(_dead.c.id < before)).all()


def dead_letter(connection: Connection, number: int, lock: bool = False) -> Row[Any] | None:
    """A dead letter; with ``lock`` nobody else may end it meanwhile."""
    wanted = select(_dead).where(_dead.c.id == number)
    return connection.execute(wanted.with_for_update() if lock else wanted).one_or_none()


def dead_at(connection: Connection, station: str, epoch: int, seq: int) -> Sequence[Row[Any]]:
    """Dead letters of this place, the earliest first."""
    mine = (_dead.c.station == station, _dead.c.epoch == epoch, _dead.c.seq == seq)
    return connection.execute(select(_dead).where(*mine).order_by(_dead.c.id)).all()


def dead_alike(connection: Connection, reason: str, limit: int) -> Sequence[Row[Any]]:
    """Letters that wait for the same reason and whose place is known, the earliest first; nobody else may end them."""
    alike = (_dead.c.state == "waiting", _dead.c.reason == reason, _dead.c.epoch > 0, _dead.c.seq > 0)
    return connection.execute(select(_dead).where(*alike).order_by(_dead.c.id).limit(limit).with_for_update()).all()


def waiting_dead_letters(connection: Connection) -> dict[str, int]:
    """Station → dead letters that wait for a person."""
    wanted = select(_dead.c.station, func.count()).where(_dead.c.state == "waiting").group_by(_dead.c.station)
    return {station: int(count) for station, count in connection.execute(wanted)}


def end_dead_letter(connection: Connection, number: int, state: str, by: str, note: str, at: int) -> bool:
    """Replayed or waived; False when it had ended before."""
    wanted = update(_dead).where(_dead.c.id == number, _dead.c.state == "waiting")
    return connection.execute(wanted.values(state=state, ended_by=by, note=note, ended_at=at)).rowcount == 1
