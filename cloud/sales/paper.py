"""The print journals of the stations: what became of each slip of paper."""

from msgspec import Struct

from cloud.store import sales
from cloud.store.database import Connection
from shared.station import Key


class Slip(Struct, frozen=True):
    """A line of a print journal, with the sale that it is about."""

    sale: Key
    copy: int
    state: str
    printer: str
    detail: str
    happened_at: int


def latest(connection: Connection, station: str, limit: int = 20) -> tuple[Slip, ...]:
    """The latest lines of a station's journal, the newest first."""
    return tuple(
        Slip(
            Key(station, row.sale_epoch, row.sale_seq),
            row.copy_number,
            row.state,
            row.printer,
            row.detail,
            row.happened_at,
        )
        for row in sales.latest_slips(connection, station, limit)
    )
