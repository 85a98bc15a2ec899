"""One station's connection to the broker, which breaks, is turned away and comes back."""

import asyncio
import time
from collections.abc import Iterable
from secrets import token_hex
from ssl import SSLContext
from typing import Final

from msgspec import Struct

from hardware.swarm import mqtt
from hardware.swarm.mqtt import Answer, Ear, Heard
from hardware.swarm.outbox import NEVER, Deed, Say
from hardware.swarm.station import SwarmStation
from shared import topics
from shared.mqtt import wait_before

_HANDSHAKE: Final = 10.0
_PATIENCE: Final = 15.0
"""Seconds: the longest wait between two attempts, as a real station has it."""
_KEEPALIVE: Final = 90
"""Seconds; hellos come more often, so nobody has to ping."""


class Place(Struct, frozen=True):
    """Where the broker is."""

    host: str
    port: int
    tls: SSLContext | None = None


class Line(asyncio.Protocol):
    """Carries what a station says, for as long as it is not ended."""

    def __init__(self, station: SwarmStation, password: str, place: Place) -> None:
        self.station = station
        self._password = password
        self._place = place
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._dialling: asyncio.Task[None] | None = None
        self._ear = Ear()
        self._timer: asyncio.TimerHandle | None = None
        self._armed = NEVER
        self._failures = 0
        self._ended = False
        self.connections = 0
        """How often the broker let it in."""
        self.turned_away = 0

    # ── what the crowd calls ──

    def start(self, after: float) -> None:
        """Connects in so many seconds, and again and again."""
        self._loop.call_later(after, self._dial)
        self._arm()

    def end(self) -> None:
        """Hangs up for good."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.write(mqtt.GOODBYE)
            self._transport.close()
        if self._dialling is not None:
            self._dialling.cancel()

    def rest(self) -> None:
        """No more cars come."""
        self.station.rest()
        self._arm()

    # ── the connection ──

    def _dial(self) -> None:
        if not self._ended:
            self._dialling = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        place = self._place
        try:
            async with asyncio.timeout(_HANDSHAKE):
                await self._loop.create_connection(lambda: self, place.host, place.port, ssl=place.tls)
        except OSError:  # TimeoutError is one too
            self._try_again()

    def _try_again(self) -> None:
        self._failures += 1
        if not self._ended:
            self._loop.call_later(wait_before(self._failures, _PATIENCE), self._dial)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks to be let in, under a client id that nobody can guess."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._ear, self._dialling = transport, Ear(), None
        name = self.station.name
        transport.write(mqtt.connect(f"{name}-{token_hex(12)}", name, self._password, _KEEPALIVE))
        self._loop.call_later(_HANDSHAKE, self._hurry, transport)

    def data_received(self, data: bytes) -> None:
        """Packets of the broker, or parts of them."""
        for said in self._ear.feed(data):
            if isinstance(said, Heard):
                self._do(self.station.heard(topics.kind_of(said.topic), said.data, now()))
            else:
                self._answered(said)

    def connection_lost(self, _why: Exception | None) -> None:
        """Whoever did it."""
        self._transport = None
        self.station.lost()
        self._try_again()

    def _answered(self, answer: Answer) -> None:
        if self._transport is None:
            return
        match answer:
            case Answer.LET_IN:
                self._transport.write(mqtt.subscribe(topics.down(self.station.name, "+")))
            case Answer.LISTENING:
                self.connections += 1
                self._failures = 0
                self._do(self.station.connected(now()))
            case Answer.TURNED_AWAY:
                self.turned_away += 1
                self._transport.close()

    def _hurry(self, transport: asyncio.Transport) -> None:
        """A broker that does not answer in time is left for another attempt."""
        if transport is self._transport and not self.station.connected_now:
            transport.abort()

    # ── what the station does ──

    def _act(self) -> None:
        self._armed = NEVER
        self._do(self.station.act(now()))

    def _do(self, deeds: Iterable[Deed]) -> None:
        for deed in deeds:
            if self._transport is None or self._transport.is_closing():
                break
            if isinstance(deed, Say):
                self._transport.write(mqtt.publish(topics.up(self.station.name, deed.kind), deed.data))
            else:
                self._transport.close()  # what was written goes out; what would have answered it is lost
        self._arm()

    def _arm(self) -> None:
        """One timer, for whatever comes first."""
        due = self.station.due()
        if due >= self._armed or self._ended:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._armed = due
        self._timer = self._loop.call_later(max(0, due - now()) / 1000, self._act)


def now() -> int:
    """This machine's clock, UTC milliseconds."""
    return time.time_ns() // 1_000_000
