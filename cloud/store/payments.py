"""What stations were paid for their sales, took back, gave back, and were left with unpaid."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select, tuple_, update

from cloud.store.database import insert_many
from cloud.store.sales import sale
from cloud.store.tables import PaymentRow, table_of

_PAYMENT = table_of(PaymentRow)
_AT_ONCE: Final = 1_000

SaleKey = tuple[str, int, int]
"""Station, epoch and sequence of a sale."""


def insert(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes them; one that is there already stays as it is."""
    insert_many(connection, _PAYMENT, rows)


def of_sales(connection: Connection, keys: Collection[SaleKey]) -> Sequence[Row[Any]]:
    """All that concern these sales, in the order in which they were told."""
    own = tuple_(_PAYMENT.c.station, _PAYMENT.c.sale_epoch, _PAYMENT.c.sale_seq)
    order = _PAYMENT.c.station, _PAYMENT.c.epoch, _PAYMENT.c.seq
    wanted = sorted(keys)
    found: list[Row[Any]] = []
    for begin in range(0, len(wanted), _AT_ONCE):
        some = wanted[begin : begin + _AT_ONCE]
        found += connection.execute(select(_PAYMENT).where(own.in_(some)).order_by(*order)).all()
    return found


def set_tenders(connection: Connection, tenders: Mapping[SaleKey, str]) -> None:
    """Says of sales how they are paid; of those that are not here yet, nothing."""
    rows = [{"s": s, "e": e, "q": q, "t": tender} for (s, e, q), tender in tenders.items()]
    if rows:
        own = (sale.c.station == bindparam("s"), sale.c.epoch == bindparam("e"), sale.c.seq == bindparam("q"))
        connection.execute(update(sale).where(*own).values(tender=bindparam("t")), rows)
