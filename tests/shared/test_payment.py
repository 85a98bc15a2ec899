"""What is paid is exactly what is due; change is for cash; money back is never more than came in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Refused
from shared.payment import (
    MOST_GIVEN,
    BackReason,
    Payment,
    Tender,
    TenderKind,
    pay,
    refund,
)

LI = "attendant:小李"
CASH, CARD, WECHAT = TenderKind.CASH, TenderKind.CARD, TenderKind.WECHAT


def test_cash_gets_its_change() -> None:
    paid = pay(23_550, [Tender(CASH, 23_550)], LI, 30_000)
    assert (paid.amount, paid.given, paid.change) == (23_550, 30_000, 6_450)
    assert pay(23_550, [Tender(CASH, 23_550)], LI).change == 0, "exactly enough needs no typing"


def test_one_sale_may_be_paid_in_several_ways() -> None:
    tenders = [Tender(CARD, 10_000, "6222 7788"), Tender(WECHAT, 3_550), Tender(CASH, 10_000)]
    paid = pay(23_550, tenders, LI, 10_000)
    assert paid == Payment(tuple(tenders), LI, 10_000, 0)


@pytest.mark.parametrize(
    ("due", "tenders", "handed", "reason"),
    [
        (0, [Tender(CASH, 1)], 0, "nothing_due"),
        (-5, [Tender(CASH, 1)], 0, "nothing_due"),
        (100, [], 0, "bad_tenders"),
        (100, [Tender(CASH, 100)] * 7, 0, "bad_tenders"),
        (100, [Tender(CASH, 0), Tender(WECHAT, 100)], 0, "bad_tenders"),
        (100, [Tender(CASH, -100), Tender(WECHAT, 200)], 0, "bad_tenders"),
        (100, [Tender(CASH, MOST_GIVEN + 1)], 0, "bad_tenders"),
        (100, [Tender(CARD, 100)], 0, "no_reference"),
        (100, [Tender(TenderKind.CREDIT, 100, "  ")], 0, "no_reference"),
        (100, [Tender(CARD, 100, "9" * 41)], 0, "no_reference"),
        (100, [Tender(CARD, 100, "9\n9")], 0, "no_reference"),
        (100, [Tender(CASH, 99)], 0, "not_enough"),
        (100, [Tender(WECHAT, 101)], 0, "too_much"),
        (100, [Tender(CASH, 100)], 99, "not_enough_cash"),
        (100, [Tender(CASH, 100)], MOST_GIVEN + 1, "not_enough_cash"),
        (100, [Tender(WECHAT, 100)], 200, "bad_tenders"),
    ],
)
def test_what_can_not_be_a_payment_is_refused_in_a_sentence(
    due: int, tenders: list[Tender], handed: int, reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        pay(due, tenders, LI, handed)
    assert refused.value.reason == reason
    assert str(refused.value).endswith(".")


def test_money_goes_back_up_to_what_came_in() -> None:
    given = refund(20_000, 15_000, Tender(CASH, 5_000), BackReason.CUSTOMER, LI, " 少加了一升 ")
    assert given.note == "少加了一升"
    for paid, before, amount, reason, note, why in (
        (20_000, 15_000, 5_001, BackReason.CUSTOMER, "", "more_than_paid"),
        (0, 0, 1, BackReason.CUSTOMER, "", "not_paid"),
        (20_000, 0, 0, BackReason.CUSTOMER, "", "bad_tenders"),
        (20_000, 0, 1, BackReason.OTHER, " ", "no_reason"),
    ):
        with pytest.raises(Refused) as refused:
            refund(paid, before, Tender(CASH, amount), reason, LI, note)
        assert refused.value.reason == why


TENDERS = st.lists(
    st.builds(Tender, st.sampled_from(TenderKind), st.integers(-10, 10**6), st.text(max_size=45)), max_size=8
)


@given(st.integers(-10, 10**6), TENDERS, st.integers(-10, 10**8))
def test_a_payment_is_exactly_what_is_due_or_it_is_none(due: int, tenders: list[Tender], handed: int) -> None:
    try:
        paid = pay(due, tenders, LI, handed)
    except Refused:
        return
    cash = sum(tender.amount for tender in tenders if tender.kind is CASH)
    assert paid.amount == due > 0
    assert paid.given - paid.change == cash
    assert paid.change >= 0
