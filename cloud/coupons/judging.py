"""Redemptions judged over the whole book, with the same rule as at the pump. Pure.

All uses of a coupon are put in the order in which they happened, then arrived, and judged one after the other, each as
if by somebody who knew of all before it. So the result does not depend on the order in which letters come in.

 1. A use that the judge accepts has won: nothing follows.
 2. A use that comes when all uses are gone, or while another station holds the coupon, has lost: ``used_twice``.
 3. A use that the judge refuses for another reason was not valid: ``not_valid``.
 4. A use of a coupon that head office never issued: ``unknown``.

What has lost keeps its benefit; a person decides who bears the cost, which is proposed here: head office, where the
station could not know; its dealer, where it could.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from shared.coupon import CouponTerms, Filling, Knowledge, Lease, Reason, judge

Key = tuple[str, int, int, int]
"""Station, epoch, sequence and position on the sale."""
TOLERANCE: Final = 300_000
"""Milliseconds by which a station's clock may stray around the time of its lease."""
UNKNOWN: Final = "unknown"
_TWICE: Final = frozenset({Reason.USED_UP, Reason.LEASED_ELSEWHERE})
_COULD_NOT_KNOW: Final = _TWICE | {Reason.REVOKED}


class Use(Struct, frozen=True):
    """A redemption, as far as it is judged."""

    key: Key
    filling: Filling
    happened_at: int
    arrived_at: int

    @property
    def place(self) -> tuple[int, int, Key]:
        """Its place in the order."""
        return self.happened_at, self.arrived_at, self.key


class Held(Struct, frozen=True):
    """Uses held for a station from a time to a time."""

    number: int
    station: str
    since: int
    until: int
    uses: int
    released_at: int | None = None

    def covers(self, use: Use) -> bool:
        """Whether this use may have been made under it."""
        mine = use.filling.station == self.station
        return mine and self.since - TOLERANCE <= use.happened_at < self.until + TOLERANCE

    def binds(self, at: int) -> bool:
        """Whether others had to respect it then."""
        return self.since <= at < (self.until if self.released_at is None else min(self.until, self.released_at))


class Record(Struct, frozen=True):
    """A coupon with everything that was done with it."""

    terms: CouponTerms
    revoked_at: int | None = None
    uses: tuple[Use, ...] = ()
    held: tuple[Held, ...] = ()


class Judged(Struct, frozen=True):
    """The result over all uses of a coupon."""

    verdicts: dict[Key, Reason]
    consumed: dict[int, int]
    """Number of a lease → how many of its uses were made."""

    @property
    def accepted(self) -> int:
        """How many uses have won."""
        return sum(verdict is Reason.ACCEPTED for verdict in self.verdicts.values())


def judge_all(record: Record) -> Judged:
    """The verdict on every use of a coupon."""
    verdicts: dict[Key, Reason] = {}
    consumed = dict.fromkeys((held.number for held in record.held), 0)
    accepted = 0
    for use in sorted(record.uses, key=lambda use: use.place):
        lease = _lease_against(record, use, consumed, record.terms.uses - accepted)
        verdict = judge(record.terms, use.filling, _knowledge(record, use, accepted, lease)).reason
        verdicts[use.key] = verdict
        accepted += verdict is Reason.ACCEPTED
        _consume(record.held, use, consumed)
    return Judged(verdicts, consumed)


def winner_of(record: Record, judged: Judged) -> Key | None:
    """The first use that won."""
    won = [use for use in record.uses if judged.verdicts[use.key] is Reason.ACCEPTED]
    return min(won, key=lambda use: use.place).key if won else None


def case_kind(verdict: str) -> str:
    """The kind of case that a use with this verdict becomes; empty when it becomes none."""
    if verdict == Reason.ACCEPTED:
        return ""
    if verdict == UNKNOWN:
        return "coupon_unknown"
    return "coupon_used_twice" if verdict in _TWICE else "coupon_not_valid"


def rule_of(verdict: str) -> str:
    """The rule by which a use lost, a word that pages translate."""
    if verdict == UNKNOWN:
        return "never_issued"
    return "first_use_wins" if verdict in _TWICE else "judged_again"


def cost_owner(verdict: str, dealer: str) -> str:
    """Who should bear the cost: head office where the station could not know, its dealer where it could."""
    return "head_office" if verdict in _COULD_NOT_KNOW or not dealer else f"dealer:{dealer}"


def _knowledge(record: Record, use: Use, accepted: int, lease: Lease | None) -> Knowledge:
    revoked = record.revoked_at is not None and record.revoked_at <= use.happened_at
    return Knowledge(now=use.happened_at, uses_known=accepted, revoked=revoked, lease=lease, online=True)


def _lease_against(record: Record, use: Use, consumed: dict[int, int], left: int) -> Lease | None:
    """The lease that stands in the way: somebody else's, when the uses held for others leave none for this one."""
    if any(held.covers(use) and held.uses > consumed[held.number] for held in record.held):
        return None
    others = [held for held in record.held if held.station != use.filling.station and held.binds(use.happened_at)]
    waiting = [(held, held.uses - consumed[held.number]) for held in others]
    if left <= 0 or left > sum(max(0, uses) for _, uses in waiting):
        return None
    holder = next(held for held, uses in waiting if uses > 0)
    return Lease(record.terms.coupon, holder.station, holder.until)


def _consume(held: Sequence[Held], use: Use, consumed: dict[int, int]) -> None:
    """A use takes the oldest lease of its station that covers it and has uses left."""
    for one in _oldest_first(held):
        if one.covers(use) and consumed[one.number] < one.uses:
            consumed[one.number] += 1
            return


def _oldest_first(held: Iterable[Held]) -> list[Held]:
    return sorted(held, key=lambda one: (one.since, one.number))
