"""Wrong codes that were tried, and the locks they led to. Both outlive a restart."""

from msgspec import Struct
from sqlite_utils import Database


class Lock(Struct, frozen=True):
    """The keypad is locked until then, UTC milliseconds; ``times`` in a row so far."""

    until: int = 0
    times: int = 0


def note_wrong(db: Database, at: int, point: int, by: str) -> None:
    """A wrong code was tried."""
    db.execute("INSERT INTO wrong_code (at, point, by) VALUES (?, ?, ?)", (at, point, by))


def count_wrong(db: Database, since: int, point: int = 0) -> int:
    """How many were tried since then; at one point or, with 0, at all."""
    return int(
        db.execute(
            "SELECT count(*) FROM wrong_code WHERE at >= ?1 AND (?2 = 0 OR point = ?2)", (since, point)
        ).fetchone()[0]
    )


def forgive(db: Database, point: int) -> None:
    """A genuine code was shown at this point, or its customer has left: the count there begins anew."""
    db.execute("UPDATE wrong_code SET point = -point WHERE point = ?", (point,))


def lock(db: Database, scope: str) -> Lock:
    """The lock of ``station`` or ``point:3``."""
    row = db.execute("SELECT until, times FROM code_lock WHERE scope = ?", (scope,)).fetchone()
    return Lock(*row) if row else Lock()


def keep_lock(db: Database, scope: str, held: Lock) -> None:
    """Lock it, in place of an older lock."""
    db.execute(
        "INSERT INTO code_lock (scope, until, times) VALUES (?, ?, ?)"
        " ON CONFLICT (scope) DO UPDATE SET until = excluded.until, times = excluded.times",
        (scope, held.until, held.times),
    )


def forget_before(db: Database, at: int) -> None:
    """Drop what no rule looks at any more."""
    db.execute("DELETE FROM wrong_code WHERE at < ?", (at,))
