"""What every contract between two programs is tried with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.store.database import Books
from tests.company.servers import BrokerServer, mosquitto, nats, nats_cluster
from tests.fakes.ends import founded

STATIONS = {"pudong-1": "pudong's password", "minhang-2": "minhang's password"}


BROKERS = [
    pytest.param(nats, id="nats-server"),
    pytest.param(mosquitto, id="mosquitto"),
    pytest.param(nats_cluster, id="cluster", marks=pytest.mark.soak),  # test_cluster.py has what is played every time
]


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BrokerServer]:
    """Each broker that a chain may run, with two stations and the company as users."""
    with request.param(tmp_path / "broker", STATIONS) as server:
        yield server


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """The company's books, with both stations in them."""
    found = founded(f"sqlite:///{tmp_path / 'company.sqlite'}", STATIONS)
    yield found
    found.close()
