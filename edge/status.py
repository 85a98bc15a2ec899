"""What a station's books say, for ``jiayou-edge status``: read beside an agent that may be running or not.

The books of its lines are the running agent's; without one there are none.
"""

from pathlib import Path
from typing import Any

from edge.engineer.visit import reports
from edge.forecourt.day import day_start
from edge.settings import Settings
from edge.store import books, fillings, outbox, sales
from edge.store import station as books_station
from edge.store.database import Database, Store
from edge.store.lock import holder

_ALL = 1_000_000_000


def status(path: Path, settings: Settings) -> dict[str, Any]:
    """Plain figures: money in fen, volume in millilitres, times in UTC milliseconds."""
    store = Store.open(path, settings.station.id, guest=True)
    try:
        midnight = day_start(store.clock.wall(), settings.station.utc_offset)
        said = {"station": store.station, "epoch": store.epoch, "boot": store.boot, "running_as": holder(path)}
        return said | store.call(_read, midnight) | {"lines": reports(path)}
    finally:
        store.close()


def every_sale(store: Store) -> list[sales.KeptSale]:
    """The oldest first."""
    return store.call(sales.since, 0, _ALL)[::-1]


def line_row(line: dict[str, Any]) -> str:
    """A line's books on one row."""
    health, points = line["health"], line["points"]
    answering = sum(point["answers"] for point in points)
    times = health["times"]
    parts = [
        line["protocol"],
        f"{answering}/{len(points)} points answer",
        f"{health['exchanges']} exchanges",
        f"{health['time_outs']} time-outs",
        f"{health['retries']} retries",
        f"{health['share'] / 10:.1f} % of the last failed",
        f"{times['median'] / 1000:.0f}/{times['p99'] / 1000:.0f} ms (median/p99)",
    ]
    return f"{'line ' + line['line']:20} " + ", ".join(parts + ([line["trouble"]] if line["trouble"] else []))


def _read(db: Database, midnight: int) -> dict[str, Any]:
    behind, (tariffs, coupons) = outbox.backlog(db), books.versions(db)
    return {
        "open": books_station.is_open(db),
        "backlog": behind.count,
        "oldest_unsent": behind.oldest_at,
        "next_seq": behind.next_seq,
        "stored_upto": outbox.stored_upto(db),
        "heard_at": books.heard_at(db),
        "tariffs": tariffs,
        "coupons": coupons,
        "fillings_open": sorted(fillings.all_open(db)),
        "today": sales.totals(db, midnight),
    }
