"""Times put right: a station's clock stood wrong when it sold, and now we know how its monotonic clock lies to ours."""

from cloud.sales.day import believable, business_day
from cloud.sales.posting import Flag
from cloud.store import restoring
from cloud.store.database import Connection
from cloud.store.restoring import PutRight, Untrusted


def restore(connection: Connection, station: str, epoch: int, boot: int, zero: int) -> None:
    """Puts right the sales of one start of a store that are here already; ``zero`` is our time at that start.

    What arrives from now on is put right as it arrives (:class:`cloud.store.arrivals.Arrived`).
    """
    found = restoring.untrusted(connection, station, epoch, boot)
    restoring.put_right(connection, [_put_right(sale, zero + sale.mono) for sale in found])


def _put_right(sale: Untrusted, happened_at: int) -> PutRight:
    flags = [
        flag for flag in sale.flags.split() if flag != Flag.TIME_UNKNOWN or not believable(happened_at, sale.arrived_at)
    ]
    day = business_day(happened_at, sale.arrived_at)
    return PutRight(sale.station, sale.epoch, sale.seq, happened_at, day, " ".join(flags))
