"""The models and the revisions agree, on both databases; the tables take nothing of the wrong kind."""

import re
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError

from cloud.store import migrate as migrating
from cloud.store.database import Books
from cloud.store.kinds import Row, Whole
from cloud.store.migrate import NEWEST, migrate, must_be_current
from cloud.store.tables import DealerRow, SaleRow, StationRow, table_of
from shared.errors import Unavailable
from tests.company.servers import postgresql

FACTS = ("sale", "redemption", "slip", "price_rung", "station_event", "inbox")


def empty(kind: str, tmp_path: Path) -> Books:
    return Books(postgresql() if kind == "postgresql" else f"sqlite:///{tmp_path / 'empty.sqlite'}")


def test_the_revisions_make_what_the_models_say(books: Books) -> None:
    with books.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Row.metadata) == []


def shape(books: Books) -> dict[str, Any]:
    """Everything that a database says of its tables: columns in order, keys, indexes, checks, foreign keys."""
    with books.read() as connection:
        seen = inspect(connection)
        return {
            table: (
                [(column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(table)],
                seen.get_pk_constraint(table)["constrained_columns"],
                sorted((index["name"] or "", tuple(index["column_names"])) for index in seen.get_indexes(table)),
                sorted((check["name"] or "", check["sqltext"]) for check in seen.get_check_constraints(table)),
                sorted((key["name"] or "", key["referred_table"]) for key in seen.get_foreign_keys(table)),
                sorted((one["name"] or "") for one in seen.get_unique_constraints(table)),
            )
            for table in seen.get_table_names()
            if table != "alembic_version"
        }


def test_a_database_made_from_the_models_looks_the_same(books: Books, tmp_path: Path) -> None:
    fresh = empty("sqlite" if books.sqlite else "postgresql", tmp_path)
    with fresh.begin() as connection:
        Row.metadata.create_all(connection)
    assert shape(fresh) == shape(books)
    fresh.close()


def test_the_newest_revision_is_the_one_that_the_program_asks_for() -> None:
    scripts = ScriptDirectory(str(Path(migrating.__file__).parent / "migrations"))
    assert scripts.get_current_head() == NEWEST


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_books_that_are_not_ready_are_refused_with_the_command_that_helps(kind: str, tmp_path: Path) -> None:
    fresh = empty(kind, tmp_path)
    with pytest.raises(Unavailable, match="jiayou-cloud migrate"):
        must_be_current(fresh)
    assert migrate(fresh) == NEWEST
    assert migrate(fresh) == NEWEST
    must_be_current(fresh)
    fresh.close()


def test_books_of_a_newer_program_are_left_alone(books: Books) -> None:
    with books.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for step in (must_be_current, migrate):
        with pytest.raises(Unavailable, match="newer version"):
            step(books)


def test_every_table_of_sqlite_is_strict(sqlite_books: Books) -> None:
    with sqlite_books.read() as connection:
        rows = connection.execute(text("SELECT name, strict FROM pragma_table_list WHERE type = 'table'")).all()
    loose = {row.name for row in rows if not row.strict}
    assert loose <= {"alembic_version", "sqlite_schema", "sqlite_temp_schema"}


def add_dealer(books: Books, created_at: object) -> None:
    with books.begin() as connection:
        row = {"id": "东方", "name": "东方", "created_at": created_at}
        connection.execute(table_of(DealerRow).insert(), row)


def test_no_column_takes_what_is_not_of_its_kind(books: Books) -> None:
    with pytest.raises(DatabaseError):
        add_dealer(books, "abc")


def test_sqlite_takes_no_fraction_for_a_whole_number(sqlite_books: Books) -> None:
    with pytest.raises(DatabaseError):
        add_dealer(sqlite_books, 7.5)


def test_a_whole_number_has_64_bits(books: Books) -> None:
    add_dealer(books, 2**63 - 1)
    with books.read() as connection:
        assert connection.execute(table_of(DealerRow).select()).one().created_at == 2**63 - 1


def test_no_column_of_money_volume_or_time_can_hold_a_fraction() -> None:
    columns = [column for table in Row.metadata.tables.values() for column in table.columns]
    assert {type(column.type).__name__ for column in columns} == {"Whole", "Text", "LargeBinary"}
    figures = re.compile(r"amount|volume|price|payable|discount|_at$|totaliser")
    named = [column for column in columns if figures.search(column.name) and not column.name.endswith("_json")]
    assert named
    assert all(isinstance(column.type, Whole) for column in named if column.table.name not in ("tariff",))


def test_stations_belong_to_a_dealer_and_a_region_from_the_first_revision_on(books: Books) -> None:
    station = table_of(StationRow)
    row = {"id": "pudong-1", "name": "浦东", "password_hash": "", "created_at": 1}
    with pytest.raises(DatabaseError), books.begin() as connection:
        connection.execute(station.insert(), row | {"dealer_id": "nobody", "region_id": "nowhere"})


@pytest.mark.parametrize("name", FACTS)
def test_no_table_of_facts_can_refuse_one(name: str) -> None:
    """What happened is stored, whatever it names: no foreign keys, no checks, only the key of the fact itself."""
    table = Row.metadata.tables[name]
    kinds = {type(constraint).__name__ for constraint in table.constraints}
    assert kinds == {"PrimaryKeyConstraint"}
    assert [column.name for column in table.primary_key.columns][:3] == ["station", "epoch", "seq"]


def test_the_sale_is_traced_in_full() -> None:
    assert {column.name for column in table_of(SaleRow).columns} >= {
        "station", "point", "nozzle", "grade", "volume", "amount", "unit_price", "totaliser_before", "totaliser_after",
        "finding", "status", "tariff", "tender", "payable", "discount", "member", "plate", "coupons", "authorised_by",
        "preset_kind", "preset_value", "started_at", "finished_at", "quality", "boot", "mono", "happened_at",
        "arrived_at", "business_day", "epoch", "seq", "letter_sha256", "flags",
    }  # fmt: skip
