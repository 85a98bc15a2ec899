"""Head office's judging of what has happened, and its answer to a claim, against the one file of verdicts."""

import pytest

from cloud.coupons.holding import may_hold
from cloud.coupons.judging import Held, Record, Use, judge_all
from shared.coupon import Reason
from tests.shared.coupon_vectors import Vector, vectors

VECTORS = vectors()


def record(vector: Vector) -> Record:
    """The book as it stood just before this use."""
    station = vector.filling.station
    before = tuple(
        Use((station, 1, number, 0), vector.filling, vector.now - 1, number) for number in range(vector.uses_known)
    )
    held = (
        Held(1, vector.lease.station, vector.now - 1_000, vector.lease.until, vector.terms.uses)
        if vector.lease
        else None
    )
    return Record(vector.terms, 0 if vector.revoked else None, before, (held,) if held else ())


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
def test_f75_head_office_judges_as_the_file_says(vector: Vector) -> None:
    book = record(vector)
    this = Use((vector.filling.station, 1, 999, 0), vector.filling, vector.now, 10**6)
    judged = judge_all(Record(book.terms, book.revoked_at, (*book.uses, this), book.held))
    assert judged.verdicts[this.key] is vector.head_office


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
def test_f75_a_claim_is_answered_as_the_file_says(vector: Vector) -> None:
    told = {vector.lease.station: vector.now} if vector.lease else {}
    answer = may_hold(record(vector), vector.filling, vector.now, told)
    expected = vector.head_office
    if expected is Reason.BELOW_MINIMUM:
        expected = Reason.ACCEPTED  # the filling may still grow
    assert answer is expected
