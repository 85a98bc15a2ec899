"""Three nodes of nats-server: one of them dies in the middle of everything, and nobody has to do anything."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.store.database import Books
from shared import topics
from shared.mqtt import PipeTrouble
from tests.company.servers import BrokerCluster, nats_cluster
from tests.contract.conftest import STATIONS
from tests.contract.ends import A, B, both, numbers
from tests.contract.test_brokers import company, on_the_line, station
from tests.fakes.waiting import until

pytestmark = pytest.mark.flow
BACKLOG = 6_000


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerCluster]:
    """One for the whole file: it takes five seconds to agree with itself."""
    with nats_cluster(tmp_path_factory.mktemp("cluster"), STATIONS) as cluster:
        yield cluster


@pytest.fixture
def cluster(nodes: BrokerCluster) -> Iterator[BrokerCluster]:
    """Whole again after each test."""
    yield nodes
    nodes.let_in(STATIONS)
    nodes.start()


async def test_letters_cross_from_any_node_to_any_other(cluster: BrokerCluster) -> None:
    head_office = company(cluster)
    there = [station(cluster, name) for name in (A, B) * 4]
    async with on_the_line(head_office, *there):
        assert len({party.pipe.place for party in there}) > 1, "spread over the nodes"
        for party in there:
            party.pipe.publish(topics.up(party.name, topics.LETTERS), b"a sale")
        await until(lambda: len(head_office.heard) == len(there))
        head_office.pipe.publish(topics.down(A, topics.STORED), b"stored")
        await until(lambda: all(party.heard for party in there if party.name == A))


async def test_a_station_is_cut_off_whichever_node_it_is_at(cluster: BrokerCluster) -> None:
    there = [station(cluster, A) for _ in range(4)]
    async with on_the_line(*there):
        begin = time.monotonic()
        cluster.let_in({B: STATIONS[B]})
        await until(lambda: not any(party.pipe.connected for party in there))
        assert time.monotonic() - begin < 5.0
        await until(lambda: all((False, PipeTrouble.REFUSED) in party.changes for party in there))


async def test_a_node_that_dies_in_the_middle_of_a_drain_loses_nothing_and_repeats_nothing(
    cluster: BrokerCluster, books: Books, tmp_path: Path
) -> None:
    async with both(books, cluster, tmp_path / "store") as (station, company):
        await station.sell(BACKLOG)
        await until(lambda: len(company.sales()) >= 500)
        cluster.node_of(station.link._pipe).kill()
        at_the_kill = len(company.sales())
        await station.emptied(40.0)
        assert at_the_kill < BACKLOG, "it was over before the kill"
        assert numbers(company) == list(range(1, BACKLOG + 1))


async def test_a_node_that_dies_while_prices_go_out_keeps_them_from_nobody(
    cluster: BrokerCluster, books: Books, tmp_path: Path
) -> None:
    await cluster.ready()
    async with both(books, cluster, tmp_path / "store") as (station, company):
        company.shelf.price(1, 7_850)
        cluster.node_of(company.line._pipe).kill()
        await company.line.dispatch.tariffs_changed()
        await until(lambda: "tariffs" in station.forecourt.told, 30)
