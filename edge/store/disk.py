"""How much room the store has left. Nothing sold is deleted to make some; new fuelling is refused in time instead."""

import os
from pathlib import Path

from msgspec import Struct


class Room(Struct, frozen=True):
    """Bytes used and granted."""

    used: int
    budget: int

    @property
    def last_tenth(self) -> bool:
        """Whether nine tenths are gone: from here on only what has begun is recorded."""
        return self.used * 10 >= self.budget * 9


def room(path: Path, budget: int) -> Room:
    """The store with its log against the budget, or against what the disk can still hold when that is less."""
    used = sum(file.stat().st_size for file in (path, path.with_name(path.name + "-wal")) if file.exists())
    disk = os.statvfs(path.parent)
    return Room(used, min(budget, used + disk.f_bavail * disk.f_frsize))
