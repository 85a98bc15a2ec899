"""Whatever the broker: the pipe carries, comes back, and nobody reads or writes another station's letters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec import structs

from shared import topics
from shared.mqtt import Broker, Pipe, PipeTrouble
from tests.company.servers import BrokerServer
from tests.fakes.network import network
from tests.fakes.waiting import until

PUDONG, MINHANG = "pudong-1", "minhang-2"
A_MOMENT = 0.3
"""Seconds in which a message on this machine has arrived, or never will."""


class Party:
    """Somebody on the line, with all that came to them."""

    def __init__(self, broker: Broker, *subscriptions: str, keepalive: int = 15, patience: float = 0.5) -> None:
        self.name = broker.user
        self.heard: list[tuple[str, bytes]] = []
        self.changes: list[tuple[bool, str]] = []
        self.pipe = Pipe(
            broker,
            subscriptions,
            lambda topic, data: self.heard.append((topic, data)),
            lambda connected, word: self.changes.append((connected, word)),
            keepalive,
            patience=patience,
        )


@asynccontextmanager
async def on_the_line(*parties: Party) -> AsyncIterator[None]:
    for party in parties:
        party.pipe.start()
    try:
        for party in parties:
            await until(lambda party=party: party.pipe.connected)  # type: ignore[misc]
        yield
    finally:
        for party in parties:
            await party.pipe.stop()


def company(broker: BrokerServer) -> Party:
    return Party(broker.company(), topics.EVERY_UP)


def station(broker: BrokerServer, name: str) -> Party:
    return Party(broker.station(name), topics.down(name, "+"))


async def test_a_letter_goes_up_and_its_answer_comes_down(broker: BrokerServer) -> None:
    head_office, pudong = company(broker), station(broker, PUDONG)
    async with on_the_line(head_office, pudong):
        assert pudong.pipe.publish(topics.up(PUDONG, topics.LETTERS), b"a sale")
        await until(lambda: head_office.heard)
        assert head_office.pipe.publish(topics.down(PUDONG, topics.STORED), b"stored")
        await until(lambda: pudong.heard)
    assert head_office.heard == [("jiayou/1/37/pudong-1/up/letters", b"a sale")]
    assert pudong.heard == [("jiayou/1/37/pudong-1/down/stored", b"stored")]


async def test_f115_a_station_can_not_write_in_the_name_of_another(broker: BrokerServer) -> None:
    head_office, pudong = company(broker), station(broker, PUDONG)
    async with on_the_line(head_office, pudong):
        for kind in (topics.LETTERS, topics.HELLO, topics.ASK):
            pudong.pipe.publish(topics.up(MINHANG, kind), b"forged")
            pudong.pipe.publish(topics.down(MINHANG, topics.STORED), b"forged")
            pudong.pipe.publish(topics.down(PUDONG, topics.STORED), b"forged")
            await asyncio.sleep(A_MOMENT)
            await until(lambda: pudong.pipe.connected)  # a broker may hang up on a forger
        pudong.pipe.publish(topics.up(PUDONG, topics.HELLO), b"honest")
        await until(lambda: head_office.heard)
    assert head_office.heard == [(topics.up(PUDONG, topics.HELLO), b"honest")]
    assert pudong.heard == []


async def test_f115_a_station_can_not_read_what_is_meant_for_another(broker: BrokerServer) -> None:
    head_office, minhang = company(broker), station(broker, MINHANG)
    nosy = [
        Party(broker.station(PUDONG), wish)
        for wish in (topics.down(MINHANG, "+"), "jiayou/1/#", "#", topics.EVERY_UP, "$SYS/#", "jiayou/1/+/+/down/+")
    ]
    async with on_the_line(head_office, minhang):
        for party in nosy:
            party.pipe.start()
        await asyncio.sleep(A_MOMENT)
        head_office.pipe.publish(topics.down(MINHANG, topics.COUPONS), b"secret")
        minhang.pipe.publish(topics.up(MINHANG, topics.LETTERS), b"secret")
        await until(lambda: minhang.heard and head_office.heard)
        await asyncio.sleep(A_MOMENT)
        for party in nosy:
            await party.pipe.stop()
    assert [data for party in nosy for _, data in party.heard if data == b"secret"] == []


async def test_nobody_comes_in_without_a_password(broker: BrokerServer) -> None:
    strangers = [
        Party(structs.replace(broker.company(), user="", password="")),
        Party(structs.replace(broker.company(), password="guessed")),
        Party(structs.replace(broker.station(PUDONG), user=MINHANG)),
        Party(structs.replace(broker.station(PUDONG), user="nobody")),
    ]
    for stranger in strangers:
        stranger.pipe.start()
    for stranger in strangers:
        await until(lambda s=stranger: s.changes)  # type: ignore[misc]
        await stranger.pipe.stop()
        assert stranger.changes[0] == (False, PipeTrouble.REFUSED)
        assert (True, PipeTrouble.NONE) not in stranger.changes


async def test_a_revoked_station_is_thrown_off_the_line_and_stays_off(broker: BrokerServer) -> None:
    pudong, minhang = station(broker, PUDONG), station(broker, MINHANG)
    async with on_the_line(pudong, minhang):
        broker.let_in({MINHANG: broker.stations[MINHANG]})
        await until(lambda: not pudong.pipe.connected)
        await until(lambda: (False, PipeTrouble.REFUSED) in pudong.changes)
        assert not pudong.pipe.publish(topics.up(PUDONG, topics.LETTERS), b"too late")
    assert minhang.changes[0] == (True, PipeTrouble.NONE)


async def test_a_new_station_is_let_in_without_a_restart(broker: BrokerServer) -> None:
    head_office = company(broker)
    async with on_the_line(head_office):
        broker.let_in({**broker.stations, "jiading-3": "jiading's password"})
        async with on_the_line(station(broker, "jiading-3")):
            pass
        assert head_office.pipe.connected


async def test_everybody_is_back_after_the_broker_was_killed(broker: BrokerServer) -> None:
    head_office, pudong = company(broker), station(broker, PUDONG)
    async with on_the_line(head_office, pudong):
        broker.kill()
        await until(lambda: not pudong.pipe.connected)
        assert not pudong.pipe.publish(topics.up(PUDONG, topics.LETTERS), b"to nobody")
        broker.start()
        await until(lambda: pudong.pipe.connected and head_office.pipe.connected)
        pudong.pipe.publish(topics.up(PUDONG, topics.LETTERS), b"to head office")
        await until(lambda: head_office.heard)
    assert head_office.heard == [(topics.up(PUDONG, topics.LETTERS), b"to head office")]


async def test_a_half_open_connection_is_noticed_and_replaced(broker: BrokerServer) -> None:
    async with network(broker.port) as mobile:
        through = broker.station(PUDONG, mobile.port)
        pudong = Party(through, topics.down(PUDONG, "+"), keepalive=1)
        async with on_the_line(pudong):
            mobile.freeze()
            await until(lambda: not pudong.pipe.connected)
            mobile.stumble()
            mobile.thaw()
            await until(lambda: pudong.pipe.connected)
    assert mobile.connections >= 2


async def test_a_large_coupon_book_passes(broker: BrokerServer) -> None:
    head_office, pudong = company(broker), station(broker, PUDONG)
    book = bytes(range(256)) * 16 * 1024  # 4 MiB
    async with on_the_line(head_office, pudong):
        assert head_office.pipe.publish(topics.down(PUDONG, topics.COUPONS), book)
        await until(lambda: pudong.heard)
    assert pudong.heard == [(topics.down(PUDONG, topics.COUPONS), book)]
