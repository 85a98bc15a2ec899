"""A damaged store: the file is kept as it is, and what can be read of it goes on in a new one.

A letter is read page by page from both ends; between the pages that can't be read each number is asked for by itself.
Beside that the letters are looked for in the bytes, should not even the first page be left: a letter is text, and its
key stands before it.
Everything that was saved keeps its key; the new store numbers its own letters in a new epoch, and its first letter
tells head office how many are known to be lost.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlite_utils import Database

from edge.store import epochs, payments, sales, witness
from edge.store.backup import copied, known_epochs, put_in_place, remove
from edge.store.database import identity
from edge.store.errors import StoreUnavailable
from edge.store.lock import ProcessLock
from edge.store.outbox import seq_of
from edge.store.schema import migrate
from edge.store.timepiece import Clock, MachineClock
from edge.store.witness import Witness
from shared.clock import StationClock
from shared.errors import LetterMisread, Refused
from shared.messages import SaleRecorded, StoreReason
from shared.wire import read_letter

_LEFT_OUT = {"station", "letter", "attendant_session", "presented"}
"""Tables that are made anew, that are read with more care, or that only hold what is over now."""
_BEGIN = b'{"seq":'
_MOST_ASKED = 200_000
"""So many numbers between unreadable pages are asked for one by one."""

_LONGEST = 8_192
"""Bytes: more than a page holds."""
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""How many bytes an integer of each kind takes in a row."""
_LETTER = "SELECT place, at, body FROM letter"

Row = tuple[Any, ...]


class Rebuilt(Struct, frozen=True):
    """What became of a damaged store."""

    station: str
    epoch: int
    former_epoch: int
    """0 when not even that could be read."""
    saved: int
    """Letters of all former epochs that are in the new store."""
    upto: int
    """The highest of the former epoch."""
    lost: int
    """Those of it that are known to have been there."""
    rows: dict[str, int]
    """Rows of the other tables."""
    kept: str
    """The folder in which the old files lie."""


def rebuild(store: Path, station: str, clock: Clock | None = None) -> Rebuilt:
    """Save what can be read into a new store; the old files are kept. The agent must not run.

    :exc:`Refused` (``no_store``, ``store_in_use``, ``foreign_store``), :exc:`StoreUnavailable`; then nothing was
    changed.
    """
    known = witness.read(store)
    if not store.exists() and known is None:
        raise Refused("no_store", f"There is no store at {store}, and there never was one.")
    if known is not None and known.station != station:
        raise Refused("foreign_store", f"The store at {store} belonged to station “{known.station}”.")
    lock, new, old = ProcessLock(store), _beside(store, ".new"), _beside(store, ".old")
    try:
        lock.take()
        remove(new)
        remove(old)
        copied(store, old)
        return _rebuilt(old, new, store, station, known, clock or MachineClock())
    except OSError as why:
        raise StoreUnavailable(f"The store can't be rebuilt here: {why}") from why
    finally:
        for each in (new, old):
            with suppress(OSError):
                remove(each)
        lock.release()


def _rebuilt(old: Path, new: Path, store: Path, station: str, known: Witness | None, clock: Clock) -> Rebuilt:
    new.touch(mode=0o600)
    with closing(sqlite3.connect(new, isolation_level=None)) as connection:
        db = Database(connection, recursive_triggers=False, execute_plugins=False)
        migrate(db)
        with db.atomic():
            rows = _saved(old, db, station, known)
            saved = db.execute("SELECT count(*) FROM letter").fetchone()[0]
            former = identity(db)
            stamp = StationClock(former.floor, former.boot).stamp(clock.wall(), 0)
            epochs.begin(db, stamp, StoreReason.REBUILT, known, known_epochs(old))
            me, told = identity(db), epochs.all_former(db)[0]
            lost = epochs.lost_of(db, told.epoch, known)
    kept = put_in_place(new, store, me, clock.wall())
    return Rebuilt(station, me.epoch, former.epoch, saved, told.upto, lost, rows, kept)


def _saved(old: Path, db: Database, station: str, known: Witness | None) -> dict[str, int]:
    db.execute("PRAGMA defer_foreign_keys = ON")
    rows: dict[str, int] = {}
    with closing(sqlite3.connect(old, isolation_level=None)) as damaged:
        former = _former(damaged, station, known)
        db.execute(
            "INSERT INTO station (one, station, epoch, store_id, boot, machine) VALUES (1, ?, ?, ?, ?, ?)",
            (station, former.epoch, former.store_id, former.boot, witness.machine()),
        )
        letters = dict(carved(old)) | dict(_letters(damaged))
        db.conn.executemany(
            "INSERT INTO letter (place, at, body) VALUES (?, ?, ?)",
            [(place, at, body) for place, (at, body) in sorted(letters.items())],
        )
        for table in _tables(db):
            rows[table] = _copy(damaged, db, table)
    _drop_orphans(db)
    rows["sale"] = rows.get("sale", 0) + _notes_again(db)
    return {table: count for table, count in rows.items() if count}


def _former(damaged: sqlite3.Connection, station: str, known: Witness | None) -> Witness:
    """Who the old file says it was, or the words beside it, or at the least its letters."""
    with suppress(sqlite3.Error, TypeError):
        row = damaged.execute("SELECT station, store_id, epoch, boot FROM station").fetchone()
        if row[0] != station:
            raise Refused("foreign_store", f"This store belongs to station “{row[0]}”, not to “{station}”.")
        return Witness(row[0], row[1], row[2], row[3], 0)
    if known is not None:
        return known
    highest = max((place for place, _ in _letters(damaged)), default=0)
    return Witness(station, "unknown", max(1, highest >> 31), 0, highest)


