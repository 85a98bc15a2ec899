"""The tariff book of a station: what it is sent, and what holds there."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec

from cloud.store import counters, tariffs
from cloud.store.database import Connection
from cloud.tariffs.bounds import USUAL, Limits
from cloud.tariffs.deciding import BOOK
from shared.messages import TariffBook
from shared.tariff import GradePrice, PriceBounds, Tariff, prices_at, still_needed

REMEMBERED: Final = 400 * 86_400_000
MOST_PAST: Final = 100
"""For so many milliseconds, and so many tariffs at most, a station that was away can follow every step."""


def version(connection: Connection, station: str) -> int:
    """The version of a station's book; 0 while nothing was decided for it."""
    return counters.version(connection, BOOK, station)


def book_of(connection: Connection, station: str, now: int, limits: Limits = USUAL) -> TariffBook:
    """All tariffs that hold or will hold at a station, with the steps that led there."""
    return books_of(connection, [station], now, limits)[station]


def books_of(
    connection: Connection, stations: Collection[str], now: int, limits: Limits = USUAL
) -> dict[str, TariffBook]:
    """The same for many at once. Stations with nothing of their own are given one and the same book."""
    versions = counters.versions(connection, BOOK, stations)
    own = tariffs.with_own(connection, stations)
    common = _contents(_tariffs(connection, counters.EVERY_STATION), now)
    drawn: dict[tuple[int, PriceBounds], TariffBook] = {}
    books = {}
    for station in stations:
        bounds = limits.of(station)
        if station in own:
            books[station] = TariffBook(versions[station], *_contents(_tariffs(connection, station), now), bounds)
            continue
        what = versions[station], bounds
        books[station] = drawn[what] = drawn.get(what) or TariffBook(what[0], *common, bounds)
    return books


def sent(connection: Connection, books: Mapping[str, TariffBook], now: int) -> None:
    """These books went out, by station: the first rung of each tariff in them."""
    rows = [(tariff.version, station) for station, book in books.items() for tariff in book.tariffs]
    tariffs.sent(connection, rows, now)


def _contents(every: Sequence[Tariff], now: int) -> tuple[tuple[Tariff, ...], tuple[Tariff, ...]]:
    """What holds or will hold, and the steps that led there."""
    needed = {tariff.version: tariff for tariff in still_needed(every, now)}
    past = [t for t in every if t.version not in needed and t.starts_at > now - REMEMBERED][-MOST_PAST:]
    return tuple(needed[version] for version in sorted(needed)), tuple(past)


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
