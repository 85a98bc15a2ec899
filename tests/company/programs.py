"""Start our programs, watch them, and end exactly those that were started."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

BIN = Path(sys.executable).parent


class StoryFailed(Exception):
    """The story could not go on; says where it stopped and where to look."""


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    """Whether somebody answers on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(what: str, look: Callable[[], T | None], seconds: float = 30, pause: float = 0.05) -> T:
    """What ``look`` finds, once it finds something true. :exc:`StoryFailed` names ``what`` was awaited."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise StoryFailed(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(pause)


def call(program: str, *words: str | Path, secret: str | None = None) -> Any:
    """Run one of our commands with ``--json`` to its end, and read what it says."""
    command = [str(BIN / program), *map(str, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, input=secret, timeout=60, check=False)
    if done.returncode:
        raise StoryFailed(f"{program} {words[0]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout or "null")


class Program:
    """One of our programs as a process, with its log in a file."""

    def __init__(self, name: str, command: Sequence[str | Path], logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._command = [str(BIN / command[0]), *map(str, command[1:])]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id while it runs."""
        if self._process is None:
            raise StoryFailed(f"{self.name} does not run")
        return self._process.pid

    def start(self) -> None:
        """Start it; its output is added to its log."""
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONSAFEPATH": "1"}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment, start_new_session=True
            )

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process is not None and self._process.poll() is None

    def must_live(self) -> None:
        """:exc:`StoryFailed` with the end of its log when it does not run."""
        if not self.alive():
            raise StoryFailed(f"{self.name} ended by itself; its log ends:\n{self.tail()}")

    def tail(self, size: int = 2000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self, seconds: float = 10) -> None:
        """SIGTERM, and SIGKILL when that is not heard."""
        self._end(signal.SIGTERM, seconds)

    def _end(self, number: signal.Signals, seconds: float = 10) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def ended_in_order(programs: Sequence[Program]) -> Iterator[None]:
    """Whatever happens inside, the programs are ended afterwards, the last started first."""
    try:
        yield
    finally:
        for program in reversed(programs):
            program.stop()
