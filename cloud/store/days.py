"""Days of stations: marked by whatever moves a sale, added up again by whoever finds the mark.

A mark is a count. Whoever adds a day up notes the count that he saw before he began; a sale that is committed meanwhile
has counted on, so the day is found again, whatever overlaps.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, Row, and_, case, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from cloud.store.sales import sale
from cloud.store.tables import DayRestatedRow, DeadLetterRow, StationDayRow, StationLineRow, table_of

_DAY = table_of(StationDayRow)
_RESTATED = table_of(DayRestatedRow)
_DEAD = table_of(DeadLetterRow)
_LINE = table_of(StationLineRow)
_MOST_DEAD: Final = 1_000
_LONGEST_LETTER: Final = 64 * 1024
FIGURES: Final = ("sales", "volume", "amount", "discount", "payable", "disputed")
_NEW: Final[dict[str, Any]] = {
    **dict.fromkeys((*FIGURES, "settled_marks", "settled_at", "judged_at", "finalised_at"), 0),
    **dict.fromkeys(("closed_by", "note"), ""),
    "grades_json": "{}",
    "state": "provisional",
    "why": "not_over",
    "marks": 1,
}

NEVER: Final = 2**62
"""Later than anything that happens."""
DayKey = tuple[str, str]
"""Station and date."""


class Totals(Struct, frozen=True):
    """A day in figures: millilitres and fen. What is disputed is counted, and neither litres nor money."""

    sales: int = 0
    volume: int = 0
    amount: int = 0
    discount: int = 0
    payable: int = 0
    disputed: int = 0


def mark(connection: Connection, days: Iterable[DayKey]) -> None:
    """Something of these days has changed."""
    rows = [{"station": station, "day": day} for station, day in sorted(set(days))]
    if rows:
        insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
        again = insert(_DAY).on_conflict_do_update(index_elements=["station", "day"], set_={"marks": _DAY.c.marks + 1})
        connection.execute(again, [_NEW | row for row in rows])


def marked(connection: Connection, settled_before: int, limit: int) -> Sequence[Row[Any]]:
    """Days to be added up, those first that were not looked at for the longest."""
    dirty = (_DAY.c.marks != _DAY.c.settled_marks, _DAY.c.settled_at < settled_before)
    return connection.execute(select(_DAY).where(*dirty).order_by(_DAY.c.settled_at).limit(limit)).all()


def provisional(connection: Connection, before: str, judged_by: int, limit: int) -> Sequence[Row[Any]]:
    """Days before this date that are not final yet and were added up, the longest not looked at first."""
    wanted = (_DAY.c.state == "provisional", _DAY.c.day < before, _DAY.c.marks == _DAY.c.settled_marks)
    due = select(_DAY).where(*wanted, _DAY.c.judged_at <= judged_by)
    return connection.execute(due.order_by(_DAY.c.judged_at).limit(limit)).all()


def added_up(connection: Connection, days: Collection[DayKey]) -> dict[DayKey, tuple[Totals, dict[str, Totals]]]:
    """What the sales of these days come to, and by grade."""
    wanted = tuple_(sale.c.business_day, sale.c.station).in_([(day, station) for station, day in sorted(days)])
    found: dict[DayKey, dict[str, Totals]] = {key: {} for key in days}
    for row in connection.execute(_sums().where(wanted)):
        found[row.station, row.business_day][row.grade] = Totals(*(int(getattr(row, name)) for name in FIGURES))
    return {key: (whole(grades.values()), grades) for key, grades in found.items()}


def whole(parts: Iterable[Totals]) -> Totals:
    """Their sum."""
    kept = list(parts)
    return Totals(*(sum(getattr(part, name) for part in kept) for name in FIGURES))


def hold(connection: Connection, days: Collection[DayKey]) -> set[DayKey]:
    """Those of these days that nobody is marking now; nobody does until the transaction ends.

    Whoever waited for the others with some in hand, and an intake that has some of those and wants these, would wait
    for each other for ever.
    """
    wanted = select(_DAY.c.station, _DAY.c.day).where(tuple_(_DAY.c.station, _DAY.c.day).in_(sorted(days)))
    return {(row.station, row.day) for row in connection.execute(wanted.with_for_update(skip_locked=True))}


def settle(connection: Connection, key: DayKey, values: dict[str, Any], seen: int) -> bool:
    """Writes what a day came to; False when somebody has written a later look meanwhile, and nothing is written."""
    mine = (_DAY.c.station == key[0], _DAY.c.day == key[1], _DAY.c.settled_marks < seen)
    return connection.execute(update(_DAY).where(*mine).values(settled_marks=seen, **values)).rowcount == 1


def judged(connection: Connection, key: DayKey, values: dict[str, Any]) -> bool:
    """Writes what was found about a provisional day; False when it is none any more, or was marked meanwhile."""
    mine = (_DAY.c.station == key[0], _DAY.c.day == key[1], _DAY.c.state == "provisional")
    settled = _DAY.c.marks == _DAY.c.settled_marks
    return connection.execute(update(_DAY).where(*mine, settled).values(**values)).rowcount == 1


def looked_at(connection: Connection, keys: Collection[DayKey], at: int) -> None:
    """Nothing new was found about these days."""
    if keys:
        mine = tuple_(_DAY.c.station, _DAY.c.day).in_(sorted(keys))
        connection.execute(update(_DAY).where(mine).values(judged_at=at))


def restate(connection: Connection, key: DayKey, at: int, moved: Totals, late: int, first: str) -> None:
    """Notes by how much the figures of a final day have moved, and what came late."""
    figures = {name: getattr(moved, name) for name in FIGURES}
    values = {"station": key[0], "day": key[1], "at": at, "late": late, "first_late": first, **figures}
    connection.execute(_RESTATED.insert().values(**values))


def late_sales(connection: Connection, key: DayKey, since: int) -> tuple[int, str]:
    """How many sales of a day arrived since this moment, and the printed number of the first."""
    mine = (sale.c.business_day == key[1], sale.c.station == key[0], sale.c.arrived_at > since)
    order = sale.c.arrived_at, sale.c.epoch, sale.c.seq
    rows = connection.execute(select(sale.c.epoch, sale.c.seq).where(*mine).order_by(*order)).all()
    return len(rows), f"{key[0]}-{rows[0].epoch}-{rows[0].seq}" if rows else ""


def one(connection: Connection, key: DayKey) -> Row[Any] | None:
    """A day."""
    return connection.execute(select(_DAY).where(_DAY.c.station == key[0], _DAY.c.day == key[1])).one_or_none()


def page(connection: Connection, station: str, state: str, until: str, limit: int) -> Sequence[Row[Any]]:
    """Days up to a date, the latest first; empty words mean all."""
    tried = ((station, _DAY.c.station == station), (state, _DAY.c.state == state), (until, _DAY.c.day <= until))
    wanted = [condition for given, condition in tried if given]
    return connection.execute(
        select(_DAY).where(*wanted).order_by(_DAY.c.day.desc(), _DAY.c.station).limit(limit)
    ).all()


def by_day(connection: Connection, station: str, since: str) -> Sequence[Row[Any]]:
    """For each date from this one on: the sums over all stations or one."""
    wanted = [_DAY.c.day >= since, *([_DAY.c.station == station] if station else [])]
    sums = [func.sum(_DAY.c[name]).label(name) for name in FIGURES]
    query: Any = select(_DAY.c.day, *sums, func.sum(case((_DAY.c.state == "provisional", 1), else_=0)).label("open"))
    return connection.execute(query.where(*wanted).group_by(_DAY.c.day).order_by(_DAY.c.day)).all()


def restatements(connection: Connection, key: DayKey) -> Sequence[Row[Any]]:
    """What moved a day after it was final, the earliest first."""
    mine = (_RESTATED.c.station == key[0], _RESTATED.c.day == key[1])
    return connection.execute(select(_RESTATED).where(*mine).order_by(_RESTATED.c.id)).all()


def every(connection: Connection, station: str = "") -> Sequence[Row[Any]]:
    """All days, or a station's."""
    wanted = select(_DAY) if not station else select(_DAY).where(_DAY.c.station == station)
    return connection.execute(wanted.order_by(_DAY.c.station, _DAY.c.day)).all()


