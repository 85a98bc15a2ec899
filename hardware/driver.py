"""Moves the bytes of one line: a thread that does what the session says, and never dies.

The session decides, the line carries; this file only keeps the time. All protocols share it. It opens a line that went
away again, less and less often; a sick line is told once, and once when it is well.
"""

import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, Protocol, TypeVar

import structlog

from hardware.errors import LineUnavailable
from hardware.ports import Blemished, PumpCommand, PumpEvent, Rest, Transmit
from hardware.watch.watch import LineWatch

C = TypeVar("C")
C_contra = TypeVar("C_contra", contravariant=True)
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
"""What a session is asked, and what it tells."""

_FIRST_PAUSE = 200_000
_LONGEST_PAUSE = 5_000_000
_BETWEEN_BYTES = 20_000
"""While bytes keep coming in such intervals an answer is under way, though its time be up."""
_LONGEST_ANSWER = 256
_STOP_SECONDS = 10.0

log = structlog.get_logger()


class OpenLine(Protocol):
    """A line in use; :class:`hardware.line.Line` is one."""

    @property
    def byte_micros(self) -> int:
        """Microseconds that a byte takes."""
        ...

    def write(self, data: bytes) -> None:
        """Send it all, or :exc:`LineUnavailable`."""
        ...

    def read(self, micros: int) -> bytes:
        """What comes within so many microseconds; empty when nothing did."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


class Talk(Protocol[C_contra, E_co]):
    """What the driver needs of a session, be it with dispensers (:class:`hardware.ports.Session`) or with others."""

    def next(self, now: int) -> Transmit | Rest:
        """What to do next."""
        ...

    def receive(self, data: bytes, now: int) -> bool:
        """Take bytes; True when the exchange is complete."""
        ...

    def time_out(self, now: int) -> None:
        """The answer did not come."""
        ...

    def line_lost(self) -> None:
        """The port went away."""
        ...

    def submit(self, command: C_contra) -> None:
        """Have this done."""
        ...

    def events(self) -> Sequence[E_co | Blemished]:
        """The events since the last call."""
        ...


def micros() -> int:
    """The monotonic clock in microseconds."""
    return time.monotonic_ns() // 1_000


class LineThread(Generic[C, E]):
    """One thread for one line, whatever hangs on it.

    ``open_line`` opens it or raises :exc:`LineUnavailable`. ``on_events`` and ``on_trouble`` (a sentence, or None when
    all is well again) are called in the line's thread. ``watch`` keeps the engineer's books.
    """

    def __init__(
        self,
        name: str,
        open_line: Callable[[], OpenLine],
        session: Talk[C, E],
        on_events: Callable[[list[E]], None],
        on_trouble: Callable[[str | None], None],
        watch: LineWatch | None = None,
    ) -> None:
        self.name = name
        self.watch = watch or LineWatch()
        self._open_line = open_line
        self._session = session
        self._on_events = on_events
        self._on_trouble = on_trouble
        self._commands: SimpleQueue[C] = SimpleQueue()
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"line {name}", daemon=True)
        self._trouble: str | None = None
        self._crash = ""
        self._pause = _FIRST_PAUSE

    def start(self) -> None:
        """Begin to talk."""
        self._thread.start()

    def submit(self, command: C) -> None:
        """Have this done as soon as the line allows. From any thread."""
        self._commands.put(command)
        self._wake.set()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._ending.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    # ── In the line's thread ──────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._live()
            except LineUnavailable as why:
                self._lost(str(why))
            except Exception as why:
                self._crashed(why)
            self._back_off()
        self.watch.ended()

    def _live(self) -> None:
        line = self._open_line()
        try:
            while not self._ending.is_set():
                self._step(line)
        finally:
            line.close()

    def _step(self, line: OpenLine) -> None:
        self._take_commands()
        action = self._session.next(micros())
        if isinstance(action, Rest):
            self._rest(line, action.micros)
        else:
            self._exchange(line, action)
            self._well()
        self._tell()

    def _rest(self, line: OpenLine, length: int) -> None:
        """Nothing to send. What comes now was not asked for; the session counts it."""
        if self._wake.wait(length / 1_000_000):
            self._wake.clear()
        stray = line.read(0)
        if stray:
            now = micros()
            self.watch.heard(now, stray)
            self._session.receive(stray, now)

    def _exchange(self, line: OpenLine, action: Transmit) -> None:
        began = micros()
        self.watch.sent(began, action.point, action.data)
        self._send(line, action)
        if not action.wait:
            return
        deadline = micros() + len(action.data) * line.byte_micros + action.wait
        latest = deadline + _LONGEST_ANSWER * line.byte_micros
        while (left := deadline - micros()) > 0:
            data = line.read(left)
            if not data:
                continue
            now = micros()
            self.watch.heard(now, data)
            if self._session.receive(data, now):
                self.watch.answered(now, now - began)
                return
            deadline = min(max(deadline, now + _BETWEEN_BYTES), latest)
        self.watch.timed_out(deadline)
        self._session.time_out(micros())

    def _send(self, line: OpenLine, action: Transmit) -> None:
        """All at once, or with the quiet after each byte that the dispenser needs."""
        if not action.spacing:
            line.write(action.data)
            return
        for byte in action.data:
            line.write(bytes((byte,)))
            time.sleep((line.byte_micros + action.spacing) / 1_000_000)

    def _take_commands(self) -> None:
        while True:
            try:
                command = self._commands.get_nowait()
            except Empty:
                return
            self.watch.asked(command)
            self._session.submit(command)

    def _tell(self) -> None:
        told = self._session.events()
        if not told:
            return
        for each in told:
            self.watch.told(each)
        events = [event for event in told if not isinstance(event, Blemished)]
        if events:
            self._on_events(events)

    # ── When the line is sick ─────────────────────────────────────────────────────────────────────────────────────────

    def _well(self) -> None:
        self._pause = _FIRST_PAUSE
        if self._trouble is not None:
            self._trouble = None
            self.watch.well()
            log.info("line well again", line=self.name)
            self._on_trouble(None)

    def _lost(self, why: str) -> None:
        self.watch.lost(why)
        self._session.line_lost()
        self._tell()
        if self._trouble is None:
            log.warning("line lost", line=self.name, why=why)
            self._on_trouble(why)
        self._trouble = why

    def _crashed(self, why: Exception) -> None:
        """A fault of ours. Say it once with all its details, and go on with a line that starts anew."""
        told, self._crash = self._crash, repr(why)
        if self._crash != told:
            log.exception("line driver failed", line=self.name)
        try:
            self._lost(f"The driver of the line {self.name} failed ({why!r}) and starts again.")
        except Exception:
            log.exception("line driver could not tell of its failure", line=self.name)

    def _back_off(self) -> None:
        """Wait before the next try; commands are answered meanwhile: every point is silent."""
        until = micros() + self._pause
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        while not self._ending.is_set() and (left := until - micros()) > 0:
            self._wake.wait(left / 1_000_000)
            self._wake.clear()
            try:
                self._take_commands()
                self._tell()
            except Exception:
                log.exception("line driver could not answer a command", line=self.name)


class LineDriver(LineThread[PumpCommand, PumpEvent]):
    """The thread of a line with dispensers."""
