"""The company's books: a database, and how transactions on it begin and end."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection as Connection  # the trades hold transactions, and know them by this name alone
from sqlalchemy import Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InternalError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.sql.dml import Insert

from shared.errors import LetterMisread, SettingsMisread, Unavailable

_WORTH_COPYING = 50
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 10000",
)


_WATCHED = (
    "tcp_keepalives_idle = '10s'",
    "tcp_keepalives_interval = '5s'",
    "tcp_keepalives_count = 3",
    "idle_in_transaction_session_timeout = '60s'",
)
"""So that PostgreSQL lets go of what a worker held whose machine has lost its power, or that hangs: lines and shards.

Left to itself it would keep them for two hours.
"""
_WATCHING = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
"""The same the other way round."""


class Books:
    """The database. May be used from many threads; every call blocks, so the event loop calls it in a thread.

    On SQLite each writer waits for the one before it, and what is committed is on the disk (WAL, synchronous=FULL).
    :exc:`Unavailable` when the database is out of reach, :exc:`SettingsMisread` when ``url`` names none.
    """

    def __init__(self, url: str, password: str = "") -> None:
        place = _place(url)
        place = place.set(password=password) if password else place
        self.sqlite = place.get_backend_name() == "sqlite"
        self._turn = threading.Lock() if self.sqlite else nullcontext()
        self.writer, self._reader = _sqlite_engines(place) if self.sqlite else _postgresql_engines(place)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes: at the end of the block all of it is committed, or after an error none of it."""
        with _declared(), self._turn, self.writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that can't write, and sees one state of the books throughout."""
        with _declared(), self._reader.begin() as connection:
            yield connection

    def apart(self) -> Connection:
        """A connection of one's own on which each statement is a transaction; whoever asked for it closes it.

        PostgreSQL only. :exc:`Unavailable` when it is out of reach.
        """
        with _declared():
            return self.writer.connect().execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        """Hangs up."""
        self._reader.dispose()
        self.writer.dispose()


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that can say what to do on a conflict, in the words of this database."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def insert_or_ignore(connection: Connection, table: Table) -> Insert:
    """An INSERT under which a row that is already there stays as it is."""
    return insert(connection, table).on_conflict_do_nothing()


def insert_many(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Many rows at once, each with every column in the table's order. Those that are there already stay as they are.

    Straight to the driver: twice as fast as a compiled statement, which would look at each of the values.
    """
    if len(rows) >= _WORTH_COPYING and connection.dialect.name == "postgresql":
        _copy_many(connection, table, rows)
    elif rows:
        connection.exec_driver_sql(_insert_text(table, connection.dialect.paramstyle), [tuple(row) for row in rows])


@contextmanager
def fitting(connection: Connection) -> Iterator[None]:
    """A savepoint for what came from outside. :exc:`LetterMisread` when the tables can't hold it; nothing of it stays.

    A figure beyond 64 bits, a character that no database can hold: readable, but not to be kept in columns.
    """
    try:
        with connection.begin_nested():
            yield
    except (DataError, IntegrityError, OverflowError, UnicodeEncodeError, ValueError) as why:
        raise LetterMisread(f"This can be read but not kept in the books: {_plainly(why)}") from why


@cache
def _insert_text(table: Table, style: str) -> str:
    names = [f'"{column.name}"' for column in table.columns]
    places = ["?" if style == "qmark" else "%s"] * len(names)
    return f'INSERT INTO "{table.name}" ({", ".join(names)}) VALUES ({", ".join(places)}) ON CONFLICT DO NOTHING'  # noqa: S608 - our own names


def _copy_many(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """PostgreSQL's COPY, more than twice as fast again.

    It knows no ON CONFLICT, so when one of the rows is there already, which is rare, all of them go the slower way.
    (By way of a temporary table it could; making, copying and emptying that took longer than a small group itself.)
    """
    try:
        with connection.begin_nested():
            _copy(connection, table, rows)
    except IntegrityError:
        connection.exec_driver_sql(_insert_text(table, connection.dialect.paramstyle), [tuple(row) for row in rows])


def _copy(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(f'COPY "{table.name}" FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as why:
        raise DBAPIError.instance(f"COPY {table.name}", None, why, psycopg.Error, dialect=connection.dialect) from why
    finally:
        cursor.close()


def _plainly(why: Exception) -> str:
    cause = why.orig if isinstance(why, DBAPIError) else why
    return str(cause).partition("\n")[0]


@contextmanager
def _declared() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InternalError) as why:
        if isinstance(why, InternalError) and not isinstance(why.orig, psycopg.errors.ReadOnlySqlTransaction):
            raise  # not from a standby, which will be a primary again
        raise Unavailable(f"The company's database can't be used now: {_plainly(why)}") from why


def _place(url: str) -> URL:
    try:
        place = make_url(url)
        known = place.get_backend_name() in ("sqlite", "postgresql")
    except (ArgumentError, NoSuchModuleError) as why:
        raise SettingsMisread(f"“{url}” is not the address of a database: {why}") from why
    if not known or (place.get_backend_name() == "sqlite" and place.database in (None, "", ":memory:")):
        raise SettingsMisread("The database must be sqlite:///a/file or postgresql://user@host/name.")
    return place.set(drivername="postgresql+psycopg") if place.get_backend_name() == "postgresql" else place


def _sqlite_engines(place: URL) -> tuple[Engine, Engine]:
    Path(str(place.database)).parent.mkdir(parents=True, exist_ok=True)
    writer = create_engine(place, pool_size=1, max_overflow=0)
    reader = create_engine(place, pool_size=8, max_overflow=24)
    _prepare(writer, _PRAGMAS, "BEGIN IMMEDIATE")
    _prepare(reader, (*_PRAGMAS, "PRAGMA query_only = ON"), "BEGIN")
    return writer, reader


def _prepare(engine: Engine, pragmas: tuple[str, ...], begin: str) -> None:
    def connected(raw: Any, _record: Any) -> None:
        raw.isolation_level = None  # the driver must not begin transactions of its own
        for pragma in pragmas:
            raw.execute(pragma)

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


def _postgresql_engines(place: URL) -> tuple[Engine, Engine]:
    writer = create_engine(place, pool_size=10, max_overflow=30, pool_pre_ping=True, connect_args=_WATCHING)
    event.listen(writer, "connect", _watched)
    return writer, writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _watched(raw: Any, _record: Any) -> None:
    """Said on the connection, not in its address: whoever stands between may not let that through."""
    raw.execute("; ".join(f"SET {setting}" for setting in _WATCHED))
    raw.commit()
