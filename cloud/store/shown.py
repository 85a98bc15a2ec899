"""The latest price that each dispenser showed on each of its nozzles."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, case, func, select

from cloud.store.tables import PriceRungRow, table_of
from shared.messages import Rung

_rung = table_of(PriceRungRow)


def latest(connection: Connection, stations: Collection[str]) -> Sequence[Any]:
    """Station, point, nozzle, grade, unit price and time of the last reading of each nozzle a newest store has.

    A nozzle that was never read back is there with no time. The latest comes first for each nozzle.
    """
    if not stations:
        return ()
    newest = (
        select(_rung.c.station, func.max(_rung.c.epoch).label("epoch"))
        .where(_rung.c.station.in_(stations))
        .group_by(_rung.c.station)
        .subquery()
    )
    read = _rung.c.rung == Rung.READ_BACK.value
    order = (case((read, 0), else_=1), _rung.c.seq.desc())
    ranked = (
        select(
            _rung.c.station,
            _rung.c.point,
            _rung.c.nozzle,
            _rung.c.grade,
            _rung.c.unit_price,
            case((read, _rung.c.happened_at)).label("read_at"),
            func.row_number()
            .over(partition_by=(_rung.c.station, _rung.c.point, _rung.c.nozzle), order_by=order)
            .label("place"),
        )
        .join(newest, (newest.c.station == _rung.c.station) & (newest.c.epoch == _rung.c.epoch))
        .where(_rung.c.point > 0)
        .subquery()
    )
    return connection.execute(select(ranked).where(ranked.c.place == 1).order_by(ranked.c.station)).all()
