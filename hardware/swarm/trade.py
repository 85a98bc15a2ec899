"""What a station of a swarm sells: the same seed, station and number, the same customer. Pure.

Time, price and coupons are those of the moment; nozzle and volume are of the seed alone.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from hardware.swarm.dice import Dice
from shared.clock import Stamp
from shared.coupon import Allowance, CouponTerms, Filling, Knowledge, Spent, judge
from shared.sale import Delivery, Redemption, Sale, SaleStatus, prove
from shared.tariff import GradePrice

_MODULUS: Final = 10**11
_LEAST: Final = 5_000
_MORE: Final = 55_000
"""Millilitres in a car: at least, and up to so many more."""


class Wallet(Struct, frozen=True):
    """What a station knows when a customer shows a coupon."""

    coupons: Sequence[CouponTerms] = ()
    used: Mapping[str, int] = {}
    revoked: frozenset[str] = frozenset()
    allowance: Allowance = Allowance()
    given: int = 0
    """Fen that it has given away without a lease."""
    heard_at: int = 0


class Customer(Struct, frozen=True):
    """A car and what it takes."""

    point: int
    grade: str
    volume: int
    show: int
    """Which coupon it shows, if any."""
    shows: bool


def customer(seed: int, station: str, number: int, nozzles: Sequence[str], redeem: float) -> Customer:
    """The car with this number."""
    dice = Dice(seed, station, "car", number)
    point = 1 + dice.below(len(nozzles))
    volume = _LEAST + dice.below(_MORE)
    return Customer(point, nozzles[point - 1], volume, dice.below(2**32), dice.strikes(redeem))


def sale(car: Customer, station: str, price: GradePrice, before: int, stamp: Stamp, wallet: Wallet) -> Sale:
    """What it came to. ``before`` is the nozzle's totaliser in millilitres."""
    amount = car.volume * price.unit_price // 10_000
    fuel = Delivery(car.point, 1, car.grade, car.volume, amount, price.unit_price)
    proof = prove(before, (before + car.volume) % _MODULUS, car.volume, _MODULUS)
    used = _redeemed(car, Filling(station, car.grade, amount, car.volume), stamp.at, wallet)
    payable = amount - sum(one.discount for one in used)
    member = used[0].terms.member if used else ""
    return Sale(
        fuel, proof, SaleStatus.SETTLED, price.tariff, stamp, stamp, payable, redemptions=used, member=member,
        authorised_by="automatic",
    )  # fmt: skip


def _redeemed(car: Customer, filling: Filling, now: int, wallet: Wallet) -> tuple[Redemption, ...]:
    """The coupon that it shows, if the one rule says that it holds here."""
    if not (car.shows and wallet.coupons):
        return ()
    terms = wallet.coupons[car.show % len(wallet.coupons)]
    known = Knowledge(
        now,
        uses_known=wallet.used.get(terms.coupon, 0),
        revoked=terms.coupon in wallet.revoked,
        allowance=wallet.allowance,
        spent=Spent(wallet.given, wallet.given),
        heard_at=wallet.heard_at,
    )
    verdict = judge(terms, filling, known)
    if not verdict.accepted:
        return ()
    return (Redemption(terms, verdict.discount, verdict.reason, verdict.leased, online=False),)
