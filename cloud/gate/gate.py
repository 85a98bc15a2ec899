"""Stands at the broker and answers. A handful of questions is one look into the books; no books, no answer.

What is not answered in time the broker refuses, and the station comes again: after a minute without head office
everybody is back within the next (``shared.mqtt`` waits 15 seconds at most between two attempts).
"""

import asyncio
import random
import ssl
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol, TypeVar

import nats
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from cloud.broker import is_loopback
from cloud.gate import patrol
from cloud.gate.admitting import Verdict
from cloud.gate.keys import GateKeys
from cloud.gate.permits import Knock, Pass, QuestionMisread, permit, read_knock, refusal
from shared.errors import Unavailable

_log = structlog.get_logger(__name__)
T = TypeVar("T")

_QUESTIONS: Final = "$SYS.REQ.USER.AUTH"
_HANDFUL: Final = 200
_LOOKED_UP: Final = 2_000
_PATIENCE: Final = 2.5
"""Seconds after which the broker has given up: an answer would be for nobody."""
_LONGEST_WAIT: Final = 0.5
_LOOK_SECONDS: Final = 1.0
_ROUND_SECONDS: Final = 60.0
_SECOND_LOOK: Final = 2.0
"""Seconds after which somebody who was let in just before a revocation is on the broker's list."""


class Keeper(Protocol):
    """Who knows who may come in. Its methods block; :exc:`Unavailable` when it can't know."""

    def admit(self, knocks: Sequence[Knock], now: int) -> list[Verdict]:
        """Pass or refusal for each, in their order."""

    def ended(self, names: Collection[str], now: int) -> set[str]:
        """Those of these names of passes that are good no more."""

    def revision(self) -> object:
        """Another value after each revocation."""


