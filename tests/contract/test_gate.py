"""The gate at a real broker with the company's real books: who is let in, who is cut off, and when nobody answers."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud import broker as company_broker
from cloud.broker import COMPANY, BrokerPlace, BrokerUser, gates_here
from cloud.founding import now
from cloud.gate.admitting import BooksKeeper, Verdict
from cloud.gate.gate import Gate
from cloud.gate.permits import Knock
from cloud.identity import authority, enrolling
from cloud.identity.authority import Authority
from cloud.stations import events, register
from cloud.store.database import Books
from shared import certificates, topics
from shared.enrolment import read_ticket
from shared.errors import Unavailable
from shared.mqtt import Broker, Pipe, PipeTrouble
from tests.company.gatekeeper import KEYS
from tests.company.servers import Server, free_port
from tests.contract.conftest import STATIONS
from tests.fakes.waiting import until

pytestmark = pytest.mark.flow
PUDONG, MINHANG = STATIONS
KICKED_WITHIN = 5.0


class Line:
    """A broker, and the company's books behind its gate."""

    def __init__(self, books: Books, directory: Path, company: Authority | None = None) -> None:
        self.books, self.directory, self.company = books, directory, company
        pair = authority.server_pair(company, directory, "broker", ("127.0.0.1",), now())[0] if company else None
        self.ca = str(directory / "root.pem") if company else ""
        if company:
            authority.keep(directory / "root.pem", company.root)
        tls = (str(pair.certificate), str(pair.key), self.ca) if pair else ("", "", "")
        self.place = BrokerPlace(str(directory), "127.0.0.1", free_port(), *tls, patience=1)
        own = BrokerUser(COMPANY, company_broker.hashed("the company"))
        company_broker.write(self.place, company_broker.render(self.place, own, KEYS.names))
        self.server = Server(company_broker.command(self.place), self.place.port, directory / "nats.log")
        self.server.start()

    def gate(self) -> Gate:
        return Gate(KEYS, BooksKeeper(self.books), lambda: gates_here(str(self.directory)), now)

    def by_password(self, station: str) -> Broker:
        with self.books.begin() as connection:
            word = register.new_password(connection, station, "owner", now()).password
        return Broker("127.0.0.1", self.place.port, station, word)

    def by_certificate(self, station: str) -> Broker:
        """A machine that enrols anew."""
        assert self.company is not None
        key = certificates.new_key()
        with self.books.begin() as connection:
            code = enrolling.new_ticket(connection, self.company, station, "owner", now()).code
            wanted = certificates.request(key, station)
            pem = enrolling.enrol(connection, self.company, read_ticket(code).secret, station, wanted, now())[0]
        stem = self.directory / f"{station}-{time.monotonic_ns()}"
        authority.keep(stem.with_suffix(".pem"), pem)
        authority.keep(stem.with_suffix(".key"), key)
        own = str(stem.with_suffix(".pem")), str(stem.with_suffix(".key"))
        return Broker("127.0.0.1", self.place.port, station, tls=True, ca=self.ca, certificate=own[0], key=own[1])


@pytest.fixture
def line(books: Books, tmp_path: Path) -> Iterator[Line]:
    """Without TLS, by passwords."""
    made = Line(books, tmp_path)
    yield made
    made.server.stop()


@pytest.fixture
def safe_line(books: Books, tmp_path: Path) -> Iterator[Line]:
    """With TLS and certificates."""
    made = Line(books, tmp_path, authority.create(tmp_path / "authority", "加油", now()))
    yield made
    made.server.stop()


@asynccontextmanager
async def standing(gate: Gate) -> AsyncIterator[Gate]:
    """Until the end of the block."""
    task = asyncio.create_task(gate.run())
    try:
        await until(lambda: gate.open)
        yield gate
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Caller:
    """A station that wants on the line, and keeps at it."""

    def __init__(self, broker: Broker, patience: float = 0.4) -> None:
        self.words: list[str] = []
        note = lambda connected, word: self.words.append("in" if connected else word)  # noqa: E731
        self.pipe = Pipe(broker, [topics.down(broker.user, "+")], lambda *_: None, note, patience=patience)
        self.pipe.start()

    async def came_in(self) -> None:
        await until(lambda: self.pipe.connected, 15)

    async def was_cut(self) -> float:
        """Seconds until it was."""
        begin = time.monotonic()
        await until(lambda: not self.pipe.connected, 15)
        return time.monotonic() - begin


@asynccontextmanager
async def callers(*brokers: Broker) -> AsyncIterator[list[Caller]]:
    there = [Caller(broker) for broker in brokers]
    try:
        yield there
    finally:
        await asyncio.gather(*(caller.pipe.stop() for caller in there))


