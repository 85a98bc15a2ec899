"""Whom this station obeys, and what it has obeyed."""

from collections.abc import Mapping

from sqlite_utils import Database


def trusted(db: Database) -> dict[int, bytes]:
    """Number → public key of 32 bytes; empty before the first."""
    return dict(db.execute("SELECT id, public FROM command_key ORDER BY id").fetchall())


def trust(db: Database, keys: Mapping[int, bytes]) -> bool:
    """Obey these from now on and no others. False when those held are newer, or when there are none.

    Of keys under the same numbers the ones told last win: they came with papers that the company has signed.
    """
    if not keys or max(keys) < max(trusted(db), default=0):
        return False
    db.execute("DELETE FROM command_key")
    for number, public in keys.items():
        db.execute("INSERT INTO command_key (id, public) VALUES (?, ?)", (number, public))
    return True


def note_obeyed(db: Database, at: int, kind: str, frame: bytes) -> None:
    """This was obeyed."""
    db.execute("INSERT INTO obeyed (at, kind, frame) VALUES (?, ?, ?)", (at, kind, frame))


def obeyed(db: Database, kind: str) -> list[bytes]:
    """The frames of this kind that were obeyed, the oldest first."""
    return [row[0] for row in db.execute("SELECT frame FROM obeyed WHERE kind = ? ORDER BY id", (kind,))]
