"""Transactions: whole or not at all, one writer after the other, and nothing that crosses a room without a name."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from cloud.store import counters
from cloud.store.database import Books, fitting, insert_many, insert_or_ignore
from cloud.store.tables import DealerRow, InboxRow, table_of
from shared.errors import LetterMisread, SettingsMisread, Unavailable

DEALER = table_of(DealerRow)
INBOX = table_of(InboxRow)


def dealers(books: Books) -> list[str]:
    with books.read() as connection:
        return list(connection.execute(select(DEALER.c.id).order_by(DEALER.c.id)).scalars())


def test_a_transaction_that_fails_leaves_nothing(books: Books) -> None:
    row = {"id": "东方", "name": "东方", "created_at": 1}
    with pytest.raises(DatabaseError), books.begin() as connection:
        connection.execute(DEALER.insert(), [row, row])
    assert dealers(books) == []


def test_a_reader_can_not_write(books: Books) -> None:
    with pytest.raises((DatabaseError, Unavailable)), books.read() as connection:
        connection.execute(DEALER.insert(), {"id": "东方", "name": "东方", "created_at": 1})
    assert dealers(books) == []


def test_a_reader_sees_one_state_of_the_books(books: Books) -> None:
    with books.read() as connection:
        assert connection.execute(select(func.count()).select_from(DEALER)).scalar() == 0
        with books.begin() as writer:
            writer.execute(DEALER.insert(), {"id": "东方", "name": "东方", "created_at": 1})
        assert connection.execute(select(func.count()).select_from(DEALER)).scalar() == 0
    assert dealers(books) == ["东方"]


def test_writers_from_many_threads_all_get_their_turn(books: Books) -> None:
    def take(_: int) -> int:
        with books.begin() as connection:
            return counters.take(connection, "tariff")

    with ThreadPoolExecutor(16) as threads:
        taken = list(threads.map(take, range(64)))
    assert sorted(taken) == list(range(1, 65))


def test_a_commit_on_sqlite_is_on_the_disk(sqlite_books: Books) -> None:
    with sqlite_books.begin() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_rows_that_are_there_already_stay_as_they_are(books: Books) -> None:
    first = [("pudong-1", 1, seq, "sale", b"first", seq) for seq in range(1, 4)]
    again = [("pudong-1", 1, seq, "price", b"second", 0) for seq in range(2, 6)]
    for rows in (first, again):
        with books.begin() as connection:
            insert_many(connection, INBOX, rows)
    with books.read() as connection:
        found = connection.execute(select(INBOX.c.seq, INBOX.c.kind).order_by(INBOX.c.seq)).all()
    assert [tuple(row) for row in found] == [(1, "sale"), (2, "sale"), (3, "sale"), (4, "price"), (5, "price")]


def test_a_thousand_rows_of_which_some_are_there_already(books: Books) -> None:
    """So many go another way into PostgreSQL."""
    first = [("pudong-1", 1, seq, "sale", b"first", seq) for seq in range(1, 501)]
    again = [("pudong-1", 1, seq, "price", b"second", 0) for seq in range(400, 1_001)]
    with books.begin() as connection:
        insert_many(connection, INBOX, first)
        insert_many(connection, INBOX, again)
        insert_many(connection, INBOX, again)
    with books.read() as connection:
        found = connection.execute(select(INBOX.c.seq, INBOX.c.kind).order_by(INBOX.c.seq)).all()
    assert [row.seq for row in found] == list(range(1, 1_001))
    assert [row.kind for row in found] == ["sale"] * 500 + ["price"] * 500


def test_a_thousand_rows_of_which_one_fits_no_table_leave_the_transaction_whole(books: Books) -> None:
    rows = [("pudong-1", 1, seq, "sale", b"first", seq) for seq in range(1, 1_001)]
    with books.begin() as connection:
        with pytest.raises(LetterMisread), fitting(connection):
            insert_many(connection, INBOX, [*rows, ("pudong-1", 1, 1_001, "sale", b"first", 10**30)])
        insert_many(connection, INBOX, rows[:60])
    with books.read() as connection:
        assert len(connection.execute(select(INBOX.c.seq)).all()) == 60


def test_nothing_to_write_is_no_statement(books: Books) -> None:
    with books.begin() as connection:
        insert_many(connection, INBOX, [])


def try_to_keep(books: Books, row: dict[str, object]) -> str:
    """Writes a row between two good ones; what is said of it."""
    said = ""
    with books.begin() as connection:
        connection.execute(DEALER.insert(), {"id": "东方", "name": "东方", "created_at": 1})
        try:
            with fitting(connection):
                connection.execute(insert_or_ignore(connection, DEALER).values(**row))
        except LetterMisread as why:
            said = str(why)
        connection.execute(DEALER.insert(), {"id": "西方", "name": "西方", "created_at": 1})
    return said


@pytest.mark.parametrize("row", [{"created_at": 10**30}, {"name": "half a character: \ud800"}])
def test_what_does_not_fit_is_said_in_words_and_leaves_the_rest_alone(books: Books, row: dict[str, object]) -> None:
    """A figure beyond 64 bits, half a character: readable, and no database can hold it."""
    said = try_to_keep(books, {"id": "南方", "name": "南方", "created_at": 1} | row)
    assert "can be read but not kept in the books" in said
    assert set(dealers(books)) == {"东方", "西方"}


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://root@host/x", "sqlite://", "sqlite:///:memory:", "postgres"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsMisread):
        Books(url)


def test_a_database_that_nobody_answers_for_is_out_of_reach() -> None:
    books = Books("postgresql://nobody@127.0.0.1:9/none?connect_timeout=2")
    with pytest.raises(Unavailable, match="can't be used now"), books.read():
        pass


def test_a_writer_waits_for_another_process(sqlite_books: Books, tmp_path: Path) -> None:
    """The command line and the running company write into one file."""
    other = Books(str(sqlite_books.writer.url))
    begun, finish = threading.Event(), threading.Event()

    def slowly() -> None:
        with other.begin() as connection:
            connection.execute(DEALER.insert(), {"id": "东方", "name": "东方", "created_at": 1})
            begun.set()
            finish.wait(5)

    writer = threading.Thread(target=slowly)
    writer.start()
    begun.wait(5)
    threading.Timer(0.2, finish.set).start()
    with sqlite_books.begin() as connection:
        assert connection.execute(select(func.count()).select_from(DEALER)).scalar() == 1
    writer.join()
    other.close()
