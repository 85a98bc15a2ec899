"""A visit to a running agent, from a tool on the same machine: what is asked, and the lines of the answer."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from shared.errors import JiayouError, Refused

_PATIENCE: Final = 3.0
"""Seconds that a question, and a line of its answer, may take."""


def place(store: Path) -> Path:
    """Where the door of this store's agent is."""
    return store.with_name(store.name + ".sock")


class Visit:
    """A question to a running agent: iterate for the lines of its answer, :meth:`end` to have enough of them.

    ``endless``: there may be a long time between two lines. :exc:`Refused` when no agent runs on this store, or when it
    can't answer; :exc:`OSError` when the answer does not come.
    """

    def __init__(self, store: Path, question: dict[str, Any], *, endless: bool = False) -> None:
        self._visitor = socket.socket(socket.AF_UNIX)
        self._visitor.settimeout(_PATIENCE)
        try:
            with short(place(store)) as name:
                self._visitor.connect(name)
            self._visitor.sendall((json.dumps(question) + "\n").encode())
        except OSError as why:
            self._visitor.close()
            raise Refused(
                "no_agent", f"No agent can be asked on {store}: {why}. Is it running, and are you its user?"
            ) from why
        if endless:
            self._visitor.settimeout(None)

    def __iter__(self) -> Iterator[str]:
        with self._visitor, self._visitor.makefile(encoding="utf-8") as answer:
            for line in answer:
                _refuse(line)
                yield line

    def end(self) -> None:
        """From any thread: the lines end."""
        with suppress(OSError):
            self._visitor.shutdown(socket.SHUT_RDWR)


def _refuse(line: str) -> None:
    if line.startswith('{"error"'):
        raise Refused("agent", str(json.loads(line)["error"]))


@contextmanager
def short(path: Path) -> Iterator[str]:
    """A name for a socket, however long its path is: the kernel takes about a hundred bytes."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def facts(store: Path) -> dict[str, Any] | None:
    """How the station is, as its running agent says; None when none can be asked."""
    return _asked(store, "station")


def reports(store: Path) -> list[dict[str, Any]]:
    """The books of the lines, as the running agent keeps them; none when it can't be asked."""
    return list((_asked(store, "lines") or {}).get("lines", ()))


def _asked(store: Path, what: str) -> dict[str, Any] | None:
    with suppress(JiayouError, OSError, ValueError):
        said = json.loads(next(iter(Visit(store, {"ask": what})), "null"))
        return said if isinstance(said, dict) else None
    return None
