"""Copies of the books that can be put back: made beside a running agent, marked as copies, never opened by mistake."""

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from msgspec import Struct
from sqlite_utils import Database

from edge.store import epochs, witness
from edge.store.database import Identity, identity, must_be_whole, must_belong
from edge.store.errors import StoreDamaged, StoreUnavailable, is_fault, told
from edge.store.lock import ProcessLock
from edge.store.outbox import seq_of
from edge.store.schema import migrate
from edge.store.timepiece import Clock, MachineClock
from edge.store.witness import Witness
from shared.clock import StationClock
from shared.errors import Refused
from shared.messages import StoreReason

_PARTS = ("", "-wal", "-shm")
_PAGES = 256
"""Pages copied at a time, so that the agent can write in between."""


class BackedUp(Struct, frozen=True):
    """A backup that was made."""

    station: str
    epoch: int
    upto: int
    """The newest letter in it."""
    at: int
    """UTC milliseconds."""


class Restored(Struct, frozen=True):
    """A store that was put back."""

    station: str
    epoch: int
    former_epoch: int
    upto: int
    """The newest letter of the former epoch that is in it."""
    kept: str
    """Where the files lie that it took the place of; empty when there were none."""


def backup(store: Path, station: str, target: Path, clock: Clock | None = None) -> BackedUp:
    """Copy the books, beside an agent that may be running. Nothing is written over.

    :exc:`Refused` (``file_exists``, ``foreign_store``); :exc:`StoreUnavailable`, :exc:`StoreDamaged`.
    """
    if target.exists():
        raise Refused("file_exists", f"There is a file {target} already. Choose another name.")
    at = (clock or MachineClock()).wall()
    new = target.with_name(target.name + ".new")
    try:
        new.touch(mode=0o600)
        with closing(_read_only(store)) as books, closing(sqlite3.connect(new, isolation_level=None)) as copy:
            books.backup(copy, pages=_PAGES)
            me = _marked(Database(copy, recursive_triggers=False, execute_plugins=False), station, at)
        _synced(new)
        new.rename(target)
    except OSError as why:
        raise StoreUnavailable(f"The backup can't be written to {target}: {why}") from why
    except sqlite3.Error as why:
        raise told(why) if is_fault(why) else why from why
    finally:
        with suppress(OSError):
            new.unlink()
    return BackedUp(me.station, me.epoch, seq_of(me.place), at)


def restore(file: Path, store: Path, station: str, clock: Clock | None = None) -> Restored:
    """Put a backup (or any whole copy of this station's books) in the place of the store, in a new epoch.

    The agent must not run. What lay there before is kept beside. :exc:`Refused` (``no_backup``, ``store_in_use``,
    ``foreign_store``, ``newer_store``), :exc:`StoreDamaged`, :exc:`StoreUnavailable`; then nothing was changed.
    """
    if not file.exists():
        raise Refused("no_backup", f"There is no file {file}.")
    lock, new = ProcessLock(store), store.with_name(store.name + ".new")
    try:
        store.parent.mkdir(parents=True, exist_ok=True)
        lock.take()
        remove(new)
        try:
            copied(file, new)
            return _put_back(new, store, station, clock or MachineClock(), file.name)
        finally:
            remove(new)
    except StoreDamaged as why:
        raise StoreDamaged(
            f"The backup {file} is damaged; nothing was changed. Take another one. Without any, jiayou-edge store "
            "rebuild saves what can be read of the books that are here."
        ) from why
    except OSError as why:
        raise StoreUnavailable(f"The backup can't be put back: {why}") from why
    finally:
        lock.release()


def put_in_place(new: Path, store: Path, me: Identity, wall: int) -> str:
    """Set what lies there aside, and this in its place; gives the folder of what was there, empty for nothing."""
    kept = set_aside(store, wall)
    new.rename(store)
    witness.write(store, Witness(me.station, me.store_id, me.epoch, me.boot, me.place))
    return kept


def set_aside(store: Path, wall: int) -> str:
    """Move the store's files into a folder of their own beside it, whatever state they are in."""
    parts = [part for part in _parts(store) if part.exists()]
    if not parts:
        return ""
    folder = _new_folder(store.with_name(f"{store.name}.kept-{wall // 1000}"))
    for part in parts:
        part.rename(folder / part.name)
    return str(folder)


def copied(file: Path, target: Path) -> None:
    """A store with its log, as they lie."""
    for source, part in zip(_parts(file), _parts(target), strict=True):
        if source.exists() and not source.name.endswith("-shm"):
            shutil.copyfile(source, part)
            part.chmod(0o600)


def remove(store: Path) -> None:
    """A store that was begun and not finished."""
    for part in _parts(store):
        part.unlink(missing_ok=True)


def known_epochs(store: Path) -> list[int]:
    """The epochs of a file that may be damaged, as far as it says."""
    try:
        with closing(_read_only(store)) as books:
            return [int(books.execute("SELECT epoch FROM station").fetchone()[0])]
    except (sqlite3.Error, TypeError):
        return []


def _put_back(new: Path, store: Path, station: str, clock: Clock, name: str) -> Restored:
    wall, known = clock.wall(), witness.read(store)
    try:
        with closing(sqlite3.connect(new, isolation_level=None)) as connection:
            db = Database(connection, recursive_triggers=False, execute_plugins=False)
            must_be_whole(db)
            before = _belonging(db, station)
            with db.atomic():
                boot = max(before.boot, known.boot if known else 0)
                db.execute("UPDATE station SET boot = ?, machine = ?", (boot, witness.machine()))
                stamp = StationClock(before.floor, boot).stamp(wall, 0)
                epochs.begin(db, stamp, StoreReason.RESTORED, known, known_epochs(store), name)
            me = identity(db)
    except sqlite3.Error as why:
        raise told(why) if is_fault(why) else why from why
    _synced(new)
    return Restored(station, me.epoch, before.epoch, seq_of(before.place), put_in_place(new, store, me, wall))


def _belonging(db: Database, station: str) -> Identity:
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'station'").fetchone():
        raise Refused("no_backup", "This file is no copy of a station's books.")
    migrate(db)
    db.execute("UPDATE station SET backup_at = 0")
    found = identity(db)
    must_belong(found, station)
    return found


def _marked(db: Database, station: str, at: int) -> Identity:
    """A copy that says that it is one. It has no log beside it."""
    db.execute("PRAGMA journal_mode = DELETE").fetchone()
    migrate(db)
    found = identity(db)
    must_belong(found, station)
    db.execute("UPDATE station SET backup_at = ?", (at,))
    must_be_whole(db)
    return found


def _read_only(store: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)


def _parts(store: Path) -> list[Path]:
    return [store.with_name(store.name + part) for part in _PARTS]


def _new_folder(wanted: Path) -> Path:
    number, folder = 0, wanted
    while folder.exists():
        number += 1
        folder = wanted.with_name(f"{wanted.name}-{number}")
    folder.mkdir(mode=0o700)
    return folder


def _synced(file: Path) -> None:
    number = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
