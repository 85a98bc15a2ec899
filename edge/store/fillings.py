"""Leave to fill: written before the dispenser hears of it, so that a crash can neither forget it nor give it twice."""

import msgspec
from msgspec import Struct
from sqlite_utils import Database

from edge.store.outbox import place_of
from shared.clock import Stamp
from shared.sale import Preset


class OpenFilling(Struct, frozen=True):
    """A filling from its authorisation on. Kept as JSON; fields are only ever added, with a default."""

    point: int
    authorised_by: str
    opened: Stamp
    nozzles: tuple[int, ...] = ()
    """The nozzles that were released."""
    prices: dict[int, int] = {}
    """What a litre cost on each of them then; the dispenser must show this when the nozzle is lifted."""
    preset: Preset | None = None
    nozzle: int = 0
    """The nozzle in use; 0 until it is known."""
    tariff: int = 0
    unit_price: int = 0
    """As shown by the dispenser when the nozzle was lifted; 0 until it is known."""
    started: Stamp | None = None
    """When the nozzle was lifted or the flow began."""


def open_filling(db: Database, filling: OpenFilling) -> None:
    """Note it. ``sqlite3.IntegrityError`` when one is open at this point already: that would be a bug."""
    db.execute(
        "INSERT INTO filling (point, opened_at, body) VALUES (?, ?, ?)",
        (filling.point, filling.opened.at, _text(filling)),
    )


def amend(db: Database, filling: OpenFilling) -> None:
    """More is known about the open one."""
    db.execute("UPDATE filling SET body = ? WHERE point = ? AND ended IS NULL", (_text(filling), filling.point))


def end_recorded(db: Database, point: int, epoch: int, seq: int) -> None:
    """It has become the sale with this key."""
    db.execute(
        "UPDATE filling SET ended = 'recorded', place = ? WHERE point = ? AND ended IS NULL",
        (place_of(epoch, seq), point),
    )


def end_cancelled(db: Database, point: int) -> None:
    """Nothing was delivered under it."""
    db.execute("UPDATE filling SET ended = 'cancelled' WHERE point = ? AND ended IS NULL", (point,))


def all_open(db: Database) -> dict[int, OpenFilling]:
    """The open ones by fuelling point."""
    rows = db.execute("SELECT point, body FROM filling WHERE ended IS NULL")
    return {point: msgspec.json.decode(body, type=OpenFilling) for point, body in rows}


def _text(filling: OpenFilling) -> str:
    return msgspec.json.encode(filling).decode()
