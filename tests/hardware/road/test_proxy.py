"""The road between two ends: what is told to happen on it does, and the command line says what did."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hardware.__main__ import main
from hardware.road.proxy import DOWN, UP, Proxy, Trouble
from tests.fakes.network import network
from tests.hardware.road.test_packets import CONNECT, LETTERS


class Ends:
    """A client, and a server that writes down what it hears and answers in the same words."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def says(self, *packets: bytes) -> None:
        for packet in packets:
            self.writer.write(packet)
            await self.writer.drain()

    async def hears(self, size: int, seconds: float = 2.0) -> bytes:
        async with asyncio.timeout(seconds):
            return await self.reader.readexactly(size)


@asynccontextmanager
async def ends(odds: dict[str, float], seed: int = 0) -> AsyncIterator[tuple[Ends, Proxy]]:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, network(server.sockets[0].getsockname()[1], odds, seed) as road:
        reader, writer = await asyncio.open_connection("127.0.0.1", road.port)
        try:
            yield Ends(reader, writer), road
        finally:
            writer.close()


async def test_letters_come_back_whole_over_a_good_road() -> None:
    async with ends({}) as (client, road):
        await client.says(CONNECT, *LETTERS)
        sent = CONNECT + b"".join(LETTERS)
        assert await client.hears(len(sent)) == sent
        assert (road.connections, road.struck) == (1, {})


async def test_a_letter_dropped_on_its_way_up_or_down_is_counted() -> None:
    async with ends({"dropped-letter": 1}) as (client, road):
        await client.says(CONNECT, LETTERS[0])
        assert await client.hears(len(CONNECT)) == CONNECT
        assert road.struck == {"dropped-letter": 1}


async def test_a_delay_is_paid_each_way_and_a_rate_slows_what_is_long() -> None:
    async with ends({}) as (client, road):
        road.delay = 0.1
        before = time.monotonic()
        await client.says(CONNECT)
        await client.hears(len(CONNECT))
        assert 0.2 <= time.monotonic() - before < 0.5
        road.delay, road.rate = 0.0, 100_000
        before = time.monotonic()
        await client.says(LETTERS[3])
        await client.hears(len(LETTERS[3]))
        assert 0.4 <= time.monotonic() - before < 0.9


async def test_a_road_that_is_frozen_one_way_still_carries_the_other() -> None:
    async with ends({}) as (client, road):
        await client.says(CONNECT)
        await client.hears(len(CONNECT))
        road.freeze(DOWN)
        await client.says(LETTERS[0])
        with pytest.raises(TimeoutError):
            await client.hears(1, 0.2)
        road.freeze(UP)
        road.thaw()
        assert await client.hears(len(LETTERS[0])) == LETTERS[0]


async def test_a_cut_road_lets_nobody_in_until_it_is_mended() -> None:
    async with ends({}) as (client, road):
        road.cut()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.hears(1)
        reader, _ = await asyncio.open_connection("127.0.0.1", road.port)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(1)
        road.mend()
        reader, writer = await asyncio.open_connection("127.0.0.1", road.port)
        writer.write(CONNECT)
        assert await reader.readexactly(len(CONNECT)) == CONNECT


async def test_a_broken_connection_ends_on_both_sides() -> None:
    async with ends({"broken-connection": 1}) as (client, _):
        await client.says(CONNECT, LETTERS[1])
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.hears(len(CONNECT) + len(LETTERS[1]))


async def test_partitions_and_outages_come_by_themselves_and_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    real = asyncio.sleep
    monkeypatch.setattr("hardware.road.proxy.asyncio.sleep", lambda seconds: real(seconds / 100))
    told: list[Trouble] = []
    proxy = Proxy("127.0.0.1", 1, {"partition": 0.5, "one-way": 0.5, "outage": 0.5}, 3, told.append)
    weather = asyncio.create_task(proxy.suffer())
    async with asyncio.timeout(5):
        while len(told) < 12:
            await real(0.01)
    weather.cancel()
    assert {trouble.name for trouble in told} == {"partition", "one-way", "outage"}
    assert {trouble.way for trouble in told if trouble.name == "one-way"} == {UP, DOWN}
    assert all(1 <= trouble.size <= 10 for trouble in told)


def test_f44_anybody_can_try_a_bad_line_from_the_command_line() -> None:
    words = ["proxy", "--to", "127.0.0.1:9", "--fault", "dropped-letter:0.01", "--delay", "150", "--seed", "4"]
    process = subprocess.Popen([sys.executable, "-m", "hardware", *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    begun = json.loads(process.stdout.readline())
    assert begun["to"] == "127.0.0.1:9"
    assert int(begun["listen"].rpartition(":")[2])
    process.send_signal(signal.SIGTERM)
    assert json.loads(process.stdout.readline()) == {"connections": 0, "troubles": {}}
    assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--fault", "droped-letter"], "Did you mean “dropped-letter”?"),
        (["--listen", "here"], "“here” is no address"),
        (["--fault", "outage:2"], "“2” is no probability"),
    ],
)
def test_a_wrong_wish_is_refused_in_words(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["proxy", *words])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_port_that_somebody_has_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["proxy", "--listen", str(port)]) == 1
    assert f"127.0.0.1:{port} can't be listened on" in capsys.readouterr().err
