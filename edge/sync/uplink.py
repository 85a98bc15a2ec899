"""Letters up: hello first, then the backlog, then each new fact as soon as it is on the disk.

Only *stored* from the company empties the outbox, and nothing else ever does: not an attempt that failed, not a
thousand of them. What is on its way is known in memory alone; after a restart, a new connection or a long silence it is
sent again.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable

import structlog

from edge.store import books, outbox
from edge.store.database import Store
from edge.sync.former import FormerEpochs
from edge.sync.pace import UNHURRIED, Pace, Pipe, Presence, either, whatever_happens
from edge.sync.window import Window
from shared import topics
from shared.messages import Hello, Stored, Welcome
from shared.station import Key
from shared.wire import BATCH_BYTES, batch_of, pack

_log = structlog.get_logger(__name__)

_LONGEST_SILENCE = 600.0
"""At the latest after so many seconds of silence a connection is given up for a new one."""
_HELLOS_REMEMBERED = 16
_CERTAIN = 4_000
"""A round trip longer than this (milliseconds) says too little about the clocks."""


class Uplink:
    """Sends the outbox.

    ``presence`` describes the station for the hello; ``on_change`` is called when :attr:`heard`, :attr:`refused` or the
    backlog may have changed.
    """

    def __init__(
        self,
        store: Store,
        pipe: Pipe,
        program: str,
        presence: Callable[[], Awaitable[Presence]],
        on_change: Callable[[], None],
        pace: Pace = UNHURRIED,
    ) -> None:
        self._store = store
        self._pipe = pipe
        self._program = program
        self._presence = presence
        self._on_change = on_change
        self._pace = pace
        self._window = Window(0, first_patience=pace.first_patience, longest_patience=pace.longest_patience)
        self._speak = asyncio.Event()
        self.former = FormerEpochs(store, pipe.publish, self.speak, on_change)
        self._more = asyncio.Event()
        self._answered = asyncio.Event()
        self._greeted = False
        self._greetings = 0
        self._hellos: deque[tuple[int, int]] = deque(maxlen=_HELLOS_REMEMBERED)
        self._heard_mono = 0.0
        self._drop_after = pace.first_silence
        self._heard_wall = self._heard_kept = 0
        self._upto = self._marked = 0
        self.sent: Counter[str] = Counter()
        """``letters``, ``batches``, ``welcomes``, ``connections`` since the agent started."""
        self.trip = 0
        """Milliseconds of the last round trip to head office; 0 before the first."""
        self.last_asked = -1
        """The last part of a large coupon book that was asked for; -1 for none."""
        self.key_version: Callable[[], int] = lambda: 0
        """Of the command keys that are trusted here."""
        self.refused = ""
        """Why the company does not talk with this store; empty while it does."""
        self.heard = False
        """Whether the company answers: connected, welcomed, and not silent since."""

    @property
    def accepted(self) -> bool:
        """Whether the company talks with this store: on this connection it welcomed us, and did not refuse."""
        return self._greeted and not self.refused

    @property
    def quiet(self) -> bool:
        """Whether no letter is on its way."""
        return self._window.sent == self._window.stored

    # ── what happens to it ──

    async def run(self) -> None:
        """Works until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for part in (self._keep_speaking, self._keep_sending, self._keep_marking, self.former.run):
                group.create_task(whatever_happens(part))

    def line_changed(self, connected: bool) -> None:
        """The pipe stands anew, or is gone."""
        self._window.rewind()
        self._greeted, self._greetings, self._heard_mono = False, 0, time.monotonic()
        self._set_heard(False)
        if connected:
            self.sent["connections"] += 1
            self._speak.set()

    def wake(self) -> None:
        """There is a new letter."""
        self._more.set()

    def speak(self) -> None:
        """Something that the hello tells has changed."""
        self._speak.set()

    def welcomed(self, welcome: Welcome) -> None:
        """The company answers a hello: ours, and not that of a double which hears and is heard on the same topics."""
        if (welcome.hello_wall, welcome.hello_mono) not in self._hellos:
            return
        self.sent["welcomes"] += 1
        self._greeted, self._heard_mono = True, time.monotonic()
        self._drop_after = self._pace.first_silence
        self._compare_clocks(welcome)
        if welcome.refused != self.refused:
            self.refused = welcome.refused
            _log.warning("refused_by_head_office" if self.refused else "accepted_by_head_office", why=self.refused)
            self._on_change()
        self._set_heard(not self.refused)
        if not self.refused:
            self._heard_wall = welcome.wall
            if welcome.stored_upto <= self._window.sent:  # else it speaks of letters that these need not be
                self._take_mark(welcome.stored_upto)
            self.former.told(welcome.held)
            self._answered.set()
        self._more.set()

    def stored(self, answer: Stored) -> None:
        """The company has everything up to here."""
        if self.accepted and answer.epoch == self._store.epoch:
            self._take_mark(answer.upto)
        elif self.accepted:
            self.former.stored(answer.epoch)

    # ── hello ──

    async def _keep_speaking(self) -> None:
        while True:
            if self._pipe.connected:
                await self._say_hello()
            await either(self._speak, self._until_next_hello())
            self._watch_silence()

    def _until_next_hello(self) -> float:
        """Greetings that nobody answers get rarer: ten thousand stations may be waiting for the company."""
        if self._greeted:
            return self._pace.heartbeat
        self._greetings += 1
        return min(self._pace.heartbeat, self._pace.greeting_again * 2.0 ** min(self._greetings - 1, 8))

    def _watch_silence(self) -> None:
        """A connection on which nobody answers may be dead without knowing it."""
        silent = time.monotonic() - self._heard_mono
        if not self._pipe.connected or silent < self._pace.unheard:
            return
        self._set_heard(False)
        if silent > self._drop_after:
            self._drop_after = min(_LONGEST_SILENCE, self._drop_after * 2)
            self._pipe.drop("head office does not answer on this connection")

    async def _say_hello(self) -> None:
        hello = await self._hello()
        self._hellos.append((hello.wall, hello.mono))
        self._pipe.publish(topics.up(self._store.station, topics.HELLO), pack(hello))

    async def _hello(self) -> Hello:
        presence = await self._presence()
        behind = await self._store.read(outbox.backlog)
        tariffs, coupons = await self._store.read(books.versions)
        site = await self._store.read(books.settings_version)
        parts = await self._store.read(books.parts_wanted)
        self.last_asked = parts.wanted[-1] if parts and parts.wanted else -1
        clock = self._store.clock
        return Hello(
            station=self._store.station,
            epoch=self._store.epoch,
            store_id=self._store.store_id,
            boot=self._store.boot,
            mono=clock.mono(),
            wall=clock.wall(),
            next_seq=behind.next_seq,
            stored_upto=behind.next_seq - 1 - behind.count,
            oldest_unsent=behind.oldest_at,
            tariffs=tariffs,
            coupons=coupons,
            program=self._program,
            open=presence.open,
            points=presence.points,
            printer=presence.printer,
            live=self.accepted,
            gauges=presence.gauges,
            versions={topics.KEYS: self.key_version(), topics.SETTINGS: site},
            parts=parts,
            asks=self.former.asks,
        )

    def _compare_clocks(self, welcome: Welcome) -> None:
        """The company's clock was read in the middle of the round trip, as nearly as can be known."""
        clock = self._store.clock
        self.trip = trip = clock.mono() - welcome.hello_mono
        if 0 <= trip <= _CERTAIN:
            clock.compared(clock.wall() - (welcome.wall + trip // 2))

    def _set_heard(self, heard: bool) -> None:
        if heard != self.heard:
            self.heard = heard
            self._on_change()

    # ── letters ──

    async def _keep_sending(self) -> None:
        while True:
            await either(self._more, self._window.due(time.monotonic()))
            if self._window.due(time.monotonic()) == 0:
                _log.info("letters_sent_again", after=self._window.stored)
                self._window.give_up()
            while self._may_send() and await self._send_batch():
                pass

    def _may_send(self) -> bool:
        return self.accepted and self._pipe.connected and self._window.open

    async def _send_batch(self) -> bool:
        """Sends the next letters; False when there are none, or no room."""
        after = self._window.sent
        letters = await self._store.read(outbox.waiting, after, BATCH_BYTES)
        if not letters or not self._may_send() or after != self._window.sent:
            return bool(letters)
        batch = batch_of(self._store.station, self._store.epoch, letters[0][0], [body for _, body in letters])
        if not self._pipe.publish(topics.up(self._store.station, topics.LETTERS), batch):
            asyncio.get_running_loop().call_later(0.05, self._more.set)  # the network is full: in a moment again
            return False
        self._window.left(letters[-1][0], time.monotonic())
        self.sent["batches"] += 1
        self.sent["letters"] += len(letters)
        return True

    # ── stored ──

    def _take_mark(self, upto: int) -> None:
        if upto > self._upto:
            self._upto = upto
            self._answered.set()
            if upto <= self._window.sent:  # it has left, so it was written: the next ones need not wait for the disk
                self._window.acknowledge(upto, time.monotonic())
                self._more.set()

    async def _keep_marking(self) -> None:
        self._upto = max(self._upto, await self._store.read(outbox.stored_upto))
        while True:
            if self._upto > self._marked:
                await self._believe(self._upto)
            if self._heard_wall > self._heard_kept:
                self._heard_kept = self._heard_wall
                await self._store.run(books.heard, self._heard_kept)
            await self._answered.wait()
            self._answered.clear()

    async def _believe(self, upto: int) -> None:
        """Takes a mark over into window and store. Letters that were never written can't be stored anywhere."""
        newest = (await self._store.read(outbox.backlog)).next_seq - 1
        if upto > newest:
            _log.error("head_office_claims_letters_never_written", upto=upto, newest=newest)
            self._upto = self._marked
            return
        self._window.acknowledge(upto, time.monotonic())
        self._more.set()
        await self._store.run(outbox.mark_stored, self._store.epoch, upto)
        _log.info("stored", after=str(self._key(self._marked)), upto=str(self._key(upto)))
        self._marked = upto
        self._on_change()

    def _key(self, seq: int) -> Key:
        return Key(self._store.station, self._store.epoch, seq)
