"""A network between two programs on this machine, which can be slow, cut, or dead without saying so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Network:
    """Carries bytes from a port of its own to a server's port and back, as badly as it is told to."""

    def __init__(self, server_port: int) -> None:
        self.port = 0
        self.delay = 0.0
        """Seconds that each way takes."""
        self.connections = 0
        self._server_port = server_port
        self._moving = asyncio.Event()
        self._moving.set()
        self._up = True
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def freeze(self) -> None:
        """From now on nothing arrives, and nobody is told: the connections stay half open."""
        self._moving.clear()

    def thaw(self) -> None:
        """What is stuck arrives, and all that follows."""
        self._moving.set()

    def cut(self) -> None:
        """Breaks all connections and lets no new one in."""
        self._up = False
        self._break()

    def mend(self) -> None:
        """Lets connections in again."""
        self._up = True

    def stumble(self) -> None:
        """Breaks all connections; new ones are let in at once."""
        self._break()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways."""
        if not self._up:
            writer.transport.abort()
            return
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            task = asyncio.create_task(self._one_way(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Ends everything."""
        self._break()
        for task in self._tasks:
            task.cancel()

    async def _one_way(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(1_000)
        delivery = asyncio.create_task(self._deliver(late, sink))
        with suppress(OSError):
            while data := await source.read(65_536):
                await late.put((loop.time() + self.delay, data))
            await late.put((loop.time() + self.delay, b""))
            await delivery
        delivery.cancel()
        sink.transport.abort()

    async def _deliver(self, late: "asyncio.Queue[tuple[float, bytes]]", sink: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, data = await late.get()
            await asyncio.sleep(max(0.0, due - loop.time()))
            await self._moving.wait()
            if not data:
                return
            with suppress(OSError):
                sink.write(data)
                await sink.drain()

    def _break(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


@asynccontextmanager
async def network(server_port: int) -> AsyncIterator[Network]:
    """A network in front of the server at this port; programs connect to its ``port``."""
    between = Network(server_port)
    server = await asyncio.start_server(between.carry, "127.0.0.1", 0)
    between.port = server.sockets[0].getsockname()[1]
    try:
        yield between
    finally:
        server.close()
        between.close()
