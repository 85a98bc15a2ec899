"""The ladder of a price: sent, received, armed, applied on each nozzle, read back. Times in UTC milliseconds."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec import Struct

from cloud.store import tariffs
from cloud.store.arrivals import Arrived, BulkHandler
from cloud.store.database import Connection
from cloud.tariffs.deciding import TariffView, view
from shared.messages import PriceClimbed, Rung


class RungPosting(NamedTuple):
    """A row of ``price_rung``: the columns in their order."""

    station: str
    epoch: int
    seq: int
    tariff: int
    rung: str
    point: int
    nozzle: int
    grade: str
    unit_price: int
    detail: str
    quality: str
    boot: int
    mono: int
    happened_at: int
    arrived_at: int


class NozzleRung(Struct, frozen=True):
    """How far a price is on a nozzle."""

    point: int
    nozzle: int
    grade: str
    wished: int
    applied_at: int | None = None
    read_back_at: int | None = None
    shown: int | None = None
    """The unit price that the dispenser showed when it was read back."""
    failed_at: int | None = None
    """When it last failed; None again once it succeeded."""
    detail: str = ""

    @property
    def done(self) -> bool:
        """Whether the dispenser shows this price."""
        return self.read_back_at is not None and self.shown == self.wished


class StationLadder(Struct, frozen=True):
    """How far a price is at a station."""

    station: str
    name: str
    sent_at: int | None
    received_at: int | None
    armed_at: int | None
    nozzles: tuple[NozzleRung, ...]

    @property
    def read_back(self) -> int:
        """How many nozzles show it."""
        return sum(nozzle.done for nozzle in self.nozzles)


class Ladder(Struct, frozen=True):
    """How far a price is everywhere."""

    tariff: TariffView
    stations: tuple[StationLadder, ...]

    @property
    def nozzles(self) -> int:
        """How many nozzles are known to need it."""
        return sum(len(station.nozzles) for station in self.stations)

    @property
    def read_back(self) -> int:
        """How many nozzles show it."""
        return sum(station.read_back for station in self.stations)


def apply(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts rungs."""
    tariffs.insert_rungs(
        connection, [_posting(fact, fact.body) for fact in facts if isinstance(fact.body, PriceClimbed)]
    )


handlers: dict[type, BulkHandler] = {PriceClimbed: apply}


def ladder(connection: Connection, version: int, now: int) -> Ladder:
    """How far a tariff has climbed, station by station. :exc:`shared.errors.Refused` (``unknown_tariff``)."""
    tariff = view(connection, version, now)
    targets = tariffs.stations_of(connection, tariff.stations)
    sent = tariffs.sent_times(connection, version)
    rungs = _grouped(tariffs.rungs(connection, version))
    known = _grouped(tariffs.nozzles(connection, [id for id, _ in targets], list(tariff.prices)))
    return Ladder(
        tariff,
        tuple(
            _station(id, name, sent.get(id), rungs.get(id, ()), known.get(id, ()), tariff.prices)
            for id, name in targets
        ),
    )


def _station(
    id: str, name: str, sent_at: int | None, rungs: Sequence[Any], known: Iterable[Any], prices: Mapping[str, int]
) -> StationLadder:
    nozzles = {(row.point, row.nozzle): row.grade for row in known}
    nozzles |= {(row.point, row.nozzle): row.grade for row in rungs if row.point}
    return StationLadder(
        id,
        name,
        sent_at,
        _first(rungs, Rung.RECEIVED),
        _first(rungs, Rung.ARMED),
        tuple(
            _nozzle(point, nozzle, grade, prices.get(grade, 0), rungs)
            for (point, nozzle), grade in sorted(nozzles.items())
        ),
    )


def _nozzle(point: int, nozzle: int, grade: str, wished: int, rungs: Sequence[Any]) -> NozzleRung:
    mine = [row for row in rungs if (row.point, row.nozzle) == (point, nozzle)]
    latest = {row.rung: row for row in mine}
    applied, read_back, failed = (latest.get(rung) for rung in (Rung.APPLIED, Rung.READ_BACK, Rung.FAILED))
    failing = failed is not None and mine[-1].rung == Rung.FAILED
    return NozzleRung(
        point,
        nozzle,
        grade,
        wished,
        applied.happened_at if applied else None,
        read_back.happened_at if read_back else None,
        read_back.unit_price if read_back else None,
        failed.happened_at if failed and failing else None,
        failed.detail if failed and failing else "",
    )


def _first(rungs: Sequence[Any], rung: Rung) -> int | None:
    return next((row.happened_at for row in rungs if row.rung == rung and not row.point), None)


def _grouped(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.station].append(row)
    return found


def _posting(fact: Arrived, climbed: PriceClimbed) -> RungPosting:
    return RungPosting(
        fact.station,
        fact.epoch,
        fact.seq,
        climbed.tariff,
        climbed.rung.value,
        climbed.point,
        climbed.nozzle,
        climbed.grade,
        climbed.unit_price,
        climbed.detail,
        *fact.times,
    )
