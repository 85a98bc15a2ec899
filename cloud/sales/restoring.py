"""Sales that were told with a wrong clock, put right once the company has met the station that made them."""

from typing import Any

from cloud.sales.day import business_day
from cloud.sales.posting import Flag
from cloud.store import times
from cloud.store.database import Connection


def restore(connection: Connection, station: str, epoch: int, boot: int, boot_zero: int) -> set[str]:
    """Puts the times of one start's sales, and with them their business days, right.

    ``boot_zero``: the company's time at which that start's monotonic clock stood at 0. Gives the coupons used on these
    sales: their order in time may have changed.
    """
    rows = times.wrong_sales(connection, station, epoch, boot)
    times.restore_sales(connection, [_restored(row, boot_zero + row.mono) for row in rows])
    return {coupon for row in rows for coupon in row.coupons.split()}


def _restored(row: Any, happened_at: int) -> dict[str, Any]:
    return {
        "station_": row.station,
        "epoch_": row.epoch,
        "seq_": row.seq,
        "happened_at": happened_at,
        "business_day": business_day(happened_at, row.arrived_at),
        "flags": " ".join(flag for flag in row.flags.split() if flag != Flag.TIME_UNKNOWN),
    }
