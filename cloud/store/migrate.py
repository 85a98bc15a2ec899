"""Brings the books' tables to the form that this program knows."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from cloud.store.database import Books
from shared.errors import Unavailable

NEWEST: Final = "0007"
"""The revision that this program knows."""
_REVISIONS: Final = Path(__file__).parent / "migrations"


def migrate(books: Books) -> str:
    """Makes or changes the tables, all in one transaction; says which revision they have now."""
    from alembic import command  # takes a third of a second to load, and is hardly ever needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_REVISIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with books.begin() as connection:
        _refuse_newer(revision(connection))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return revision(connection)


def must_be_current(books: Books) -> None:
    """:exc:`Unavailable` when the tables are not what this program knows; the sentence says what to do."""
    with books.read() as connection:
        found = revision(connection)
    _refuse_newer(found)
    if found != NEWEST:
        raise Unavailable("The books are not ready for this program. Please run: jiayou-cloud migrate --config FILE")


def revision(connection: Connection) -> str:
    """The revision of the tables; empty when there are none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _refuse_newer(found: str) -> None:
    if found > NEWEST:
        raise Unavailable("The books were written by a newer version of this program. Please install that one.")
