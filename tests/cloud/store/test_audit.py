"""The audit: added to, never changed; whoever changes it is found."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete, update

from cloud.access import auditing
from cloud.store import audit
from cloud.store.database import Books
from cloud.store.tables import AuditRow, table_of

AUDIT = table_of(AuditRow)


def note(books: Books, subject: str, **detail: Any) -> None:
    with books.begin() as connection:
        audit.record(connection, 1_795_000_000_000, "王总", "price_made", subject, **detail)


def check(books: Books) -> auditing.Check:
    with books.read() as connection:
        return auditing.verify(connection)


def test_entries_are_chained_and_read_back_the_newest_first(books: Books) -> None:
    for version in range(1, 6):
        note(books, str(version), prices={"92#": 7_850 + version})
    with books.read() as connection:
        page = auditing.page(connection, limit=2)
        older = auditing.page(connection, limit=9, before=page[-1].number)
    assert [entry.subject for entry in (*page, *older)] == ["5", "4", "3", "2", "1"]
    assert page[0].detail == {"prices": {"92#": 7_855}}
    assert check(books) == auditing.Check(5, None, check(books).last_hash)


def test_two_entries_at_once_still_make_one_chain(books: Books) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: note(books, str(number)), range(24)))
    assert check(books).entries == 24
    assert check(books).broken_at is None


@pytest.mark.parametrize(
    "forgery",
    [
        update(AUDIT).where(AUDIT.c.id == 2).values(by="别人"),
        update(AUDIT).where(AUDIT.c.id == 2).values(detail_json="{}"),
        update(AUDIT).where(AUDIT.c.id == 2).values(at=1),
        delete(AUDIT).where(AUDIT.c.id == 2),
        update(AUDIT).where(AUDIT.c.id == 2).values(hash=bytes(32)),
    ],
)
def test_a_change_is_found_at_its_place(books: Books, forgery: Any) -> None:
    for version in (1, 2, 3):
        note(books, str(version), price=7_850)
    with books.begin() as connection:
        connection.execute(forgery)
    assert check(books).broken_at == 2
