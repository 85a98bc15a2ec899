"""One process for one store."""

import fcntl
import os
import time
from pathlib import Path

from shared.errors import Refused

_PATIENCE = 1.0
"""Seconds that a process which is just ending gets to let go."""


class ProcessLock:
    """Held by the agent as long as it lives; the kernel lets go of it even after SIGKILL."""

    def __init__(self, store: Path) -> None:
        self._path = _lock_of(store)
        self._file = -1

    def take(self) -> None:
        """:exc:`Refused` (``store_in_use``) names the process that holds it."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        end = time.monotonic() + _PATIENCE
        while not _locked(file, fcntl.LOCK_EX):
            if time.monotonic() > end:
                name = _name(file)
                os.close(file)
                raise Refused(
                    "store_in_use",
                    f"Process {name} already runs the station on this store ({self._path}). Stop it first.",
                )
            time.sleep(0.05)
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Let the next process in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def holder(store: Path) -> int | None:
    """The process that runs the station on this store; None when none does."""
    try:
        file = os.open(_lock_of(store), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        return None if _locked(file, fcntl.LOCK_SH) else int(_name(file) or 0)
    finally:
        os.close(file)


def _lock_of(store: Path) -> Path:
    return store.with_name(store.name + ".lock")


def _locked(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _name(file: int) -> str:
    return os.pread(file, 32, 0).decode("ascii", "replace").strip()
