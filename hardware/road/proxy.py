"""The road: takes connections at a port of its own and carries them to the broker's, as badly as it is told to."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial

from msgspec import Struct

from hardware.road.packets import Packet, Packets
from hardware.road.troubles import ROAD_TROUBLES, Way
from hardware.simulation.faults import Faults

UP, DOWN = "up", "down"
_CHUNK = 65_536
_WAITING = 1_000
"""Packets under way, at most: then the sender must wait."""
_LONGEST_TROUBLE = 10


class Trouble(Struct, frozen=True):
    """Something that befell the road."""

    name: str
    way: str
    """``up``, ``down``, or empty for both."""
    topic: str = ""
    size: int = 0


Told = Callable[[Trouble], None]


class Proxy:
    """Everything that a network can do to those who use it. Its figures may be changed at any time.

    ``odds`` names troubles of :mod:`hardware.road.troubles`; the same seed throws the same dice for the nth connection.
    """

    def __init__(
        self, host: str, port: int, odds: Mapping[str, float] | None = None, seed: int = 0, told: Told | None = None
    ) -> None:
        self.port = 0
        """Where it listens."""
        self.delay = 0.0
        """Seconds that each way takes."""
        self.jitter = 0.0
        """Up to so many seconds more, by chance; nothing overtakes."""
        self.rate = 0
        """Bytes a second that each way of a connection carries; 0 for as many as there are."""
        self.odds = dict(odds or {})
        self.connections = 0
        self.struck: Counter[str] = Counter()
        """How often each trouble happened."""
        self._there = host, port
        self._seed = seed
        self._told = told
        self._moving = {UP: asyncio.Event(), DOWN: asyncio.Event()}
        self._open = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.thaw()
        self.mend()

    def freeze(self, way: str = "") -> None:
        """From now on nothing arrives, on one way or both, and nobody is told: the connections stay half open."""
        for name, moving in self._moving.items():
            if way in ("", name):
                moving.clear()

    def thaw(self) -> None:
        """What is stuck arrives, and all that follows."""
        for moving in self._moving.values():
            moving.set()

    def cut(self) -> None:
        """Breaks all connections and lets no new one in."""
        self._open.clear()
        self.stumble()

    def mend(self) -> None:
        """Lets connections in again."""
        self._open.set()

    def stumble(self) -> None:
        """Breaks all connections; new ones are let in at once."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def heal(self) -> None:
        """A good road from now on, with no trouble and no delay."""
        self.odds.clear()
        self.delay = self.jitter = 0.0
        self.rate = 0
        self.thaw()
        self.mend()

    def close(self) -> None:
        """Ends everything."""
        self.stumble()
        for task in self._tasks:
            task.cancel()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways."""
        if not self._open.is_set():
            writer.transport.abort()
            return
        self.connections += 1
        number = self.connections
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._there)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        if not self._open.is_set():  # it was cut meanwhile
            self.stumble()
        self._go(self._one_way(UP, 2 * number, reader, far_writer))
        self._go(self._one_way(DOWN, 2 * number + 1, far_reader, writer))

    async def suffer(self) -> None:
        """Throws the dice each second for what befalls the whole road; until it is cancelled."""
        faults = self._dice(0)
        while True:
            await asyncio.sleep(1)
            for name in ROAD_TROUBLES:
                if faults.strikes(name):
                    await self._befall(name, (UP, DOWN)[faults.place(2)], 1 + faults.place(_LONGEST_TROUBLE))

    async def _befall(self, name: str, way: str, seconds: int) -> None:
        self._tell(Trouble(name, way if name == "one-way" else "", size=seconds))
        if name == "outage":
            self.cut()
        else:
            self.freeze(way if name == "one-way" else "")
        await asyncio.sleep(seconds)
        self.thaw()
        self.mend()

    async def _one_way(self, name: str, number: int, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        faults = self._dice(number)
        way, packets = Way(faults, partial(self._befell, name)), Packets()
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_WAITING)
        delivery = asyncio.create_task(self._deliver(name, late, sink))
        due = 0.0
        with suppress(OSError):
            while not way.broken and (data := await source.read(_CHUNK)):
                for packet in packets.feed(data):
                    for arriving in way.carry(packet):
                        due = self._due(due, len(arriving), faults)
                        await late.put((due, arriving))
            if not way.silent:
                await late.put((due, b""))
            await delivery
        delivery.cancel()
        sink.transport.abort()

    def _dice(self, number: int) -> Faults:
        faults = Faults(seed=self._seed * 1_000_003 + number)
        faults.odds = self.odds  # the same for all, and changed for all at once
        return faults

    def _due(self, last: float, size: int, faults: Faults) -> float:
        """When so many bytes arrive that were sent now: not before those sent earlier."""
        more = self.jitter * faults.place(1_000) / 1_000 if self.jitter else 0.0
        begins = max(last, asyncio.get_running_loop().time() + self.delay + more)
        return begins + (size / self.rate if self.rate else 0.0)

    async def _deliver(self, name: str, late: "asyncio.Queue[tuple[float, bytes]]", sink: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, data = await late.get()
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            await self._moving[name].wait()
            if not data:
                return
            with suppress(OSError):
                sink.write(data)
                await sink.drain()

    def _befell(self, way: str, name: str, packet: Packet) -> None:
        self._tell(Trouble(name, way, packet.topic, len(packet.data)))

    def _tell(self, trouble: Trouble) -> None:
        self.struck[trouble.name] += 1
        if self._told is not None:
            self._told(trouble)

    def _go(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@asynccontextmanager
async def listening(proxy: Proxy, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Proxy]:
    """The road is open at this address, port 0 for any. ``OSError`` when the port can't be had."""
    server = await asyncio.start_server(proxy.carry, host, port)
    proxy.port = server.sockets[0].getsockname()[1]
    weather = asyncio.create_task(proxy.suffer())
    try:
        yield proxy
    finally:
        weather.cancel()
        server.close()
        proxy.close()
