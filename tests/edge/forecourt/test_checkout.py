"""From the dispenser's figures to what is owed."""

import random

from hypothesis import given
from hypothesis import strategies as st

from edge.forecourt.checkout import Tendered, Till, check_out
from shared.clock import Stamp, TimeQuality
from shared.coupon import CouponKind, CouponTerms, Knowledge, Reason
from shared.messages import Letter, SaleRecorded
from shared.money import amount_of
from shared.sale import Delivery, Finding, Proof, SaleStatus, prove
from shared.wire import letter_bytes, read_letter

NOW = 1_800_000_000_000
STAMP = Stamp(NOW, TimeQuality.SYNCED, 1, 5)
PROVED = Proof(1_000, 21_000, Finding.PROVED)


def till(amount: int = 15_000, volume: int = 20_000, proof: Proof = PROVED) -> Till:
    return Till(Delivery(1, 1, "92#", volume, amount, 7_500), proof, 3, STAMP, STAMP, "automatic")


def coupon(known: Knowledge | None = None, **terms: int) -> Tendered:
    promised = CouponTerms("c1", "k", CouponKind.AMOUNT, 1_500, 0, NOW + 1, **terms)  # type: ignore[arg-type]
    return Tendered(promised, False, known or Knowledge(NOW, heard_at=NOW))


def test_a_proved_filling_is_settled_and_costs_what_the_display_says() -> None:
    sale = check_out(till(), "s1")
    assert (sale.status, sale.payable) == (SaleStatus.SETTLED, 15_000)


def test_a_coupon_is_taken_off_and_stands_in_the_sale() -> None:
    sale = check_out(till(), "s1", coupon())
    assert sale.payable == 13_500
    assert [(used.discount, used.reason) for used in sale.redemptions] == [(1_500, Reason.ACCEPTED)]


def test_a_coupon_that_does_not_hold_leaves_the_price_as_it_is() -> None:
    sale = check_out(till(), "s1", coupon(min_spend=15_001))
    assert (sale.payable, sale.redemptions) == (15_000, ())


def test_a_disputed_filling_uses_up_no_coupon() -> None:
    sale = check_out(till(proof=prove(1_000, 41_780, 20_000, 10**9)), "s1", coupon())
    assert (sale.status, sale.redemptions, sale.payable) == (SaleStatus.DISPUTED, (), 15_000)


@given(
    volume=st.integers(0, 99_999_999),
    price=st.integers(1, 999_999),
    error=st.integers(-50, 50),
    litres_decimals=st.sampled_from([1, 10, 100]),
)
def test_f96_the_pumps_own_amount_is_charged_whatever_litres_times_price_would_give(
    volume: int, price: int, error: int, litres_decimals: int
) -> None:
    volume -= volume % litres_decimals
    amount = max(0, amount_of(volume, price) + error)
    pumped = Till(Delivery(1, 1, "92#", volume, amount, price), PROVED, 1, STAMP, STAMP, "automatic")
    sale = check_out(pumped, "s1")
    again = read_letter(letter_bytes(Letter(1, STAMP, SaleRecorded(sale))), 1)
    assert isinstance(again.body, SaleRecorded)
    for each in (sale, again.body.sale):
        assert (each.payable, each.delivery.amount, each.delivery.volume) == (amount, amount, volume)
        assert type(each.payable) is int


def test_f96_a_hundred_thousand_random_fillings_lose_no_fen_between_display_and_books() -> None:
    """A float would have given another fen for some: 54.40 × 1.339 is no 86.83."""
    dice = random.Random(96)
    shown = booked = floats = 0
    for _ in range(100_000):
        volume, price = dice.randrange(10, 2_000_000, 10), dice.randrange(5_000, 12_000)
        amount = amount_of(volume, price)
        floats += round(volume / 1000 * (price / 1000) * 100) != amount
        shown += amount
        booked += check_out(till(amount, volume), "s1").payable
    assert booked == shown
    assert floats > 0, "floats would have done: this story tells nothing"


@given(
    amounts=st.lists(st.integers(0, 200_000), min_size=1, max_size=20),
    kind=st.sampled_from(CouponKind),
    value=st.integers(1, 5_000),
)
def test_f96_amount_is_always_what_is_paid_and_what_is_given_away(
    amounts: list[int], kind: CouponKind, value: int
) -> None:
    terms = CouponTerms("c", "k", kind, value if kind is not CouponKind.PERCENT else value % 100 + 1, 0, NOW + 1)
    for amount in amounts:
        sale = check_out(till(amount, amount * 4), "s1", Tendered(terms, True, Knowledge(NOW, online=True)))
        assert sale.payable + sum(used.discount for used in sale.redemptions) == amount
        assert 0 <= sale.payable <= amount
