"""What a new tariff would change, said before it is made. Pure. Unit prices in milliyuan a litre."""

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from cloud.tariffs.ladder import Ladder, NozzleRung, StationLadder
from cloud.tariffs.shown import Holding, ShownPrice
from shared.station import GRADES
from shared.tariff import GradePrice, PriceBounds, Step, beyond


class Change(Struct, frozen=True):
    """What would become of the price of a grade."""

    grade: str
    old: tuple[int, ...]
    """The prices that hold at the stations meant, each once, the lowest first; none where the grade has none."""
    new: int
    percent: int = PriceBounds().percent
    """By which one person may move it."""

    @property
    def difference(self) -> int:
        """The largest step, up or down, that a station would make."""
        return max((self.new - old for old in self.old), key=abs, default=0)

    @property
    def large(self) -> bool:
        """Whether it is so large that a second person must answer for it."""
        return any(beyond(Step(0, self.grade, old, self.new), PriceBounds(self.percent)) for old in self.old)

    @property
    def moves(self) -> bool:
        """Whether it changes anything anywhere."""
        return self.old != (self.new,)


class GradeNow(Struct, frozen=True):
    """A grade over the whole chain: what holds, and how many nozzles show it."""

    grade: str
    wished: tuple[int, ...]
    nozzles: int
    right: int


class Rungs(Struct, frozen=True):
    """How many stations and nozzles have reached each rung of a tariff."""

    stations: int
    sent: int
    received: int
    armed: int
    nozzles: int
    applied: int
    read_back: int
    failed: int


def changes(prices: Mapping[str, int], holding: Holding, percent: int = PriceBounds().percent) -> list[Change]:
    """What these prices would change at the stations in ``holding``, a row for each grade."""
    return [Change(grade, _distinct(grade, holding.values()), price, percent) for grade, price in prices.items()]


def grades_now(holding: Holding, shown: Mapping[str, Collection[ShownPrice]]) -> list[GradeNow]:
    """Every grade that has a price or a nozzle."""
    nozzles = [nozzle for some in shown.values() for nozzle in some]
    grades = {grade for prices in holding.values() for grade in prices} | {nozzle.grade for nozzle in nozzles}
    return [_grade_now(grade, holding, nozzles) for grade in in_order(grades)]


def in_order(grades: Iterable[str]) -> list[str]:
    """Grades in the market's usual order, then any others."""
    usual = list(GRADES)
    return sorted(grades, key=lambda grade: (usual.index(grade) if grade in GRADES else len(usual), grade))


def rungs_of(ladder: Ladder) -> Rungs:
    """The ladder of a tariff in eight figures."""
    nozzles = [nozzle for station in ladder.stations for nozzle in station.nozzles]
    return Rungs(
        len(ladder.stations),
        sum(station.sent_at is not None for station in ladder.stations),
        sum(station.received_at is not None for station in ladder.stations),
        sum(_armed(station) for station in ladder.stations),
        len(nozzles),
        sum(_applied(nozzle) for nozzle in nozzles),
        ladder.read_back,
        sum(nozzle.failed_at is not None for nozzle in nozzles),
    )


def unfinished_first(ladder: Ladder) -> list[StationLadder]:
    """The stations, those that fail before those that wait, those before the ones that are done."""
    return sorted(ladder.stations, key=_urgency)


def _urgency(station: StationLadder) -> tuple[bool, bool, str]:
    failing = any(nozzle.failed_at is not None for nozzle in station.nozzles)
    done = bool(station.nozzles) and station.read_back == len(station.nozzles)
    return not failing, done, station.station


def _armed(station: StationLadder) -> bool:
    """Armed, or beyond it."""
    return station.armed_at is not None or any(_applied(nozzle) for nozzle in station.nozzles)


def _applied(nozzle: NozzleRung) -> bool:
    return nozzle.applied_at is not None or nozzle.done


def _grade_now(grade: str, holding: Holding, nozzles: Iterable[ShownPrice]) -> GradeNow:
    mine = [nozzle for nozzle in nozzles if nozzle.grade == grade]
    right = sum(not nozzle.differs for nozzle in mine)
    return GradeNow(grade, _distinct(grade, holding.values()), len(mine), right)


def _distinct(grade: str, all_prices: Iterable[Mapping[str, GradePrice]]) -> tuple[int, ...]:
    found = {price.unit_price for prices in all_prices if (price := prices.get(grade))}
    return tuple(sorted(found))
