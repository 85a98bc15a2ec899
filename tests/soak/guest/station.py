"""The guest's only program: says what its store has kept, then sells until the plug is pulled.

``python -m tests.soak.guest.station DIRECTORY PAPER [weak]``. Paper is the serial console: what is written there has
left the machine. ``weak`` takes away the sync behind each commit, to show that the plug can tell the difference.
"""

import asyncio
import sqlite3
import sys
from pathlib import Path

from edge.store import database
from tests.edge.forecourt.busy_station import main
from tests.edge.forecourt.test_restart import sold


def run(directory: str, paper: str, *words: str) -> None:
    """Tells, then sells."""
    store = Path(directory) / "store.db"
    if "weak" in words:
        wal, sync, keys = database._PRAGMAS
        database._PRAGMAS = (wal, sync.replace("FULL", "NORMAL"), keys)
    _tell(store)
    asyncio.run(main(str(store), paper))


def _tell(store: Path) -> None:
    """A receipt's number and amount a line, as on the paper, below what the machine itself said when it started."""
    print()
    if store.exists():
        try:
            kept = sold(store)
        except sqlite3.Error as why:
            print(f"damaged {why}", flush=True)
            kept = {}
        for number, amount in kept.items():
            print(f"kept {number} {amount}")
    print("told", flush=True)


if __name__ == "__main__":
    run(*sys.argv[1:])
