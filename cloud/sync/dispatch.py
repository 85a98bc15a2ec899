"""Hellos answered, books and commands sent, claims decided: everything that goes down to the stations but *stored*.

Nothing here is remembered that matters. What a station lacks is told by its next hello, at most 15 seconds later; a
push only makes it faster.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog

from cloud.store import lines
from cloud.store.database import Books
from cloud.store.lines import SecurityEvent
from cloud.sync.greeting import Greeter, HeardHello, Outgoing
from cloud.sync.identity import Alarms
from cloud.sync.reading import Forged, open_claim, open_hello
from cloud.sync.trades import Trades
from cloud.sync.waiting import WaitingHellos
from shared import topics
from shared.errors import LetterMisread, Unavailable
from shared.messages import CouponClaim
from shared.wire import pack

_log = structlog.get_logger(__name__)
Q = TypeVar("Q")

_HELLOS_AT_ONCE = 200
_HELLOS_WAITING = 20_000
_CLAIMS_AT_ONCE = 4
_CLAIMS_WAITING = 500
_PUSHES_AT_ONCE = 1_000
"""Books made in one transaction, and signed in one breath: a sale that arrives meanwhile waits a fifth of a second."""


class Dispatch:
    """Answers stations. ``publish`` sends; ``on_heard`` is told, on the event loop, which stations said hello.

    ``elsewhere`` asks the other workers to :meth:`push` a kind of news to the stations that they serve.
    """

    def __init__(
        self,
        books: Books,
        trades: Trades,
        publish: Callable[[str, bytes], bool],
        on_heard: Callable[[Collection[str]], None],
        now: Callable[[], int],
        elsewhere: Callable[[str, Collection[str] | None], None] = lambda *_: None,
    ) -> None:
        self._books = books
        self._trades = trades
        self._publish = publish
        self._on_heard = on_heard
        self._now = now
        self._elsewhere = elsewhere
        self._greeter = Greeter(books, trades, now)
        self._hellos = WaitingHellos(_HELLOS_WAITING)
        self._claims: asyncio.Queue[tuple[str, CouponClaim]] = asyncio.Queue(_CLAIMS_WAITING)
        self._events: asyncio.Queue[SecurityEvent] = asyncio.Queue(_CLAIMS_WAITING)
        self._alarms = Alarms()
        self._greeting_thread = ThreadPoolExecutor(1, "greeting")
        self._claim_threads = ThreadPoolExecutor(_CLAIMS_AT_ONCE, "claim")
        self.counts: Counter[str] = Counter()
        """``hellos``, ``claims``, ``misread``, ``let_go``, ``failures``."""

    def alive(self) -> list[str]:
        """The stations that were heard a moment ago."""
        return self._greeter.identities.alive(self._now())

    # ── what the line calls ──

    def hear_hello(self, station: str, data: bytes) -> None:
        """A hello arrived on this station's topic. Any bytes may; never raises, never waits."""
        try:
            hello = open_hello(station, data)
        except LetterMisread as why:
            self._misread(station, why)
            return
        if isinstance(hello, Forged):
            self._accuse(hello, "hello_for_another")
        elif not self._hellos.put(HeardHello(hello, self._now())):
            self._let_go()

    def hear_claim(self, station: str, data: bytes) -> None:
        """A question about a coupon arrived on this station's topic. The same holds."""
        try:
            claim = open_claim(station, data)
        except LetterMisread as why:
            self._misread(station, why)
            return
        if isinstance(claim, Forged):
            self._accuse(claim, "claim_for_another")
        else:
            self._wait(self._claims, (station, claim))

    async def run(self) -> None:
        """Works until it is cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_greeting())
                group.create_task(self._keep_accusing())
                for _ in range(_CLAIMS_AT_ONCE):
                    group.create_task(self._keep_deciding())
        finally:
            for threads in (self._greeting_thread, self._claim_threads):
                await asyncio.get_running_loop().run_in_executor(None, threads.shutdown)

    # ── what head office calls ──

    async def tariffs_changed(self, stations: Collection[str] | None = None) -> None:
        """There are new tariff books, for these stations or for all."""
        self._elsewhere(topics.TARIFFS, stations)
        await self.push(stations, topics.TARIFFS)

    async def coupons_changed(self, stations: Collection[str] | None = None) -> None:
        """There are new coupon books, for these stations or for all."""
        self._elsewhere(topics.COUPONS, stations)
        await self.push(stations, topics.COUPONS)

    async def settings_changed(self, stations: Collection[str] | None = None) -> None:
        """There are new settings, for these stations or for all."""
        self._elsewhere(topics.SETTINGS, stations)
        await self.push(stations, topics.SETTINGS)

    async def commands_given(self, stations: Collection[str]) -> None:
        """There are new commands in the books for these stations."""
        self._elsewhere(topics.COMMAND, stations)
        await self.push(stations, topics.COMMAND)

    async def push(self, stations: Collection[str] | None, kind: str) -> None:
        """To those that this worker has heard of late; the others ask when they come."""
        there = [station for station in self.alive() if stations is None or station in stations]
        if kind == topics.COMMAND:
            await self._send(lambda: self._greeter.commands_for(there))
            return
        for i in range(0, len(there), _PUSHES_AT_ONCE):
            some = there[i : i + _PUSHES_AT_ONCE]
            await self._send(lambda some=some: self._greeter.books_for(some, kind))  # type: ignore[misc]

    # ── hellos ──

    async def _keep_greeting(self) -> None:
        while True:
            heard = await self._hellos.take(_HELLOS_AT_ONCE)
            self.counts["hellos"] += len(heard)
            if not await self._send(lambda heard=heard: self._greeter.greet(heard)):  # type: ignore[misc]
                for one in heard:  # one of them breaks our own program: the others must not wait for it
                    await self._send(lambda one=one: self._greeter.greet([one]))  # type: ignore[misc]
            self._on_heard({h.hello.station for h in heard})

    async def _send(self, make: Callable[[], Sequence[Outgoing]]) -> bool:
        """Makes messages in the thread and sends them. False when our own program fails over it."""
        try:
            outgoing = await asyncio.get_running_loop().run_in_executor(self._greeting_thread, make)
        except Unavailable as why:
            self._failed("books_out_of_reach", why)  # every station asks again
            return True
        except Exception as why:
            self._failed("not_sent", why)
            return False
        for message in outgoing:
            self._publish(message.topic, message.data)
        return True

    def _failed(self, what: str, why: Exception) -> None:
        self.counts["failures"] += 1
        _log.warning(what, why=str(why), exc_info=not isinstance(why, Unavailable))

    # ── claims ──

    async def _keep_deciding(self) -> None:
        while True:
            station, claim = await self._claims.get()
            self.counts["claims"] += 1
            try:
                work = asyncio.get_running_loop().run_in_executor(self._claim_threads, self._decide, station, claim)
                answer = await work
            except Exception as why:
                self._failed("claim_not_decided", why)  # the station decides by itself
                continue
            if answer is not None:
                self._publish(answer.topic, answer.data)

    def _decide(self, station: str, claim: CouponClaim) -> Outgoing | None:
        with self._books.begin() as connection:
            if not lines.known_stations(connection, {station}):
                return None
            answer = self._trades.claim(connection, station, claim, self._now())
        return Outgoing(topics.down(station, topics.ANSWER), pack(answer))

    # ── what goes wrong ──

    def _misread(self, station: str, why: LetterMisread) -> None:
        self.counts["misread"] += 1
        if self.counts["misread"] == 1:
            _log.warning("question_misread", station=station, why=str(why))

    def _accuse(self, forged: Forged, word: str) -> None:
        now = self._now()
        if self._alarms.admit(forged.station, word, now):
            _log.warning("spoke_for_another", station=forged.station, claimed=forged.claimed, what=word)
            self._wait(self._events, SecurityEvent(now, forged.station, word, forged.sentence))

    async def _keep_accusing(self) -> None:
        while True:
            event = await self._events.get()
            await self._send(lambda event=event: self._greeter.note(event))  # type: ignore[misc]

    def _wait(self, queue: "asyncio.Queue[Q]", item: Q) -> None:
        try:
            queue.put_nowait(item)
        except asyncio.QueueFull:
            self._let_go()

    def _let_go(self) -> None:
        if self.counts["let_go"] == 0:
            _log.warning("questions_let_go", why="more stations ask than can be answered; they will ask again")
        self.counts["let_go"] += 1
