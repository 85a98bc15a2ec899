"""Sales whose time was told by a clock that nobody had compared yet."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from cloud.store.tables import SaleRow, table_of
from shared.clock import TimeQuality

_SALE = table_of(SaleRow)
_RIGHT = (TimeQuality.SYNCED.value, TimeQuality.RESTORED.value)


class Untrusted(NamedTuple):
    """A sale whose time may be wrong."""

    station: str
    epoch: int
    seq: int
    mono: int
    arrived_at: int
    flags: str


class PutRight(NamedTuple):
    """Its time, as it was."""

    station: str
    epoch: int
    seq: int
    happened_at: int
    business_day: str
    flags: str


def untrusted(connection: Connection, station: str, epoch: int, boot: int) -> list[Untrusted]:
    """The sales of this start of this store whose time was not compared with ours when they were made."""
    place = (_SALE.c.station == station, _SALE.c.epoch == epoch, _SALE.c.boot == boot)
    columns = [_SALE.c[name] for name in Untrusted._fields]
    return [
        Untrusted(*row) for row in connection.execute(select(*columns).where(*place, _SALE.c.quality.not_in(_RIGHT)))
    ]


def put_right(connection: Connection, sales: Sequence[PutRight]) -> None:
    """Writes their times anew."""
    if sales:
        rows = [{f"own_{name}": value for name, value in sale._asdict().items()} for sale in sales]
        connection.execute(_PUT_RIGHT, rows)


_PUT_RIGHT = (
    update(_SALE)
    .where(*(_SALE.c[name] == bindparam(f"own_{name}") for name in ("station", "epoch", "seq")))
    .values(
        {name: bindparam(f"own_{name}") for name in ("happened_at", "business_day", "flags")}
        | {"quality": TimeQuality.RESTORED.value}
    )
)
