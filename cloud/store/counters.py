"""Numbers that grow: of decisions, and the versions of books."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select

from cloud.store.database import insert
from cloud.store.tables import BookRow, CounterRow, table_of

_counter = table_of(CounterRow)
_book = table_of(BookRow)
EVERY_STATION = ""


def take(connection: Connection, name: str) -> int:
    """The next number under this name, from 1 on. Whoever comes second waits until the first has committed."""
    fresh = insert(connection, _counter).values(name=name, value=1)
    grown = fresh.on_conflict_do_update(index_elements=["name"], set_={"value": _counter.c.value + 1})
    return int(connection.execute(grown.returning(_counter.c.value)).scalar_one())


def bump(connection: Connection, kind: str, stations: Iterable[str] = (EVERY_STATION,)) -> int:
    """A new version of a book, for these stations or for all; their agents will ask for it."""
    version = take(connection, f"book:{kind}")
    for station in stations:
        fresh = insert(connection, _book).values(kind=kind, station=station, version=version)
        connection.execute(fresh.on_conflict_do_update(index_elements=["kind", "station"], set_={"version": version}))
    return version


def version(connection: Connection, kind: str, station: str) -> int:
    """The version of a station's book; 0 when nothing was ever written into it."""
    return versions(connection, kind, [station])[station]


def versions(connection: Connection, kind: str, stations: Collection[str]) -> dict[str, int]:
    """The version of each of these stations' books."""
    concerned = _book.c.kind == kind, _book.c.station.in_([EVERY_STATION, *stations])
    found = {row.station: row.version for row in connection.execute(select(_book).where(*concerned))}
    every = found.get(EVERY_STATION, 0)
    return {station: max(every, found.get(station, 0)) for station in stations}
