"""Whatever the broker: the pipe carries, comes back, and nobody reads or writes another station's letters."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain, count

import pytest
from msgspec import structs

from shared import topics
from shared.mqtt import Broker, Pipe, PipeTrouble
from tests.company.servers import BrokerServer
from tests.fakes.network import network
from tests.fakes.waiting import until

PUDONG, MINHANG = "pudong-1", "minhang-2"
BACK_WITHIN = 60.0
"""Seconds; a single broker takes one, three that died together first agree with each other again."""
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


UPWARD = (topics.LETTERS, topics.HELLO, topics.ASK)
FOREIGN_SHARD = "jiayou/1/00/pudong-1/up/letters"
"""Mosquitto's patterns know no shards: head office itself reads nothing that comes on the wrong one."""
DOWNWARD = (topics.WELCOME, topics.STORED, topics.TARIFFS, topics.COUPONS, topics.COMMAND, topics.ANSWER)


async def test_f115_f55_a_station_can_not_write_in_the_name_of_another_or_of_head_office(broker: BrokerServer) -> None:
    """On no topic: not what another station says, not what head office says to it, and not even to itself."""
    head_office, minhang = company(broker), station(broker, MINHANG)
    pudong = Party(broker.station(PUDONG), topics.down(PUDONG, "+"), patience=0.05)
    forged = [topics.up(MINHANG, kind) for kind in UPWARD]
    forged += [topics.down(name, kind) for name in (MINHANG, PUDONG) for kind in DOWNWARD]
    forged += [
        topics.up(PUDONG, "surprise"),
        f"{topics.up(PUDONG, topics.LETTERS)}/more",
        "jiayou/1/00/pudong-1/up/letters",
    ]
    async with on_the_line(head_office, pudong, minhang):
        for topic in forged:
            pudong.pipe.publish(topic, b"forged")
            await asyncio.sleep(0.01)
            await until(lambda: pudong.pipe.connected)  # a broker may hang up on a forger
        await asyncio.sleep(A_MOMENT)
        await until(lambda: pudong.pipe.connected)
        pudong.pipe.publish(topics.up(PUDONG, topics.HELLO), b"honest")
        await until(lambda: (topics.up(PUDONG, topics.HELLO), b"honest") in head_office.heard)
    arrived = [(topic, data) for topic, data in head_office.heard if topic != FOREIGN_SHARD]
    assert arrived == [(topics.up(PUDONG, topics.HELLO), b"honest")]
    assert minhang.heard == []
    assert pudong.heard == []


async def test_f115_f55_a_station_can_not_read_what_is_meant_for_another(broker: BrokerServer) -> None:
    head_office, minhang = company(broker), station(broker, MINHANG)
    wishes = [topics.down(MINHANG, kind) for kind in (*DOWNWARD, "+", "#")] + [
        topics.up(MINHANG, kind) for kind in UPWARD
    ]
    wishes += ["jiayou/1/#", "#", topics.EVERY_UP, "$SYS/#", "jiayou/1/+/+/down/+", "+/+/+/+/+/+"]
    nosy = [Party(broker.station(PUDONG), wish) for wish in wishes]
    async with on_the_line(head_office, minhang):
        for party in nosy:
            party.pipe.start()
        await asyncio.sleep(A_MOMENT)
        for kind in DOWNWARD:
            head_office.pipe.publish(topics.down(MINHANG, kind), b"secret")
        for kind in UPWARD:
            minhang.pipe.publish(topics.up(MINHANG, kind), b"secret")
        await until(lambda: len(minhang.heard) == len(DOWNWARD) and len(head_office.heard) == len(UPWARD))
        await asyncio.sleep(A_MOMENT)
        for party in nosy:
            await party.pipe.stop()
    assert [data for party in nosy for _, data in party.heard if data == b"secret"] == []


async def test_f50_whoever_learned_a_client_id_throws_its_owner_off_once_at_most(
    broker: BrokerServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Elsewhere two with one id threw each other off for ever. The next connection has another id."""
    head_office, pudong, thief = company(broker), station(broker, PUDONG), station(broker, MINHANG)
    monkeypatch.setattr(pudong.pipe, "_new_id", (known := chain(["known"], map("{:024x}".format, count()))).__next__)
    async with on_the_line(head_office, pudong):
        monkeypatch.setattr(thief.pipe, "_new_id", lambda: "known")
        async with on_the_line(thief):
            await until(lambda: pudong.pipe.connected)
            assert len([word for connected, word in pudong.changes if not connected]) <= 1
            pudong.pipe.publish(topics.up(PUDONG, topics.HELLO), b"still me")
            await until(lambda: head_office.heard)
            assert thief.pipe.connected
            assert next(known)
    assert thief.heard == []


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
        await until(lambda: pudong.pipe.connected and head_office.pipe.connected, BACK_WITHIN)
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
