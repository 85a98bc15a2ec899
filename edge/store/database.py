"""The door to the store.

``await store.run(fn, *args)`` runs ``fn(db, *args)`` in one transaction and answers when that is synced to the disk;
jobs that wait together share the sync. ``store.call`` is the same without an event loop; ``store.read`` reads beside.
"""

import asyncio
import secrets
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from msgspec import Struct
from sqlite_utils import Database

from edge.store import epochs, witness
from edge.store.disk import Footing, Reserve, Room, room
from edge.store.errors import REBUILD, StoreDamaged, StoreUnavailable, is_fault, told
from edge.store.lock import ProcessLock
from edge.store.schema import migrate
from edge.store.timepiece import Clock, MachineClock, Timepiece
from edge.store.witness import Witness
from edge.store.writer import Writer
from shared.clock import StationClock
from shared.errors import Refused
from shared.messages import StoreReason
from shared.tally import Tally

__all__ = ["Database", "Identity", "Store"]

P = ParamSpec("P")
T = TypeVar("T")

_BUSY_MS = 5_000
_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)


class Identity(Struct, frozen=True):
    """The one row of table ``station``, as it is needed at start."""

    station: str
    epoch: int
    store_id: str
    boot: int
    floor: int
    """``at`` of the newest fact."""
    place: int
    """Of the newest letter."""
    machine: str
    backup_at: int


