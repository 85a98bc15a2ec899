"""Letters in, *stored* out. What waits is written in groups, each in one transaction, in a thread of its own.

A group is whatever has arrived while the one before it was written: a lone sale waits for nobody, a storm shares its
commits. Nothing is answered before it is committed; what was not answered is sent again by the station, so whatever
fails here may be dropped.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import structlog

from cloud.store.database import Books
from cloud.sync.identity import Alarms
from cloud.sync.posting import Handlers, Message, Result, post_all
from cloud.sync.reading import Forged, Unreadable, open_message
from shared import topics
from shared.errors import Unavailable
from shared.messages import Fact, SaleRecorded, Stored
from shared.tally import Tally
from shared.wire import pack

_log = structlog.get_logger(__name__)

_GROUP_BYTES = 512 * 1024
"""Packed bytes in one transaction: some 12,000 sales of one station, some 1,500 of as many."""
_ROOM_BYTES = 64 * 1024 * 1024
"""So much may wait. Beyond, messages are let go, and their stations send them again."""
_LINES_AT_ONCE = 20
"""So many facts of a group are told one by one."""
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0


class Intake:
    """Takes letters from the line.

    ``publish`` sends an answer; ``on_posted`` is told, on the event loop, what is new in the books.
    """

    def __init__(
        self,
        books: Books,
        handlers: Handlers,
        publish: Callable[[str, bytes], bool],
        on_posted: Callable[[Result], None],
        now: Callable[[], int],
    ) -> None:
        lacking = set(get_args(Fact)) - handlers.keys()
        if lacking:
            raise ValueError(f"nobody takes {', '.join(sorted(kind.__name__ for kind in lacking))}")
        self._books = books
        self._handlers = handlers
        self._publish = publish
        self._on_posted = on_posted
        self._now = now
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        self._waiting_bytes = 0
        self._alarms = Alarms()
        self._thread = ThreadPoolExecutor(1, "intake")
        self.postings = Tally()
        """How long it took to write each group, postings and commit included."""
        self.counts: Counter[str] = Counter()
        """``messages`` dealt with, ``letters`` (new ones), ``dead``, ``let_go``, ``failures``."""

    def hear(self, station: str, data: bytes) -> None:
        """A message arrived on this station's topic. Never waits; lets the message go when too much waits already."""
        if self._waiting_bytes + len(data) > _ROOM_BYTES:
            if self.counts["let_go"] == 0:
                _log.warning(
                    "letters_let_go", why="more arrive than can be written; their stations will send them again"
                )
            self.counts["let_go"] += 1
            return
        self._waiting_bytes += len(data)
        self._waiting.put_nowait((station, data))

    @property
    def waiting(self) -> int:
        """Messages that wait to be written."""
        return self._waiting.qsize()

    async def run(self) -> None:
        """Works until it is cancelled."""
        try:
            while True:
                group = await self._group()
                await self._serve(group)
                self.counts["messages"] += len(group)
        finally:
            # what is being written is brought to its end: nobody may close the books under it
            await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)

    async def _group(self) -> list[tuple[str, bytes]]:
        """What waits, in the order in which it came; at least one message."""
        group = [await self._waiting.get()]
        size = len(group[0][1])
        while size < _GROUP_BYTES and not self._waiting.empty():
            group.append(self._waiting.get_nowait())
            size += len(group[-1][1])
        self._waiting_bytes -= size
        return group

    async def _serve(self, group: list[tuple[str, bytes]]) -> None:
        pause = _SHORTEST_PAUSE
        while True:
            try:
                result = await self._in_thread(self._post, group)
            except Unavailable as why:
                # held and tried again: nothing was answered, nothing is lost
                if pause == _SHORTEST_PAUSE:
                    _log.warning("letters_wait_for_the_books", why=str(why))
                self.counts["failures"] += 1
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, pause * 2)
            except Exception:
                self.counts["failures"] += 1
                _log.exception("group_let_go", messages=len(group))
                return
            else:
                self._answer(result)
                return

    def _answer(self, result: Result) -> None:
        self.counts["letters"] += len(result.facts)
        _tell(result)
        self.counts["dead"] += len(result.dead)
        for (station, epoch), upto in result.stored.items():
            self._publish(topics.down(station, topics.STORED), pack(Stored(epoch, upto)))
        try:
            self._on_posted(result)
        except Exception:  # whoever watches must not stop what he watches
            _log.exception("watcher_failed")

    async def _in_thread(self, work: Callable[..., Result], *args: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    # ── in the thread ──

    def _post(self, group: Sequence[tuple[str, bytes]]) -> Result:
        opened = [(open_message(station, data), data) for station, data in group]
        opened = [(message, data) for message, data in opened if self._is_news(message)]
        try:
            return self._in_books([message for message, _ in opened])
        except Unavailable:
            raise
        except Exception as why:
            _log.exception("group_not_posted", messages=len(group), why=str(why))
            self.counts["failures"] += 1
        return self._one_by_one(opened)

    def _one_by_one(self, opened: Sequence[tuple[Message, bytes]]) -> Result:
        """Something in here breaks our own program: the rest is stored, the culprit goes to the dead, whole."""
        whole = Result()
        for message, data in opened:
            try:
                part = self._in_books([message])
            except Unavailable:
                raise
            except Exception as why:
                part = self._in_books([Unreadable(message.station, data, f"Storing it failed: {why!r}")])
            whole.merge(part)
        return whole

    def _is_news(self, message: Message) -> bool:
        """Everything but a forgery that was told within the hour."""
        if not isinstance(message, Forged):
            return True
        news = self._alarms.admit(message.station, message.claimed, self._now())
        if news:
            _log.warning("wrote_for_another", station=message.station, claimed=message.claimed)
        return news

    def _in_books(self, messages: Sequence[Message]) -> Result:
        begun = time.perf_counter_ns()
        with self._books.begin() as connection:
            result = post_all(connection, messages, self._handlers, self._now())
        self.postings.add((time.perf_counter_ns() - begun) // 1_000)
        return result


def _tell(result: Result) -> None:
    """A live sale gets a line with its key, by which the station's own log names it; a storm gets one for all."""
    sales = [fact for fact in result.facts if isinstance(fact.body, SaleRecorded)]
    if len(result.facts) > _LINES_AT_ONCE:
        _log.info("letters_posted", letters=len(result.facts), sales=len(sales), stations=len(result.stored))
        return
    for fact in sales:
        _log.info("sale_posted", sale=str(fact.key), arrived_at=fact.arrived_at)
    for dead in result.dead:
        _log.warning("letter_died", letter=f"{dead.station}-{dead.epoch}-{dead.seq}", why=dead.reason)


def machine_now() -> int:
    """The company's clock, UTC milliseconds."""
    return time.time_ns() // 1_000_000
