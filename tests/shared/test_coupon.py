"""The one rule of coupons, held against the one file of verdicts and against whatever hypothesis can think of."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.coupon import (
    Allowance,
    CouponKind,
    CouponTerms,
    Filling,
    Knowledge,
    Lease,
    Reason,
    Spent,
    discount_of,
    judge,
)
from tests.shared.coupon_vectors import Vector, vectors

VECTORS = vectors()


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
def test_f75_the_judge_says_what_the_file_says(vector: Vector) -> None:
    assert judge(vector.terms, vector.filling, vector.known()) == vector.verdict


def test_the_file_has_every_verdict_and_every_kind() -> None:
    assert {vector.verdict.reason for vector in VECTORS} == set(Reason)
    assert {vector.terms.kind for vector in VECTORS} == set(CouponKind)
    assert len({vector.name for vector in VECTORS}) == len(VECTORS)


def test_the_reasons_are_tried_in_the_order_in_which_they_are_listed() -> None:
    """A coupon with everything against it; taken away one by one, the next reason comes to light."""
    terms = CouponTerms("c", "活动", CouponKind.AMOUNT, 500, 100, 50, 1_000, 0, 1, ("95#",), ("a-1",))
    filling = Filling("b-1", "92#", 10, 10)
    lease = Lease("c", "d-1", 10_000)
    known = Knowledge(now=70, uses_known=1, revoked=True, lease=lease, allowance=Allowance(per_coupon=0, book_age=0))
    steps: list[tuple[Reason, dict[str, Any], dict[str, Any]]] = [
        (Reason.REVOKED, {}, {"revoked": False}),
        (Reason.NOT_YET, {"not_before": 0}, {}),
        (Reason.EXPIRED, {"not_after": 1_000}, {}),
        (Reason.OTHER_STATION, {"stations": ()}, {}),
        (Reason.LEASED_ELSEWHERE, {}, {"lease": None}),
        (Reason.USED_UP, {"uses": 2}, {}),
        (Reason.OTHER_GRADE, {"grades": ()}, {}),
        (Reason.BELOW_MINIMUM, {"min_spend": 0}, {}),
        (Reason.BOOK_TOO_OLD, {}, {"heard_at": 70}),
        (Reason.OVER_ALLOWANCE, {}, {"online": True}),
    ]
    for reason, cure, knowledge in steps:
        assert judge(terms, filling, known).reason is reason
        terms, known = replace(terms, **cure), replace(known, **knowledge)
    assert judge(terms, filling, known).accepted
    assert [reason for reason, _, _ in steps] + [Reason.ACCEPTED] == list(Reason)


whole = st.integers(0, 10**9)
places = st.sampled_from(["a-1", "b-1", "c-1"])
grades = st.sampled_from(["92#", "95#", "0#"])
all_terms = st.builds(
    CouponTerms,
    coupon=st.just("c"),
    campaign=st.text(max_size=5),
    kind=st.sampled_from(CouponKind),
    value=st.integers(0, 100),
    not_before=st.integers(0, 100),
    not_after=st.integers(0, 100),
    min_spend=st.integers(0, 100_000),
    max_discount=st.integers(0, 10_000),
    uses=st.integers(0, 3),
    grades=st.lists(grades, max_size=2).map(tuple),
    stations=st.lists(places, max_size=2).map(tuple),
)
fillings = st.builds(Filling, places, grades, st.integers(0, 1_000_000), st.integers(0, 1_000_000))
leases = st.none() | st.builds(Lease, st.just("c"), places, st.integers(0, 100))
everything_known = st.builds(
    Knowledge,
    now=st.integers(0, 100),
    uses_known=st.integers(0, 4),
    revoked=st.booleans(),
    lease=leases,
    online=st.booleans(),
    allowance=st.builds(Allowance, whole, whole, whole, st.integers(0, 100)),
    spent=st.builds(Spent, whole, whole),
    heard_at=st.integers(0, 100),
)


@given(all_terms, fillings, everything_known)
def test_a_discount_is_never_more_than_the_filling_nor_given_without_a_yes(
    terms: CouponTerms, filling: Filling, known: Knowledge
) -> None:
    verdict = judge(terms, filling, known)
    assert 0 <= verdict.discount <= filling.amount
    assert verdict.accepted or verdict.discount == 0
    assert not verdict.leased or (known.lease is not None and known.lease.station == filling.station)
    assert not terms.max_discount or verdict.discount <= terms.max_discount


@given(all_terms, fillings, everything_known)
def test_who_knows_more_against_it_never_says_yes_where_the_other_said_no(
    terms: CouponTerms, filling: Filling, known: Knowledge
) -> None:
    stricter = [
        replace(known, revoked=True),
        replace(known, uses_known=known.uses_known + 1),
        replace(known, online=False, lease=None),
        replace(known, spent=Spent(known.spent.member_day + 1, known.spent.station_day + 1)),
    ]
    if not judge(terms, filling, known).accepted:
        for one in stricter[:2]:
            assert not judge(terms, filling, one).accepted
        assert not judge(terms, filling, stricter[3]).accepted


@given(all_terms, fillings, everything_known)
def test_what_is_given_offline_stays_within_the_allowance(
    terms: CouponTerms, filling: Filling, known: Knowledge
) -> None:
    verdict = judge(terms, filling, replace(known, online=False))
    if verdict.accepted and not verdict.leased:
        allowance, spent = known.allowance, known.spent
        assert verdict.discount <= allowance.per_coupon
        assert spent.member_day + verdict.discount <= allowance.per_member_day
        assert spent.station_day + verdict.discount <= allowance.per_station_day
        assert known.now - known.heard_at <= allowance.book_age


@given(all_terms, fillings, st.integers(0, 100_000))
def test_more_litres_never_mean_a_smaller_discount(terms: CouponTerms, filling: Filling, more: int) -> None:
    larger = replace(filling, volume=filling.volume + more, amount=filling.amount + more)
    assert discount_of(terms, larger) >= discount_of(terms, filling)


@given(all_terms, fillings)
def test_the_same_discount_by_whole_figures_of_any_size(terms: CouponTerms, filling: Filling) -> None:
    huge = replace(filling, amount=filling.amount * 10**30, volume=filling.volume * 10**30)
    assert isinstance(discount_of(terms, huge), int)
