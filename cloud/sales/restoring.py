"""Times put right: a station's clock stood wrong when it sold, and now we know how its monotonic clock lies to ours."""

from typing import Any

from cloud.sales.day import believable, business_day
from cloud.sales.posting import Flag
from cloud.store import days, times
from cloud.store.database import Connection


def restore(connection: Connection, station: str, epoch: int, boot: int, zero: int) -> None:
    """Puts right everything that one start of a store has told already; ``zero`` is our time at that start.

    What arrives from now on is put right as it arrives (:class:`cloud.store.arrivals.Arrived`).
    """
    restored_coupons(connection, station, epoch, boot, zero)


def restored_coupons(connection: Connection, station: str, epoch: int, boot: int, zero: int) -> set[str]:
    """Does so, and gives the coupons used on sales that have moved: the order of their uses may be another one now."""
    times.restore_others(connection, station, epoch, boot, zero)
    rows = times.wrong_sales(connection, station, epoch, boot)
    right = [_put_right(row, zero + row.mono) for row in rows]
    times.restore_sales(connection, right)
    moved = [(row.station, day) for row, now in zip(rows, right, strict=True) for day in _days(row, now)]
    days.mark(connection, moved)
    return {coupon for row in rows for coupon in row.coupons.split()}


def _days(row: Any, right: dict[str, Any]) -> set[str]:
    """The day that it leaves, and the one that it comes to."""
    return {row.business_day, right["business_day"]}


def _put_right(row: Any, happened_at: int) -> dict[str, Any]:
    flags = [
        flag for flag in row.flags.split() if flag != Flag.TIME_UNKNOWN or not believable(happened_at, row.arrived_at)
    ]
    return {
        "station_": row.station,
        "epoch_": row.epoch,
        "seq_": row.seq,
        "happened_at": happened_at,
        "business_day": business_day(happened_at, row.arrived_at),
        "flags": " ".join(flags),
    }
