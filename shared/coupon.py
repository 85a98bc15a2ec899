"""Coupons, and the one rule by which they are judged, at the pump and at head office alike.

The outcomes of :func:`judge`, in the order in which they are tried; the first that applies is the verdict:

 1. ``revoked``          head office has called the coupon back
 2. ``not_yet``          its time has not begun
 3. ``expired``          its time is over
 4. ``other_station``    it is for other stations
 5. ``leased_elsewhere`` it is held for another station
 6. ``used_up``          all its uses are known to be gone
 7. ``other_grade``      this filling is of a grade that it does not cover
 8. ``below_minimum``    this filling is smaller than it asks for
 9. ``book_too_old``     offline, unleased, and the station has not heard from head office for too long
10. ``over_allowance``   offline, unleased, and it would go over what may be given away unchecked
11. ``accepted``         here is the discount

What happened is never undone by a verdict: when head office judges a redemption that a station has made and comes to
another result, the benefit stays and a case is opened.
"""

from enum import StrEnum

from msgspec import Struct


class CouponKind(StrEnum):
    """How the discount is reckoned."""

    AMOUNT = "amount"  # value: fen off the filling (满减 with min_spend)
    PER_LITRE = "per_litre"  # value: milliyuan off each litre metered
    PERCENT = "percent"  # value: per cent of the amount, 1 to 100


class CouponTerms(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a coupon promises. Travels in the signed code, so the order of fields is for ever; add at the end only."""

    coupon: str
    campaign: str
    kind: CouponKind
    value: int
    not_before: int
    """UTC milliseconds, inclusive."""
    not_after: int
    """UTC milliseconds, exclusive."""
    min_spend: int = 0
    """Fen on the dispenser's display."""
    max_discount: int = 0
    """Fen; 0 for no limit but the filling itself."""
    uses: int = 1
    grades: tuple[str, ...] = ()
    """Grades covered; none named means all."""
    stations: tuple[str, ...] = ()
    """Stations where it holds; none named means all."""
    member: str = ""


class Lease(Struct, frozen=True, forbid_unknown_fields=True):
    """A coupon held for one station until a time: nobody else may redeem it, so it needs no allowance there."""

    coupon: str
    station: str
    until: int


class Allowance(Struct, frozen=True, forbid_unknown_fields=True):
    """How much a station may give away offline without a lease, in fen. Set by head office."""

    per_coupon: int = 10_000
    per_member_day: int = 20_000
    per_station_day: int = 200_000
    book_age: int = 72 * 3_600_000
    """Milliseconds since head office was last heard."""


class Spent(Struct, frozen=True):
    """What has been given away offline today, in fen, before this redemption."""

    member_day: int = 0
    station_day: int = 0


class Filling(Struct, frozen=True, forbid_unknown_fields=True):
    """What a coupon is held against: metered so far, or finally. ``amount`` in fen, ``volume`` in millilitres."""

    station: str
    grade: str
    amount: int
    volume: int


class Knowledge(Struct, frozen=True):
    """All that the judge is told besides the terms and the filling."""

    now: int
    uses_known: int = 0
    """Redemptions of this coupon that the judge's own books hold, this one not counted."""
    revoked: bool = False
    lease: Lease | None = None
    online: bool = False
    """Head office itself is judging, or has just leased the coupon."""
    allowance: Allowance = Allowance()
    spent: Spent = Spent()
    heard_at: int = 0
    """When the station last heard from head office, UTC milliseconds."""


class Reason(StrEnum):
    """The verdicts, as numbered above."""

    REVOKED = "revoked"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    OTHER_STATION = "other_station"
    LEASED_ELSEWHERE = "leased_elsewhere"
    USED_UP = "used_up"
    OTHER_GRADE = "other_grade"
    BELOW_MINIMUM = "below_minimum"
    BOOK_TOO_OLD = "book_too_old"
    OVER_ALLOWANCE = "over_allowance"
    ACCEPTED = "accepted"


class Verdict(Struct, frozen=True):
    """The answer, and what it is worth in fen on this filling."""

    reason: Reason
    discount: int = 0
    leased: bool = False
    """Accepted under a lease: no allowance is used."""

    @property
    def accepted(self) -> bool:
        """Whether the coupon is good for this filling."""
        return self.reason is Reason.ACCEPTED


def judge(terms: CouponTerms, filling: Filling, known: Knowledge) -> Verdict:
    """Whether this coupon holds for this filling, and for how much. Everything is judged on metered figures."""
    against = _against(terms, filling, known)
    if against is not None:
        return Verdict(against)
    discount = discount_of(terms, filling)
    leased = _leased_here(filling.station, known)
    if not (leased or known.online):
        against = _against_unleased(discount, known)
    return Verdict(Reason.ACCEPTED, discount, leased) if against is None else Verdict(against)


def discount_of(terms: CouponTerms, filling: Filling) -> int:
    """The discount in fen, never more than the filling itself. Fractions of a fen are cut."""
    match terms.kind:
        case CouponKind.AMOUNT:
            gross = terms.value
        case CouponKind.PER_LITRE:
            gross = filling.volume * terms.value // 10_000
        case CouponKind.PERCENT:
            gross = filling.amount * terms.value // 100
    limit = min(filling.amount, terms.max_discount) if terms.max_discount else filling.amount
    return max(0, min(gross, limit))


def _against(terms: CouponTerms, filling: Filling, known: Knowledge) -> Reason | None:
    """The first of verdicts 1 to 8 that applies."""
    lease = known.lease
    tried = (
        (known.revoked, Reason.REVOKED),
        (known.now < terms.not_before, Reason.NOT_YET),
        (known.now >= terms.not_after, Reason.EXPIRED),
        (bool(terms.stations) and filling.station not in terms.stations, Reason.OTHER_STATION),
        (lease is not None and lease.station != filling.station and lease.until > known.now, Reason.LEASED_ELSEWHERE),
        (known.uses_known >= terms.uses, Reason.USED_UP),
        (bool(terms.grades) and filling.grade not in terms.grades, Reason.OTHER_GRADE),
        (filling.amount < terms.min_spend, Reason.BELOW_MINIMUM),
    )
    return next((reason for applies, reason in tried if applies), None)


def _leased_here(station: str, known: Knowledge) -> bool:
    lease = known.lease
    return lease is not None and lease.station == station and lease.until > known.now


def _against_unleased(discount: int, known: Knowledge) -> Reason | None:
    """Verdicts 9 and 10."""
    allowance, spent = known.allowance, known.spent
    if known.now - known.heard_at > allowance.book_age:
        return Reason.BOOK_TOO_OLD
    within = (
        discount <= allowance.per_coupon
        and spent.member_day + discount <= allowance.per_member_day
        and spent.station_day + discount <= allowance.per_station_day
    )
    return None if within else Reason.OVER_ALLOWANCE
