"""The tariff book of a station: what it is sent, and what holds there."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from cloud.store import counters, tariffs
from cloud.store.database import Connection
from cloud.tariffs.bounds import USUAL, Limits
from cloud.tariffs.deciding import BOOK
from shared.messages import TariffBook
from shared.tariff import GradePrice, Tariff, prices_at, still_needed

REMEMBERED: Final = 400 * 86_400_000
MOST_PAST: Final = 100
"""For so many milliseconds, and so many tariffs at most, a station that was away can follow every step."""


def version(connection: Connection, station: str) -> int:
    """The version of a station's book; 0 while nothing was decided for it."""
    return counters.version(connection, BOOK, station)


def book_of(connection: Connection, station: str, now: int, limits: Limits = USUAL) -> TariffBook:
    """All tariffs that hold or will hold at a station, with the steps that led there."""
    every = _tariffs(connection, station)
    needed = {tariff.version: tariff for tariff in still_needed(every, now)}
    past = [t for t in every if t.version not in needed and t.starts_at > now - REMEMBERED][-MOST_PAST:]
    book = tuple(needed[version] for version in sorted(needed))
    return TariffBook(version(connection, station), book, tuple(past), limits.of(station))


def sent(connection: Connection, station: str, book: TariffBook, now: int) -> None:
    """A book went out to a station: the first rung of each tariff in it."""
    tariffs.sent(connection, station, [tariff.version for tariff in book.tariffs], now)


def holding(connection: Connection, station: str, now: int) -> dict[str, GradePrice]:
    """The prices that hold at a station now."""
    return prices_at(_tariffs(connection, station), now)


def _tariffs(connection: Connection, station: str) -> list[Tariff]:
    rows: Sequence[Any] = tariffs.of_station(connection, station)
    return [
        Tariff(
            row.version,
            row.starts_at,
            msgspec.json.decode(row.prices_json, type=dict[str, int]),
            row.made_by,
            row.approved_by or "",
        )
        for row in rows
    ]
