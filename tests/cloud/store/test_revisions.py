"""F31: head office takes a step back with full books. What the older program knows it finds; the rest waits aside."""

from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Column, LargeBinary, text

from cloud.store import migrate as migrating
from cloud.store.database import Books
from cloud.store.kinds import Row, Whole
from cloud.store.migrate import NEWEST, downgrade, migrate, revisions
from cloud.store.migrations.aside import PREFIX
from cloud.store.tables import TariffRow, table_of
from shared.errors import Refused, Unavailable
from tests.cloud.store.test_tables import empty, shape

WORDS = {("case", "state"): "open", ("dead_letter", "state"): "waiting", ("account", "role"): "owner"}
OLDER = revisions()[:-1]
Rows = dict[str, list[dict[str, Any]]]


def filled(books: Books) -> Books:
    """Something in every table."""
    with books.begin() as connection:
        for table in Row.metadata.sorted_tables:
            connection.execute(table.insert(), {column.name: something(column) for column in table.columns})
    return books


@pytest.fixture
def full(books: Books) -> Books:
    """Full books, on each of the two databases."""
    return filled(books)


def something(column: Column[Any]) -> object:
    if isinstance(column.type, Whole):
        return 1
    return b"x" if isinstance(column.type, LargeBinary) else WORDS.get((column.table.name, column.name), "x")


def known(books: Books) -> dict[str, Any]:
    return {name: form for name, form in shape(books).items() if not name.startswith(PREFIX)}


def rows(books: Books) -> Rows:
    """Every row of the tables that stand in their place; but how often a day was marked to be added up anew."""
    with books.read() as connection:
        quote = connection.dialect.identifier_preparer.quote
        found = {
            name: connection.execute(text(f"SELECT * FROM {quote(name)}")).mappings().all() for name in known(books)
        }
    return {name: [{key: row[key] for key in row if key != "marks"} for row in some] for name, some in found.items()}


def forms(kind: str, tmp_path: Path) -> dict[str, dict[str, Any]]:
    """The form that each program before has given to new books."""
    fresh, found = empty(kind, tmp_path), {}
    for to in OLDER:
        with fresh.begin() as connection:
            command.upgrade(migrating._config(connection), to)
        found[to] = shape(fresh)
    fresh.close()
    return found


def test_f31_what_an_older_program_knows_it_finds_in_its_own_form(full: Books, tmp_path: Path) -> None:
    everything, form = rows(full), shape(full)
    older = forms("sqlite" if full.sqlite else "postgresql", tmp_path)
    for to in reversed(OLDER):
        assert downgrade(full, to) == to
        assert known(full) == older[to]
        seen = rows(full)
        assert all(seen.values()), "nothing was emptied"
        assert all(everything[name][0].items() >= some[0].items() for name, some in seen.items())
    assert migrate(full) == NEWEST
    assert (rows(full), shape(full)) == (everything, form), "and what they did not know comes back"


@pytest.mark.parametrize("to", OLDER)
def test_f31_from_each_of_them_the_books_come_back_whole(sqlite_books: Books, to: str) -> None:
    full = filled(sqlite_books)
    everything, form = rows(full), shape(full)
    downgrade(full, to)
    migrate(full)
    assert (rows(full), shape(full)) == (everything, form)


def test_f31_what_was_decided_meanwhile_stays_beside_what_waited(full: Books) -> None:
    downgrade(full, "0004")
    with full.begin() as connection:
        connection.execute(text("UPDATE tariff SET made_by = 'the older program' WHERE version = 1"))
        connection.execute(
            text(
                "INSERT INTO tariff (version, starts_at, prices_json, every_station, made_by, made_at)"
                " VALUES (2, 5, '{}', 1, 'the older program', 4)"
            )
        )
    migrate(full)
    with full.read() as connection:
        first, second = connection.execute(table_of(TariffRow).select().order_by("version")).all()
    assert (first.made_by, first.approved_by) == ("the older program", "x")
    assert (second.approved_by, second.approved_at, second.beyond) == ("before there were bounds", 4, 0)


def test_a_price_that_waits_for_a_second_person_holds_up_the_way_down(full: Books) -> None:
    """The older program asks for no second person: it would let the price begin."""
    with full.begin() as connection:
        connection.execute(text("UPDATE tariff SET approved_at = NULL, approved_by = NULL, cancelled_at = NULL"))
    everything = rows(full)
    with pytest.raises(Refused, match=r"Tariff 1 waits .* approve or cancel"):
        downgrade(full, "0004")
    assert rows(full) == everything, "and nothing at all was changed"
    assert downgrade(full, "0005") == "0005"


@pytest.mark.parametrize("to", ["", "9999", "0000", "base", "7", "../0001"])
def test_a_revision_that_never_was_is_refused_with_those_that_are(sqlite_books: Books, to: str) -> None:
    with pytest.raises(Refused, match=", ".join(revisions())):
        downgrade(sqlite_books, to)


def test_books_of_an_older_program_do_not_go_forward_by_going_back(sqlite_books: Books, tmp_path: Path) -> None:
    downgrade(sqlite_books, "0001")
    with pytest.raises(Refused, match="They can go back to 0001"):
        downgrade(sqlite_books, "0003")
    fresh = empty("sqlite", tmp_path)
    with pytest.raises(Refused, match="jiayou-cloud migrate"):
        downgrade(fresh, "0001")
    fresh.close()


def test_the_older_program_says_what_to_do(sqlite_books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "NEWEST", OLDER[-1])
    for step in (migrating.must_be_current, migrate):
        with pytest.raises(Unavailable, match=f"jiayou-cloud downgrade --to {OLDER[-1]}"):
            step(sqlite_books)
