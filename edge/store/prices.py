"""The price ladder: each rung written with its letter, once."""

from collections.abc import Iterable

from sqlite_utils import Database

from edge.store import nozzles, outbox
from shared.clock import Stamp
from shared.messages import PriceClimbed, Rung


def climb_station(db: Database, stamp: Stamp, tariffs: Iterable[int]) -> None:
    """The station holds these tariffs and waits for their time; each is told once, however often this is called."""
    for tariff in tariffs:
        for rung in (Rung.RECEIVED, Rung.ARMED):
            written = db.execute("INSERT OR IGNORE INTO rung (tariff, rung) VALUES (?, ?)", (tariff, rung))
            if written.rowcount:
                outbox.append(db, stamp, PriceClimbed(tariff, rung))


def climb_nozzles(db: Database, stamp: Stamp, climbs: Iterable[PriceClimbed]) -> None:
    """Prices reached these rungs on nozzles."""
    for climb in climbs:
        nozzles.keep_price(db, climb.point, climb.nozzle, climb.tariff, climb.unit_price, climb.rung)
        outbox.append(db, stamp, climb)
