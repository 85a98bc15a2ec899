"""The line to each store of each station: what of its letters is here, when it was heard, and how its clock runs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, tuple_, update

from cloud.store.database import insert_or_ignore
from cloud.store.tables import SecurityEventRow, StationLineRow, StationRow, table_of

_LINE = table_of(StationLineRow)
_STATION = table_of(StationRow)
_EVENT = table_of(SecurityEventRow)

StoreKey = tuple[str, int]
"""Station and epoch."""


class Line(NamedTuple):
    """A row of ``station_line``, as far as the letters are concerned."""

    station: str
    epoch: int
    store_id: str
    contiguous: int
    highest: int
    boot: int
    boot_zero: int | None


class Greeted(NamedTuple):
    """The last hello of a line that was accepted."""

    station: str
    epoch: int
    store_id: str
    boot: int
    boot_zero: int
    last_seen: int
    """When it was heard last, a hello or a letter; UTC milliseconds of the company."""


class Heard(NamedTuple):
    """What a hello says of a line. Times in UTC milliseconds of the company."""

    station: str
    epoch: int
    store_id: str
    at: int
    boot: int
    boot_zero: int
    clock_difference: int
    hello_json: str


class SecurityEvent(NamedTuple):
    """Somebody tried what they may not."""

    at: int
    station: str
    kind: str
    detail: str


def known_stations(connection: Connection, stations: Collection[str]) -> set[str]:
    """Those of these stations that exist and were not revoked."""
    wanted = _STATION.c.id.in_(stations)
    return {row.id for row in connection.execute(select(_STATION.c.id).where(wanted, _STATION.c.revoked_at.is_(None)))}


def lock(connection: Connection, keys: Collection[StoreKey], now: int) -> dict[StoreKey, Line]:
    """These lines, made when they are new, and nobody else's to change until the transaction ends."""
    found = _locked(connection, keys)
    missing = sorted(set(keys) - found.keys())
    if missing:
        connection.execute(insert_or_ignore(connection, _LINE), [_new(key, now) for key in missing])
        found |= _locked(connection, missing)
    return found


def find(connection: Connection, keys: Collection[StoreKey]) -> dict[StoreKey, Line]:
    """Those of these lines that exist, as they are now."""
    wanted = tuple_(_LINE.c.station, _LINE.c.epoch).in_(sorted(keys))
    return {(row.station, row.epoch): Line(*row) for row in connection.execute(_SELECT.where(wanted))}


def lines_of(connection: Connection, stations: Collection[str]) -> list[Line]:
    """All lines of these stations, the newest epoch first."""
    rows = connection.execute(_SELECT.where(_LINE.c.station.in_(stations)).order_by(_LINE.c.epoch.desc()))
    return [Line(*row) for row in rows]


def last_greeted(connection: Connection, stations: Collection[str]) -> list[Greeted]:
    """The last accepted hello of each line of these stations, whichever worker heard it, the latest last."""
    columns = (_LINE.c[name] for name in Greeted._fields)
    wanted = _LINE.c.station.in_(stations), _LINE.c.boot_zero.is_not(None)
    return [Greeted(*row) for row in connection.execute(select(*columns).where(*wanted).order_by(_LINE.c.last_seen))]


def move_marks(connection: Connection, marks: Mapping[StoreKey, tuple[int, int]], now: int) -> None:
    """What is here without a hole, and the highest that is here, for each line."""
    if marks:
        rows = [
            {"s": station, "e": epoch, "contiguous": contiguous, "highest": highest, "last_seen": now}
            for (station, epoch), (contiguous, highest) in marks.items()
        ]
        connection.execute(_MOVE, rows)


def note_hellos(connection: Connection, heard: Sequence[Heard]) -> None:
    """Keeps the last hello of each line; the lines are locked already."""
    if heard:
        rows = [{"s": h.station, "e": h.epoch, "last_seen": h.at, **_told(h)} for h in heard]
        connection.execute(_NOTE, rows)


def note_security(connection: Connection, events: Iterable[SecurityEvent]) -> None:
    """Keeps what was tried, for head office to see."""
    rows = [event._asdict() for event in events]
    if rows:
        connection.execute(_EVENT.insert(), rows)


_SELECT = select(*(_LINE.c[name] for name in Line._fields))
_MOVE = (
    update(_LINE)
    .where(_LINE.c.station == bindparam("s"), _LINE.c.epoch == bindparam("e"))
    .values({name: bindparam(name) for name in ("contiguous", "highest", "last_seen")})
)
_HELLO = ("store_id", "boot", "boot_zero", "clock_difference", "hello_json")
_NOTE = (
    update(_LINE)
    .where(_LINE.c.station == bindparam("s"), _LINE.c.epoch == bindparam("e"))
    .values({name: bindparam(name) for name in ("last_seen", *_HELLO)})
)


def _locked(connection: Connection, keys: Collection[StoreKey]) -> dict[StoreKey, Line]:
    wanted = tuple_(_LINE.c.station, _LINE.c.epoch).in_(sorted(keys))
    # in one order, so that two writers never wait for each other
    rows = connection.execute(_SELECT.where(wanted).order_by(_LINE.c.station, _LINE.c.epoch).with_for_update())
    return {(row.station, row.epoch): Line(*row) for row in rows}


def _new(key: StoreKey, now: int) -> dict[str, object]:
    return {
        "station": key[0],
        "epoch": key[1],
        "store_id": "",
        "contiguous": 0,
        "highest": 0,
        "first_seen": now,
        "last_seen": now,
        "boot": 0,
    }


def _told(heard: Heard) -> dict[str, object]:
    return {name: getattr(heard, name) for name in _HELLO}
