"""The company's disk is full, or its database can only be read: letters stay at the station, nothing is acknowledged.

When it is well again everything arrives, once, and no letter was taken for an unreadable one meanwhile.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from cloud.store.database import Books
from cloud.store.tables import DeadLetterRow
from tests.company.servers import nats, postgresql
from tests.contract.conftest import STATIONS
from tests.contract.ends import both, numbers
from tests.fakes.ends import founded
from tests.fakes.waiting import until

Trouble = Callable[[Books], AbstractContextManager[None]]
SALES = 400


@contextmanager
def full(books: Books) -> Iterator[None]:
    """SQLite has as many pages as it may ever have."""
    with _always(books, "PRAGMA max_page_count = 1", "PRAGMA max_page_count = 4294967294"):
        yield


@contextmanager
def read_only(books: Books) -> Iterator[None]:
    """SQLite is on a disk that became read-only, as Linux makes it after an error."""
    with _always(books, "PRAGMA query_only = ON", "PRAGMA query_only = OFF"):
        yield


@contextmanager
def standby(books: Books) -> Iterator[None]:
    """PostgreSQL became a standby: every connection breaks, and new ones can only read."""
    _postgresql(books, "on")
    yield
    _postgresql(books, "off")


@contextmanager
def _always(books: Books, before: str, after: str) -> Iterator[None]:
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(before)

    event.listen(books.writer, "begin", begun)
    yield
    event.remove(books.writer, "begin", begun)
    raw = books.writer.raw_connection()
    raw.cursor().execute(after)
    raw.close()


def _postgresql(books: Books, readers_only: str) -> None:
    with books.apart() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {readers_only}')
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize(
    "trouble", [full, read_only, pytest.param(standby, marks=pytest.mark.slow)], ids=lambda deed: deed.__name__
)
async def test_while_the_books_can_not_be_written_letters_stay_at_the_station(tmp_path: Path, trouble: Trouble) -> None:
    books = founded(postgresql() if trouble is standby else f"sqlite:///{tmp_path / 'company.sqlite'}", STATIONS)
    with nats(tmp_path / "broker", STATIONS) as broker:
        async with both(books, broker, tmp_path / "store") as (station, company):
            await station.sell(1)
            await station.emptied()
            with trouble(books):
                await station.sell(SALES)
                await until(lambda: company.line.intake.counts["failures"] >= 2, 15, "the books to fail")
                assert (await station.stored(), await station.backlog()) == (1, SALES)
                assert numbers(company) == [1]
            await station.emptied(30.0)
            assert numbers(company) == list(range(1, SALES + 2))
            assert not company.rows(DeadLetterRow)
    books.close()
