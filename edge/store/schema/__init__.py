"""Numbered SQL files, applied in order, each once, in one transaction. None is changed after it has left the house."""

from collections.abc import Callable
from pathlib import Path

from sqlite_utils import Database, Migrations

from shared.errors import Refused

_SET = "station"


def migrate(db: Database) -> None:
    """Bring a store to this program's schema. :exc:`Refused` when a newer program has already been here."""
    steps = Migrations(_SET)
    files = sorted(Path(__file__).parent.glob("[0-9][0-9][0-9]_*.sql"))
    unknown = {step.name for step in steps.applied(db)} - {file.stem for file in files}
    if unknown:
        raise Refused(
            "newer_store", f"A newer program has changed this store ({', '.join(sorted(unknown))}). Use that one."
        )
    for file in files:
        steps(name=file.stem)(_step(file.read_text("utf-8")))
    steps.apply(db)


def _step(sql: str) -> Callable[[Database], None]:
    def step(db: Database) -> None:
        db.executescript(sql)

    return step
