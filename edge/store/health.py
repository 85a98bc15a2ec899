"""Is the book itself sound? For the engineer's look, beside an agent that may be running."""

from sqlite_utils import Database


def sound(db: Database) -> str:
    """``ok``, or the first thing that is wrong with the file."""
    return str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
