"""From what the dispenser measured to what the customer owes. Pure.

The amount on the dispenser's display is the amount: it is never reckoned again from litres and price.
"""

from msgspec import Struct

from shared.clock import Stamp
from shared.coupon import CouponTerms, Filling, Knowledge, judge
from shared.sale import CASH, Delivery, Finding, Preset, Proof, Redemption, Sale, SaleStatus


class Till(Struct, frozen=True):
    """Everything about a filling that is over, but the coupon."""

    delivery: Delivery
    proof: Proof
    tariff: int
    started: Stamp
    finished: Stamp
    authorised_by: str
    preset: Preset | None = None
    member: str = ""
    plate: str = ""
    tender: str = CASH
    """``cash`` where nobody asks how it was paid, ``open`` where it is to be paid at the till."""


class Tendered(Struct, frozen=True):
    """A coupon shown for this filling, and what is known of it now."""

    terms: CouponTerms
    online: bool
    known: Knowledge


def check_out(till: Till, station: str, coupon: Tendered | None = None) -> Sale:
    """The sale. A filling that is not proved is disputed: no coupon is used on it, and it is charged to nobody yet."""
    disputed = till.proof.finding is not Finding.PROVED
    redemptions = () if disputed or coupon is None else _redeemed(till.delivery, station, coupon)
    return Sale(
        delivery=till.delivery,
        proof=till.proof,
        status=SaleStatus.DISPUTED if disputed else SaleStatus.SETTLED,
        tariff=till.tariff,
        started=till.started,
        finished=till.finished,
        payable=till.delivery.amount - sum(used.discount for used in redemptions),
        tender=till.tender,
        authorised_by=till.authorised_by,
        preset=till.preset,
        redemptions=redemptions,
        member=till.member or (coupon.terms.member if coupon else ""),
        plate=till.plate,
    )


def _redeemed(delivery: Delivery, station: str, coupon: Tendered) -> tuple[Redemption, ...]:
    """The coupon used, when the judge accepts it for the metered figures and it is worth anything on them."""
    filling = Filling(station, delivery.grade, delivery.amount, delivery.volume)
    verdict = judge(coupon.terms, filling, coupon.known)
    if not verdict.accepted or verdict.discount == 0:
        return ()
    return (Redemption(coupon.terms, verdict.discount, verdict.reason, verdict.leased, coupon.online),)
