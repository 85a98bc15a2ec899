"""What comes from head office: answers, books, commands. Whatever bytes arrive, the worst is a line in the log."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog
from msgspec import Struct

from edge.store import books
from edge.store.database import Store
from edge.sync.claims import Claims
from edge.sync.uplink import Uplink
from shared import topics
from shared.errors import LetterMisread, Refused, Unavailable
from shared.messages import ClaimAnswer, Command, CommandEnded, CouponBook, Stored, TariffBook, Welcome
from shared.wire import unpack

_log = structlog.get_logger(__name__)

_AT_ONCE = 256
"""So many books and commands may wait; beyond, they are let go. What is missed comes again with a later hello."""

KINDS: dict[str, type[Struct]] = {
    topics.WELCOME: Welcome,
    topics.STORED: Stored,
    topics.TARIFFS: TariffBook,
    topics.COUPONS: CouponBook,
    topics.COMMAND: Command,
    topics.ANSWER: ClaimAnswer,
}


class Forecourt(Protocol):
    """What the line needs of the forecourt."""

    async def execute(self, command: Command) -> CommandEnded:
        """Acts on a command, once however often it comes, and writes its answer as a letter."""
        ...

    async def tariffs_changed(self) -> None:
        """A newer tariff book is in the store."""
        ...

    async def coupons_changed(self) -> None:
        """A newer coupon book is in the store."""
        ...


class Downlink:
    """Reads what head office writes and hands it to whom it concerns."""

    def __init__(self, store: Store, uplink: Uplink, claims: Claims, forecourt: Forecourt) -> None:
        self._store = store
        self._uplink = uplink
        self._claims = claims
        self._forecourt = forecourt
        self._books: asyncio.Queue[Struct] = asyncio.Queue(_AT_ONCE)
        self._commands: asyncio.Queue[Struct] = asyncio.Queue(_AT_ONCE)
        self.misread: Counter[str] = Counter()
        """Messages that could not be read, by the last word of their topic."""

    def hear(self, topic: str, data: bytes) -> None:
        """A message arrived. Called by the pipe; never raises, never waits."""
        kind = topics.kind_of(topic)
        try:
            if kind not in KINDS:
                raise LetterMisread("This program does not know this kind of message.")
            message = unpack(data, KINDS[kind])
        except LetterMisread as why:
            self._not_read(kind, why)
            return
        match message:
            case Stored():
                self._uplink.stored(message)
            case ClaimAnswer():
                self._claims.answered(message)
            case Welcome():
                self._uplink.welcomed(message)
            case _ if not self._uplink.accepted:
                self._not_read(kind, LetterMisread("Head office has refused this store: this is meant for another."))
            case Command():
                self._keep_for_later(self._commands, kind, message)
            case _:
                self._keep_for_later(self._books, kind, message)

    async def run(self) -> None:
        """Works until it is cancelled. A command that takes its time holds up no price, and the other way round."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work_through(self._books))
            group.create_task(self._work_through(self._commands))

    async def _work_through(self, waiting: "asyncio.Queue[Struct]") -> None:
        while True:
            message = await waiting.get()
            try:
                await self._act_on(message)
            except (Refused, Unavailable) as why:
                _log.warning("message_not_acted_on", kind=type(message).__name__, why=str(why))
            except Exception:
                _log.exception("message_not_acted_on", kind=type(message).__name__)

    async def _act_on(self, message: Struct) -> None:
        match message:
            case TariffBook():
                await self._keep(books.keep_tariffs, message, self._forecourt.tariffs_changed)
            case CouponBook():
                await self._keep(books.keep_coupons, message, self._forecourt.coupons_changed)
            case Command():
                await self._forecourt.execute(message)

    async def _keep(self, keep: Callable[..., bool], book: Struct, tell: Callable[[], Awaitable[None]]) -> None:
        if await self._store.run(keep, book):
            self._uplink.speak()  # head office sees at once which versions are held
            await tell()

    def _keep_for_later(self, waiting: "asyncio.Queue[Struct]", kind: str, message: Struct) -> None:
        try:
            waiting.put_nowait(message)
        except asyncio.QueueFull:
            self._not_read(kind, LetterMisread("Too many messages at once; this one is let go."))

    def _not_read(self, kind: str, why: LetterMisread) -> None:
        known = kind if kind in KINDS else "other"
        self.misread[known] += 1
        if self.misread[known] == 1:
            _log.warning("message_misread", kind=known, why=str(why))
