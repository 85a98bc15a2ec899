"""Sales as lists and sums. Money in fen, volume in millilitres, times in UTC milliseconds."""

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct

from cloud.sales.day import ZONE_MILLISECONDS
from cloud.store import sales
from cloud.store.database import Connection
from cloud.store.sales import SaleFilter as SaleFilter
from shared.station import Key


class SaleLine(Struct, frozen=True):
    """A sale in a list."""

    key: Key
    point: int
    nozzle: int
    grade: str
    volume: int
    amount: int
    unit_price: int
    payable: int
    discount: int
    status: str
    tender: str
    tariff: int
    member: str
    plate: str
    coupons: tuple[str, ...]
    happened_at: int
    arrived_at: int
    quality: str
    business_day: str
    flags: tuple[str, ...]

    @property
    def place(self) -> tuple[int, str, int, int]:
        """Where the page after this sale begins: for :attr:`SaleFilter.before`."""
        return self.happened_at, self.key.station, self.key.epoch, self.key.seq


class Sums(Struct, frozen=True):
    """Sales summed up: ``volume`` and ``amount`` of all of them, ``payable`` and ``discount`` of settled ones."""

    sales: int = 0
    volume: int = 0
    amount: int = 0
    discount: int = 0
    payable: int = 0
    settled: int = 0
    disputed: int = 0
    flagged: int = 0


class CompanySums(Struct, frozen=True):
    """All sums for checks from outside."""

    sales: int
    settled: int
    disputed: int
    flagged: int
    volume: int
    amount: int
    discount: int
    payable: int
    redemptions: int
    slips: dict[str, int]
    """State → originals, reprints not counted."""
    stations: dict[str, Sums]


def page(connection: Connection, wanted: SaleFilter, limit: int = 100) -> tuple[SaleLine, ...]:
    """A page of the sales that are meant, the latest first."""
    return tuple(line_of(row) for row in sales.page(connection, wanted, limit))


def lines(connection: Connection, keys: Collection[Key]) -> tuple[SaleLine, ...]:
    """The sales under these keys that are in the books, the latest first."""
    found = [line_of(row) for row in sales.by_keys(connection, keys)]
    return tuple(sorted(found, key=lambda line: line.place, reverse=True))


def totals(connection: Connection, wanted: SaleFilter) -> Sums:
    """The sums over the sales that are meant."""
    return _sums(sales.sums(connection, wanted))


def by_grade(connection: Connection, wanted: SaleFilter) -> dict[str, Sums]:
    """Grade → sums."""
    return {row.grade: _sums(row) for row in sales.sums_by_grade(connection, wanted)}


def by_station(connection: Connection, wanted: SaleFilter) -> dict[str, Sums]:
    """Station → sums."""
    return {row.station: _sums(row) for row in sales.sums_by_station(connection, wanted)}


def by_hour(connection: Connection, wanted: SaleFilter) -> tuple[Sums, ...]:
    """The sums of each of the 24 local hours of a day."""
    found = {int(row.hour): _sums(row) for row in sales.sums_by_hour(connection, wanted, ZONE_MILLISECONDS)}
    return tuple(found.get(hour, Sums()) for hour in range(24))


def company_sums(connection: Connection, wanted: SaleFilter | None = None) -> CompanySums:
    """What the books come to."""
    meant = wanted or SaleFilter()
    all_of_them = totals(connection, meant)
    return CompanySums(
        all_of_them.sales,
        all_of_them.settled,
        all_of_them.disputed,
        all_of_them.flagged,
        all_of_them.volume,
        all_of_them.amount,
        all_of_them.discount,
        all_of_them.payable,
        sales.redemption_count(connection),
        sales.slip_states(connection),
        by_station(connection, meant),
    )


def line_of(row: Any) -> SaleLine:
    """A row of ``sale`` as a line."""
    return SaleLine(
        key=Key(row.station, row.epoch, row.seq),
        point=row.point,
        nozzle=row.nozzle,
        grade=row.grade,
        volume=row.volume,
        amount=row.amount,
        unit_price=row.unit_price,
        payable=row.payable,
        discount=row.discount,
        status=row.status,
        tender=row.tender,
        tariff=row.tariff,
        member=row.member,
        plate=row.plate,
        coupons=tuple(row.coupons.split()),
        happened_at=row.happened_at,
        arrived_at=row.arrived_at,
        quality=row.quality,
        business_day=row.business_day,
        flags=tuple(row.flags.split()),
    )


def _sums(row: Any) -> Sums:
    names: Sequence[str] = Sums.__struct_fields__
    return Sums(*[int(getattr(row, name)) for name in names])
