"""Commands from head office: each acted on once, however often it is delivered."""

from msgspec import Struct
from sqlite_utils import Database


class Outcome(Struct, frozen=True):
    """What became of a command; ``done`` None while it is still acted on."""

    done: bool | None
    detail: str


def begin(db: Database, command_id: str, deadline: int) -> bool:
    """Note that it is acted on now. False: it was seen before."""
    written = db.execute("INSERT OR IGNORE INTO inbox (command, deadline) VALUES (?, ?)", (command_id, deadline))
    return written.rowcount > 0


def end(db: Database, command_id: str, done: bool, detail: str) -> None:
    """Note what became of it."""
    db.execute("UPDATE inbox SET done = ?, detail = ? WHERE command = ?", (int(done), detail, command_id))


def outcome(db: Database, command_id: str) -> Outcome | None:
    """What became of it; None when it was never seen."""
    row = db.execute("SELECT done, detail FROM inbox WHERE command = ?", (command_id,)).fetchone()
    return Outcome(None if row[0] is None else bool(row[0]), row[1]) if row else None


def unfinished(db: Database) -> list[str]:
    """Commands that were begun and not ended: the agent died over them."""
    return [row[0] for row in db.execute("SELECT command FROM inbox WHERE done IS NULL ORDER BY rowid")]
