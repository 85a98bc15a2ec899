"""The line as a whole: pipe, uplink, downlink and claims, joined."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from msgspec import Struct

from edge.store import command_keys, outbox
from edge.store.database import Database, Store
from edge.sync.claims import TIMEOUT, Claims
from edge.sync.downlink import Downlink, Forecourt
from edge.sync.orders import OrderDoor
from edge.sync.pace import UNHURRIED, Pace, Presence
from edge.sync.uplink import Uplink
from shared import topics
from shared.clock import Stamp
from shared.errors import JiayouError, Unavailable
from shared.messages import ClaimAnswer, CommandKeys, CouponClaim, OrderRefused
from shared.mqtt import Broker, Pipe, PipeTrouble
from shared.wire import pack

_QUIET_WITHIN = 60.0
"""Seconds to wait for a quiet moment."""
_QUIET_AGAIN = 0.2


class LinkState(Struct, frozen=True):
    """How the line is, for the page and for whoever decides online or offline."""

    connected: bool
    """Head office answers."""
    since: float
    """When that became so, on the monotonic clock, in seconds."""
    reason: str
    """A stable word when it does not: a :class:`PipeTrouble`, ``unanswered`` or ``refused_by_head_office``."""
    detail: str
    """Head office's own sentence, or the network's."""


class Link:
    """Everything between this store and head office. ``on_change`` is told each new :class:`LinkState`.

    ``enrolled_keys`` are the command keys that came with the station's papers; None for a station that was never
    enrolled, which trusts the first that it is told.
    """

    def __init__(
        self,
        store: Store,
        broker: Broker,
        program: str,
        presence: Callable[[], Awaitable[Presence]],
        on_change: Callable[[LinkState], None],
        pace: Pace = UNHURRIED,
        *,
        patience: float = 15.0,
        enrolled_keys: Mapping[int, bytes] | None = None,
    ) -> None:
        self._store = store
        self._enrolled_keys = enrolled_keys
        self._on_change = on_change
        self._reason = str(PipeTrouble.NONE)
        self._pipe = Pipe(broker, [topics.down(store.station, "+")], self._hear, self._pipe_changed, patience=patience)
        self.uplink = Uplink(store, self._pipe, program, presence, self._note, pace)
        self.claims = Claims(self._ask)
        self.downlink: Downlink | None = None
        self.door: OrderDoor | None = None
        self._notes: set[asyncio.Task[None]] = set()
        self._state = LinkState(False, time.monotonic(), PipeTrouble.NONE, "")
        self._task: asyncio.Task[None] | None = None

    @property
    def state(self) -> LinkState:
        """How the line is now."""
        return self._state

    def start(self, forecourt: Forecourt) -> None:
        """Connects, and keeps at it."""
        self.downlink = Downlink(self._store, self.uplink, self.claims, forecourt)
        self._task = asyncio.create_task(self._work(self.downlink), name="link")

    async def stop(self) -> None:
        """Hangs up."""
        await self._pipe.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def wake(self) -> None:
        """A letter was committed. May be called from any thread once it was started."""
        if self._task is not None:
            with suppress(RuntimeError):  # the loop is just being closed
                self._task.get_loop().call_soon_threadsafe(self.uplink.wake)

    async def connect_anew(self) -> None:
        """Makes a new connection at a quiet moment, with the papers that are in force now."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_QUIET_WITHIN):
                while not self.uplink.quiet:  # noqa: ASYNC110 - nobody tells of quiet
                    await asyncio.sleep(_QUIET_AGAIN)
        self._pipe.drop("new papers")

    async def claim(self, claim: CouponClaim, timeout: float = TIMEOUT) -> ClaimAnswer | None:  # noqa: ASYNC109 - the caller's patience is part of the question
        """Head office's answer about a coupon; None when there is none in time."""
        return await self.claims.claim(claim, timeout)

    async def _work(self, downlink: Downlink) -> None:
        door = self.door = await self._opened_door()
        self.uplink.key_version = lambda: door.version
        downlink.on_refused = lambda kind, why: door.refuse(kind, why.reason, str(why))
        self._pipe.start()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.uplink.run())
            group.create_task(downlink.run())

    def _ask(self, claim: CouponClaim) -> bool:
        return self._state.connected and self._pipe.publish(topics.up(self._store.station, topics.ASK), pack(claim))

    def _hear(self, topic: str, data: bytes) -> None:
        message = self.door.pass_in(topic, data) if self.door is not None else None
        if self.downlink is not None and message is not None:
            self.downlink.hear(topic, message, data)

    async def _opened_door(self) -> OrderDoor:
        store, enrolled = self._store, self._enrolled_keys
        try:
            keys = await store.run(_keys_at_start, enrolled or {})
        except Unavailable:  # a full disk keeps nobody from hearing head office
            keys = dict(enrolled) if enrolled else await store.read(command_keys.trusted)
        return OrderDoor(
            store.station, keys, store.clock.now, self._refused, self._keys_told, trusts_the_first=enrolled is None
        )

    def _refused(self, refusal: OrderRefused) -> None:
        self._keep(outbox.append, self._store.clock.stamp(), refusal)

    def _keys_told(self, letter: CommandKeys, frame: bytes) -> None:
        self._keep(_keep_keys, self._store.clock.stamp(), letter, frame)

    def _keep(self, work: Callable[..., object], *what: object) -> None:
        """Written when the disk allows it: what can't be written now is told again."""

        async def keep() -> None:
            with suppress(JiayouError):
                await self._store.run(work, *what)

        self._notes.add(task := asyncio.create_task(keep(), name="note"))
        task.add_done_callback(self._notes.discard)

    def _pipe_changed(self, connected: bool, word: str) -> None:
        self._reason = "unanswered" if connected else word
        self.uplink.line_changed(connected)
        self._note()

    def _note(self) -> None:
        """Tells the state when it is a new one."""
        connected, reason, detail = self.uplink.heard, self._reason, self._pipe.detail
        if self.uplink.refused:
            reason, detail = "refused_by_head_office", self.uplink.refused
        if connected:
            reason = detail = ""
        before = self._state
        if (connected, reason, detail) != (before.connected, before.reason, before.detail):
            since = before.since if connected == before.connected else time.monotonic()
            self._state = LinkState(connected, since, reason, detail)
            self._on_change(self._state)


def _keys_at_start(db: Database, enrolled: Mapping[int, bytes]) -> dict[int, bytes]:
    command_keys.trust(db, enrolled)
    return command_keys.trusted(db)


def _keep_keys(db: Database, stamp: Stamp, letter: CommandKeys, frame: bytes) -> None:
    if command_keys.trust(db, letter.keys):
        command_keys.note_obeyed(db, stamp.at, topics.KEYS, frame)
