"""Books for the tests of the line: on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cloud.store.database import Books
from tests.company.servers import postgresql
from tests.fakes.ends import founded

STATIONS = ("pudong-1", "minhang-2")


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    """New books in which two stations are registered."""
    url = postgresql() if request.param == "postgresql" else f"sqlite:///{tmp_path / 'company.sqlite'}"
    found = founded(url, STATIONS)
    yield found
    found.close()