def sold(connection: Connection, station: str = "") -> dict[DayKey, Totals]:
    """What the sales themselves say of every day."""
    wanted = select(sale.c.station, sale.c.business_day, *_figures()).group_by(sale.c.station, sale.c.business_day)
    rows = connection.execute(wanted if not station else wanted.where(sale.c.station == station))
    return {(row.station, row.business_day): Totals(*(int(getattr(row, name)) for name in FIGURES)) for row in rows}


def stores(connection: Connection, stations: Collection[str]) -> Sequence[Row[Any]]:
    """The lines to all stores of these stations, the newest last."""
    wanted = select(_LINE).where(_LINE.c.station.in_(sorted(stations))).order_by(_LINE.c.station, _LINE.c.epoch)
    return connection.execute(wanted).all()


def happened_around(connection: Connection, station: str, epoch: int, first: int, last: int) -> tuple[int, int]:
    """When the last known sale before these letters happened, and the first after: 0 and :data:`NEVER` without one."""
    store = (sale.c.station == station, sale.c.epoch == epoch)
    before = select(sale.c.happened_at).where(*store, sale.c.seq < first).order_by(sale.c.seq.desc()).limit(1)
    after = select(sale.c.happened_at).where(*store, sale.c.seq > last).order_by(sale.c.seq).limit(1)
    return int(connection.execute(before).scalar() or 0), int(connection.execute(after).scalar() or NEVER)


def dead(connection: Connection, stations: Collection[str]) -> Sequence[Row[Any]]:
    """Dead letters of these stations that wait: station, what arrived, and when.

    So many of each, so that no station hides those of another; what is no letter at all comes last, and is not read.
    """
    place = func.row_number().over(partition_by=_DEAD.c.station, order_by=(_DEAD.c.epoch == 0, _DEAD.c.id))
    wanted = (_DEAD.c.state == "waiting", _DEAD.c.station.in_(sorted(stations)))
    told = case((and_(_DEAD.c.epoch > 0, func.length(_DEAD.c.raw) <= _LONGEST_LETTER), _DEAD.c.raw), else_=b"")
    lying = select(_DEAD.c.station, told.label("raw"), _DEAD.c.arrived_at, place.label("place")).where(*wanted)
    found = lying.subquery()
    query: Any = select(found.c.station, found.c.raw, found.c.arrived_at).where(found.c.place <= _MOST_DEAD)
    return connection.execute(query).all()


def _sums() -> Any:
    by = sale.c.station, sale.c.business_day, sale.c.grade
    return select(*by, *_figures()).group_by(*by)


def _figures() -> list[Any]:
    """Disputed sales are counted; their litres and their money are nobody's until a person has decided."""
    stands = sale.c.status != "disputed"
    money = [func.sum(case((stands, sale.c[name]), else_=0)) for name in ("volume", "amount", "discount", "payable")]
    disputed = func.sum(case((stands, 0), else_=1))
    return [column.label(name) for name, column in zip(FIGURES, (func.count(), *money, disputed), strict=True)]
