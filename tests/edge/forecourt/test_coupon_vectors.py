"""The station's checkout, told by its own book, against the one file of verdicts."""

import pytest

from edge.forecourt.checkout import Tendered, Till, check_out
from edge.forecourt.shelf import Shelf
from shared.clock import Stamp, TimeQuality
from shared.messages import CouponBook
from shared.sale import Delivery, prove
from tests.shared.coupon_vectors import Vector, vectors

VECTORS = vectors()


def tendered(vector: Vector) -> Tendered:
    """The coupon shown, with what the station's book and store say of it."""
    revoked = (vector.terms.coupon,) if vector.revoked else ()
    in_book = (vector.lease,) if vector.lease and not vector.claimed else ()
    shelf = Shelf(CouponBook(1, {}, b"", vector.allowance, revoked, in_book))
    claimed = vector.lease if vector.claimed else None
    known = shelf.knowledge(vector.terms.coupon, claimed, vector.now, vector.uses_known, vector.spent, vector.heard_at)
    return Tendered(vector.terms, vector.claimed, known)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
def test_f75_the_station_redeems_what_the_file_says_and_nothing_else(vector: Vector) -> None:
    filling, at = vector.filling, Stamp(vector.now, TimeQuality.SYNCED, 1, 1)
    delivery = Delivery(1, 1, filling.grade, filling.volume, filling.amount, 7_850)
    till = Till(delivery, prove(0, filling.volume, filling.volume, 10**11), 1, at, at, "attendant:小李")
    sale = check_out(till, filling.station, tendered(vector))
    used = [(one.discount, one.reason, one.leased) for one in sale.redemptions]
    verdict = vector.verdict
    assert used == ([(verdict.discount, verdict.reason, verdict.leased)] if verdict.discount else [])
    assert sale.payable == filling.amount - verdict.discount
