"""The till: what is paid for a sale, taken back, given back, or driven off with. Each with a name; each once.

A payment is bound to the filling that the dispenser measured: nobody types what is due. Two attendants can't take the
money of one sale, and ten taps are one. What came first stands, and nothing is rewritten.
"""

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from msgspec.structs import replace

from edge.forecourt import station
from edge.forecourt.closing import PRINTER, Slips
from edge.forecourt.views import SaleView
from edge.store import payments, printing, sales
from edge.store.database import Database, Store
from edge.store.outbox import seq_of
from edge.store.sales import KeptSale
from shared.clock import Stamp
from shared.errors import Refused, Unavailable
from shared.messages import PaymentTakenBack, SaleDrivenOff
from shared.payment import LONGEST_NOTE, Account, BackReason, Payment, Refund, Tender, must_say_why, pay, refund
from shared.station import Key

P = ParamSpec("P")
T = TypeVar("T")


class Tills:
    """Made under the store's own lock, one transaction each. :exc:`Refused` says why not."""

    def __init__(self, store: Store, slips: Slips, moved: Callable[[Key], None]) -> None:
        self._store = store
        self._slips = slips
        self._moved = moved
        """This sale's money has moved."""

    async def owing(self) -> list[SaleView]:
        """Sales that wait for their payment, the oldest first."""
        return await self._store.read(station.sales_owing)

    async def pay(self, key: Key, tenders: Sequence[Tender], by: str, given: int = 0) -> Payment:
        """Take the money of a sale that waits for it. Its receipt prints when that is on the disk."""
        paid = await self._run(_pay, self._store.clock.stamp(), key, tuple(tenders), by, given, self._slips)
        self._slips.nudge()
        self._moved(key)
        return paid

    async def take_back(self, key: Key, reason: BackReason, by: str, note: str = "") -> None:
        """Take back a payment that was entered wrongly, or a driving off when the car has come back."""
        must_say_why(reason, note)
        await self._run(_take_back, self._store.clock.stamp(), key, reason, by, note.strip()[:LONGEST_NOTE])
        self._moved(key)

    async def refund(self, key: Key, tender: Tender, reason: BackReason, by: str, note: str = "") -> Refund:
        """Give money back for a sale that was paid."""
        given = await self._run(_refund, self._store.clock.stamp(), key, tender, reason, by, note)
        self._moved(key)
        return given

    async def drive_off(self, key: Key, by: str, note: str = "") -> None:
        """The car has left, and nobody paid."""
        await self._run(_drive_off, self._store.clock.stamp(), key, by, note.strip()[:LONGEST_NOTE])
        self._moved(key)

    async def _run(self, work: Callable[Concatenate[Database, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await self._store.run(work, *args, **kwargs)
        except Unavailable as why:
            raise Refused("store", str(why)) from why


def _pay(
    db: Database, stamp: Stamp, key: Key, tenders: tuple[Tender, ...], by: str, given: int, slips: Slips
) -> Payment:
    kept = _owing(db, key)
    payment = pay(kept.due, tenders, by, given)
    if not payments.pay(db, stamp, key, payment):
        raise _not_owing(kept)
    paid = replace(kept, account=Account(paid=payment, at=stamp.at))
    slip = slips.original(paid)
    if slip is not None:
        printing.queue_anew(db, key, PRINTER, slip, slips.mark, stamp.at)
    return payment


def _take_back(db: Database, stamp: Stamp, key: Key, reason: BackReason, by: str, note: str) -> None:
    account = _kept(db, key).account
    if not account.letter:
        raise Refused("not_paid", "This sale is not paid, so there is nothing to take back.")
    if account.refunds:
        raise Refused("refunded", "Money was given back for this sale already. Please give back the rest instead.")
    told = PaymentTakenBack(key.epoch, key.seq, account.letter >> 31, seq_of(account.letter), reason, by, note)
    if not payments.take_back(db, stamp, told):
        raise Refused("not_paid", "Somebody has taken this back meanwhile.")


def _refund(db: Database, stamp: Stamp, key: Key, tender: Tender, reason: BackReason, by: str, note: str) -> Refund:
    account = _kept(db, key).account
    paid = account.paid.amount if account.paid else 0
    given = refund(paid, account.refunded, tender, reason, by, note)
    payments.refund(db, stamp, key, given)
    return given


def _drive_off(db: Database, stamp: Stamp, key: Key, by: str, note: str) -> None:
    kept = _owing(db, key)
    if not payments.drive_off(db, stamp, key, SaleDrivenOff(key.epoch, key.seq, kept.due, by, note)):
        raise _not_owing(kept)


def _kept(db: Database, key: Key) -> KeptSale:
    kept = sales.find(db, key.epoch, key.seq)
    if kept is None or kept.key != key:
        raise Refused("unknown_sale", f"This station has no sale {key}.")
    return kept


def _owing(db: Database, key: Key) -> KeptSale:
    kept = _kept(db, key)
    if not kept.account.owes:
        raise _not_owing(kept)
    return kept


def _not_owing(kept: KeptSale) -> Refused:
    if kept.account.paid is not None:
        return Refused("already_paid", f"{_name(kept.account.paid.by)} has taken the money for this sale already.")
    if kept.account.gone_by:
        return Refused("driven_off", "This car has driven off. If it has come back, take that back first.")
    return Refused("nothing_due", "There is nothing to pay for this sale.")


def _name(by: str) -> str:
    return by.partition(":")[2] or by
