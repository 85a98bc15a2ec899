"""The coupon book, laid out so that a code is found at once. Pure."""

from shared.codes import fingerprint
from shared.coupon import Allowance, CouponTerms, Knowledge, Lease, Reason, Spent
from shared.messages import CouponBook

PENDING = frozenset((Reason.OTHER_GRADE, Reason.BELOW_MINIMUM))
"""Verdicts that more litres or the right nozzle may still change: the coupon waits for the end of its filling."""


class Shelf:
    """What head office has said of coupons; an empty one before it has said anything."""

    def __init__(self, book: CouponBook | None) -> None:
        self.version = book.version if book else 0
        self.keys = book.keys if book else {}
        self.allowance = book.allowance if book else Allowance()
        self._salt = book.salt if book else b""
        self._revoked = frozenset(book.revoked if book else ())
        self._leases = {lease.coupon: lease for lease in (book.leases if book else ())}
        self._told = {listed.terms.coupon: listed.terms for listed in (book.listed if book else ())}
        self._listed = {listed.fingerprint: listed.terms for listed in (book.listed if book else ())}

    def listed(self, digits: str) -> CouponTerms | None:
        """What a typed code promises; None when it is not in the book. Takes about 40 ms of work."""
        return self._listed.get(fingerprint(digits, self._salt)) if self._listed else None

    def told(self, scanned: CouponTerms) -> CouponTerms:
        """The terms of a scanned code as head office has told them to this station: of several uses perhaps fewer."""
        return self._told.get(scanned.coupon, scanned)

    def knowledge(
        self, coupon: str, lease: Lease | None, now: int, uses: int, spent: Spent, heard_at: int
    ) -> Knowledge:
        """What the judge is told; ``lease`` is what head office granted for this very use."""
        fresh = lease is not None and lease.until > now
        return Knowledge(
            now=now,
            uses_known=uses,
            revoked=coupon in self._revoked,
            lease=lease if fresh else self._leases.get(coupon),
            online=fresh,
            allowance=self.allowance,
            spent=spent,
            heard_at=heard_at,
        )
