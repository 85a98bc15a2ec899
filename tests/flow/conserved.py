"""What no fault may change: marks stand behind the books, coupons are used as often as allowed, receipts have sales.

Rules for :mod:`tests.flow.checker`, each a sentence where it is broken, and the figures of both houses. Nothing here
waits for the end of a story: these rules hold at any instant.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, func, select

from cloud.store.database import Books
from cloud.store.tables import CaseRow, CouponRow, InboxRow, RedemptionRow, SaleRow, StationLineRow, table_of

Place = tuple[str, int, int]
"""Station, epoch, sequence."""
Line = tuple[str, int]
"""Station, epoch."""


class Figures(Struct, frozen=True):
    """What stands in the company's books."""

    stations: int
    facts: int
    sales: int
    volume: int
    """Millilitres."""
    amount: int
    """Fen, as on the pumps."""
    payable: int
    coupons: int
    discount: int
    cases: int

    def __str__(self) -> str:
        return (
            f"{self.stations} stations, {self.facts:,} facts, {self.sales:,} sales, {_thousandths(self.volume)} L, "
            f"{_hundredths(self.amount)} yuan of which {_hundredths(self.payable)} paid and "
            f"{_hundredths(self.discount)} given away for {self.coupons:,} coupons, {self.cases:,} cases"
        )


def figures(books: Books) -> Figures:
    """The sums of the company's books."""
    sale, redemption = table_of(SaleRow), table_of(RedemptionRow)
    with books.read() as connection:
        one = connection.execute(
            select(
                func.count(), *(func.coalesce(func.sum(sale.c[name]), 0) for name in ("volume", "amount", "payable"))
            )
        ).one()
        used = connection.execute(select(func.count(), func.coalesce(func.sum(redemption.c.discount), 0))).one()
        facts, stations, cases = (
            connection.execute(wanted).scalar_one()
            for wanted in (
                select(func.count()).select_from(table_of(InboxRow)),
                select(func.count(table_of(InboxRow).c.station.distinct())),
                select(func.count()).select_from(table_of(CaseRow)),
            )
        )
    return Figures(stations, facts, one[0], int(one[1]), int(one[2]), int(one[3]), used[0], int(used[1]), cases)


def marks(books: Books, stored_upto: Mapping[Line, int]) -> Iterator[str]:
    """A station's mark, and the company's own, say no more than what is in the books. True in mid-story too.

    ``stored_upto`` was read from the stations' stores *before* this call.
    """
    told = {(row.station, row.epoch): row for row in _rows(books, StationLineRow)}
    here = _contiguous(books)
    for line, upto in stored_upto.items():
        if upto > here.get(line, 0):
            yield f"{line}: letters up to {upto} left the outbox, and the books have them up to {here.get(line, 0)}"
    for line, row in told.items():
        if row.contiguous > here.get(line, 0):
            yield f"{line}: the company says that it has all up to {row.contiguous}, and has {here.get(line, 0)}"


def coupons(books: Books) -> Iterator[str]:
    """A coupon that was used more often than it may be is a case for each use too many; no case is about no use."""
    allowed = {row.id: row.uses for row in _rows(books, CouponRow)}
    used = Counter(row.coupon for row in _rows(books, RedemptionRow))
    cases = Counter(row.coupon for row in _rows(books, CaseRow) if row.coupon and row.decision != "withdrawn")
    for coupon, times in used.items():
        if coupon in allowed and (more := times - allowed[coupon]) > cases[coupon]:
            yield f"coupon {coupon}: used {more} times too often, and {cases[coupon]} cases tell of it"
    for coupon in cases.keys() - used.keys():
        yield f"coupon {coupon}: a case, and nobody used it"


def receipts(books: Books, printed: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Every receipt that a customer holds, by its printed key and fen, is a sale in the company's books."""
    sold = {f"{row.station}-{row.epoch}-{row.seq}": row.amount for row in _rows(books, SaleRow)}
    numbers: Counter[str] = Counter()
    for number, fen in printed:
        numbers[number] += 1
        if sold.get(number) != fen:
            yield f"receipt {number} over {fen} fen was printed; the books have {sold.get(number, 'no such sale')}"
    for number, times in numbers.items():
        if times > 1:
            yield f"the number {number} stands on {times} receipts"


def identities(lines: Sequence[tuple[Line, str]]) -> Iterator[str]:
    """No two stores write under one station and epoch. ``lines`` has each store's line and its id."""
    stores: dict[Line, set[str]] = {}
    for line, store in lines:
        stores.setdefault(line, set()).add(store)
    for line, names in stores.items():
        if len(names) > 1:
            yield f"{line}: {len(names)} stores write under it"


def _contiguous(books: Books) -> dict[Line, int]:
    """Up to which letter the books have all, by line: reckoned from the letters themselves."""
    inbox = table_of(InboxRow)
    upto: dict[Line, int] = {}
    with books.read() as connection:
        wanted = select(inbox.c.station, inbox.c.epoch, inbox.c.seq)
        for station, epoch, seq in connection.execute(wanted.order_by(*inbox.primary_key.columns)):
            if seq == upto.get((station, epoch), 0) + 1:
                upto[station, epoch] = seq
    return upto


def _rows(books: Books, model: type[Any]) -> Sequence[Row[Any]]:
    with books.read() as connection:
        return connection.execute(select(table_of(model))).all()


def _hundredths(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02}"


def _thousandths(millilitres: int) -> str:
    return f"{millilitres // 1_000:,}.{millilitres % 1_000:03}"
