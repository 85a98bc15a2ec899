"""Sales and slips: written many at a time, read by list, sum and key."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)

from cloud.store.database import insert_many
from cloud.store.tables import (
    CaseRow,
    CouponRow,
    InboxRow,
    RedemptionRow,
    SaleRow,
    SlipRow,
    StationLineRow,
    TariffRow,
    table_of,
)
from shared.messages import PointState
from shared.station import Key

sale = table_of(SaleRow)
slip = table_of(SlipRow)
_redemption = table_of(RedemptionRow)
_inbox = table_of(InboxRow)
_tariff = table_of(TariffRow)
_coupon = table_of(CouponRow)
_line = table_of(StationLineRow)
_case = table_of(CaseRow)
_HOUR = 3_600_000
_LINES_AT_ONCE: Final = 100
_PAIRS: Final = 1_000
"""One is rare. A station that is out of its mind must not keep head office busy with pairs of everything it says."""


class SaleFilter(Struct, frozen=True):
    """Which sales are meant. Empty means all. ``before`` is the place after the last one of the page before."""

    stations: tuple[str, ...] = ()
    first_day: str = ""
    last_day: str = ""
    status: str = ""
    grade: str = ""
    flagged: bool = False
    point: int = 0
    text: str = ""
    """In the plate, the member, a coupon or the number of the sale."""
    before: tuple[int, str, int, int] | None = None
    """happened_at, station, epoch, seq."""


class Told(NamedTuple):
    """What two sales of one filling are compared by."""

    station: str
    epoch: int
    seq: int
    happened_at: int
    volume: int
    amount: int
    payable: int

    @property
    def key(self) -> tuple[str, int, int]:
        """The sale's key."""
        return self.station, self.epoch, self.seq


_TOLD: Final = len(Told._fields)
_SAME_READINGS: Final = text("sale AS mine CROSS JOIN sale AS meter CROSS JOIN sale AS other")
"""From mine by way of the index alone to the others. CROSS binds SQLite, which keeps no statistics, to this order: in
its own it read all sales of the station for each of mine."""


class _Reported(Struct):
    points: tuple[PointState, ...] = ()


