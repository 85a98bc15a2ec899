"""A station without a forecourt keeps the rules of the line, whatever it is told to suffer."""

from hashlib import sha256

import pytest

from hardware.swarm.station import FAULTS
from shared import topics
from shared.coupon import Allowance, CouponKind, CouponTerms
from shared.errors import LetterMisread
from shared.messages import (
    CommandKeys,
    CouponBook,
    ListedCoupon,
    PriceClimbed,
    Rung,
    SaleRecorded,
    Stored,
    TariffBook,
    Welcome,
)
from shared.signing import public_key
from shared.tariff import Tariff
from shared.wire import read_letter
from tests.hardware.swarm.desk import NAME, PRIVATE, START, Desk

MINUTE = 60_000


def bodies(desk: Desk, kind: type) -> list[object]:
    read = [read_letter(raw, seq).body for seq, raw in sorted(desk.letters.items())]
    return [body for body in read if isinstance(body, kind)]


def test_hello_goes_first_and_letters_wait_for_the_welcome() -> None:
    desk = Desk(sale_every=1_000)
    desk.after(5_000)
    desk.connect()
    assert (len(desk.hellos), desk.letters) == (1, {})
    desk.welcome()
    assert sorted(desk.letters) == list(range(1, desk.station.written + 1))
    assert desk.hellos[0].next_seq == desk.station.written + 1


def test_only_stored_empties_the_outbox_and_silence_sends_it_again() -> None:
    desk = Desk(sale_every=1_000, most_sales=3, patience=2_000)
    desk.connect()
    desk.welcome()
    desk.after(10_000)
    assert desk.heard.count(1) > 2, "nobody acknowledged, so it came again and again"
    waiting = desk.station.waiting
    assert waiting == desk.station.written == 4
    assert desk.store() == 4
    assert desk.station.waiting == 0
    before = len(desk.heard)
    desk.after(20_000)
    assert len(desk.heard) == before


def test_what_the_welcome_says_is_stored_is_not_sent_again() -> None:
    desk = Desk(sale_every=100, most_sales=5)
    desk.after(5_000)
    desk.connect()
    desk.welcome(stored=4)
    assert sorted(desk.letters) == [5, 6]


