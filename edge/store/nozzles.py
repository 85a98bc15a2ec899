"""What is known of each nozzle between fillings: its totaliser, and the price on its display."""

from msgspec import Struct
from sqlite_utils import Database


class KnownNozzle(Struct, frozen=True):
    """As it was last written."""

    totaliser: int | None = None
    """Millilitres, read after the last filling or at start."""
    unit_price: int | None = None
    """Milliyuan a litre, of the highest rung below."""
    tariff: int = 0
    rung: str = ""
    """How far that tariff has climbed here; a word of :class:`shared.messages.Rung`."""
    totaliser_at: int = 0
    """When the totaliser was read, UTC milliseconds; 0 when that is not known."""


def all_nozzles(db: Database) -> dict[tuple[int, int], KnownNozzle]:
    """By point and nozzle."""
    rows = db.execute("SELECT point, nozzle, totaliser, unit_price, tariff, rung, totaliser_at FROM nozzle")
    return {(row[0], row[1]): KnownNozzle(*row[2:]) for row in rows}


def keep_totaliser(db: Database, point: int, nozzle: int, totaliser: int, at: int = 0) -> None:
    """The nozzle hangs still, and its totaliser stood here at this time."""
    db.execute(
        "INSERT INTO nozzle (point, nozzle, totaliser, totaliser_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (point, nozzle)"
        " DO UPDATE SET totaliser = excluded.totaliser, totaliser_at = excluded.totaliser_at",
        (point, nozzle, totaliser, at),
    )


def keep_price(db: Database, point: int, nozzle: int, tariff: int, unit_price: int, rung: str) -> None:
    """The price on this nozzle has climbed to this rung."""
    db.execute(
        "INSERT INTO nozzle (point, nozzle, unit_price, tariff, rung) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (point, nozzle)"
        " DO UPDATE SET unit_price = excluded.unit_price, tariff = excluded.tariff, rung = excluded.rung",
        (point, nozzle, unit_price, tariff, rung),
    )
