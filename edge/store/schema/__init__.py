"""Numbered SQL files, applied in order, each once, in one transaction. None is changed after it has left the house.

From the second on each has a companion ``….down.sql`` that takes it back, for the day on which an older program must
have the store again. A way down loses no letter: what the newer tables held is in the letters, or comes again.
"""

from collections.abc import Callable
from pathlib import Path

from sqlite_utils import Database, Migrations

from shared.errors import Refused

_SET = "station"
_FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The schemas that this program knows, the oldest first: ``001_station``, …"""
    return sorted(file.stem for file in _FOLDER.glob("[0-9][0-9][0-9]_*.sql") if not file.stem.endswith(".down"))


def migrate(db: Database) -> None:
    """Bring a store to this program's schema. :exc:`Refused` when a newer program has already been here."""
    steps = Migrations(_SET)
    unknown = {step.name for step in steps.applied(db)} - set(names())
    if unknown:
        newest = names()[-1]
        raise Refused(
            "newer_store",
            f"A newer program has changed this store ({', '.join(sorted(unknown))}). Use that program, or let it take "
            f"the store back first: jiayou-edge downgrade --to {newest[:3]}",
        )
    for name in names():
        steps(name=name)(_step((_FOLDER / f"{name}.sql").read_text("utf-8")))
    steps.apply(db)


def downgrade(db: Database, to: str) -> list[str]:
    """Take a store back to the schema with this number (``003``); what was taken back, the newest first.

    Called in a transaction. :exc:`Refused` (``no_such_schema``) when there is none.
    """
    kept = [name for name in names() if name[:3] <= to]
    if to not in {name[:3] for name in names()}:
        known = ", ".join(name[:3] for name in names())
        raise Refused("no_such_schema", f"This program knows no schema “{to}”. Known are: {known}.")
    back = sorted({step.name for step in Migrations(_SET).applied(db)} - set(kept), reverse=True)
    for name in back:
        db.executescript((_FOLDER / f"{name}.down.sql").read_text("utf-8"))
        db.execute("DELETE FROM _sqlite_migrations WHERE migration_set = ? AND name = ?", (_SET, name))
    return back


def _step(sql: str) -> Callable[[Database], None]:
    def step(db: Database) -> None:
        db.executescript(sql)

    return step
