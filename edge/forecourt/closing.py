"""The one transaction in which a filling becomes a sale: sale, redemption, letter, totalisers and slip, or none."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from edge.forecourt.checkout import Tendered, Till, check_out
from edge.forecourt.redemption import Desk
from edge.store import disputes, fillings, guesses, nozzles, outbox, presented, printing, sales
from edge.store.database import Database
from edge.store.presented import ShownCoupon
from edge.store.sales import KeptSale
from shared.clock import Stamp
from shared.messages import MeterMoved, PumpAlarmed
from shared.sale import Sale
from shared.station import Key

PRINTER = "receipt"


class Slips(Protocol):
    """What is needed of the receipt printer."""

    def original(self, kept: KeptSale) -> bytes | None:
        """The slip that this sale gets by itself; None for none, or none yet."""
        ...

    def mark(self, first: bytes, copy: int) -> bytes:
        """A further slip of a sale, marked as copy #n."""
        ...

    def nudge(self) -> None:
        """A slip was queued."""
        ...


class Closing(Struct, frozen=True):
    """A filling that is over, ready to be written."""

    stamp: Stamp
    now: int
    """The company's time, for the judge."""
    till: Till
    coupon: ShownCoupon | None
    totalisers: Mapping[int, int]
    alarm: PumpAlarmed | None = None
    """What is to be told besides: nobody had authorised it."""
    moved: tuple[MeterMoved, ...] = ()
    """What moved other totalisers of the point, with no sale to show for it."""


class Closed(Struct, frozen=True):
    """The sale as it stands in the books."""

    key: Key
    sale: Sale


def close(db: Database, closing: Closing, desk: Desk, slips: Slips) -> Closed:
    """Write it. The coupon is judged here, on the metered figures and on what the books hold at this very moment."""
    point = closing.till.delivery.point
    if closing.alarm is not None:
        outbox.append(db, closing.stamp, closing.alarm)
    tendered = _tendered(db, closing, desk)
    sale = check_out(closing.till, _station(db), tendered)
    key = outbox.key(db, sales.record(db, closing.stamp, sale))
    fillings.end_recorded(db, point, key.epoch, key.seq)
    presented.forget(db, point)
    guesses.forgive(db, point)
    keep_totalisers(db, closing.stamp, point, closing.totalisers, closing.moved)
    slip = slips.original(KeptSale(key, sale, delivered=False))
    if slip is not None:
        printing.queue(db, key, PRINTER, slip, closing.stamp.at)
    return Closed(key, sale)


def cancel(
    db: Database, stamp: Stamp, point: int, totalisers: Mapping[int, int], moved: Sequence[MeterMoved] = ()
) -> None:
    """Nothing was delivered: the leave has ended, and nobody owes anything."""
    fillings.end_cancelled(db, point)
    keep_totalisers(db, stamp, point, totalisers, moved)


def give_up(db: Database, stamp: Stamp, point: int, by: str) -> None:
    """The leave has ended though nobody can tell what became of it: its dispenser does not answer. Head office is told.

    What did flow is found by the totaliser when the dispenser is back.
    """
    fillings.end_cancelled(db, point)
    presented.forget(db, point)
    outbox.append(db, stamp, PumpAlarmed(point, "given_up", by))


def keep_totalisers(
    db: Database, stamp: Stamp, point: int, totalisers: Mapping[int, int], moved: Sequence[MeterMoved] = ()
) -> None:
    """The nozzles of this point hang still, and their totalisers stand here; some moved with no sale to show for it."""
    for line in moved:
        disputes.note_moved(db, stamp, line)
    for nozzle, volume in totalisers.items():
        nozzles.keep_totaliser(db, point, nozzle, volume, stamp.at)


def _tendered(db: Database, closing: Closing, desk: Desk) -> Tendered | None:
    coupon = closing.coupon
    if coupon is None:
        return None
    return Tendered(coupon.terms, coupon.online, desk.knowledge(db, coupon.terms, coupon.lease, closing.now))


def _station(db: Database) -> str:
    return outbox.key(db, 0).station
