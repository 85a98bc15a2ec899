"""Several workers on the books of one company: who serves which shard, and what each tells the others.

On PostgreSQL any number of ``jiayou-cloud run`` may work side by side. They share the shards out evenly; when one dies
its shards go to the others within seconds, and the stations in them send again what was not acknowledged. Two who serve
the same shard for a moment do no harm: the books keep each letter once. On SQLite there is one worker, with all shards.
"""

import asyncio
import random
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import Final, TypeVar

import msgspec
import structlog
from msgspec import Struct

from cloud.live import Notice
from cloud.store import team
from cloud.store.database import Books
from cloud.store.team import Seat
from shared.errors import Unavailable
from shared.station import SHARDS

_log = structlog.get_logger(__name__)
T = TypeVar("T")

ALL_SHARDS: Final = frozenset(range(SHARDS))
_BALANCE_SECONDS = 2.0
_AGAIN_SECONDS = 1.0
_GATHER_SECONDS = 0.05
_MOST_WORDS = 200


class Push(Struct, frozen=True, tag="push"):
    """Something new goes down to these stations, or to all (None): the kind is that of its topic."""

    kind: str
    stations: tuple[str, ...] | None


class _Words(Struct, frozen=True):
    """What one worker tells the others."""

    by: str
    words: tuple[Push | Notice, ...]


Word = Push | Notice


class Team:
    """This worker among the others.

    On the event loop ``on_shards`` is told which shards are served here from now on, and ``on_word`` what another
    worker has told.
    """

    def __init__(
        self, books: Books, on_shards: Callable[[frozenset[int]], None], on_word: Callable[[Word], None]
    ) -> None:
        self._books = books
        self._on_shards = on_shards
        self._on_word = on_word
        self._name = token_hex(8)
        self._thread = ThreadPoolExecutor(1, "team")
        self._held: frozenset[int] = frozenset()
        self._balance_at = 0.0
        self._said: asyncio.Queue[Word] = asyncio.Queue(_MOST_WORDS)
        self.workers = 1
        """How many there are, as far as known."""

    @property
    def shards(self) -> frozenset[int]:
        """Those that are served here."""
        return self._held

    def tell(self, word: Word) -> None:
        """For the others, if there are any. A hint: what is lost does no harm."""
        if self.workers > 1 and not self._said.full():
            self._said.put_nowait(word)

    async def run(self) -> None:
        """Works until it is cancelled."""
        if self._books.sqlite:
            self._serve(ALL_SHARDS)
            await asyncio.Event().wait()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._stay())
                group.create_task(self._speak())
        finally:
            self._thread.shutdown(wait=False)

    # ── shards ──

    async def _stay(self) -> None:
        while True:
            seat: Seat | None = None
            try:
                seat = await self._do(Seat, self._books)
                await self._sit(seat)
            except Unavailable as why:
                _log.warning("shards_lost", why=str(why), shards=len(self._held))
            finally:
                self._serve(frozenset())
                if seat is not None:
                    seat.close()
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _sit(self, seat: Seat) -> None:
        while True:
            if asyncio.get_running_loop().time() >= self._balance_at:
                await self._balance(seat)
                self._balance_at = asyncio.get_running_loop().time() + _BALANCE_SECONDS
            for payload in await self._do(seat.hear, _BALANCE_SECONDS / 2):
                self._heard(payload)

    async def _balance(self, seat: Seat) -> None:
        """An even share: what is too much is let go, what is too little is taken."""
        self.workers = await self._do(seat.workers)
        share = -(-SHARDS // self.workers)
        surplus = sorted(self._held)[share:]
        if surplus:
            self._serve(self._held - set(surplus))  # first listen no more, then let others begin
            await self._do(seat.release, surplus)
        elif len(self._held) < share:
            free = random.sample(sorted(ALL_SHARDS - self._held), SHARDS - len(self._held))
            taken = await self._do(seat.take, free, share - len(self._held))
            self._serve(self._held | taken)

    def _serve(self, shards: frozenset[int]) -> None:
        if shards != self._held:
            _log.info("shards_served", shards=len(shards), workers=self.workers)
            self._held = shards
            self._on_shards(shards)

    async def _do(self, work: Callable[..., T], *args: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *args)

    # ── words ──

    async def _speak(self) -> None:
        while True:
            words = [await self._said.get()]
            await asyncio.sleep(_GATHER_SECONDS)
            while not self._said.empty():
                words.append(self._said.get_nowait())
            try:
                await asyncio.to_thread(self._post, tuple(dict.fromkeys(words)))
            except Unavailable as why:
                _log.warning("others_not_told", why=str(why))

    def _post(self, words: tuple[Word, ...]) -> None:
        with self._books.begin() as connection:
            team.tell(connection, self._packed(words), self._packed(tuple({_shorter(word) for word in words})))

    def _packed(self, words: Collection[Word]) -> str:
        return msgspec.json.encode(_Words(self._name, tuple(words))).decode()

    def _heard(self, payload: str) -> None:
        try:
            said = msgspec.json.decode(payload, type=_Words)
        except msgspec.DecodeError as why:  # a worker of another version
            _log.warning("word_misread", why=str(why))
            return
        if said.by == self._name:
            return
        for word in said.words:
            self._on_word(word)


def _shorter(word: Word) -> Word:
    """The same without details: look it all up."""
    if isinstance(word, Push):
        return Push(word.kind, None)
    names = [name for name in word.__struct_fields__ if isinstance(getattr(word, name), tuple)]
    return msgspec.structs.replace(word, **dict.fromkeys(names, ()))
