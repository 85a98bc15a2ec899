"""Brings the books' tables to the form that this program knows."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from cloud.store.database import Books
from shared.errors import Unavailable

_REVISIONS: Final = Path(__file__).parent / "migrations"


def migrate(books: Books) -> str:
    """Makes or changes the tables, all in one transaction; says which revision they have now."""
    with books.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return _revision(connection) or ""


def must_be_current(books: Books) -> None:
    """:exc:`Unavailable` when the tables are not what this program knows; the sentence says what to do."""
    with books.read() as connection:
        found = _revision(connection)
    known = ScriptDirectory.from_config(_config())
    if found == known.get_current_head():
        return
    if found is not None and found not in {script.revision for script in known.walk_revisions()}:
        raise Unavailable("The books were written by a newer version of this program. Please install that one.")
    raise Unavailable("The books are not ready for this program. Please run: jiayou-cloud migrate --config FILE")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_REVISIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
