"""One process for one store."""

import fcntl
import os
from pathlib import Path

from shared.errors import Refused


class ProcessLock:
    """Held by the agent as long as it lives; the kernel lets go of it even after SIGKILL."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def take(self) -> None:
        """:exc:`Refused` (``store_in_use``) names the process that holds it."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(file, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(file)
            raise Refused(
                "store_in_use",
                f"Process {holder} already runs the station on this store ({self._path}). Stop it first.",
            ) from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Let the next process in."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