def _letters(damaged: sqlite3.Connection) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Every letter that can be read: by place, when it was written and what it says."""
    low = high = 0
    for place, at, body in _whole(damaged, f"{_LETTER} ORDER BY place"):
        low = place
        yield place, (at, body)
    for place, at, body in _whole(damaged, f"{_LETTER} ORDER BY place DESC"):
        if place <= low:
            return
        high = place
        yield place, (at, body)
    for asked in range(low + 1, min(high, low + _MOST_ASKED) if high else low + 1):
        for place, at, body in _whole(damaged, f"{_LETTER} WHERE place = ?", asked):
            yield place, (at, body)


def _whole(damaged: sqlite3.Connection, question: str, *values: object) -> Iterator[tuple[int, int, bytes]]:
    """The letters among these rows; what a torn page makes of one is none."""
    for place, at, body in _until_it_breaks(damaged, question, *values):
        with suppress(LetterMisread):
            if isinstance(place, int) and isinstance(at, int) and isinstance(body, bytes):
                read_letter(body, seq_of(place))
                yield place, at, body


def _until_it_breaks(damaged: sqlite3.Connection, question: str, *values: object) -> Iterator[Row]:
    with suppress(sqlite3.DatabaseError):
        yield from damaged.execute(question, values)


def carved(file: Path) -> Iterator[tuple[int, tuple[int, bytes]]]:
    """Letters in the bytes of a file, whatever else is left of it. One that a page was too small for stays lost."""
    data, decoder, at = file.read_bytes() if file.exists() else b"", json.JSONDecoder(), -1
    while (at := data.find(_BEGIN, at + 1)) >= 0:
        text = data[at : at + _LONGEST].decode("utf-8", "replace")
        with suppress(ValueError, LetterMisread, TypeError, RecursionError):
            said, end = decoder.raw_decode(text)
            place = _place_before(data, at)
            if place is not None and seq_of(place) == said["seq"]:
                body = text[:end].encode()
                yield place, (read_letter(body, said["seq"]).stamp.at, body)


def _place_before(data: bytes, body: int) -> int | None:
    """The key of the row whose last column begins here; None when this is no row of ours.

    A cell of SQLite's: size, key, then the types of the columns (the key counts as NULL), ``at``, the body. Our keys
    always take nine bytes. See "B-tree Cell Format" and "Record Format" in SQLite's description of its file.
    """
    for kind, size in _INTEGERS.items():
        for width in (1, 2, 3):
            head = body - size - 3 - width
            if head >= 9 and data[head : head + 3] == bytes((3 + width, 0, kind)):
                key = data[head - 9 : head]
                upper = [byte & 0x7F for byte in key[:8]]
                return sum(bits << 8 + 7 * (7 - i) for i, bits in enumerate(upper)) | key[8]
    return None


def _copy(damaged: sqlite3.Connection, db: Database, table: str) -> int:
    """The rows that can be read, with the columns that both know."""
    ours = [column.name for column in db.table(table).columns]
    theirs = {row[1] for row in _until_it_breaks(damaged, f"PRAGMA table_info({table})")}
    columns = ", ".join(name for name in ours if name in theirs)
    if not columns:
        return 0
    marks = ", ".join("?" for name in ours if name in theirs)
    insert = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - the names are our schema's
    count = 0
    for row in _until_it_breaks(damaged, f"SELECT {columns} FROM {table}"):  # noqa: S608 - so are these
        with suppress(sqlite3.IntegrityError):  # a torn page gives a text where a figure was
            count += db.conn.execute(insert, row).rowcount
    return count


def _notes_again(db: Database) -> int:
    """The rows of sales whose letters were saved and whose rows were not: what a coupon was used for must be known, and
    what was paid."""
    letters = db.execute(
        "SELECT place, body FROM letter WHERE NOT EXISTS (SELECT 1 FROM sale WHERE sale.place = letter.place)"
        " AND NOT EXISTS (SELECT 1 FROM payment WHERE payment.place = letter.place) ORDER BY place"
    ).fetchall()
    count = 0
    for place, body in letters:
        with suppress(LetterMisread):
            letter = read_letter(body, seq_of(place))
            if isinstance(letter.body, SaleRecorded):
                count += sales.note(db, place, letter.stamp.at, letter.body.sale)
            with suppress(sqlite3.IntegrityError):  # its sale's letter was lost
                payments.note(db, place, letter.body)
    return count


def _tables(db: Database) -> list[str]:
    return [name for name in db.table_names() if name not in _LEFT_OUT and not name.startswith(("_", "sqlite"))]


def _drop_orphans(db: Database) -> None:
    """Rows whose letter was lost; and again those that hang on them."""
    while orphans := db.execute("PRAGMA foreign_key_check").fetchall():
        for table, rowid, parent, *_ in orphans:
            if rowid is None:
                db.execute(f"DELETE FROM {table} WHERE place NOT IN (SELECT place FROM {parent})")  # noqa: S608 - our own names
            else:
                db.execute(f"DELETE FROM {table} WHERE rowid = ?", (rowid,))  # noqa: S608 - our own name


def _beside(store: Path, ending: str) -> Path:
    return store.with_name(store.name + ending)
