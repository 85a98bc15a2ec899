"""The pipe by itself: what it does when nobody is there, and when the network is full."""

import asyncio
import random
import socket
import time
from pathlib import Path

import pytest
from msgspec import structs

from shared import mqtt, topics
from shared.mqtt import Broker, Pipe, PipeTrouble
from tests.company.servers import free_port, nats
from tests.fakes.certificates import Authority
from tests.fakes.network import network
from tests.fakes.waiting import until

UP = topics.up("pudong-1", topics.LETTERS)


def quiet(*_: object) -> None:
    pass


async def test_without_a_broker_nothing_is_kept() -> None:
    changes: list[tuple[bool, str]] = []
    pipe = Pipe(Broker("127.0.0.1", free_port()), [], quiet, lambda c, w: changes.append((c, w)), patience=0.3)
    pipe.start()
    await until(lambda: changes)
    assert not pipe.publish(UP, b"a sale")
    await asyncio.sleep(0.7)
    await pipe.stop()
    assert changes[:1] == [(False, PipeTrouble.UNREACHABLE)]
    assert changes.count((False, PipeTrouble.UNREACHABLE)) == 1, "said once, not at each attempt"


async def test_a_server_that_never_answers_does_not_hold_up_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "_HANDSHAKE_SECONDS", 3.0)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        changes: list[tuple[bool, str]] = []
        pipe = Pipe(Broker("127.0.0.1", deaf.getsockname()[1]), [], quiet, lambda c, w: changes.append((c, w)))
        pipe.start()
        slowest = 0.0
        while not changes:
            before = time.monotonic()
            await asyncio.sleep(0.01)
            slowest = max(slowest, time.monotonic() - before)
        await pipe.stop()
    assert changes[0] == (False, PipeTrouble.UNREACHABLE)
    assert slowest < 1.5, "a busy machine may dawdle, but nobody waits for the handshake"


async def test_a_full_network_is_said_and_not_hidden_in_memory(tmp_path: Path) -> None:
    with nats(tmp_path, {"pudong-1": "word"}) as server:
        async with network(server.port) as slow:
            pipe = Pipe(structs.replace(server.station("pudong-1"), port=slow.port), [], quiet, quiet, buffer=1_000_000)
            pipe.start()
            await until(lambda: pipe.connected)
            slow.freeze()
            taken = 0
            while pipe.publish(UP, bytes(65_536)):
                taken += 1
                await asyncio.sleep(0)
                assert taken < 10_000
            slow.thaw()
            await until(lambda: pipe.publish(UP, b"again"))
            await pipe.stop()


async def test_a_client_that_is_thrown_away_may_say_once_more_that_it_has_nothing_to_write() -> None:
    """Of a socket that was closed long ago: when that is depends on the collector of garbage."""
    connection = mqtt._Connection(Broker("127.0.0.1", 1, "pudong-1"), "an-id", 10, quiet)
    closed = socket.socket()
    closed.close()
    connection._want_no_write(connection._client, None, closed)


async def test_a_handler_that_fails_does_not_end_the_pipe(tmp_path: Path) -> None:
    heard: list[bytes] = []

    def fail(_topic: str, data: bytes) -> None:
        heard.append(data)
        raise ValueError("a bug")

    with nats(tmp_path, {"pudong-1": "word"}) as server:
        office = Pipe(server.company(), [topics.EVERY_UP], fail, quiet)
        pudong = Pipe(server.station("pudong-1"), [], quiet, quiet)
        office.start()
        pudong.start()
        await until(lambda: office.connected and pudong.connected)
        pudong.publish(UP, b"one")
        pudong.publish(UP, b"two")
        await until(lambda: len(heard) == 2)
        assert office.connected
        await office.stop()
        await pudong.stop()


async def test_back_within_a_minute_in_any_case() -> None:
    random.seed(1)
    waits = [mqtt.wait_before(attempt, 15.0) for attempt in range(1, 2_000)]
    # the slowest case: the attempt before the broker's return has just failed after its whole time-out
    assert max(waits) + 5.0 + mqtt._HANDSHAKE_SECONDS < 60
    assert min(waits) >= 0.2
    assert len({round(wait, 1) for wait in waits}) > 100, "spread, so that stations don't come back together"


async def connect_packet() -> bytes:
    """What a station says first."""

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append(await reader.read(500))
        writer.close()

    said: list[bytes] = []
    async with await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        pipe = Pipe(Broker("127.0.0.1", server.sockets[0].getsockname()[1], "pudong-1", "word"), [], quiet, quiet)
        pipe.start()
        await until(lambda: said)
        await pipe.stop()
    return said[0]


