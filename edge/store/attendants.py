"""The people who work here: their PINs as salted hashes, their lock-outs, who is logged in. All outlive a restart."""

from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlite_utils import Database


class Role(StrEnum):
    """What somebody is here."""

    ATTENDANT = "attendant"
    MANAGER = "manager"


class Attendant(Struct, frozen=True):
    """Somebody with a PIN."""

    name: str
    pin_hash: bytes
    salt: bytes
    failures: int
    """Wrong PINs in a row."""
    locked_until: int
    created_at: int
    role: Role = Role.ATTENDANT


class Session(Struct, frozen=True):
    """Somebody logged in."""

    name: str
    since: int
    seen: int
    """When they last did something."""
    role: Role = Role.ATTENDANT


_PEOPLE = "SELECT name, pin_hash, salt, failures, locked_until, created_at, role FROM attendant"


def add(db: Database, name: str, pin_hash: bytes, salt: bytes, at: int, role: Role = Role.ATTENDANT) -> bool:
    """Add a person. False when the name is taken."""
    written = db.execute(
        "INSERT OR IGNORE INTO attendant (name, pin_hash, salt, created_at, role) VALUES (?, ?, ?, ?, ?)",
        (name, pin_hash, salt, at, role),
    )
    return written.rowcount == 1


def remove(db: Database, name: str) -> bool:
    """Remove a person, who is logged out with it. False when there is none of that name."""
    return db.execute("DELETE FROM attendant WHERE name = ?", (name,)).rowcount == 1


def everybody(db: Database) -> list[Attendant]:
    """All of them, by name."""
    return [_person(row) for row in db.execute(f"{_PEOPLE} ORDER BY name")]


def find(db: Database, name: str) -> Attendant | None:
    """The person of that name."""
    row = db.execute(f"{_PEOPLE} WHERE name = ?", (name,)).fetchone()
    return _person(row) if row else None


def note_wrong_pin(db: Database, name: str, locked_until: int) -> None:
    """One more wrong PIN, and until when no further one is tried."""
    db.execute("UPDATE attendant SET failures = failures + 1, locked_until = ? WHERE name = ?", (locked_until, name))


def enter(db: Database, name: str, token_hash: bytes, at: int, since: int) -> bool:
    """The PIN was right: wrong ones are forgotten, a session begins, those unseen since ``since`` are swept out.

    False when the person was removed meanwhile.
    """
    db.execute("DELETE FROM attendant_session WHERE seen < ?", (since,))
    if not db.execute("UPDATE attendant SET failures = 0, locked_until = 0 WHERE name = ?", (name,)).rowcount:
        return False
    db.execute(
        "INSERT INTO attendant_session (token_hash, name, since, seen) VALUES (?, ?, ?, ?)", (token_hash, name, at, at)
    )
    return True


def session(db: Database, token_hash: bytes) -> Session | None:
    """The session of a token."""
    row = db.execute(
        "SELECT attendant.name, since, seen, role FROM attendant_session JOIN attendant USING (name)"
        " WHERE token_hash = ?",
        (token_hash,),
    ).fetchone()
    return Session(row[0], row[1], row[2], Role(row[3])) if row else None


def seen(db: Database, token_hash: bytes, at: int) -> None:
    """The person did something."""
    db.execute("UPDATE attendant_session SET seen = ? WHERE token_hash = ?", (at, token_hash))


def leave(db: Database, token_hash: bytes) -> None:
    """The person is out."""
    db.execute("DELETE FROM attendant_session WHERE token_hash = ?", (token_hash,))


def _person(row: Any) -> Attendant:
    name, pin_hash, salt, failures, locked_until, created_at, role = row
    return Attendant(name, pin_hash, salt, failures, locked_until, created_at, Role(role))
