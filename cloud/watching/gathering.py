"""Looks at the parts of this worker and, at most every few seconds, into the books."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

from prometheus_client.metrics_core import Metric

from cloud.live import Live
from cloud.store import identity
from cloud.store.database import Books
from cloud.store.watching import Chain, chain
from cloud.sync.line import Line
from cloud.watching.figures import GateSeen, Gathered, metrics
from cloud.watching.how import how
from shared.errors import Unavailable
from shared.face.texts import Texts
from shared.health import Health

HEARD_WITHIN: Final = 45_000
"""Milliseconds: three heartbeats."""
ENDING_WITHIN: Final = 14 * 86_400_000
LOOK_AGAIN: Final = 5_000
"""Milliseconds for which a look into the books serves all who ask."""
TEXTS: Final = Path(__file__).parent / "texts"


class Gate(Protocol):
    """The broker's gate, as far as it is looked at."""

    @property
    def open(self) -> bool:
        """Whether a broker asks here."""

    @property
    def wanted(self) -> bool:
        """Whether there is a broker that has a gate."""

    @property
    def counts(self) -> Mapping[str, int]:
        """What it did."""

    @property
    def turned(self) -> Mapping[str, int]:
        """Who was turned away, by reason."""


class Gathering:
    """What :class:`shared.face.watch.WatchDoor` asks for."""

    def __init__(self, program: str, books: Books, line: Line, gate: Gate, live: Live, now: Callable[[], int]) -> None:
        self._program = program
        self._books = books
        self._line = line
        self._gate = gate
        self._live = live
        self._now = now
        self._started = now()
        self._texts = Texts(TEXTS)
        self._looking = asyncio.Lock()
        self._looked_at = 0
        self._seen: tuple[Chain | None, int] = (None, 0)

    async def figures(self) -> Iterable[Metric]:
        """For Prometheus."""
        return metrics(await self._gathered())

    async def how(self, language: str) -> Health:
        """For whoever asks."""
        return how(self._program, await self._gathered(), self._texts.say(language))

    async def _gathered(self) -> Gathered:
        line = self._line
        found, ending = await self._chain()
        return Gathered(
            now=self._now(),
            started=self._started,
            connected=line.connected,
            shards=len(line.team.shards),
            workers=line.team.workers,
            intake=line.intake.counts,
            dispatch=line.dispatch.counts,
            waiting=line.intake.waiting,
            postings=line.intake.postings,
            watchers=self._live.listeners,
            chain=found,
            certificates_ending=ending,
            gate=self._gate_seen(),
        )

    def _gate_seen(self) -> GateSeen | None:
        gate = self._gate
        return GateSeen(gate.open, gate.counts, gate.turned) if gate.wanted else None

    async def _chain(self) -> tuple[Chain | None, int]:
        async with self._looking:
            if self._now() - self._looked_at >= LOOK_AGAIN:
                self._seen = await asyncio.to_thread(self._look)
                self._looked_at = self._now()
            return self._seen

    def _look(self) -> tuple[Chain | None, int]:
        now = self._now()
        try:
            with self._books.read() as connection:
                found = chain(connection, now - HEARD_WITHIN, now)
                ends = identity.ends(connection)
        except Unavailable:
            return None, 0
        return found, sum(end - now < ENDING_WITHIN for end in ends.values())
