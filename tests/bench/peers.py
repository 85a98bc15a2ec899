"""What people would use instead, for the same sales: a Mosquitto bridge with persistence, and persist-queue.

Both feed a consumer that inserts a row a message into PostgreSQL. Half-way every broker in between is killed as by a
power cut, once, and started again. In the same run our own drain, with nats-server killed in the same way.
"""

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import structlog
from msgspec import Struct
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from persistqueue import SQLiteAckQueue
from sqlalchemy import func, select

from cloud.store.database import Books
from cloud.store.tables import SaleRow, table_of
from edge.store import outbox
from edge.store.database import Store
from shared.wire import BATCH_BYTES
from tests.bench import drain
from tests.bench.figure import Figure, at_most
from tests.bench.peer_programs import TABLE, TOPIC
from tests.company.servers import Server, free_port, nats, postgresql, user_here
from tests.fakes.ends import rows_of

SALES, OURS = 2_000, 30_000
_QUIET = 4.0
"""Seconds without a new row after which nothing more is awaited: the peers are connected again within two."""
_LONGEST = 25.0


class Peer(Struct, frozen=True):
    """What became of the sales."""

    per_s: float
    """Rows a second, from the first to the kill."""
    lost: int
    repeated: int


def figures() -> Iterable[Figure]:
    """``peer_bridge_*`` and ``peer_persistqueue_*``, and ours under the same kill."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with tempfile.TemporaryDirectory(prefix="jiayou-bench-") as place:
        backlog = Path(place) / "station.sqlite"
        drain.prepare(backlog, OURS)
        letters = _letters(backlog)
        yield from _told("bridge", bridge(Path(place) / "bridge", letters))
        yield from _told("persistqueue", persist_queue(Path(place) / "queue", letters))
        yield from _ours(asyncio.run(_killed_drain(Path(place), backlog)))


def _told(name: str, peer: Peer) -> Iterable[Figure]:
    against = f"{SALES:,} sales, a row a message; brokers killed once"
    yield Figure(f"peer_{name}_per_s", peer.per_s, "sales/s", "", against)
    yield Figure(f"peer_{name}_lost", peer.lost, "sales", "", against)
    yield Figure(f"peer_{name}_repeated", peer.repeated, "rows", "", against)


def _ours(peer: Peer) -> Iterable[Figure]:
    against = f"{OURS:,} sales; the broker killed once; {peer.per_s:,.0f}/s until then"
    yield at_most("drain_killed_lost", peer.lost, 0, "sales", against)
    yield at_most("drain_killed_repeated", peer.repeated, 0, "rows", against)


def _letters(backlog: Path) -> list[bytes]:
    """The first sales of the backlog, as they lie in the outbox."""
    store, letters = Store.open(backlog, drain.STATION), list[bytes]()
    while len(letters) < SALES:
        letters += [body for _, body in store.call(outbox.waiting, len(letters), BATCH_BYTES)]
    store.close()
    return letters[:SALES]


# ── The peers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def bridge(place: Path, letters: Sequence[bytes]) -> Peer:
    """Mosquitto at the station with persistence, bridged to Mosquitto at the company, which was away meanwhile."""
    company, station = _mosquitto(place / "company"), _mosquitto(place / "station")
    bridged = f"connection company\naddress 127.0.0.1:{company.port}\ntopic {TOPIC} out 1\ncleansession false\n"
    with (place / "station" / "mosquitto.conf").open("a") as config:
        config.write(f"{bridged}restart_timeout 1\n")
    with _running(company), _consumer(company.port) as books, _running(station):
        company.stop()
        _publish(station.port, letters)
        company.start()
        return _judged(books, letters, [station, company])


def persist_queue(place: Path, letters: Sequence[bytes]) -> Peer:
    """persist-queue's queue with acknowledgements on SQLite, emptied into the company's Mosquitto."""
    company, path = _mosquitto(place / "company"), str(place / "queue")
    queue = SQLiteAckQueue(path)
    for letter in letters:
        queue.put(letter)
    queue.close()
    with _running(company), _consumer(company.port) as books, _program("send", path, str(company.port)):
        return _judged(books, letters, [company])


def _judged(books: psycopg.Connection, letters: Sequence[bytes], middle: Sequence[Server]) -> Peer:
    """Kills what is in the middle when half has come, and counts when nothing comes any more."""
    per_s = _half_way(lambda: _rows(books), SALES)
    for server in middle:
        server.kill()
    for server in reversed(middle):
        server.start()
    _settle(books)
    told: list[str] = [sale for (sale,) in books.execute("SELECT sale FROM peer")]
    lost = {letter.decode() for letter in letters} - set(told)
    return Peer(per_s, len(lost), len(told) - len(set(told)))


def _half_way(rows: Callable[[], int], whole: int) -> float:
    """When half has come: rows a second since the first of them."""
    _wait(lambda: rows() > 0)
    first, begun = rows(), time.monotonic()
    _wait(lambda: rows() >= whole // 2)
    return (rows() - first) / (time.monotonic() - begun)


def _settle(books: psycopg.Connection) -> None:
    """Until no row has come for a while."""
    until, seen, since = time.monotonic() + _LONGEST, _rows(books), time.monotonic()
    while time.monotonic() < min(until, since + _QUIET):
        time.sleep(0.05)
        if (now := _rows(books)) != seen:
            seen, since = now, time.monotonic()


def _rows(books: psycopg.Connection) -> int:
    row = books.execute("SELECT coalesce(max(id), 0) FROM peer").fetchone()
    return int(row[0]) if row else 0


def _wait(done: Callable[[], bool]) -> None:
    until = time.monotonic() + _LONGEST
    while not done() and time.monotonic() < until:
        time.sleep(0.02)


# ── Their programs ────────────────────────────────────────────────────────────────────────────────────────────────────


def _mosquitto(place: Path) -> Server:
    """With persistence, and room for everything."""
    place.mkdir(parents=True)
    port, config = free_port(), place / "mosquitto.conf"
    lines = [
        f"user {user_here()}",
        f"listener {port} 127.0.0.1",
        "allow_anonymous true",
        "persistence true",
        f"persistence_location {place}/",
        "max_queued_messages 0",
    ]
    config.write_text("\n".join([*lines, ""]))
    return Server(["/usr/sbin/mosquitto", "-c", str(config)], port, place / "mosquitto.log")


@contextmanager
def _running(server: Server) -> Iterator[None]:
    server.start()
    try:
        yield
    finally:
        server.stop()


@contextmanager
def _program(*words: str) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bench.peer_programs", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            yield
        finally:
            process.send_signal(signal.SIGKILL)


@contextmanager
def _consumer(port: int) -> Iterator[psycopg.Connection]:
    """The consumer at this broker; a connection to its books."""
    address = postgresql().replace("postgresql+psycopg://", "postgresql://")
    with ExitStack() as stack:
        books = stack.enter_context(psycopg.connect(address, autocommit=True))
        books.execute(TABLE)
        stack.enter_context(_program("consume", address, str(port)))
        yield books


def _publish(port: int, letters: Sequence[bytes]) -> None:
    """Until the broker has acknowledged all of them."""
    client = Client(CallbackAPIVersion.VERSION2, "pumps")
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for sent in [client.publish(TOPIC, letter, 1) for letter in letters]:
        sent.wait_for_publish(30)
    client.disconnect()
    client.loop_stop()


# ── Ours ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _killed_drain(place: Path, backlog: Path) -> Peer:
    with nats(place / "broker", drain.USERS) as broker:
        books = drain.books_of("postgresql", place)
        _, per_s = await asyncio.gather(
            drain.drain(books, backlog, broker, broker.port), asyncio.to_thread(_kill_half_way, books, broker)
        )
        keys = [(row.station, row.epoch, row.seq) for row in rows_of(books, SaleRow)]
        books.close()
    return Peer(per_s, OURS - len(set(keys)), len(keys) - len(set(keys)))


def _kill_half_way(books: Books, broker: Server) -> float:
    per_s = _half_way(lambda: _sales(books), OURS)
    broker.kill()
    broker.start()
    return per_s


def _sales(books: Books) -> int:
    with books.read() as connection:
        return connection.execute(select(func.count()).select_from(table_of(SaleRow))).scalar_one()