async def test_a_certificate_lets_its_station_in_and_its_revocation_cuts_the_live_connection(safe_line: Line) -> None:
    async with (
        standing(safe_line.gate()) as gate,
        callers(safe_line.by_certificate(PUDONG), safe_line.by_certificate(MINHANG)) as (pudong, minhang),
    ):
        await pudong.came_in()
        await minhang.came_in()
        with safe_line.books.begin() as connection:  # whoever does so: another worker, or the command line
            enrolling.revoke(connection, PUDONG, "owner", now(), "a stolen disk")
        assert await pudong.was_cut() < KICKED_WITHIN
        await until(lambda: PipeTrouble.REFUSED in pudong.words)
        assert minhang.words == ["in"]
        assert gate.counts["cut"] == 1
        assert (gate.wanted, gate.turned["revoked_certificate"] > 0) == (True, True)
        async with callers(safe_line.by_certificate(PUDONG)) as (fresh,):
            await fresh.came_in()
    with safe_line.books.read() as connection:
        assert {(event.station, event.kind) for event in events.security(connection)} == {(PUDONG, "turned_away")}


async def test_without_a_certificate_or_with_anothers_nobody_comes_in_over_tls(safe_line: Line) -> None:
    pudong = safe_line.by_certificate(PUDONG)
    password = replace(safe_line.by_password(PUDONG), tls=True, ca=safe_line.ca)
    as_another = replace(pudong, user=MINHANG)
    async with standing(safe_line.gate()), callers(as_another, password) as (posing, plain):
        await until(lambda: posing.words and plain.words)
    assert posing.words[0] == PipeTrouble.REFUSED
    assert "in" not in plain.words


async def test_a_revoked_station_is_cut_within_five_seconds_wherever_it_was_revoked(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloud.gate.gate._SECOND_LOOK", 0.1)
    both = line.by_password(PUDONG), line.by_password(MINHANG)
    async with standing(line.gate()) as gate, callers(*both) as (pudong, minhang):
        await pudong.came_in()
        await minhang.came_in()
        await until(lambda: gate.counts["looks"] >= 2)  # the next would come in a minute
        with line.books.begin() as connection:
            register.revoke(connection, PUDONG, "owner", now())
        assert await pudong.was_cut() < KICKED_WITHIN
        await until(lambda: PipeTrouble.REFUSED in pudong.words)
        assert minhang.words == ["in"]


async def test_who_was_revoked_while_no_gate_stood_is_cut_when_one_comes(line: Line) -> None:
    async with callers(line.by_password(PUDONG)) as (pudong,):
        async with standing(line.gate()):
            await pudong.came_in()
        with line.books.begin() as connection:
            register.revoke(connection, PUDONG, "owner", now())
        await asyncio.sleep(0.5)
        assert pudong.pipe.connected, "nobody is there to cut it"
        async with standing(line.gate()):
            assert await pudong.was_cut() < KICKED_WITHIN


async def test_while_no_gate_stands_nobody_new_comes_in_and_who_is_there_stays(line: Line) -> None:
    async with callers(line.by_password(PUDONG)) as (pudong,):
        async with standing(line.gate()):
            await pudong.came_in()
        async with callers(line.by_password(MINHANG)) as (minhang,):
            await until(lambda: minhang.words)
            assert minhang.words == [PipeTrouble.REFUSED], "once the broker's patience is over"
            assert pudong.words[-1] == "in"
            async with standing(line.gate()):
                await minhang.came_in()
            assert pudong.words.count("in") == 1


async def test_books_that_are_out_of_reach_let_nobody_in_and_cost_nobody_the_line(line: Line) -> None:
    gate = line.gate()
    keeper = gate._keeper

    class NoBooks(BooksKeeper):
        def admit(self, knocks: Sequence[Knock], now: int) -> list[Verdict]:
            raise Unavailable("The books are out of reach.")

        def revision(self) -> object:
            raise Unavailable("The books are out of reach.")

    async with standing(gate), callers(line.by_password(PUDONG)) as (pudong,):
        await pudong.came_in()
        gate._keeper = NoBooks(line.books)
        gate.look()
        async with callers(line.by_password(MINHANG)) as (minhang,):
            await until(lambda: gate.counts["failures"] >= 2)
            assert not minhang.pipe.connected
            assert pudong.words == ["in"]
            gate._keeper = keeper
            await minhang.came_in()


async def test_one_of_two_gates_is_enough(line: Line) -> None:
    stations = [line.by_password(PUDONG), line.by_password(MINHANG)]
    async with standing(line.gate()) as second:
        async with standing(line.gate()) as first, callers(*stations * 5) as there:
            for caller in there:
                await caller.came_in()
            assert first.counts["admitted"] + second.counts["admitted"] == 10, "each question goes to one of them"
        async with callers(*stations) as there:
            for caller in there:
                await caller.came_in()


async def test_the_gate_is_back_after_the_broker_was_killed(line: Line) -> None:
    async with standing(line.gate()) as gate, callers(line.by_password(PUDONG)) as (pudong,):
        await pudong.came_in()
        line.server.kill()
        await until(lambda: not gate.open and not pudong.pipe.connected)
        line.server.start()
        await pudong.came_in()
        assert gate.open
