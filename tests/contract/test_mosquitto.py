"""Debian's Mosquitto with certificates, as ``configs/mosquitto.example.conf`` sets it up: what it can and what not."""

import asyncio
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud.broker import COMPANY
from cloud.founding import now
from cloud.gate import mosquitto
from cloud.identity import authority, enrolling
from cloud.stations import register
from cloud.store.database import Books
from shared import certificates, topics
from shared.enrolment import read_ticket
from shared.mqtt import Broker
from tests.company.servers import CONFIGS, Server, free_port, user_here
from tests.contract.conftest import STATIONS
from tests.contract.test_brokers import A_MOMENT, Party, on_the_line
from tests.fakes.waiting import until

pytestmark = pytest.mark.flow
PUDONG, MINHANG = STATIONS


class Mosquitto:
    """One that runs with the files that the company writes for it."""

    def __init__(self, books: Books, directory: Path) -> None:
        self.books, self.directory, self.port = books, directory, free_port()
        self.company = authority.create(directory / "authority", "加油", now())
        authority.server_pair(self.company, directory, "broker", ("127.0.0.1",), now())
        self.write()
        example = (CONFIGS / "mosquitto.example.conf").read_text("utf-8")
        config = example.replace("/etc/mosquitto/jiayou", str(directory))
        config = config.replace("listener 8883 0.0.0.0", f"user {user_here()}\nlistener {self.port} 127.0.0.1")
        (directory / "mosquitto.conf").write_text(config, "utf-8")
        command = ["/usr/sbin/mosquitto", "-c", str(directory / "mosquitto.conf")]
        self.server = Server(command, self.port, directory / "mosquitto.log")
        self.server.start()

    def write(self) -> None:
        with self.books.read() as connection:
            mosquitto.write(connection, self.company, self.directory, now())

    def reload(self) -> None:
        self.write()
        self.server.signal(signal.SIGHUP)

    def station(self, name: str) -> Party:
        """A machine that enrols anew."""
        key = certificates.new_key()
        with self.books.begin() as connection:
            code = enrolling.new_ticket(connection, self.company, name, "owner", now()).code
            wanted = certificates.request(key, name)
            pem = enrolling.enrol(connection, self.company, read_ticket(code).secret, name, wanted, now())[0]
        authority.keep(self.directory / f"{name}.key", key)
        authority.keep(self.directory / f"{name}.pem", pem)
        return Party(self._broker(name), topics.down(name, "+"))

    def head_office(self) -> Party:
        authority.client_pair(self.company, self.directory, COMPANY, now())
        return Party(self._broker(COMPANY), topics.EVERY_UP)

    def _broker(self, name: str) -> Broker:
        own = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        root = str(self.directory / mosquitto.ROOT)
        return Broker("127.0.0.1", self.port, name, tls=True, ca=root, certificate=str(own[0]), key=str(own[1]))


@pytest.fixture
def broker_of_theirs(books: Books, tmp_path: Path) -> Iterator[Mosquitto]:
    made = Mosquitto(books, tmp_path)
    yield made
    made.server.stop()


def test_the_example_is_what_the_company_writes() -> None:
    assert (CONFIGS / "mosquitto.example.acl").read_text("utf-8") == mosquitto.render([])


async def test_a_station_speaks_by_its_certificate_and_under_its_own_name_alone(broker_of_theirs: Mosquitto) -> None:
    head_office, pudong = broker_of_theirs.head_office(), broker_of_theirs.station(PUDONG)
    async with on_the_line(head_office, pudong):
        pudong.pipe.publish(topics.up(MINHANG, topics.LETTERS), b"forged")
        await asyncio.sleep(A_MOMENT)
        await until(lambda: pudong.pipe.connected)
        pudong.pipe.publish(topics.up(PUDONG, topics.LETTERS), b"a sale")
        await until(lambda: head_office.heard)
        head_office.pipe.publish(topics.down(PUDONG, topics.STORED), b"stored")
        await until(lambda: pudong.heard)
    assert head_office.heard == [(topics.up(PUDONG, topics.LETTERS), b"a sale")]


async def test_a_revoked_station_is_silenced_at_the_reload_and_never_comes_again(broker_of_theirs: Mosquitto) -> None:
    head_office = broker_of_theirs.head_office()
    pudong, minhang = broker_of_theirs.station(PUDONG), broker_of_theirs.station(MINHANG)
    async with on_the_line(head_office, pudong, minhang):
        with broker_of_theirs.books.begin() as connection:
            register.revoke(connection, PUDONG, "owner", now())
        broker_of_theirs.reload()
        await asyncio.sleep(A_MOMENT)
        pudong.pipe.publish(topics.up(PUDONG, topics.LETTERS), b"too late")
        head_office.pipe.publish(topics.down(PUDONG, topics.COUPONS), b"secret")
        minhang.pipe.publish(topics.up(MINHANG, topics.LETTERS), b"a sale")
        await until(lambda: head_office.heard)
        await asyncio.sleep(A_MOMENT)
        pudong.pipe.drop("a bad line")
        await until(lambda: len(pudong.changes) > 1)
        await asyncio.sleep(3 * A_MOMENT)
        assert not pudong.pipe.connected
        assert len([1 for connected, _ in minhang.changes if connected]) == 1
    assert head_office.heard == [(topics.up(MINHANG, topics.LETTERS), b"a sale")]
    assert pudong.heard == []


async def test_a_replaced_certificate_is_refused_and_the_new_one_is_not(broker_of_theirs: Mosquitto) -> None:
    """A live connection of the old one stays: Mosquitto can't cut it without a restart."""
    stolen = broker_of_theirs.station(PUDONG)
    async with on_the_line(stolen):
        copied = copy_of(stolen.pipe._broker)
        fresh = broker_of_theirs.station(PUDONG)
        broker_of_theirs.reload()
        await asyncio.sleep(A_MOMENT)
        assert stolen.pipe.connected
    async with on_the_line(fresh):
        stolen = Party(copied)
        stolen.pipe.start()
        await asyncio.sleep(3 * A_MOMENT)
        await stolen.pipe.stop()
    assert (True, "") not in stolen.changes


def copy_of(broker: Broker) -> Broker:
    """The same machine's files, on another disk."""
    copies = [shutil.copy(file, f"{file}.copy") for file in (broker.certificate, broker.key)]
    return replace(broker, certificate=copies[0], key=copies[1])
