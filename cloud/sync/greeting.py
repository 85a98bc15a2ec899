"""Hellos, many in one transaction: who is that, what is held, what is lacking. Called in a thread of its own."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import msgspec
import structlog
from msgspec import Struct

from cloud.store import lines
from cloud.store.database import Books, Connection
from cloud.store.lines import Heard, Line, SecurityEvent, StoreKey
from cloud.sync.holding import held
from cloud.sync.identity import Alarms, Identities
from cloud.sync.trades import Held, Trades
from shared import topics
from shared.messages import Held as HeldLetters
from shared.messages import Hello, Welcome
from shared.wire import pack

_log = structlog.get_logger(__name__)

_SHIFTED = 5_000
"""Milliseconds by which a boot's zero may seem to move with the network's moods; more means that the machine slept."""
_BOOKS = topics.TARIFFS, topics.COUPONS, topics.SETTINGS
_UNKNOWN = "Head office does not know this station, or has revoked it."


class Outgoing(NamedTuple):
    """A message, ready for the line."""

    topic: str
    data: bytes


class HeardHello(NamedTuple):
    """A hello and when it came, UTC milliseconds."""

    hello: Hello
    at: int


class _Accepted(NamedTuple):
    heard: HeardHello
    line: Line


class Greeter:
    """Answers hellos. What it gives back is for the line; what it learns is in the books."""

    def __init__(self, books: Books, trades: Trades, now: Callable[[], int]) -> None:
        self._books = books
        self._trades = trades
        self._now = now
        self._alarms = Alarms()
        self.identities = Identities()

    def greet(self, heard: Sequence[HeardHello]) -> list[Outgoing]:
        """The welcomes, and with each what that station lacks."""
        newest = {(h.hello.station, h.hello.epoch, h.hello.store_id, h.hello.boot): h for h in heard}
        with self._books.begin() as connection:
            self._trades.pen.refresh(connection)
            refused, accepted = self._judge(connection, list(newest.values()))
            self._note(connection, accepted)
            keys = self._keys(connection, newest.values())
            lacking = self._lacking(connection, accepted)
            asked = held(connection, [a.heard.hello for a in accepted])
        welcomes = [self._welcome(h, 0, why) for h, why in refused]
        welcomes += [self._welcome(a.heard, a.line.contiguous, "", asked) for a in accepted]
        return keys + welcomes + lacking

    def books_for(self, stations: Iterable[str], kind: str) -> list[Outgoing]:
        """The books of one kind of these stations, as they are now."""
        with self._books.begin() as connection:
            self._trades.pen.refresh(connection)
            return self._books_of(connection, list(stations), kind)

    def commands_for(self, stations: Sequence[str]) -> list[Outgoing]:
        """The open commands to these stations."""
        with self._books.begin() as connection:
            return self._commands(connection, stations)

    def note(self, event: SecurityEvent) -> list[Outgoing]:
        """Keeps what somebody tried; nobody is answered."""
        with self._books.begin() as connection:
            lines.note_security(connection, [event])
        return []

    # ── who is that ──

    def _judge(
        self, connection: Connection, heard: Sequence[HeardHello]
    ) -> tuple[list[tuple[HeardHello, str]], list[_Accepted]]:
        known = lines.known_stations(connection, {h.hello.station for h in heard})
        found = lines.find(connection, {_store_of(h) for h in heard})
        self._recall(connection, {h.hello.station for h in heard})
        refused: list[tuple[HeardHello, str]] = []
        welcome: list[HeardHello] = []
        for h in heard:
            line = found.get(_store_of(h)) or Line(*_store_of(h), "", 0, 0, 0, None)
            why = self.identities.judge(h.hello, line, h.at) if h.hello.station in known else _UNKNOWN
            if why:
                refused.append((h, why))
            else:
                welcome.append(h)
        lines.note_security(connection, [_alarm(h, why) for h, why in refused if self._is_news(h, why)])
        locked = lines.lock(connection, {_store_of(h) for h in welcome}, self._now()) if welcome else {}
        return refused, [_Accepted(h, locked[_store_of(h)]) for h in welcome]

    def _recall(self, connection: Connection, stations: Collection[str]) -> None:
        """Who was alive when another worker served these stations, or this one before it was started again."""
        strangers = [station for station in stations if not self.identities.knows(station, self._now())]
        for greeted in lines.last_greeted(connection, strangers) if strangers else ():
            self.identities.recall(greeted)

    def _is_news(self, heard: HeardHello, why: str) -> bool:
        news = self._alarms.admit(heard.hello.station, f"{heard.hello.store_id} {why}", heard.at)
        if news:
            _log.warning("hello_refused", station=heard.hello.station, why=why)
        return news

    def _note(self, connection: Connection, accepted: Sequence[_Accepted]) -> None:
        notes = [_told(a) for a in accepted]
        lines.note_hellos(connection, notes)
        for a, note in zip(accepted, notes, strict=True):
            if a.line.highest and (a.line.boot != note.boot or a.line.boot_zero is None):
                self._trades.restore(connection, note.station, note.epoch, note.boot, note.boot_zero)

    # ── what is lacking ──

    def _keys(self, connection: Connection, heard: Iterable[HeardHello]) -> list[Outgoing]:
        """The keys that a station must trust before it can believe its welcome."""
        pen, found = self._trades.pen, []
        for hello, _ in heard:
            held = hello.versions.get(topics.KEYS, 0)
            frame = pen.keys_for(connection, hello.station, held) if held < pen.version else None
            if frame is not None:
                found.append(Outgoing(topics.down(hello.station, topics.KEYS), frame))
        return found

    def _lacking(self, connection: Connection, accepted: Sequence[_Accepted]) -> list[Outgoing]:
        if not accepted:
            return []
        hellos = [a.heard.hello for a in accepted]
        newest = self._trades.versions(connection, {hello.station for hello in hellos})
        behind = [
            (hello.station, kind) for hello in hellos for kind in _behind(hello, newest.get(hello.station, Held()))
        ]
        books = [
            book
            for kind in _BOOKS
            for book in self._books_of(connection, [station for station, lacks in behind if lacks == kind], kind)
        ]
        books += [part for hello in hellos for part in self._parts(connection, hello)]
        return books + self._commands(connection, [hello.station for hello in hellos])

    def _books_of(self, connection: Connection, stations: Sequence[str], kind: str) -> list[Outgoing]:
        """One book for all stations that have nothing of their own: it is packed once."""
        if not stations:
            return []
        makers: Mapping[str, Callable[[Connection, Collection[str], int], Mapping[str, Struct]]] = {
            topics.TARIFFS: self._trades.tariffs,
            topics.COUPONS: self._trades.coupons,
            topics.SETTINGS: self._trades.settings,
        }
        books = makers[kind](connection, stations, self._now())
        packed = {number: pack(book) for number, book in {id(book): book for book in books.values()}.items()}
        return [Outgoing(topics.down(station, kind), packed[id(books[station])]) for station in stations]

    def _parts(self, connection: Connection, hello: Hello) -> list[Outgoing]:
        """The parts of a large book that a station asks for; its head anew, when the list was drawn up anew."""
        if hello.parts is None:
            return []
        topic = topics.down(hello.station, topics.COUPON_PART)
        parts = self._trades.parts(connection, hello.station, hello.parts, self._now())
        if not parts:
            return self._books_of(connection, [hello.station], topics.COUPONS)
        return [Outgoing(topic, pack(part)) for part in parts]

    def _commands(self, connection: Connection, stations: Sequence[str]) -> list[Outgoing]:
        open_ones = self._trades.commands(connection, stations, self._now())
        return [
            Outgoing(topics.down(station, topics.COMMAND), pack(command))
            for station, commands in open_ones.items()
            for command in commands
        ]

    def _welcome(
        self,
        heard: HeardHello,
        stored_upto: int,
        refused: str,
        asked: Mapping[StoreKey, tuple[HeldLetters, ...]] = MappingProxyType({}),
    ) -> Outgoing:
        hello = heard.hello
        middle = (heard.at + self._now()) // 2  # half of the time that we took lies on either side of it
        theirs = {epoch: asked[hello.station, epoch] for epoch in hello.asks if (hello.station, epoch) in asked}
        welcome = Welcome(middle, hello.wall, hello.mono, stored_upto, refused, theirs)
        return Outgoing(topics.down(hello.station, topics.WELCOME), pack(welcome))


def _store_of(heard: HeardHello) -> StoreKey:
    return heard.hello.station, heard.hello.epoch


def _behind(hello: Hello, newest: Held) -> list[str]:
    heads = hello.parts.version if hello.parts and hello.parts.wanted else 0
    coupons = max(hello.coupons, heads)
    site = hello.versions.get(topics.SETTINGS)  # a station that does not name it is older than this kind
    tried = (
        (hello.tariffs < newest.tariffs, topics.TARIFFS),
        (coupons < newest.coupons, topics.COUPONS),
        (site is not None and site < newest.settings, topics.SETTINGS),
    )
    return [kind for lacks, kind in tried if lacks]


def _told(accepted: _Accepted) -> Heard:
    (hello, at), line = accepted
    return Heard(
        station=hello.station,
        epoch=hello.epoch,
        store_id=hello.store_id,
        at=at,
        boot=hello.boot,
        boot_zero=_boot_zero(line, hello, at),
        clock_difference=hello.wall - at,
        hello_json=msgspec.json.encode(hello).decode(),
    )


def _boot_zero(line: Line, hello: Hello, at: int) -> int:
    """When this boot's monotonic clock stood at 0. Hellos may be late, never early: the earliest is best."""
    guess = at - hello.mono
    if line.boot != hello.boot or line.boot_zero is None or abs(guess - line.boot_zero) > _SHIFTED:
        return guess
    return min(guess, line.boot_zero)


def _alarm(heard: HeardHello, why: str) -> SecurityEvent:
    return SecurityEvent(heard.at, heard.hello.station, "hello_refused", why)