def insert_sales(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes sales; those that are there stay as they are."""
    insert_many(connection, sale, rows)


def insert_slips(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes lines of the print journal; those that are there stay as they are."""
    insert_many(connection, slip, rows)


def same_readings(connection: Connection, places: Sequence[tuple[str, int, int, int]]) -> list[tuple[Told, Told]]:
    """Pairs of sales of the same nozzle that begin at the same reading of its totaliser, and in which something flowed.

    ``places``: station, epoch, first and last number of those that are looked at; the others are looked for everywhere.
    """
    same = and_(
        _of("meter", "station") == _of("mine", "station"),
        _of("meter", "totaliser_before") == _of("mine", "totaliser_before"),
        or_(_of("meter", "epoch") != _of("mine", "epoch"), _of("meter", "seq") != _of("mine", "seq")),
        *(_of("other", name) == _of("meter", name) for name in ("station", "epoch", "seq")),
        *(_of("other", name) == _of("mine", name) for name in ("point", "nozzle")),
        *(_of(side, "volume") > 0 for side in ("mine", "other")),
    )
    wanted = select(*_told("mine"), *_told("other")).select_from(_SAME_READINGS).where(same)
    found: list[tuple[Told, Told]] = []
    for begin in range(0, len(places), _LINES_AT_ONCE):
        some = places[begin : begin + _LINES_AT_ONCE]
        here = or_(*(_among("mine", *place) for place in some))
        rows = connection.execute(wanted.where(here).limit(_PAIRS)).all()
        found += [(Told._make(row[:_TOLD]), Told._make(row[_TOLD:])) for row in rows]
    return found


def prices_of(connection: Connection, tariffs: Collection[int]) -> dict[int, dict[str, int]]:
    """The prices of those of these tariffs that exist."""
    if not tariffs:
        return {}
    rows = connection.execute(select(_tariff.c.version, _tariff.c.prices_json).where(_tariff.c.version.in_(tariffs)))
    return {version: msgspec.json.decode(prices, type=dict[str, int]) for version, prices in rows}


def existing_coupons(connection: Connection, coupons: Collection[str]) -> set[str]:
    """Those of these coupons that exist."""
    wanted = select(_coupon.c.id).where(_coupon.c.id.in_(coupons))
    return set(connection.execute(wanted).scalars()) if coupons else set()


def existing_members(connection: Connection, members: Collection[str]) -> set[str]:
    """Those of these members that head office knows: the ones it has issued coupons to."""
    wanted = select(_coupon.c.member).where(_coupon.c.member.in_(members)).distinct()
    return set(connection.execute(wanted).scalars()) if members else set()


def reported_points(connection: Connection, stations: Collection[str]) -> dict[str, set[int]]:
    """The fuelling points that each of these stations named in its last hello, when it named any."""
    wanted = select(_line.c.station, _line.c.hello_json).where(_line.c.station.in_(stations)).order_by(_line.c.epoch)
    found = {}
    for station, hello in connection.execute(wanted):
        points = msgspec.json.decode(hello, type=_Reported).points if hello else ()
        if points:
            found[station] = {point.point for point in points}
    return found


def page(connection: Connection, wanted: SaleFilter, limit: int) -> Sequence[Row[Any]]:
    """Sales that are meant, the latest first."""
    query = select(sale).where(*_conditions(wanted))
    newest = sale.c.happened_at.desc(), sale.c.station.desc(), sale.c.epoch.desc(), sale.c.seq.desc()
    return connection.execute(query.order_by(*newest).limit(limit)).all()


def by_keys(connection: Connection, keys: Collection[Key]) -> Sequence[Row[Any]]:
    """The sales under these keys, those that are there, in no order."""
    if not keys:
        return ()
    own = tuple_(sale.c.station, sale.c.epoch, sale.c.seq)
    return connection.execute(select(sale).where(own.in_([(k.station, k.epoch, k.seq) for k in keys]))).all()


def sums_by_grade(connection: Connection, wanted: SaleFilter) -> Sequence[Row[Any]]:
    """For each grade: count, litres and money of the sales that are meant, disputed ones counted apart."""
    return _grouped(connection, select(sale.c.grade, *_sums()), wanted, sale.c.grade)


def sums_by_station(connection: Connection, wanted: SaleFilter) -> Sequence[Row[Any]]:
    """The same for each station."""
    return _grouped(connection, select(sale.c.station, *_sums()), wanted, sale.c.station)


def sums_by_hour(connection: Connection, wanted: SaleFilter, zone: int) -> Sequence[Row[Any]]:
    """The same for each hour of the day, 0 to 23; ``zone`` in milliseconds ahead of UTC."""
    hour = (((sale.c.happened_at + zone) // _HOUR) % 24).label("hour")
    return _grouped(connection, select(hour, *_sums()), wanted, hour)


def sums(connection: Connection, wanted: SaleFilter) -> Row[Any]:
    """The same over all of them."""
    return connection.execute(select(*_sums()).where(*_conditions(wanted))).one()


def slip_states(connection: Connection) -> dict[str, int]:
    """How many sales have an original slip in each state."""
    wanted = select(slip.c.state, func.count()).where(slip.c.copy_number == 1).group_by(slip.c.state)
    return {state: int(count) for state, count in connection.execute(wanted)}


def redemption_count(connection: Connection) -> int:
    """How many redemptions are in the books."""
    return int(connection.execute(select(func.count()).select_from(_redemption)).scalar_one())


def one(connection: Connection, key: Key) -> Row[Any] | None:
    """A sale."""
    return connection.execute(select(sale).where(_at(sale, key))).one_or_none()


def letter_of(connection: Connection, key: Key) -> Row[Any] | None:
    """The letter that brought it, as the inbox remembers it."""
    return connection.execute(select(_inbox).where(_at(_inbox, key))).one_or_none()


def redemptions_of(connection: Connection, key: Key) -> Sequence[Row[Any]]:
    """The coupons used on a sale."""
    return connection.execute(select(_redemption).where(_at(_redemption, key)).order_by(_redemption.c.position)).all()


def slips_of(connection: Connection, key: Key) -> Sequence[Row[Any]]:
    """The print journal of a sale, in its order."""
    own = and_(slip.c.station == key.station, slip.c.sale_epoch == key.epoch, slip.c.sale_seq == key.seq)
    return connection.execute(select(slip).where(own).order_by(slip.c.epoch, slip.c.seq)).all()


def latest_slips(connection: Connection, station: str, limit: int) -> Sequence[Row[Any]]:
    """The print journal of a station, the latest line first."""
    newest = slip.c.happened_at.desc(), slip.c.epoch.desc(), slip.c.seq.desc()
    return connection.execute(select(slip).where(slip.c.station == station).order_by(*newest).limit(limit)).all()


def cases_of(connection: Connection, key: Key) -> Sequence[Row[Any]]:
    """The cases about a sale."""
    return connection.execute(select(_case).where(_at(_case, key)).order_by(_case.c.id)).all()


def tariff_of(connection: Connection, version: int) -> Row[Any] | None:
    """The tariff of a sale."""
    return connection.execute(select(_tariff).where(_tariff.c.version == version)).one_or_none()


def _at(table: Any, key: Key) -> ColumnElement[bool]:
    return and_(table.c.station == key.station, table.c.epoch == key.epoch, table.c.seq == key.seq)


def _grouped(connection: Connection, query: Select[Any], wanted: SaleFilter, by: Any) -> Sequence[Row[Any]]:
    return connection.execute(query.where(*_conditions(wanted)).group_by(by).order_by(by)).all()


def _told(side: str) -> list[ColumnElement[Any]]:
    return [_of(side, name) for name in Told._fields]


def _among(side: str, station: str, epoch: int, first: int, last: int) -> ColumnElement[bool]:
    return and_(_of(side, "station") == station, _of(side, "epoch") == epoch, _of(side, "seq").between(first, last))


def _of(side: str, name: str) -> ColumnElement[Any]:
    return literal_column(f"{side}.{name}")


def _sums() -> list[ColumnElement[Any]]:
    settled = sale.c.status == "settled"
    named: Mapping[str, ColumnElement[Any]] = {
        "sales": func.count(),
        "volume": _whole(sale.c.volume),
        "amount": _whole(sale.c.amount),
        "discount": _whole(case((settled, sale.c.discount), else_=0)),
        "payable": _whole(case((settled, sale.c.payable), else_=0)),
        "settled": _whole(case((settled, 1), else_=0)),
        "disputed": _whole(case((sale.c.status == "disputed", 1), else_=0)),
        "flagged": _whole(case((sale.c.flags != "", 1), else_=0)),
    }
    return [column.label(name) for name, column in named.items()]


def _whole(column: Any) -> ColumnElement[int]:
    """A sum that is 0 over nothing, and a whole number: PostgreSQL sums up BIGINT as NUMERIC."""
    return func.coalesce(func.sum(column), 0)


def _conditions(wanted: SaleFilter) -> list[ColumnElement[bool]]:
    columns = sale.c
    tried: list[tuple[bool, ColumnElement[bool]]] = [
        (bool(wanted.stations), columns.station.in_(wanted.stations)),
        (bool(wanted.first_day), columns.business_day >= wanted.first_day),
        (bool(wanted.last_day), columns.business_day <= wanted.last_day),
        (bool(wanted.status), columns.status == wanted.status),
        (bool(wanted.grade), columns.grade == wanted.grade),
        (wanted.flagged, columns.flags != ""),
        (wanted.point != 0, columns.point == wanted.point),
    ]
    conditions = [condition for applies, condition in tried if applies]
    if wanted.text:
        conditions.append(_mentions(wanted.text))
    if wanted.before:
        own = tuple_(columns.happened_at, columns.station, columns.epoch, columns.seq)
        conditions.append(own < tuple_(*wanted.before))
    return conditions


def _mentions(words: str) -> ColumnElement[bool]:
    columns = sale.c
    tried = [
        columns.plate.icontains(words, autoescape=True),
        columns.member.icontains(words, autoescape=True),
        columns.coupons.icontains(words, autoescape=True),
    ]
    try:
        key = Key.parse(words)
    except ValueError:
        return or_(*tried)
    return or_(_at(sale, key), *tried)
