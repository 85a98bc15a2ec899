"""A house dies at its nth commit, a moment before that is on the disk or a moment after, and never wakes by itself."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlite_utils import Database

from cloud.store.database import Books, Connection
from edge.store import writer


class PowerCut:
    """Counts commits; ``dark`` is set at the one that fails. Whatever is tried after that fails too."""

    def __init__(self, at: int, after: bool) -> None:
        self.commits = 0
        self.dark = asyncio.Event()
        self._at = at
        self._after = after
        self._loop = asyncio.get_running_loop()

    def __str__(self) -> str:
        return f"cut at commit {self._at}, {'after' if self._after else 'before'} it was on the disk"

    def seal(self, db: Database) -> None:
        """In place of :func:`edge.store.writer.seal`."""
        if self._reached():
            if self.commits == self._at and self._after:
                db.conn.execute("COMMIT")
            raise _io_error()
        db.conn.execute("COMMIT")

    def commit(self, connection: Connection) -> None:
        """Before each commit of head office's books."""
        if self._reached():
            raw = connection.connection.dbapi_connection
            if self.commits == self._at and self._after and raw is not None:
                raw.commit()
            raise OperationalError("COMMIT", None, _io_error())

    def _reached(self) -> bool:
        self.commits += 1
        if self.commits >= self._at:
            self._loop.call_soon_threadsafe(self.dark.set)
        return self.commits >= self._at


def _io_error() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("the power is gone")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    return error


@contextmanager
def at_the_station(cut: PowerCut) -> Iterator[None]:
    """The station's machine has this power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "seal", cut.seal)
        yield


@contextmanager
def at_head_office(books: Books, cut: PowerCut) -> Iterator[None]:
    """Head office's machine has this power."""
    event.listen(books.writer, "commit", cut.commit)
    try:
        yield
    finally:
        event.remove(books.writer, "commit", cut.commit)
