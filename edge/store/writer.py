"""The one pen that writes, the thread that mostly holds it, and the fsync that jobs waiting together share."""

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

import structlog
from sqlite_utils import Database

from edge.store.disk import Reserve
from edge.store.errors import StoreDamaged, StoreUnavailable, is_fault, is_full, told
from shared.tally import Tally

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_TOGETHER = 64
"""At most so many jobs share one commit."""
_QUIET = 5.0
"""After so many seconds without work the write-ahead log is folded back into the store."""


class Job:
    """One function to be run inside one transaction, and the promise of its result."""

    def __init__(self, work: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self.promise: Future[Any] = Future()
        self._work = work
        self._args = args
        self._kwargs = kwargs

    def run(self, db: Database) -> Any:
        """What the function gives. It may be run again when a shared commit failed."""
        return self._work(db, *self._args, **self._kwargs)


Outcome = tuple[Job, Any, Exception | None]


class Writer:
    """Runs jobs, one transaction at a time. Nobody is answered before what he wrote is on the disk."""

    def __init__(
        self,
        db: Database,
        reserve: Reserve,
        on_trouble: Callable[[str | None], None],
        on_commit: Callable[[], None] = lambda: None,
        must_stand: Callable[[], None] = lambda: None,
        on_quiet: Callable[[Database], None] = lambda _: None,
    ) -> None:
        self._db = db
        self._reserve = reserve
        self._on_trouble = on_trouble
        self._on_commit = on_commit
        self._must_stand = must_stand
        self._on_quiet = on_quiet
        self._damaged = False
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = Thread(target=self._live, name="store", daemon=True)
        self._pen = Lock()
        self._closed = False
        self._unfolded = False
        self.commits = Tally()
        """How long each transaction took, from its begin until it was synced."""
        self.trouble: str | None = None
        """Why the last write failed, as a sentence; None when all is well."""
        self._thread.start()

    def submit(self, work: Callable[..., T], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Future[T]:
        """Have this run in the writer's thread; the future is done once it is committed and synced."""
        job = Job(work, args, kwargs)
        if self._closed:
            job.promise.set_exception(StoreUnavailable("The store is closed."))
        else:
            self._jobs.put(job)
        return job.promise

    def run_here(self, work: Callable[..., T], args: Sequence[Any], kwargs: Mapping[str, Any]) -> T:
        """Run this in the calling thread, once the pen is free: two changes of threads less."""
        job = Job(work, args, kwargs)
        with self._pen:
            if self._closed:
                raise StoreUnavailable("The store is closed.")
            self._serve([job])
        result: T = job.promise.result()
        return result

    def stop(self) -> None:
        """Finish what waits, then end."""
        if self._thread.is_alive():
            self._jobs.put(None)
            self._thread.join()

    def _live(self) -> None:
        last = False
        while not last:
            group, last = self._next_group()
            if group:
                self._surely(group)
        with self._pen:
            self._closed = True
            self._fold()
            self._db.close()

    def _surely(self, group: list[Job]) -> None:
        """This thread outlives every bug of those whom it tells, and a log that can't be written."""
        try:
            with self._pen:
                self._serve(group)
        except Exception:
            with suppress(Exception):
                _log.exception("store_listener_failed")

    def _next_group(self) -> tuple[list[Job], bool]:
        """Everything that waits, and whether the end was among it."""
        job = self._wait()
        group: list[Job] = []
        while job is not None:
            if job.promise.set_running_or_notify_cancel():
                group.append(job)
            if len(group) == _TOGETHER:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return group, False
        return group, True

    def _wait(self) -> Job | None:
        while True:
            try:
                return self._jobs.get(timeout=_QUIET if self._unfolded else None)
            except Empty:
                with self._pen:
                    self._fold()

    def _serve(self, group: list[Job]) -> None:
        before, begun = self._db.conn.total_changes, time.perf_counter_ns()
        try:
            self._must_stand()
            outcomes = self._commit(group)
        except (sqlite3.Error, StoreUnavailable) as why:
            self._failed(group, why)
            return
        written = self._db.conn.total_changes != before
        if written:
            self.commits.add((time.perf_counter_ns() - begun) // 1_000)
            self._well()
        for job, result, error in outcomes:
            if error is None:
                job.promise.set_result(result)
            else:
                job.promise.set_exception(error)
        if written:
            self._on_commit()

    def _commit(self, group: list[Job]) -> list[Outcome]:
        """One transaction around all. A fault of the disk ends it for all; an error of a job only for that job."""
        self._db.conn.execute("BEGIN IMMEDIATE")
        try:
            outcomes = [_apart(self._db, job) for job in group] if len(group) > 1 else [_alone(self._db, group[0])]
            seal(self._db)
        except BaseException:
            self._db.rollback()
            raise
        return outcomes

    def _failed(self, group: list[Job], why: sqlite3.Error | StoreUnavailable) -> None:
        """A full disk is given the reserve. One job's failure must not be its neighbours': each is tried alone."""
        if len(group) > 1 or (is_full(why) and self._reserve.release()):
            for job in group:
                self._serve([job])
            return
        group[0].promise.set_exception(self._noted(told(why)))

    def noted_damage(self, error: StoreUnavailable) -> StoreUnavailable:
        """What a reader has met. A file that is not whole takes nothing new, even where it still can be written."""
        return self._noted(error) if isinstance(error, StoreDamaged) else error

    def _noted(self, error: StoreUnavailable) -> StoreUnavailable:
        before, self.trouble = self.trouble, str(error)
        self._damaged = self._damaged or isinstance(error, StoreDamaged)
        if before is None:
            self._on_trouble(str(error))
        return error

    def _well(self) -> None:
        """What has begun may be written into a damaged file too, as long as it takes it; but nothing new is begun."""
        self._unfolded = True
        if self.trouble is not None and not self._damaged:
            self.trouble = None
            self._on_trouble(None)

    def _fold(self) -> None:
        """A log that is never folded back grows, and slows every sale."""
        self._unfolded = False
        with suppress(sqlite3.Error):  # the next write meets the same disk, and tells
            self._db.conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._on_quiet(self._db)


def seal(db: Database) -> None:
    """Commit and sync. The point after which a fact is never lost."""
    db.conn.execute("COMMIT")


def _alone(db: Database, job: Job) -> Outcome:
    """The only job of its transaction: when it raises, the transaction is taken back and begun anew, empty."""
    try:
        return job, job.run(db), None
    except Exception as why:
        if is_fault(why):
            raise
        db.rollback()
        db.conn.execute("BEGIN")
        return job, None, why


def _apart(db: Database, job: Job) -> Outcome:
    """One job among several: when it raises, what it wrote is taken back, and nothing else."""
    db.conn.execute("SAVEPOINT job")
    try:
        outcome: Outcome = job, job.run(db), None
    except Exception as why:
        if is_fault(why):
            raise
        db.conn.execute("ROLLBACK TO job")
        outcome = job, None, why
    db.conn.execute("RELEASE job")
    return outcome
