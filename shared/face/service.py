"""What the service manager is told: that the program is ready, that it lives, that it ends.

systemd's own protocol (sd_notify(3)): datagrams of ``KEY=value`` to the socket named by ``NOTIFY_SOCKET``. The beat
comes from the event loop, so that a loop that hangs is noticed and the program started anew.
"""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

_log = structlog.get_logger(__name__)

_MICRO: Final = 1_000_000
_BEATS: Final = 3
"""In each of the spans after which systemd would lose its patience."""


class ServiceManager:
    """Told by datagram; silent when nobody listens."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        found = os.environ if environment is None else environment
        self._address = found.get("NOTIFY_SOCKET", "")
        self.every = _every(found)
        """Seconds between two beats; 0: nobody waits for any."""

    def tell(self, **said: str) -> None:
        """Sends it at once; a manager that is not there is no trouble of ours."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        text = "\n".join(f"{key}={value}" for key, value in said.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.sendto(text.encode(), address)
        except OSError as why:
            _log.warning("service_manager_not_told", why=str(why))


@asynccontextmanager
async def served(manager: ServiceManager, status: str) -> AsyncIterator[None]:
    """Ready inside the block, with a beat while its event loop turns; ending behind it."""
    manager.tell(READY="1", STATUS=status)
    beat = asyncio.create_task(_beat(manager), name="beat") if manager.every else None
    try:
        yield
    finally:
        manager.tell(STOPPING="1")
        if beat is not None:
            beat.cancel()
            with suppress(asyncio.CancelledError):
                await beat


async def _beat(manager: ServiceManager) -> None:
    while True:
        manager.tell(WATCHDOG="1")
        await asyncio.sleep(manager.every)


def _every(environment: Mapping[str, str]) -> float:
    """From systemd's own figures; nothing when they are meant for another process."""
    span, whom = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not span.isdigit() or (whom and whom != str(os.getpid())):
        return 0
    return int(span) / _MICRO / _BEATS