def test_a_mark_ahead_of_everything_written_is_not_believed() -> None:
    desk = Desk()
    desk.connect()
    desk.welcome()
    desk.says(topics.STORED, Stored(START // 1000, 99))
    assert desk.station.waiting == 1
    desk.says(topics.STORED, Stored(START // 1000 - 1, 1))
    assert desk.station.waiting == 1, "of another epoch"


@pytest.mark.parametrize(("private", "target"), [(bytes(32), NAME), (PRIVATE, "swarm-2")], ids=["forged", "another"])
def test_what_is_forged_or_meant_for_another_empties_nothing(private: bytes, target: str) -> None:
    desk = Desk()
    desk.connect()
    desk.welcome()
    desk.says(topics.STORED, Stored(START // 1000, 1), private, target)
    assert (desk.station.waiting, desk.station.refusals) == (1, 1)


def test_who_checks_no_signature_still_takes_nothing_that_is_meant_for_another() -> None:
    desk = Desk(checks=False)
    desk.connect()
    desk.welcome()
    desk.says(topics.STORED, Stored(START // 1000, 1), target="swarm-2")
    assert desk.station.waiting == 1
    desk.says(topics.STORED, Stored(START // 1000, 1), bytes(32))
    assert desk.station.waiting == 0


def test_the_same_seed_sells_the_same_whatever_happens_on_the_line() -> None:
    quiet, rough = Desk(sale_every=700, most_sales=20), Desk(sale_every=700, most_sales=20, faults={"lost-letters": 1})
    rough.connect()
    rough.welcome()
    for desk in (quiet, rough):
        desk.after(5 * MINUTE)
    (one,), (other,) = quiet.station.truth().lines, rough.station.truth().lines
    assert (one.sales, one.volume, one.amount) == (other.sales, other.volume, other.amount)
    assert rough.letters == {}


def test_a_price_climbs_every_rung_and_the_next_car_pays_it() -> None:
    desk = Desk(sale_every=1_000, nozzles=("92#",))
    desk.connect()
    desk.welcome()
    later = Tariff(8, START + MINUTE, {"92#": 8_000}, "王")
    desk.says(topics.TARIFFS, TariffBook(2, (Tariff(7, START, {"92#": 7_500}, "王"), later)))
    desk.after(2 * MINUTE)
    climbed = [(body.tariff, body.rung) for body in bodies(desk, PriceClimbed) if isinstance(body, PriceClimbed)]
    shown = [Rung.APPLIED, Rung.READ_BACK]
    assert climbed == [(7, Rung.RECEIVED), (8, Rung.RECEIVED), *((7, r) for r in shown), *((8, r) for r in shown)]
    prices = [body.sale.delivery.unit_price for body in bodies(desk, SaleRecorded) if isinstance(body, SaleRecorded)]
    assert prices == sorted(prices)
    assert {7_500, 8_000} <= set(prices)
    assert desk.station.tariff_version == 2


def test_coupons_of_the_book_are_redeemed_by_the_one_rule() -> None:
    terms = CouponTerms("c-1", "春", CouponKind.AMOUNT, 1_000, START, START + 60 * MINUTE)
    book = CouponBook(1, {1: public_key(PRIVATE)}, b"", Allowance(), listed=(ListedCoupon(b"f", terms),))
    desk = Desk(sale_every=1_000, redeem=1.0)
    desk.connect()
    desk.welcome()
    desk.says(topics.COUPONS, book)
    desk.after(MINUTE)
    (line,) = desk.station.truth().lines
    assert [(use.coupon, use.discount) for use in line.redemptions] == [("c-1", 1_000)], "once, for it has one use"
    assert line.payable == line.amount - 1_000


def test_a_letter_that_nobody_can_read_has_its_place_and_stands_in_the_truth() -> None:
    desk = Desk(sale_every=1_000, most_sales=2, faults={"unreadable": 1.0})
    desk.connect()
    desk.welcome()
    desk.after(20_000)
    (line,) = desk.station.truth().lines
    assert line.unreadable == (3, 5)
    with pytest.raises(LetterMisread):
        read_letter(desk.letters[3], 3)


def test_a_new_start_counts_its_boots_and_loses_nothing() -> None:
    desk = Desk(sale_every=1_000, most_sales=3, faults={"boot": 1.0})
    desk.connect()
    desk.welcome()
    desk.after(1_000 * 60)
    assert desk.hung_up == 1, "what is not on the line can't be cut off it"
    desk.connect()
    assert desk.hellos[-1].boot == 4
    assert not desk.hellos[-1].live
    desk.welcome()
    assert desk.store() == desk.station.written == 7


def test_an_answer_to_the_agent_that_ran_before_welcomes_nobody() -> None:
    desk = Desk(sale_every=1_000, most_sales=1, faults={"boot": 1.0})
    desk.connect()
    desk.after(30_000)
    before = desk.hellos[-1]
    desk.connect()
    desk.says(topics.KEYS, CommandKeys({1: public_key(PRIVATE)}))
    desk.says(topics.WELCOME, Welcome(desk.now, before.wall, desk.now - START, 0))
    assert not desk.station.greeted
    desk.welcome()
    assert desk.station.greeted


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_no_fault_loses_or_doubles_a_letter(fault: str) -> None:
    desk = Desk(sale_every=500, most_sales=40, patience=1_000, faults={fault: 0.3}, heartbeat=1_000)
    cuts = -1
    for _ in range(600):
        if cuts < desk.hung_up:
            cuts = desk.hung_up
            desk.connect()
            desk.welcome()
        desk.after(100)
        if desk.station.greeted:
            desk.store()
    (line,) = desk.station.truth().lines
    assert (desk.station.waiting, line.stored, line.sales) == (0, line.letters, 40)
    hashes = b"".join(sha256(desk.letters[seq]).digest() for seq in range(1, line.letters + 1))
    assert sha256(hashes).hexdigest() == line.digest
    assert len(desk.letters) == line.letters


def test_letters_that_are_late_arrive_behind_those_that_were_written_after_them() -> None:
    desk = Desk(sale_every=100, most_sales=9, faults={"late-letters": 1.0})
    desk.after(10_000)
    desk.connect()
    desk.welcome()
    assert desk.heard == [6, 1]
