"""One file of verdicts, for the judge itself, for the station's checkout and for head office's book."""

import json
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from shared.coupon import Allowance, CouponTerms, Filling, Knowledge, Lease, Reason, Spent, Verdict

FILE: Final = Path(__file__).parents[1] / "golden" / "coupon-vectors.json"


class Vector(Struct, frozen=True):
    """A coupon held against a filling, and what must be said of it."""

    name: str
    terms: CouponTerms
    filling: Filling
    now: int
    uses_known: int
    revoked: bool
    lease: Lease | None
    claimed: bool
    """The lease was granted for this very filling, online."""
    allowance: Allowance
    spent: Spent
    heard_at: int
    verdict: Verdict
    head_office: Reason
    """What head office says of it: for it there is no allowance, and no book too old."""

    def known(self) -> Knowledge:
        """What the judge is told."""
        return Knowledge(
            self.now, self.uses_known, self.revoked, self.lease, self.claimed, self.allowance, self.spent, self.heard_at
        )


def vectors() -> list[Vector]:
    """All of them."""
    told = json.loads(FILE.read_text(encoding="utf-8"))
    return [_vector(told["base"], words) for words in told["vectors"]]


def _vector(base: dict[str, Any], words: dict[str, Any]) -> Vector:
    full: dict[str, Any] = {
        name: {**old, **words.get(name, {})} if isinstance(old, dict) else words.get(name, old)
        for name, old in base.items()
    }
    terms, lease = full["terms"], full["lease"]
    return Vector(
        name=words["name"],
        terms=msgspec.convert([terms[name] for name in CouponTerms.__struct_fields__], CouponTerms),
        filling=msgspec.convert(full["filling"], Filling),
        now=full["now"],
        uses_known=full["uses_known"],
        revoked=full["revoked"],
        lease=Lease(terms["coupon"], **lease) if lease else None,
        claimed=full["claimed"],
        allowance=msgspec.convert(full["allowance"], Allowance),
        spent=msgspec.convert(full["spent"], Spent),
        heard_at=full["heard_at"],
        verdict=Verdict(Reason(words["reason"]), words["discount"], words["leased"]),
        head_office=Reason(words.get("head_office", words["reason"])),
    )
