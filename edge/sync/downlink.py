"""What comes from head office: answers, books, commands. Whatever bytes arrive, the worst is a line in the log."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

import structlog
from msgspec import Struct

from edge.store import books, command_keys, inbox
from edge.store.database import Database, Store
from edge.sync.claims import Claims
from edge.sync.uplink import Uplink
from shared import topics
from shared.clock import Stamp
from shared.errors import LetterMisread, Refused, Unavailable
from shared.messages import (
    ClaimAnswer,
    Command,
    CommandEnded,
    CouponBook,
    CouponPart,
    SettingsBook,
    Stored,
    TariffBook,
    Welcome,
)
from shared.money import per_litre
from shared.site import must_be_sound
from shared.tariff import unapproved
from shared.wire import unpack

_log = structlog.get_logger(__name__)

_AT_ONCE = 256
"""So many books and commands may wait; beyond, they are let go. What is missed comes again with a later hello."""

KINDS: dict[str, type[Struct]] = {
    topics.WELCOME: Welcome,
    topics.STORED: Stored,
    topics.TARIFFS: TariffBook,
    topics.COUPONS: CouponBook,
    topics.COUPON_PART: CouponPart,
    topics.SETTINGS: SettingsBook,
    topics.COMMAND: Command,
    topics.ANSWER: ClaimAnswer,
}


class _Heard(NamedTuple):
    """A message, and the frame in which it was signed."""

    kind: str
    message: Struct
    frame: bytes


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

    async def settings_changed(self) -> None:
        """Newer settings are in the store."""
        ...


class Downlink:
    """Reads what head office writes and hands it to whom it concerns."""

    def __init__(self, store: Store, uplink: Uplink, claims: Claims, forecourt: Forecourt) -> None:
        self._store = store
        self._uplink = uplink
        self._claims = claims
        self._forecourt = forecourt
        self._books: asyncio.Queue[_Heard] = asyncio.Queue(_AT_ONCE)
        self._commands: asyncio.Queue[_Heard] = asyncio.Queue(_AT_ONCE)
        self.on_refused: Callable[[str, Refused], None] = _logged
        """Told of an order that was signed right and is not obeyed all the same: its kind, and why."""
        self.misread: Counter[str] = Counter()
        """Messages that could not be read, by the last word of their topic."""

    def hear(self, topic: str, data: bytes, frame: bytes = b"") -> None:
        """A message arrived, in this frame. Called by the pipe; never raises, never waits."""
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
                self._keep_for_later(self._commands, _Heard(kind, message, frame))
            case _:
                self._keep_for_later(self._books, _Heard(kind, message, frame))

    async def run(self) -> None:
        """Works until it is cancelled. A command that takes its time holds up no price, and the other way round."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._work_through(self._books))
            group.create_task(self._work_through(self._commands))

    async def _work_through(self, waiting: "asyncio.Queue[_Heard]") -> None:
        while True:
            heard = await waiting.get()
            try:
                await self._act_on(heard)
            except Refused as why:
                self.on_refused(heard.kind, why)
            except Unavailable as why:
                _log.warning("message_not_acted_on", kind=heard.kind, why=str(why))
            except Exception:
                _log.exception("message_not_acted_on", kind=heard.kind)

    async def _act_on(self, heard: "_Heard") -> None:
        match heard.message:
            case TariffBook() as book:
                await self._must_be_approved(book)
                await self._keep(books.keep_tariffs, heard, self._forecourt.tariffs_changed)
            case CouponBook():
                await self._keep(books.keep_coupons, heard, self._forecourt.coupons_changed)
            case CouponPart() as part:
                await self._keep(books.keep_part, heard, self._forecourt.coupons_changed)
                if part.index == self._uplink.last_asked:
                    self._uplink.speak()  # the next ones, please
            case SettingsBook() as site:
                must_be_sound(site.settings)
                await self._keep(books.keep_settings, heard, self._forecourt.settings_changed)
            case Command() as command:
                await self._store.run(_note_command, self._store.clock.stamp(), command.id, heard)
                await self._forecourt.execute(command)

    async def _must_be_approved(self, book: TariffBook) -> None:
        """A thief of one name at head office, or a slip of the finger there, moves no price out of its bounds."""
        held = await self._store.read(books.tariff_book)
        if held is not None and book.version <= held.version:
            return
        now = self._store.clock.now()
        known = (*held.tariffs, *held.past) if held else ()
        found = unapproved(book.tariffs, known, book.past, book.bounds, now)
        if found:
            worst = max(found, key=lambda step: abs(step.new - (step.old or 0)))
            was = per_litre(worst.old) if worst.old is not None else "no price"
            raise Refused(
                "out_of_bounds",
                f"Tariff {worst.tariff} moves {worst.grade} from {was} to {per_litre(worst.new)} yuan a litre, which "
                "needs two persons at head office.",
            )

    async def _keep(self, keep: Callable[..., bool], heard: "_Heard", tell: Callable[[], Awaitable[None]]) -> None:
        if await self._store.run(_kept, keep, self._store.clock.stamp(), heard):
            self._uplink.speak()  # head office sees at once which versions are held
            await tell()

    def _keep_for_later(self, waiting: "asyncio.Queue[_Heard]", heard: "_Heard") -> None:
        try:
            waiting.put_nowait(heard)
        except asyncio.QueueFull:
            self._not_read(heard.kind, LetterMisread("Too many messages at once; this one is let go."))

    def _not_read(self, kind: str, why: LetterMisread) -> None:
        known = kind if kind in KINDS else "other"
        self.misread[known] += 1
        if self.misread[known] == 1:
            _log.warning("message_misread", kind=known, why=str(why))


def _logged(kind: str, why: Refused) -> None:
    _log.warning("message_not_acted_on", kind=kind, why=str(why))


def _kept(db: Database, keep: Callable[..., bool], stamp: Stamp, heard: _Heard) -> bool:
    """The book and, when it is newer, the order by which it came, for whoever asks later who wanted this."""
    newer = keep(db, heard.message)
    if newer and not isinstance(heard.message, CouponPart):
        command_keys.note_obeyed(db, stamp.at, heard.kind, heard.frame)
    return newer


def _note_command(db: Database, stamp: Stamp, command: str, heard: _Heard) -> None:
    """Once, however often it comes."""
    if inbox.outcome(db, command) is None:
        command_keys.note_obeyed(db, stamp.at, heard.kind, heard.frame)
