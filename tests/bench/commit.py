"""A sale made durable: sale, letter and proof in one synced transaction, against a bare one-row insert of sqlite3.

Both on the same disk, in turns of a fraction of a second, so that the disk's moods fall on both alike.
"""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

from sqlite_utils import Database

from edge.store import nozzles, sales
from edge.store.database import Store
from shared.clock import Stamp, TimeQuality
from shared.sale import Delivery, Sale, SaleStatus, prove
from tests.bench.figure import Figure, at_least

ROUNDS = 15
COMMITS = 150
MODULUS = 10**11


def figures() -> Iterable[Figure]:
    """``durable_commit_ratio``, and the absolute rates that it was made of."""
    with tempfile.TemporaryDirectory(prefix="jiayou-bench-") as place:
        bare, ours = _rates(Path(place))
    held = f"a bare one-row sqlite3 FULL insert: {bare:,.0f}/s"
    yield at_least("durable_commit_ratio", ours / bare, 0.6, "of the bare", held)
    yield Figure("durable_commits_per_s", ours, "sales/s", "", held)


def _rates(place: Path) -> tuple[float, float]:
    """Median rates of both, a second."""
    bare_db = _bare(place / "bare.sqlite")
    store = Store.open(place / "station.sqlite", "bench")
    counter = iter(range(10**9))
    pairs = [
        (_rate(lambda: _insert(bare_db, next(counter))), _rate(lambda: _sell(store, next(counter))))
        for _ in range(ROUNDS)
    ]
    store.close()
    bare_db.close()
    return median(bare for bare, _ in pairs), median(ours for _, ours in pairs)


def _rate(step: Callable[[], None]) -> float:
    start = time.perf_counter()
    for _ in range(COMMITS):
        step()
    return COMMITS / (time.perf_counter() - start)


def _bare(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("CREATE TABLE sale (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
    return db


def _insert(db: sqlite3.Connection, number: int) -> None:
    db.execute("INSERT INTO sale (id, body) VALUES (?, ?)", (number, "x" * 198))


def _sell(store: Store, number: int) -> None:
    store.call(_record, sale_of(number), store.clock.stamp())


def _record(db: Database, sale: Sale, stamp: Stamp) -> None:
    sales.record(db, stamp, sale)
    nozzles.keep_totaliser(db, sale.delivery.point, sale.delivery.nozzle, sale.proof.after or 0)


def sale_of(number: int) -> Sale:
    """A plausible filling, each a little different."""
    volume, stamp = 20_000 + number % 30_000, Stamp(1_800_000_000_000 + number, TimeQuality.SYNCED, 1, number)
    delivery = Delivery(1 + number % 16, 1, "92#", volume, volume * 785 // 1000, 7_850)
    proof = prove(number * 1_000, number * 1_000 + volume, volume, MODULUS)
    return Sale(delivery, proof, SaleStatus.SETTLED, 12, stamp, stamp, delivery.amount, authorised_by="attendant:小李")
