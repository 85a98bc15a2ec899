"""How much room the store has left. Nothing sold is deleted to make some; new fuelling is refused in time instead."""

import os
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from edge.store.errors import StoreUnavailable

_MEGABYTE = 1_000_000
LEAST_FREE = 32 * _MEGABYTE
"""Bytes that the disk itself must have left, however small the store is: its log and what has begun need them."""
RESERVE = 8 * _MEGABYTE


class Room(Struct, frozen=True):
    """Bytes used and granted by the budget, and free on the disk."""

    used: int
    budget: int
    free: int

    @property
    def last_tenth(self) -> bool:
        """Whether nine tenths of the budget are gone, or the disk is nearly full: only what has begun is recorded."""
        return self.used * 10 >= self.budget * 9 or self.free < LEAST_FREE


def room(path: Path, budget: int) -> Room:
    """The store with its log against the budget, and what the disk can still hold."""
    used = sum(file.stat().st_size for file in (path, path.with_name(path.name + "-wal")) if file.exists())
    return Room(used, budget, _free(path))


class Footing:
    """The files on which the store stands. One that was deleted or replaced still takes every write, and keeps none."""

    def __init__(self, store: Path) -> None:
        self._files = [store, store.with_name(store.name + "-wal")]
        self._known = [_who(file) for file in self._files]

    def lost(self) -> str | None:
        """What became of them, as a sentence; None when they are where they were."""
        for place, file in enumerate(self._files):
            who = _who(file)
            if self._known[place] is None:
                self._known[place] = who
            elif who != self._known[place]:
                return (
                    f"The store's file {file} was deleted or replaced while the agent runs. Nothing can be recorded: "
                    "put it back, or stop the agent and run jiayou-edge store rebuild."
                )
        return None

    def must_stand(self) -> None:
        """:exc:`StoreUnavailable` when they do not."""
        why = self.lost()
        if why:
            raise StoreUnavailable(why)


class Reserve:
    """A file that only takes up room, and gives it back when the disk is full.

    Then the agent can still start and say what is wrong, and what has begun can still be recorded.
    """

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(store.name + ".reserve")

    def keep(self) -> None:
        """Set it aside, when there is plenty."""
        if self._path.exists() or _free(self._path) < LEAST_FREE + RESERVE:
            return
        with suppress(OSError):
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(file, 0, RESERVE)
            finally:
                os.close(file)

    def release(self) -> bool:
        """Give it back; False when there was none."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True


def _who(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _free(path: Path) -> int:
    disk = os.statvfs(path.parent)
    return disk.f_bavail * disk.f_frsize
