"""Where a simulated line can be reached: a pty or a TCP port, at true line speed or as fast as it can.

The line's time is an absolute schedule: each byte takes its time from where the one before it ended, and an answer is
handed over when its last byte has arrived. A late wake-up is therefore not added to the next one.
"""

import heapq
import os
import select
import socket
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Protocol

from hardware.errors import LineUnavailable
from hardware.simulation.pump import Answer

_TICK = 20_000
_CHUNK = 4_096


def micros() -> int:
    """The monotonic clock in microseconds."""
    return time.monotonic_ns() // 1_000


class Answering(Protocol):
    """What hangs on a simulated line: a :class:`hardware.simulation.pump.SimulatedLine`, or a tank gauge."""

    def advance(self, now: int) -> None:
        """Let the world go on until now."""
        ...

    def receive(self, data: bytes, now: int) -> list[Answer]:
        """Bytes from the controller; what goes back, in order."""
        ...


class Socket(Protocol):
    """What a controller can be plugged into."""

    @property
    def url(self) -> str:
        """How a driver reaches it."""
        ...

    def watch(self) -> list[int]:
        """The file descriptors to wait for."""
        ...

    def read(self, ready: list[int]) -> bytes | None:
        """What came; None when a new controller took the place of the old one."""
        ...

    def write(self, data: bytes) -> None:
        """Bytes to the controller; nobody there is no error."""
        ...

    def close(self) -> None:
        """Pull the plug."""
        ...


class PtySocket:
    """A pty; with ``link`` a name that stays the same at each start."""

    def __init__(self, link: str = "") -> None:
        self._master, self._slave = os.openpty()  # the slave stays open, so that the pty outlives its controllers
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._link = Path(link) if link else None
        if self._link is not None:
            self._place(self._link)

    def _place(self, link: Path) -> None:
        try:
            if link.is_symlink():
                link.unlink()
            link.symlink_to(os.ttyname(self._slave))
        except OSError as why:
            raise LineUnavailable(f"The name {link} for the pty can't be made: {why}.") from why

    @property
    def url(self) -> str:
        """The device path."""
        return str(self._link or os.ttyname(self._slave))

    def watch(self) -> list[int]:
        """The master's end."""
        return [self._master]

    def read(self, ready: list[int]) -> bytes | None:
        """What the controller wrote."""
        return os.read(self._master, _CHUNK) if ready else b""

    def write(self, data: bytes) -> None:
        """Dropped when nobody reads and the pty is full, as on a wire."""
        with suppress(BlockingIOError):
            os.write(self._master, data)

    def close(self) -> None:
        """Both ends, and the name."""
        if self._link is not None and self._link.is_symlink():
            self._link.unlink()
        os.close(self._master)
        os.close(self._slave)


class TcpSocket:
    """A TCP port, as a serial server on the network has. One controller at a time: the newest."""

    def __init__(self, host: str, port: int) -> None:
        self._door = socket.socket()
        self._door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._door.bind((host, port))
        except OSError as why:
            self._door.close()
            raise LineUnavailable(f"The port {host}:{port} can't be used: {why}.") from why
        self._door.listen(4)
        self._guest: socket.socket | None = None

    @property
    def url(self) -> str:
        """As a socket:// address."""
        host, port = self._door.getsockname()[:2]
        return f"socket://{host}:{port}"

    def watch(self) -> list[int]:
        """The door, and the controller."""
        return [self._door.fileno(), *([self._guest.fileno()] if self._guest else [])]

    def read(self, ready: list[int]) -> bytes | None:
        """What the controller wrote."""
        if self._door.fileno() in ready:
            self._leave()
            self._guest, _ = self._door.accept()
            self._guest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return None
        if self._guest is None or self._guest.fileno() not in ready:
            return b""
        data = b""
        with suppress(OSError):
            data = self._guest.recv(_CHUNK)
        if not data:
            self._leave()
        return data or None

    def write(self, data: bytes) -> None:
        """Dropped when nobody is there."""
        if self._guest is not None:
            try:
                self._guest.sendall(data)
            except OSError:
                self._leave()

    def close(self) -> None:
        """The controller and the door."""
        self._leave()
        self._door.close()

    def _leave(self) -> None:
        guest, self._guest = self._guest, None
        if guest is not None:
            guest.close()


def plug(listen: str, link: str = "") -> Socket:
    """A socket by its name: ``pty``, ``pty:/path/of/link`` or ``tcp:host:port``; else :exc:`LineUnavailable`."""
    kind, _, rest = listen.partition(":")
    host, _, port = rest.rpartition(":")
    if kind == "pty":
        return PtySocket(link or rest)
    if kind == "tcp" and host and port.isdecimal() and int(port) < 65_536:
        return TcpSocket(host, int(port))
    raise LineUnavailable(f"“{listen}” is no place to listen: write pty, pty:/path or tcp:host:port.")


class Wire:
    """Serves one line at one socket. ``byte`` is the microseconds of a byte, 0 for as fast as it can.

    ``between`` is called at least every 20 ms, in the same thread, with the time.
    """

    def __init__(
        self, line: Answering, at: Socket, byte: int = 0, between: Callable[[int], object] = lambda _: None
    ) -> None:
        self._line = line
        self._at = at
        self._byte = byte
        self._between = between
        self._plan: list[tuple[int, int, Callable[[int], None]]] = []
        self._order = count()
        self._busy_until = 0
        self._wake, self._waker = os.pipe()
        self._ending = False

    def serve(self) -> None:
        """Until :meth:`stop`."""
        next_tick = micros()
        while not self._ending:
            now = micros()
            while self._plan and self._plan[0][0] <= now:
                at, _, act = heapq.heappop(self._plan)
                act(at)
            if now >= next_tick:
                self._line.advance(now)
                self._between(now)
                next_tick = now + _TICK
            self._listen(min([next_tick, *(at for at, _, _ in self._plan[:1])]))
        self._at.close()
        os.close(self._wake)
        os.close(self._waker)

    def stop(self) -> None:
        """From any thread, or a signal: serve ends soon."""
        self._ending = True
        with suppress(OSError):
            os.write(self._waker, b"\0")

    def _listen(self, until: int) -> None:
        wait = max(0, until - micros()) / 1_000_000
        watched = self._at.watch()
        ready, _, _ = select.select([*watched, self._wake], [], [], wait)
        data = self._at.read([fd for fd in ready if fd in watched])
        if data is None:
            self._plan.clear()
        elif data:
            end = self._take_wire(micros(), len(data))
            self._schedule(end, lambda at: self._arrived(data, at))

    def _arrived(self, data: bytes, now: int) -> None:
        for answer in self._line.receive(data, now):
            out = self._take_wire(now + answer.after, len(answer.data))
            self._schedule(out, lambda _, data=answer.data: self._at.write(data))  # type: ignore[misc]

    def _take_wire(self, start: int, size: int) -> int:
        """The wire is taken for so many bytes; when the last of them has arrived."""
        self._busy_until = max(start, self._busy_until) + size * self._byte
        return self._busy_until

    def _schedule(self, at: int, act: Callable[[int], None]) -> None:
        heapq.heappush(self._plan, (at, next(self._order), act))
