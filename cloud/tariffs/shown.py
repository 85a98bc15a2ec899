"""What stands on every nozzle now, beside what should. Unit prices in milliyuan a litre, times in UTC milliseconds."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from cloud.store import shown
from cloud.store.database import Connection
from shared.tariff import GradePrice, Tariff, prices_at


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


Holding = Mapping[str, Mapping[str, GradePrice]]
"""Station → grade → the price that holds there."""


def holding_at(connection: Connection, stations: Collection[str], at: int) -> Holding:
    """What holds at each of these stations at a time, now or to come."""
    tariffs, for_all, own = _decided(connection)
    known: dict[frozenset[int], Mapping[str, GradePrice]] = {}
    found = {}
    for station in stations:
        mine = for_all | (own[station] & tariffs.keys())
        if mine not in known:  # nearly all stations have the same tariffs
            known[mine] = prices_at([tariffs[version] for version in mine], at)
        found[station] = known[mine]
    return found


def histories(connection: Connection, stations: Collection[str]) -> list[tuple[tuple[Tariff, ...], list[str]]]:
    """The tariffs that count somewhere among these stations, and where just those do.

    Without any station: those of a station that is still to come.
    """
    tariffs, for_all, own = _decided(connection)
    found: dict[frozenset[int], list[str]] = defaultdict(list)
    for station in stations or ("",):
        found[for_all | (own[station] & tariffs.keys())].append(station)
    return [(tuple(tariffs[version] for version in mine), where) for mine, where in found.items()]


def _decided(connection: Connection) -> tuple[dict[int, Tariff], frozenset[int], dict[str, set[int]]]:
    """All that count by version, the versions of those for every station, and by station those for some only."""
    tariffs = {row.version: _tariff(row) for row in shown.decided(connection)}
    own: dict[str, set[int]] = defaultdict(set)
    for row in shown.targets(connection):
        own[row.station].add(row.version)
    return tariffs, frozenset(tariffs.keys() - set().union(*own.values())), own


def shown_at(connection: Connection, stations: Collection[str], now: int) -> dict[str, tuple[ShownPrice, ...]]:
    """For each of these stations its nozzles, as far as they have told of themselves."""
    nozzles: dict[str, dict[tuple[int, int], Any]] = defaultdict(dict)
    for row in shown.latest(connection, stations):
        nozzles[row.station].setdefault((row.point, row.nozzle), row)
    wished = holding_at(connection, stations, now)
    return {
        station: tuple(_shown(row, wished[station]) for _, row in sorted(nozzles[station].items()))
        for station in stations
    }


def _tariff(row: Any) -> Tariff:
    prices = msgspec.json.decode(row.prices_json, type=dict[str, int])
    return Tariff(row.version, row.starts_at, prices, row.made_by, row.approved_by or "")


def _shown(row: Any, wished: Mapping[str, GradePrice]) -> ShownPrice:
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
