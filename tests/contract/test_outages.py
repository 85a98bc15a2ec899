"""F39: the line is gone for a while, in each of the ways in which it can be; it comes back by itself, and soon."""

import asyncio
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloud.store.database import Books
from edge.sync.pace import UNHURRIED
from shared import mqtt
from tests.company.servers import BrokerServer
from tests.contract.conftest import STATIONS
from tests.contract.ends import both, numbers
from tests.fakes.ends import company_end, station_end
from tests.fakes.waiting import until

A, B = STATIONS
SOON = 60.0
"""Seconds after which a station must be back at the latest, once the line is."""


@given(st.integers(0, 100_000))
def test_f39_however_long_it_lasted_the_next_try_is_never_far(attempt: int) -> None:
    """Three days without a network are some twenty thousand tries; then a hello, if need be a second one."""
    wait = mqtt.wait_before(attempt, 15.0)
    assert 0 < wait <= SOON - 2 * UNHURRIED.greeting_again - 15.0


async def test_f39_a_name_that_nobody_can_resolve_is_tried_until_somebody_can(
    books: Books, broker: BrokerServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name server is gone for a while, and how long the station is alone is said right all the time."""
    real, asked = socket.getaddrinfo, []

    def resolve(host: str, *rest: Any, **more: Any) -> Any:
        if host != "broker.example":
            return real(host, *rest, **more)
        asked.append(time.monotonic())
        if len(asked) < 4:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    place = broker.station(A)
    named = replace(place, host="broker.example")
    async with company_end(books, broker.company()) as company, station_end(tmp_path / "store", A, named) as station:
        await station.sell(3)
        await until(lambda: len(asked) >= 3)
        alone = station.link.state
        assert (alone.connected, alone.reason) == (False, "unreachable")
        assert {state.since for state in station.states if not state.connected} == {alone.since}, "since the start"
        await station.emptied()
        assert numbers(company) == [1, 2, 3]
        assert station.link.state.connected
        assert station.link.state.since > alone.since


async def test_f39_a_broker_that_restarts_many_times_is_one_outage(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with both(books, broker, tmp_path / "store") as (station, company):
        await station.sell(2)
        await station.emptied()
        broker.kill()
        await until(lambda: not station.link.state.connected)
        alone = station.link.state.since
        await station.sell(5)
        await asyncio.sleep(1.5)
        assert station.link.state.since == alone, "each failed try is not a new outage"
        broker.start()
        began = time.monotonic()
        await station.emptied(SOON)
        assert time.monotonic() - began < SOON
        assert numbers(company) == list(range(1, 8))
