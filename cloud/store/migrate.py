"""Brings the books' tables to the form that this program knows."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from cloud.store.database import Books
from shared.errors import Refused, Unavailable

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST: Final = "0008"
"""The revision that this program knows."""
_REVISIONS: Final = Path(__file__).parent / "migrations"


def migrate(books: Books) -> str:
    """Makes or changes the tables, all in one transaction; says which revision they have now."""
    from alembic import command  # takes a third of a second to load, and is hardly ever needed

    with books.begin() as connection:
        _refuse_newer(revision(connection))
        command.upgrade(_config(connection), "head")
        return revision(connection)


def downgrade(books: Books, to: str) -> str:
    """Gives the books the form of an older revision, all in one transaction; says which they have now.

    Nothing is thrown away: what the older program does not know waits aside for the next upgrade. :exc:`Refused` where
    that program would do something that nobody wants, or knows no such form.
    """
    from alembic import command

    with books.begin() as connection:
        found = revision(connection)
        _refuse_newer(found)
        if not (to in revisions() and to <= found):
            raise Refused("no_such_revision", f"These books are at {found or 'no revision'}. {_known(found)}")
        command.downgrade(_config(connection), to)
        return revision(connection)


def revisions() -> list[str]:
    """All that this program knows, the oldest first."""
    return sorted(file.name[:4] for file in (_REVISIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


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
        raise Unavailable(
            "The books were written by a newer version of this program. Please install that one, or let it give them "
            f"back first: jiayou-cloud downgrade --to {NEWEST} --config FILE"
        )


def _known(found: str) -> str:
    older = [number for number in revisions() if number <= found]
    return f"They can go back to {', '.join(older)}." if older else "Please run: jiayou-cloud migrate --config FILE"


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_REVISIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