class Store:
    """One station's books, open."""

    def __init__(
        self, path: Path, db: Database, me: Identity, clock: Clock, lock: ProcessLock | None, reserve: Reserve
    ) -> None:
        self.path = path
        self.station = me.station
        self.epoch = me.epoch
        self.store_id = me.store_id
        self.boot = me.boot
        self.clock = Timepiece(clock, me.floor, me.boot)
        self.on_trouble: Callable[[str | None], None] = lambda _: None
        """Called in the writer's thread with a sentence when writing begins to fail, and with None when it is well."""
        self.on_commit: Callable[[], None] = lambda: None
        """Called in the writer's thread after something was written: there may be a new letter to send."""
        self._lock = lock
        self._footing = Footing(path)
        self._writer = Writer(
            db,
            reserve,
            lambda why: self.on_trouble(why),
            lambda: self.on_commit(),
            self._footing.must_stand,
            self._note_how_far if lock else lambda _: None,
        )
        self._reader = ThreadPoolExecutor(1, "store-reader")
        self._read_db: Database | None = None

    @classmethod
    def open(cls, path: Path, station: str, clock: Clock | None = None, *, guest: bool = False) -> "Store":
        """Open the store at ``path``, or make it.

        A guest (the command line beside a running agent) neither holds the store nor counts as a start.
        :exc:`Refused` when another process, another station or a newer program owns it; :exc:`StoreDamaged` and
        :exc:`StoreUnavailable` when the file can't be trusted or used. Nothing is ever made anew over an old file.
        """
        clock = clock or MachineClock()
        lock = None if guest and path.exists() else ProcessLock(path)
        reserve = Reserve(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if lock:
                lock.take()
            _must_not_be_gone(path)
            path.touch(mode=0o600)
            db, me = _opened(path, station, clock, guest, reserve)
        except OSError as why:
            _leave(lock)
            raise StoreUnavailable(f"The store at {path} can't be used: {why}. Check the path and its rights.") from why
        except BaseException:
            _leave(lock)
            raise
        if not guest:
            reserve.keep()
            witness.write(path, Witness(me.station, me.store_id, me.epoch, me.boot, me.place))
        return cls(path, db, me, clock, lock, reserve)

    async def run(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work(db, *args)`` in one transaction; answered when that is on the disk.

        It may be run a second time when a commit failed, so it must touch nothing but the database.
        """
        return await asyncio.wrap_future(self._writer.submit(work, args, kwargs))

    def call(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same in the calling thread; never to be called from the event loop while the agent runs."""
        return self._writer.run_here(work, args, kwargs)

    async def read(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``work`` on a connection that can only read, beside the writer: what is committed, and nothing else."""
        return await asyncio.get_running_loop().run_in_executor(self._reader, lambda: self._look(work, args, kwargs))

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written, as a sentence; None when all is well."""
        return self._writer.trouble or self._footing.lost()

    @property
    def commits(self) -> Tally:
        """How long each commit took."""
        return self._writer.commits

    def room(self, budget: int) -> Room:
        """How much of ``budget`` bytes is used; a nearly full disk makes the budget smaller."""
        return room(self.path, budget)

    def close(self) -> None:
        """Finish what waits, fold the log back, let go of the file."""
        self._reader.shutdown(wait=True)
        if self._read_db is not None:
            self._read_db.close()
        self._writer.stop()
        _leave(self._lock)

    def _note_how_far(self, db: Database) -> None:
        """In the writer's thread, in a quiet moment."""
        place = db.execute("SELECT coalesce(max(place), 0) FROM letter").fetchone()[0]
        witness.write(self.path, Witness(self.station, self.store_id, self.epoch, self.boot, place))

    def _look(self, work: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
        try:
            if self._read_db is None:
                self._read_db = _connect(self.path)
                self._read_db.execute("PRAGMA query_only = ON")
            return work(self._read_db, *args, **kwargs)
        except sqlite3.Error as why:
            if is_fault(why):
                raise self._writer.noted_damage(told(why)) from why
            raise


def _must_not_be_gone(path: Path) -> None:
    """A store that was here and is not any more is not made anew by itself: perhaps its disk is only not mounted."""
    known = witness.read(path)
    if known is not None and (not path.exists() or path.stat().st_size == 0):
        raise StoreDamaged(
            f"The store at {path} is gone; there was one of station “{known.station}”. Put back a backup with "
            "jiayou-edge restore, or begin with empty books: jiayou-edge store rebuild."
        )


def _opened(path: Path, station: str, clock: Clock, guest: bool, reserve: Reserve) -> tuple[Database, Identity]:
    """Opened and entered; a full disk is given the reserve, and tried once more."""
    try:
        return _open_once(path, station, clock, guest)
    except StoreDamaged:
        raise
    except StoreUnavailable:
        if guest or not reserve.release():
            raise
        return _open_once(path, station, clock, guest)


def _open_once(path: Path, station: str, clock: Clock, guest: bool) -> tuple[Database, Identity]:
    db: Database | None = None
    try:
        db = _connect(path)
        return db, _enter(db, path, station, clock, guest)
    except BaseException as why:
        if db is not None:
            db.close()
        if isinstance(why, sqlite3.Error) and is_fault(why):
            raise told(why) from why
        raise


def _connect(path: Path) -> Database:
    connection = sqlite3.connect(
        path, timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    db = Database(connection, recursive_triggers=False, execute_plugins=False)
    for pragma in _PRAGMAS:
        db.execute(pragma).fetchone()
    return db


def _enter(db: Database, path: Path, station: str, clock: Clock, guest: bool) -> Identity:
    """Check the file, bring it to this schema, and count the start."""
    if not guest:
        must_be_whole(db)
    migrate(db)
    with db.atomic():
        _first_entry(db, station, clock.wall())
        me = identity(db)
        must_belong(me, station)
        if not guest:
            _start(db, me, clock.wall(), witness.read(path))
            me = identity(db)
    return me


def must_be_whole(db: Database) -> None:
    """:exc:`StoreDamaged` when the file is not."""
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreDamaged(f"The store is damaged ({found}). {REBUILD}")


def must_belong(me: Identity, station: str) -> None:
    """:exc:`Refused` (``foreign_store``, ``is_backup``) unless these are the books of this station."""
    if me.station != station:
        raise Refused(
            "foreign_store", f"This store belongs to station “{me.station}”, not to “{station}”. Check the path."
        )
    if me.backup_at:
        raise Refused("is_backup", "This file is a backup. Put it back with jiayou-edge restore, and it will be used.")


def _start(db: Database, me: Identity, wall: int, known: Witness | None) -> None:
    """Count the start; in a new epoch, when the file is not the one that was closed here."""
    machine = witness.machine()
    found = epochs.Opened(me.station, me.store_id, me.epoch, me.boot, me.place, me.machine)
    reason = epochs.judged(found, known, machine)
    boot = 1 + (max(me.boot, known.boot) if reason is StoreReason.OLDER and known else me.boot)
    db.execute("UPDATE station SET boot = ?, machine = ?", (boot, machine))
    if reason is not None:
        epochs.begin(db, StationClock(me.floor, boot).stamp(wall, 0), reason, known)


def _first_entry(db: Database, station: str, wall: int) -> None:
    db.execute(
        "INSERT OR IGNORE INTO station (one, station, epoch, store_id) VALUES (1, ?, ?, ?)",
        (station, epochs.drawn(wall), secrets.token_hex(8)),
    )


def identity(db: Database) -> Identity:
    """Who this store says it is."""
    row = db.execute(
        "SELECT station, epoch, store_id, boot, coalesce((SELECT at FROM letter ORDER BY place DESC LIMIT 1), 0),"
        " coalesce((SELECT max(place) FROM letter), 0), machine, backup_at FROM station"
    ).fetchone()
    return Identity(*row)


def _leave(lock: ProcessLock | None) -> None:
    if lock:
        lock.release()
