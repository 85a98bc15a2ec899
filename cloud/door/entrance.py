"""The door standing open on an address, its own certificate renewed while it stands."""

import asyncio
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog
from aiohttp import web
from msgspec import Struct

from cloud.door.door import Door
from cloud.identity import authority
from cloud.identity.authority import Authority, Pair
from shared.errors import Unavailable

_log = structlog.get_logger(__name__)


class Place(Struct, frozen=True):
    """Where it stands, under which names it is reached, and where its own certificate lies."""

    host: str
    port: int
    hosts: Sequence[str]
    directory: Path


class Entrance:
    """``await open()``, now and then ``renew()``, at the end ``await close()``."""

    def __init__(self, door: Door, made: Authority, place: Place, now: Callable[[], int]) -> None:
        self._door = door
        self._made = made
        self._place = place
        self._now = now
        self._runner: web.AppRunner | None = None
        self._context: ssl.SSLContext | None = None

    async def open(self) -> None:
        """:exc:`Unavailable` when its address is taken."""
        place = self._place
        pair, _ = await asyncio.to_thread(self._pair)
        self._context = tls(self._made.root, pair)
        self._runner = web.AppRunner(self._door.application(), access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, place.host, place.port, ssl_context=self._context).start()
        except OSError as why:
            raise Unavailable(f"The door can't be opened at {place.host}:{place.port}: {why.strerror}.") from why
        _log.info("door_open", door=f"https://{place.host}:{place.port}")

    def renew(self) -> bool:
        """Takes a new certificate when it is time; whether it did. Whoever comes in next sees it."""
        pair, fresh = self._pair()
        if fresh and self._context is not None:
            self._context.load_cert_chain(pair.certificate, pair.key)
            _log.info("door_certificate_renewed")
        return fresh

    async def close(self) -> None:
        """Closes it."""
        if self._runner is not None:
            await self._runner.cleanup()

    def _pair(self) -> tuple[Pair, bool]:
        return authority.server_pair(self._made, self._place.directory, "door", self._place.hosts, self._now())


def tls(root: str, pair: Pair) -> ssl.SSLContext:
    """What the door speaks: nobody must show a certificate, and whoever shows one shows one of ours."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=root)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_cert_chain(pair.certificate, pair.key)
    return context
