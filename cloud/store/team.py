"""How the workers of one company find each other in PostgreSQL: who serves which shard, and what one tells the others.

A worker holds its shards by advisory locks on a connection that does nothing else. When the worker dies, however it
dies, its connection dies with it, and the shards are free for the others: no lease runs out. A worker that hangs asks
nothing on it any more, so that PostgreSQL ends it.
"""

from collections.abc import Iterable
from typing import Final

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from cloud.store.database import Books
from shared.errors import Unavailable

_SHARD, _WORKER = 0x6A696131, 0x6A696132
"""Two numbers of our own, so that nobody else's advisory locks are met."""
_CHANNEL = "jiayou"
PATIENCE: Final = 15.0
"""Seconds; a worker that is well asks every two."""
_LONGEST = 7_900
"""Bytes that PostgreSQL carries to the others; beyond, it is told without details."""
_COUNT = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = :worker AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Seat:
    """A worker's place in the team. Blocking, for one thread. :exc:`Unavailable` when the connection is gone: nothing
    is held any more. So it is, too, when its worker has asked nothing for ``patience`` seconds."""

    def __init__(self, books: Books, patience: float = PATIENCE) -> None:
        self._connection = books.apart()
        try:
            self._connection.execute(text(f"SET idle_session_timeout = {round(patience * 1_000)}"))
            number = self._one("SELECT pg_backend_pid()")
            self._one("SELECT pg_advisory_lock_shared(:worker, :number)", worker=_WORKER, number=number)
            self._connection.execute(text(f"LISTEN {_CHANNEL}"))
        except BaseException:
            self.close()
            raise

    def workers(self) -> int:
        """How many there are, this one among them."""
        return max(1, self._one(_COUNT, worker=_WORKER))

    def take(self, shards: Iterable[int], most: int) -> set[int]:
        """Up to so many of these shards that nobody holds."""
        taken: set[int] = set()
        for shard in shards:
            if len(taken) >= most:
                break
            if self._one("SELECT pg_try_advisory_lock(:shard, :number)", shard=_SHARD, number=shard):
                taken.add(shard)
        return taken

    def release(self, shards: Iterable[int]) -> None:
        """These are for others."""
        for shard in shards:
            self._one("SELECT pg_advisory_unlock(:shard, :number)", shard=_SHARD, number=shard)

    def hear(self, seconds: float) -> list[str]:
        """What any worker has told, waiting at most so long for the first word."""
        driver = self._connection.connection.driver_connection
        if not isinstance(driver, psycopg.Connection):
            raise TypeError("a team needs psycopg")
        try:
            return [notice.payload for notice in driver.notifies(timeout=seconds, stop_after=1)]
        except psycopg.Error as why:
            raise Unavailable(f"The company's database can't be heard now: {why}") from why

    def close(self) -> None:
        """Leaves; everything held is free."""
        self._connection.invalidate()
        self._connection.close()

    def _one(self, question: str, **values: int) -> int:
        try:
            return int(self._connection.execute(text(question), values).scalar() or 0)
        except DBAPIError as why:
            raise Unavailable(f"The company's database can't be used now: {why.orig}") from why


def tell(connection: Connection, word: str, shorter: str) -> None:
    """Tells every worker, when the transaction is committed; the shorter word when the other one is too long."""
    fits = len(word.encode()) <= _LONGEST
    connection.execute(
        text("SELECT pg_notify(:channel, :word)"), {"channel": _CHANNEL, "word": word if fits else shorter}
    )
