"""Times put right afterwards: what a station wrote while its clock was wrong, once the company has met that start."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, bindparam, select, update

from cloud.store.tables import (
    MeterLineRow,
    PaymentRow,
    PriceRungRow,
    RedemptionRow,
    SaleRow,
    SlipRow,
    StationEventRow,
    TankAlarmRow,
    TankDeliveryRow,
    TankReadingRow,
    table_of,
)
from shared.clock import TimeQuality

_sale = table_of(SaleRow)
_redemption = table_of(RedemptionRow)
_OTHERS: Final = tuple(
    table_of(model)
    for model in (
        SlipRow,
        StationEventRow,
        PriceRungRow,
        PaymentRow,
        MeterLineRow,
        TankReadingRow,
        TankDeliveryRow,
        TankAlarmRow,
    )
)
_RIGHT: Final = (TimeQuality.SYNCED.value, TimeQuality.RESTORED.value)


def restore_others(connection: Connection, station: str, epoch: int, boot: int, boot_zero: int) -> None:
    """Puts the times of slips, events, rungs and tanks right: those of one start of one store of a station."""
    for table in _OTHERS:
        changed = update(table).where(*_wrong(connection, table, station, epoch, boot))
        connection.execute(changed.values(happened_at=boot_zero + table.c.mono, quality=TimeQuality.RESTORED.value))


def wrong_sales(connection: Connection, station: str, epoch: int, boot: int) -> Sequence[Row[Any]]:
    """The sales of that start whose times are not known to be right."""
    return connection.execute(select(_sale).where(*_wrong(connection, _sale, station, epoch, boot))).all()


def restore_sales(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Puts the times, days and flags of sales right, and the times of their redemptions. Keys end in an underscore."""
    found = list(rows)
    if found:
        connection.execute(_RESTORE_SALE, found)
        connection.execute(_RESTORE_REDEMPTION, [{name: row[name] for name in _KEY_AND_TIME} for row in found])


def _wrong(connection: Connection, table: Table, station: str, epoch: int, boot: int) -> list[Any]:
    """What that start wrote lies at the end of its store, so nothing before it needs to be looked at."""
    store = [table.c.station == station, table.c.epoch == epoch]
    before = select(table.c.seq).where(*store, table.c.boot < boot).order_by(table.c.seq.desc()).limit(1)
    floor = connection.execute(before).scalar() or 0
    return [*store, table.c.seq > floor, table.c.boot == boot, table.c.quality.not_in(_RIGHT)]


def _at(table: Table) -> list[Any]:
    return [table.c[name] == bindparam(f"{name}_") for name in ("station", "epoch", "seq")]


_KEY_AND_TIME: Final = ("station_", "epoch_", "seq_", "happened_at")
_RESTORE_SALE = (
    update(_sale)
    .where(*_at(_sale))
    .values(
        quality=TimeQuality.RESTORED.value,
        **{name: bindparam(name) for name in ("happened_at", "business_day", "flags")},
    )
)
_RESTORE_REDEMPTION = update(_redemption).where(*_at(_redemption)).values(happened_at=bindparam("happened_at"))
