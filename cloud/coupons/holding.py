"""Who holds how many uses of a coupon at a moment, and whether one more may be given. Pure.

A lease that has run out may still have been used by a station that is away: until that station was heard again, with
nothing left to tell, its uses count as held. So a second use is impossible, however long a station is away.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from cloud.coupons.judging import Held, Record, judge_all
from shared.coupon import CouponTerms, Filling, Knowledge, Lease, Reason, judge

UNTOLD: Final[Mapping[str, int]] = {}


class Grip(Struct, frozen=True):
    """Uses of a lease that have not come back."""

    held: Held
    uses: int


def grips(record: Record, now: int, told_until: Mapping[str, int] = UNTOLD) -> list[Grip]:
    """What is held now. ``told_until``: up to when each station, by the company's clock, has told everything."""
    consumed = judge_all(record).consumed
    left = [Grip(held, held.uses - consumed[held.number]) for held in record.held if held.released_at is None]
    return [grip for grip in left if grip.uses > 0 and not _over(grip.held, now, told_until)]


def free_uses(record: Record, now: int, told_until: Mapping[str, int] = UNTOLD) -> int:
    """Uses that nobody has made and nobody holds."""
    held = sum(grip.uses for grip in grips(record, now, told_until))
    return record.terms.uses - judge_all(record).accepted - held


def may_hold(record: Record, filling: Filling, now: int, told_until: Mapping[str, int]) -> Reason:
    """The judge's verdict on a station that asks for a use.

    The filling may not have begun: its amount can still grow, and an unknown grade is no wrong one.
    """
    held = grips(record, now, told_until)
    accepted = judge_all(record).accepted
    free = record.terms.uses - accepted - sum(grip.uses for grip in held)
    mine = any(grip.held.station == filling.station and grip.held.until > now for grip in held)
    others = [grip.held for grip in held if grip.held.station != filling.station]
    gone = not mine and free <= 0
    elsewhere = gone and accepted < record.terms.uses and bool(others)
    used = record.terms.uses if gone and not elsewhere else accepted
    lease = _longest(record.terms, others, now) if elsewhere else None
    known = Knowledge(now=now, uses_known=used, revoked=record.revoked_at is not None, lease=lease, online=True)
    return judge(record.terms, _at_its_best(record.terms, filling), known).reason


def terms_for(record: Record, station: str, slices: int) -> CouponTerms:
    """The terms as a station is told them: of several uses it may make those that are held for it, and no more.

    A station counts what it has used itself; so it is told its own uses in the books and those it holds.
    """
    own = sum(use.filling.station == station for use in record.uses)
    return replace(record.terms, uses=min(record.terms.uses, own + slices))


def _over(held: Held, now: int, told_until: Mapping[str, int]) -> bool:
    return held.until <= now and told_until.get(held.station, 0) >= held.until


def _longest(terms: CouponTerms, others: list[Held], now: int) -> Lease:
    last = max(others, key=lambda held: held.until)
    return Lease(terms.coupon, last.station, max(last.until, now + 1))


def _at_its_best(terms: CouponTerms, filling: Filling) -> Filling:
    grade = filling.grade or (terms.grades[0] if terms.grades else "")
    return replace(filling, grade=grade, amount=max(filling.amount, terms.min_spend))