class Gate:
    """Answers the broker for as long as :meth:`run` runs, and cuts those whose right has ended.

    ``addresses`` gives ``host:port`` of the brokers' gates, and is asked before each attempt; beyond this machine
    ``tls`` is spoken.
    """

    def __init__(
        self,
        keys: GateKeys,
        keeper: Keeper,
        addresses: Callable[[], Sequence[str]],
        now: Callable[[], int],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._keys = keys
        self._keeper = keeper
        self._addresses = addresses
        self._now = now
        self._tls = tls
        self._waiting: asyncio.Queue[tuple[float, Msg]] = asyncio.Queue()
        self._look_now = asyncio.Event()
        self._closing = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "gate")
        self.counts: Counter[str] = Counter()
        """``admitted``, ``turned``, ``late`` (nobody waited any more), ``looks``, ``cut``, ``failures``."""
        self.turned: Counter[str] = Counter()
        """Those that were turned away, by reason."""
        self.open = False
        """Whether a broker asks here."""

    def look(self) -> None:
        """Somebody was shut out just now: look at once, and not at the next round."""
        self._look_now.set()

    def close(self) -> None:
        """To be said before :meth:`run` is cancelled: a waiting call of the client may swallow a cancellation."""
        self._closing.set()

    async def run(self) -> None:
        """Works until it is closed and cancelled."""
        failures = 0
        try:
            while not self._closing.is_set():
                try:
                    failures = 0 if await self._stand() else failures + 1
                except Exception as why:  # whatever it was: a gate that is given up shuts everybody out
                    _log.exception("gate_failed", why=str(why))
                    failures += 1
                longest = min(_LONGEST_WAIT, 0.2 * 2.0 ** min(failures, 5))
                await asyncio.sleep(random.uniform(0.05, longest))
        finally:
            await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)

    @property
    def wanted(self) -> bool:
        """Whether there is a broker that has a gate: other brokers know their stations from a file."""
        return self.open or bool(self._addresses())

    # ── at one broker, until it is gone ──

    async def _stand(self) -> bool:
        """Whether it got there at all."""
        places = list(self._addresses())
        random.shuffle(places)
        for place in places:
            asked = await self._connect(place, self._keys.asked_seed)
            system = await self._connect(place, self._keys.system_seed) if asked else None
            try:
                if asked and system:
                    _log.info("gate_open", broker=place)
                    await self._serve(asked, system)
                    return True
            finally:
                self.open = False
                await asyncio.gather(*(_hang_up(client) for client in (asked, system) if client))
        return False

    async def _connect(self, place: str, seed: str) -> Client | None:
        near = is_loopback(place.rpartition(":")[0].strip("[]"))
        scheme, tls = ("nats", None) if near else ("tls", self._tls)
        try:
            async with asyncio.timeout(5.0):
                return await nats.connect(
                    f"{scheme}://{place}", nkeys_seed_str=seed, allow_reconnect=False, connect_timeout=2, tls=tls,
                    error_cb=_quiet, ping_interval=5, max_outstanding_pings=2,
                    max_reconnect_attempts=1, reconnect_time_wait=0,  # its own patience would keep stations waiting
                )  # fmt: skip
        except (OSError, NatsError, ssl.SSLError, ValueError) as why:
            self._once("gate_not_reached", broker=place, why=str(why) or type(why).__name__)
            return None

    async def _serve(self, asked: Client, system: Client) -> None:
        await asked.subscribe(_QUESTIONS, queue="gate", cb=self._hear)
        await asked.flush()
        self.open = True
        self.counts["not_reached"] = 0
        parts = self._answer(asked), self._patrol(system), _over(asked, system), self._closing.wait()
        work = [asyncio.create_task(part) for part in parts]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _ended(work)
        if not self._closing.is_set():
            _log.warning("gate_lost", why="the broker is gone")

    # ── questions ──

    async def _hear(self, message: Msg) -> None:
        self._waiting.put_nowait((time.monotonic(), message))

    async def _answer(self, asked: Client) -> None:
        while True:
            handful = [await self._waiting.get()]
            while len(handful) < _HANDFUL and not self._waiting.empty():
                handful.append(self._waiting.get_nowait())
            limit = time.monotonic() - _PATIENCE
            fresh = [message for heard, message in handful if heard > limit]
            self.counts["late"] += len(handful) - len(fresh)
            try:
                answers = await self._in_thread(self._judge, fresh)
            except Exception as why:  # never open by mistake: whoever is not answered comes again
                self._failed("gate_gave_no_answer", why)
                continue
            for message, answer in answers:
                await asked.publish(message.reply, answer)

    def _judge(self, messages: Sequence[Msg]) -> list[tuple[Msg, bytes]]:
        """In the thread."""
        asked = [(message, knock) for message in messages if (knock := self._read(message)) is not None]
        now = self._now()
        verdicts = self._keeper.admit([knock for _, knock in asked], now) if asked else []
        return [
            (message, self._said(knock, verdict, now))
            for (message, knock), verdict in zip(asked, verdicts, strict=True)
        ]

    def _read(self, message: Msg) -> Knock | None:
        try:
            return read_knock(message.data)
        except QuestionMisread as why:
            self._failed("gate_question_misread", why)
            return None

    def _said(self, knock: Knock, verdict: Verdict, now: int) -> bytes:
        if isinstance(verdict, Pass):
            self.counts["admitted"] += 1
            return permit(self._keys, knock, verdict, now)
        self.counts["turned"] += 1
        self.turned[verdict.reason] += 1
        return refusal(self._keys, knock, verdict.reason, now)

    # ── patrol ──

    async def _patrol(self, system: Client) -> None:
        """Looks at everybody: when it comes, after each revocation at once and again, and every minute."""
        seen: object = None
        due = 0.0
        while True:
            try:
                revision = await self._in_thread(self._keeper.revision)
                if revision != seen or time.monotonic() >= due:
                    due = time.monotonic() + (_SECOND_LOOK if revision != seen else _ROUND_SECONDS)
                    seen = revision
                    await self._look_at_everybody(system)
            except (Unavailable, NatsError, OSError) as why:
                self._failed("patrol_put_off", why)
            self._look_now.clear()
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._look_now.wait()
                due = 0.0
            except TimeoutError:
                continue

    async def _look_at_everybody(self, system: Client) -> None:
        on_line = await patrol.everybody(system)
        self.counts["looks"] += 1
        for begin in range(0, len(on_line), _LOOKED_UP):
            some = on_line[begin : begin + _LOOKED_UP]
            gone = await self._in_thread(self._keeper.ended, {one.name for one in some}, self._now())
            for one in some:
                if one.name in gone:
                    await patrol.cut(system, one)
                    self.counts["cut"] += 1
                    _log.warning("cut_off", station=one.name.partition(" ")[0])

    # ── what goes wrong ──

    async def _in_thread(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    def _failed(self, what: str, why: Exception) -> None:
        self.counts["failures"] += 1
        _log.warning(what, why=str(why) or type(why).__name__)

    def _once(self, what: str, **words: str) -> None:
        self.counts["not_reached"] += 1
        if self.counts["not_reached"] == 1:
            _log.info(what, **words)


async def _ended(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Ends them, however often one of them must be told."""
    while waiting := [task for task in tasks if not task.done()]:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=_LOOK_SECONDS)


async def _over(*clients: Client) -> None:
    while not any(client.is_closed for client in clients):  # noqa: ASYNC110 - its own call-back comes late, or never
        await asyncio.sleep(0.1)


async def _hang_up(client: Client) -> None:
    if not client.is_closed:
        await client.close()


async def _quiet(_error: Exception) -> None:
    """The connection's end is noticed by its being closed."""
