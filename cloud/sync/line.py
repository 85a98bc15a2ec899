"""The line to all stations: pipe, intake, dispatch and the other workers, joined."""

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Callable, Collection

import structlog

from cloud.live import Notice
from cloud.store.database import Books
from cloud.sync.dispatch import Dispatch
from cloud.sync.intake import Intake, machine_now
from cloud.sync.posting import Result
from cloud.sync.team import ALL_SHARDS, Push, Team, Word
from cloud.sync.trades import Trades
from shared import topics
from shared.errors import Unavailable
from shared.mqtt import Broker, Pipe

_log = structlog.get_logger(__name__)
_TURN = 0.0005
"""Seconds after which a busy thread lets another one have the interpreter. Each message that is sent gives it up for
the socket: with Python's own five milliseconds, ten thousand prices would wait for the intake that long each."""
_BUFFER = 64 * 1024 * 1024
"""A price for ten thousand stations leaves in one go."""


class Line:
    """Everything between the books and the broker.

    On the event loop ``on_posted`` is told what is new in the books, ``on_heard`` who said hello, ``on_line`` whether
    the broker is there, and ``on_notice`` what another worker has put into the books.
    """

    def __init__(
        self,
        books: Books,
        broker: Broker,
        trades: Trades,
        on_posted: Callable[[Result], None],
        on_heard: Callable[[Collection[str]], None],
        on_line: Callable[[bool, str], None],
        on_notice: Callable[[Notice], None],
        now: Callable[[], int] = machine_now,
        *,
        patience: float = 5.0,
    ) -> None:
        self._on_line = on_line
        self._on_notice = on_notice
        self._pipe = Pipe(broker, [], self._hear, self._line_changed, patience=patience, buffer=_BUFFER)
        self.team = Team(books, self._serve, self._heard)
        self._pen = trades.pen
        self.intake = Intake(books, trades.handlers, self._send, on_posted, now)
        self.dispatch = Dispatch(books, trades, self._send, on_heard, now, self._push_elsewhere)
        self.strays: Counter[str] = Counter()
        """Messages on topics that are none of ours."""
        self.unsigned = 0
        """Messages that could not be signed."""
        self._task: asyncio.Task[None] | None = None
        self._repeating: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._pipe.connected

    def start(self) -> None:
        """Connects, and keeps at it."""
        _calm_the_collector()
        sys.setswitchinterval(_TURN)
        self._task = asyncio.create_task(self._work(), name="line")
        self._pipe.start()

    async def stop(self) -> None:
        """Hangs up."""
        await self._pipe.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.intake.run())
            group.create_task(self.dispatch.run())
            group.create_task(self.team.run())

    def _serve(self, shards: frozenset[int]) -> None:
        whole = shards == ALL_SHARDS
        self._pipe.listen([topics.EVERY_UP] if whole else [topics.shard_up(shard) for shard in sorted(shards)])

    def _send(self, topic: str, data: bytes) -> bool:
        """Signed, whatever it is. What can't be signed is not sent: the station asks again."""
        try:
            frame = self._pen.signed(topic, data)
        except Unavailable as why:
            if not self.unsigned:
                _log.warning("message_not_signed", why=str(why))
            self.unsigned += 1
            return False
        return self._pipe.publish(topic, frame)

    def _push_elsewhere(self, kind: str, stations: Collection[str] | None) -> None:
        self.team.tell(Push(kind, None if stations is None else tuple(sorted(stations))))

    def _heard(self, word: Word) -> None:
        if isinstance(word, Push):
            self._repeating.add(task := asyncio.create_task(self.dispatch.push(word.stations, word.kind)))
            task.add_done_callback(self._repeating.discard)
        else:
            self._on_notice(word)

    def _hear(self, topic: str, data: bytes) -> None:
        station, kind = topics.sender(topic) or ("", "")
        match kind:
            case topics.LETTERS:
                self.intake.hear(station, data)
            case topics.HELLO:
                self.dispatch.hear_hello(station, data)
            case topics.ASK:
                self.dispatch.hear_claim(station, data)
            case _:
                self.strays[topic[:100]] += 1

    def _line_changed(self, connected: bool, word: str) -> None:
        _log.info(
            "broker_connected" if connected else "broker_gone", why=word or None, detail=self._pipe.detail or None
        )
        self._on_line(connected, word)


def _calm_the_collector() -> None:
    """Thousands of letters a second are a flood of small objects that live for a moment and form no rings.

    Python's collector would go through every module that is loaded, again and again, to find that out: it halved what
    the intake can take. What is loaded by now lives as long as the process; the rest is looked at more rarely.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
