"""What was said around an incident, kept as files: at most so many and so large, the oldest dropped.

A line's thread only hands its frames over; a thread of the shelf's own writes them. A disk that takes nothing costs
the incident and nothing else.
"""

import re
import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from typing import Final

import structlog
from msgspec import Struct

from hardware.watch.recording import Entry, Head, write

MOST_FILES: Final = 100
MOST_BYTES: Final = 10_000_000
_SUFFIX: Final = ".jsonl"
_HALF: Final = ".new"
_STOP_SECONDS: Final = 5.0
_NOT_IN_A_NAME: Final = re.compile(r"[^\w]+")
NAME: Final = re.compile(r"[\w.-]{1,120}\.jsonl")
"""What the name of an incident's file looks like."""

log = structlog.get_logger()


class Incident(Struct, frozen=True):
    """Something to look into later: the head says what and where, ``entries`` what was said before and after."""

    head: Head
    entries: tuple[Entry, ...]


class Shelf:
    """A folder of incidents."""

    def __init__(self, folder: Path, most_files: int = MOST_FILES, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self._most_files, self._most_bytes = most_files, most_bytes
        self._queue: SimpleQueue[Incident | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="incidents", daemon=True)
        self._sick = False

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def keep(self, incident: Incident) -> None:
        """Write it soon. From any thread; costs nothing."""
        self._queue.put(incident)

    def stop(self) -> None:
        """Write what waits, and end."""
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def files(self) -> list[Path]:
        """The incidents, the newest first."""
        return sorted(self.folder.glob("*" + _SUFFIX), reverse=True)

    def _run(self) -> None:
        with suppress(OSError):
            for half in self.folder.glob("*" + _HALF):
                half.unlink()
        while (incident := self._queue.get()) is not None:
            try:
                self._write(incident)
                self._sick = False
            except OSError as why:
                if not self._sick:
                    log.warning("incident not kept", folder=str(self.folder), why=str(why))
                self._sick = True

    def _write(self, incident: Incident) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        path = self.folder / name_of(incident.head)
        beside = path.with_suffix(_HALF)
        beside.write_text(write(incident.head, incident.entries), "utf-8")
        beside.replace(path)
        for old in too_many(self.files(), self._most_files, self._most_bytes):
            old.unlink(missing_ok=True)


def name_of(head: Head) -> str:
    """A file's name that sorts by time: when, which line, which point, why."""
    when = datetime.fromtimestamp(head.began / 1_000, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    words = [_NOT_IN_A_NAME.sub("_", word)[:32] for word in (head.line, str(head.point), head.why)]
    return "-".join([when, *words]) + _SUFFIX


def too_many(files: Iterable[Path], most_files: int, most_bytes: int) -> list[Path]:
    """Those of them (the newest first) that must go."""
    size, gone = 0, []
    for number, path in enumerate(files, 1):
        size += path.stat().st_size
        if number > most_files or size > most_bytes:
            gone.append(path)
    return gone
