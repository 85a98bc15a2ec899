"""Disputed sales that stations settled, and the lines of their meters that no sale explains."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, select, tuple_, update

from cloud.store import days
from cloud.store.cases import case
from cloud.store.database import insert_many
from cloud.store.sales import sale
from cloud.store.tables import MeterExplanationRow, MeterLineRow, SaleSettlementRow, table_of

_SETTLEMENT = table_of(SaleSettlementRow)
_LINE = table_of(MeterLineRow)
_EXPLAINED = table_of(MeterExplanationRow)

SaleKey = tuple[str, int, int]
"""Station, epoch and sequence of a sale."""


def insert_settlements(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes settlements; one that is there already stays as it is."""
    insert_many(connection, _SETTLEMENT, rows)


def insert_lines(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes lines of meters; those that are there stay as they are."""
    insert_many(connection, _LINE, rows)


def insert_explanations(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes explanations; one that is there already stays as it is."""
    insert_many(connection, _EXPLAINED, rows)


def settle_sales(connection: Connection, keys: Collection[SaleKey]) -> None:
    """Gives disputed sales the figures that were decided, once, and ends their cases. Other keys do nothing."""
    own = tuple_(_SETTLEMENT.c.station, _SETTLEMENT.c.epoch, _SETTLEMENT.c.seq)
    for row in connection.execute(select(_SETTLEMENT).where(own.in_(sorted(keys)))).all():
        _settle(connection, row)


def settlement_of(connection: Connection, station: str, epoch: int, seq: int) -> Row[Any] | None:
    """How a sale was settled."""
    found = select(_SETTLEMENT).where(*_at(_SETTLEMENT, station, epoch, seq))
    return connection.execute(found).one_or_none()


def lines(connection: Connection, station: str, limit: int) -> Sequence[Row[Any]]:
    """The lines of a station's meters with their explanations, the newest first."""
    joined = _LINE.outerjoin(
        _EXPLAINED,
        and_(
            _LINE.c.station == _EXPLAINED.c.station,
            _LINE.c.epoch == _EXPLAINED.c.epoch,
            _LINE.c.seq == _EXPLAINED.c.seq,
        ),
    )
    wanted = select(
        _LINE,
        _EXPLAINED.c.reason,
        _EXPLAINED.c.amount,
        _EXPLAINED.c.by,
        _EXPLAINED.c.note,
        _EXPLAINED.c.happened_at.label("explained_at"),
    )
    query = wanted.select_from(joined).where(_LINE.c.station == station)
    return connection.execute(query.order_by(_LINE.c.happened_at.desc(), _LINE.c.seq.desc()).limit(limit)).all()


def _settle(connection: Connection, settled: Row[Any]) -> None:
    key = settled.station, settled.epoch, settled.seq
    shown = connection.execute(
        select(sale.c.volume, sale.c.amount, sale.c.business_day).where(*_at(sale, *key), sale.c.status == "disputed")
    ).one_or_none()
    if shown is None:
        return
    days.mark(connection, [(settled.station, shown.business_day)])
    figures = {"volume": settled.volume, "amount": settled.amount, "payable": settled.amount, "discount": 0}
    connection.execute(update(sale).where(*_at(sale, *key)).values(status="settled", **figures))
    kept = {"shown_volume": shown.volume, "shown_amount": shown.amount}
    connection.execute(update(_SETTLEMENT).where(*_at(_SETTLEMENT, *key)).values(**kept))
    ended = {"state": "decided", "decision": "settled", "decided_by": settled.by, "decided_at": settled.happened_at}
    mine = (*_at(case, *key), case.c.kind == "disputed_sale", case.c.state == "open")
    connection.execute(update(case).where(*mine).values(note=settled.note or settled.reason, **ended))


def _at(table: Any, station: str, epoch: int, seq: int) -> tuple[Any, ...]:
    return table.c.station == station, table.c.epoch == epoch, table.c.seq == seq