async def test_f54_mqtt_3_1_1_which_knows_no_topic_alias_and_a_clean_session() -> None:
    """Elsewhere a client sent again after a reconnect with an alias that the new connection did not know, for ever."""
    packet = await connect_packet()
    assert packet[2:9] == b"\0\x04MQTT\x04", "level 4; aliases came with 5"
    assert packet[9] & 0b0000_0010, "clean session"
    assert not packet[9] & 0b0000_0100, "no will: it would speak for a station that is gone"


async def test_each_connection_has_an_id_of_its_station_that_nobody_can_guess() -> None:
    ids = {(await connect_packet()).split(b"pudong-1-")[1][:24] for _ in range(3)}
    assert len(ids) == 3
    assert all(len(bytes.fromhex(name.decode())) == 12 for name in ids)


async def outcome(broker: Broker) -> tuple[bool, str]:
    """What becomes of the first attempt to connect."""
    changes: list[tuple[bool, str]] = []
    pipe = Pipe(broker, [], quiet, lambda c, w: changes.append((c, w)))
    pipe.start()
    await until(lambda: changes)
    await pipe.stop()
    return changes[0]


async def test_over_tls_both_sides_show_who_they_are(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    certificate, key = ours.certify("broker")
    own_certificate, own_key = ours.certify("pudong-1")
    foreign_certificate, foreign_key = theirs.certify("forger")
    with nats(tmp_path / "broker", {"pudong-1": "word"}, certificate=certificate, key=key, ca=ours.ca) as server:
        safe = structs.replace(server.station("pudong-1"), tls=True, ca=ours.ca)
        right = structs.replace(safe, certificate=own_certificate, key=own_key)
        assert await outcome(right) == (True, PipeTrouble.NONE)
        for untrusted in (
            structs.replace(right, ca=theirs.ca),  # a broker that is not the company's
            structs.replace(right, ca=str(tmp_path / "missing.pem")),
            structs.replace(right, certificate=str(tmp_path / "missing.pem")),
        ):
            assert await outcome(untrusted) == (False, PipeTrouble.UNSAFE)
        for rejected in (
            structs.replace(safe, certificate=foreign_certificate, key=foreign_key),
            safe,  # no certificate of its own
            server.station("pudong-1"),  # no TLS at all
        ):
            assert not (await outcome(rejected))[0]


async def test_a_megabyte_over_tls_arrives_whole_and_at_once(tmp_path: Path) -> None:
    """TLS keeps decrypted bytes where the event loop does not see them: they must not wait for the next packet."""
    authority = Authority(tmp_path, "ours")
    certificate, key = authority.certify("broker")
    heard: list[bytes] = []
    own_certificate, own_key = authority.certify("pudong-1")
    with nats(tmp_path / "broker", {"pudong-1": ""}, certificate=certificate, key=key, ca=authority.ca) as server:
        safe = {"tls": True, "ca": authority.ca, "certificate": own_certificate, "key": own_key}
        office = Pipe(structs.replace(server.company(), **safe), [topics.EVERY_UP], lambda _, d: heard.append(d), quiet)
        pudong = Pipe(structs.replace(server.station("pudong-1"), **safe), [], quiet, quiet)
        office.start()
        pudong.start()
        await until(lambda: office.connected and pudong.connected)
        messages = [bytes([number]) * size for number, size in enumerate((1_000_000, 10, 65_536, 1, 300_000, 5))]
        for message in messages:
            assert pudong.publish(UP, message)
        await until(lambda: len(heard) == len(messages), 5.0)
        assert heard == messages
        await office.stop()
        await pudong.stop()


def test_the_nodes_of_a_cluster_have_a_port_each_or_the_common_one() -> None:
    nodes = Broker("ignored", 8883, hosts=("mq-1", "mq-2:1883", "[::1]:1884", "::1", "[fe80::1]"))
    assert nodes.places == (("mq-1", 8883), ("mq-2", 1883), ("::1", 1884), ("::1", 8883), ("fe80::1", 8883))
    assert Broker("mq", 1883).places == (("mq", 1883),)
    with pytest.raises(ValueError, match="invalid literal"):
        _ = Broker("", hosts=("mq:mqtt",)).places


async def test_when_a_node_is_gone_the_next_is_tried_at_once(tmp_path: Path) -> None:
    dead = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    with nats(tmp_path, {"pudong-1": "word"}) as server:
        nodes = structs.replace(server.station("pudong-1"), hosts=(*dead, f"127.0.0.1:{server.port}"))
        pipe = Pipe(nodes, [], quiet, quiet)
        pipe.start()
        await until(lambda: pipe.connected, 3.0)
        await pipe.stop()
