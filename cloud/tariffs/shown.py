"""What stands on every nozzle now, beside what should. Unit prices in milliyuan a litre, times in UTC milliseconds."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from msgspec import Struct

from cloud.store import shown
from cloud.store.database import Connection
from cloud.tariffs.book import holding
from shared.tariff import GradePrice


class ShownPrice(Struct, frozen=True):
    """A nozzle, the price that its dispenser showed when it was last read, and the price that holds there."""

    point: int
    nozzle: int
    grade: str
    shown: int | None
    read_at: int | None
    wished: int | None
    tariff: int
    """The tariff that set the wished price; 0 while none did."""

    @property
    def differs(self) -> bool:
        """Whether the nozzle does not show what it should."""
        return self.wished is not None and self.shown != self.wished


def shown_at(connection: Connection, stations: Collection[str], now: int) -> dict[str, tuple[ShownPrice, ...]]:
    """For each of these stations its nozzles, as far as they have told of themselves."""
    known: dict[str, dict[tuple[int, int], Any]] = defaultdict(dict)
    for row in shown.latest(connection, stations):
        known[row.station].setdefault((row.point, row.nozzle), row)
    return {
        station: tuple(_shown(row, holding_there) for _, row in sorted(known[station].items()))
        for station in stations
        for holding_there in [holding(connection, station, now)]
    }


def _shown(row: Any, wished: dict[str, GradePrice]) -> ShownPrice:
    price = wished.get(row.grade)
    return ShownPrice(
        row.point,
        row.nozzle,
        row.grade,
        row.unit_price if row.read_at is not None else None,
        row.read_at,
        price.unit_price if price else None,
        price.tariff if price else 0,
    )
