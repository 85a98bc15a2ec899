"""The tariff book of a station: what it is sent, and what holds there."""

from collections.abc import Sequence
from typing import Any

import msgspec

from cloud.store import counters, tariffs
from cloud.store.database import Connection
from cloud.tariffs.deciding import BOOK
from shared.messages import TariffBook
from shared.tariff import GradePrice, Tariff, prices_at, still_needed


def version(connection: Connection, station: str) -> int:
    """The version of a station's book; 0 while nothing was decided for it."""
    return counters.version(connection, BOOK, station)


def book_of(connection: Connection, station: str, now: int) -> TariffBook:
    """All tariffs that hold or will hold at a station."""
    needed = still_needed(_tariffs(connection, station), now)
    return TariffBook(version(connection, station), tuple(sorted(needed, key=lambda tariff: tariff.version)))


def sent(connection: Connection, station: str, book: TariffBook, now: int) -> None:
    """A book went out to a station: the first rung of each tariff in it."""
    tariffs.sent(connection, station, [tariff.version for tariff in book.tariffs], now)


def holding(connection: Connection, station: str, now: int) -> dict[str, GradePrice]:
    """The prices that hold at a station now."""
    return prices_at(_tariffs(connection, station), now)


def _tariffs(connection: Connection, station: str) -> list[Tariff]:
    rows: Sequence[Any] = tariffs.of_station(connection, station)
    return [
        Tariff(row.version, row.starts_at, msgspec.json.decode(row.prices_json, type=dict[str, int]), row.made_by)
        for row in rows
    ]
