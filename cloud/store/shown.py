"""What every nozzle shows, and what was decided for every station: read at once for many stations."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, case, func, select

from cloud.store.tables import PriceRungRow, TariffRow, TariffTargetRow, table_of
from cloud.store.tariffs import in_force
from shared.messages import Rung

_rung = table_of(PriceRungRow)
_tariff = table_of(TariffRow)
_target = table_of(TariffTargetRow)


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


def decided(connection: Connection) -> Sequence[Any]:
    """Every tariff that counts: version, start, prices and the names on it, the oldest first."""
    columns = _tariff.c.version, _tariff.c.starts_at, _tariff.c.prices_json, _tariff.c.made_by, _tariff.c.approved_by
    return connection.execute(select(*columns).where(*in_force()).order_by(_tariff.c.version)).all()


def targets(connection: Connection) -> Sequence[Any]:
    """Version and station of all tariffs that are for some stations only."""
    return connection.execute(select(_target.c.version, _target.c.station)).all()
