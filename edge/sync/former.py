"""Letters of epochs that this store had before: the company is asked what it has of them, and is sent the rest.

Nothing is kept of what was sent: the next hello asks again, and when nothing is lacking any more the epoch is settled.
Under their old keys letters are never twice, however often they are sent.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress

import structlog

from edge.store import epochs
from edge.store.database import Store
from shared import topics
from shared.messages import Held
from shared.wire import BATCH_BYTES, batch_of

_log = structlog.get_logger(__name__)

_AT_ONCE = 16 * BATCH_BYTES
"""Bytes between two answers; the live letters go between."""
_PATIENCE = 10.0
"""Seconds until a batch that nobody answers is told again."""
_AGAIN = 1.0
"""Seconds until it is asked what has arrived."""


class FormerEpochs:
    """``publish`` sends a message, ``speak`` says hello, ``on_change`` hears that an epoch was settled."""

    def __init__(
        self,
        store: Store,
        publish: Callable[[str, bytes], bool],
        speak: Callable[[], None],
        on_change: Callable[[], None],
    ) -> None:
        self._store = store
        self._publish = publish
        self._speak = speak
        self._on_change = on_change
        self._told: Mapping[int, tuple[Held, ...]] = {}
        self._answered = asyncio.Event()
        self._stored = asyncio.Event()
        self.asks: tuple[int, ...] = ()
        """The epochs of which it is not known that the company has all that is here."""

    def told(self, held: Mapping[int, tuple[Held, ...]]) -> None:
        """The company answers."""
        if held:
            self._told = held
            self._answered.set()

    async def run(self) -> None:
        """Works until it is cancelled."""
        self.asks = await self._store.read(epochs.unsettled)
        while True:
            await self._answered.wait()
            self._answered.clear()
            for epoch, held in self._told.items():
                if epoch in self.asks:
                    await self._compare(epoch, held)

    async def _compare(self, epoch: int, held: tuple[Held, ...]) -> None:
        await self._tell(epoch)
        runs = await self._store.read(epochs.lacking, epoch, held, _AT_ONCE)
        if not runs:
            await self._store.run(epochs.settle, epoch, held)
            self.asks = await self._store.read(epochs.unsettled)
            _log.info("former_epoch_settled", epoch=epoch)
            self._on_change()
            return
        for first, letters in runs:
            self._send(epoch, first, letters)
        await asyncio.sleep(_AGAIN)
        self._speak()

    async def _tell(self, epoch: int) -> None:
        """What was never confirmed is told a batch at a time, and again until it is answered."""
        while (batch := await self._store.read(epochs.untold, epoch, BATCH_BYTES)) is not None:
            first, letters = batch
            self._stored.clear()
            self._publish_batch(epoch, first, letters)
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await self._stored.wait()
                    await self._store.run(epochs.tell, epoch, first + len(letters) - 1)

    def stored(self, epoch: int) -> None:
        """The company has answered to letters of this epoch."""
        if epoch in self.asks:
            self._stored.set()

    def _send(self, epoch: int, first: int, letters: list[bytes]) -> None:
        """A run, in batches of the usual size. What the network does not take is asked for again."""
        batch: list[bytes] = []
        for body in letters:
            if batch and sum(map(len, batch)) + len(body) > BATCH_BYTES:
                self._publish_batch(epoch, first, batch)
                first, batch = first + len(batch), []
            batch.append(body)
        self._publish_batch(epoch, first, batch)

    def _publish_batch(self, epoch: int, first: int, batch: list[bytes]) -> None:
        self._publish(
            topics.up(self._store.station, topics.LETTERS), batch_of(self._store.station, epoch, first, batch)
        )
