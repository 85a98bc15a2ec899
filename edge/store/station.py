"""The station as a whole: whether it is open for business."""

from sqlite_utils import Database

from edge.store import outbox
from shared.clock import Stamp
from shared.messages import StationSwitched


def is_open(db: Database) -> bool:
    """Whether the station is open."""
    return bool(db.execute("SELECT open FROM station").fetchone()[0])


def switch(db: Database, stamp: Stamp, is_open_now: bool, by: str) -> bool:
    """Open or close it, with its letter. False when it already is so."""
    written = db.execute("UPDATE station SET open = ?1 WHERE open <> ?1", (int(is_open_now),))
    if written.rowcount == 0:
        return False
    outbox.append(db, stamp, StationSwitched(is_open_now, by))
    return True


def probe(db: Database) -> None:
    """Write something that changes nothing, to see whether writing works."""
    db.execute("UPDATE station SET boot = boot")
