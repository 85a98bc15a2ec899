"""Each trade of the books: letters, sales, commands, books, fillings."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store import books, fillings, guesses, inbox, nozzles, outbox, presented, prices, redemptions, sales, station
from edge.store.database import Database, Store
from edge.store.fillings import OpenFilling
from edge.store.inbox import Outcome
from edge.store.nozzles import KnownNozzle
from edge.store.outbox import Backlog
from edge.store.presented import Presented, ShownCoupon
from shared.clock import Stamp, TimeQuality
from shared.coupon import Allowance, CouponKind, CouponTerms, Reason, Spent
from shared.messages import CouponBook, PriceClimbed, Rung, StationSwitched, TariffBook
from shared.sale import Delivery, Finding, Proof, Redemption, Sale, SaleStatus
from shared.station import Key
from shared.tariff import Tariff
from shared.wire import read_letter

TERMS = CouponTerms("c1", "k", CouponKind.AMOUNT, 500, 0, 2**50, member="m1")


def at(time: int) -> Stamp:
    return Stamp(time, TimeQuality.SYNCED, 1, time)


def sale(amount: int = 10_000, discount: int = 0, leased: bool = False, point: int = 1) -> Sale:
    used = (Redemption(TERMS, discount, Reason.ACCEPTED, leased, False),) if discount else ()
    delivery = Delivery(point, 1, "92#", amount * 4, amount, 7_500)
    proof = Proof(0, amount * 4, Finding.PROVED)
    return Sale(delivery, proof, SaleStatus.SETTLED, 3, at(1), at(2), amount - discount, redemptions=used)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "s.db", "s1")
    yield opened
    opened.close()


@pytest.fixture
def db(store: Store) -> Database:
    """For reading and writing in one thread, each statement by itself."""
    return store.call(lambda db: db)


# ── Letters ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_letters_leave_in_order_and_only_stored_empties_the_outbox(store: Store, db: Database) -> None:
    for time in range(1, 6):
        assert outbox.append(db, at(time), StationSwitched(True, str(time))) == time
    assert outbox.backlog(db) == Backlog(5, 1, 6)
    one = len(outbox.waiting(db, 0, 1)[0][1])
    assert [seq for seq, _ in outbox.waiting(db, 0, one * 2)] == [1, 2]
    assert [seq for seq, _ in outbox.waiting(db, 3, 10**6)] == [4, 5]
    assert outbox.mark_stored(db, store.epoch, 3)
    assert outbox.backlog(db) == Backlog(2, 4, 6)
    assert outbox.stored_upto(db) == 3
    assert len(outbox.waiting(db, 0, 10**6)) == 5, "what has arrived is kept all the same"


@pytest.mark.parametrize(("epoch", "upto"), [(0, 2), (1, 99), (0, 1), (7, 1)])
def test_a_stored_of_another_epoch_or_of_letters_never_written_is_not_believed(
    store: Store, db: Database, epoch: int, upto: int
) -> None:
    outbox.append(db, at(1), StationSwitched(True, "x"))
    outbox.append(db, at(2), StationSwitched(True, "x"))
    outbox.mark_stored(db, store.epoch, 2)
    assert not outbox.mark_stored(db, store.epoch + epoch, upto)
    assert outbox.stored_upto(db) == 2


def test_a_letter_is_read_back_as_it_was_written(store: Store, db: Database) -> None:
    body = StationSwitched(False, "attendant:小李")
    seq = outbox.append(db, at(7), body)
    letter = outbox.letter(db, store.epoch, seq)
    assert letter is not None
    assert (letter.seq, letter.stamp, letter.body) == (seq, at(7), body)
    assert outbox.letter(db, store.epoch, 99) is None
    raw = outbox.waiting(db, 0, 10**6)[0][1]
    assert read_letter(raw, seq) == letter


# ── Sales ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_sales_are_found_by_key_and_by_day(store: Store, db: Database) -> None:
    for time in (100, 200, 300):
        sales.record(db, at(time), sale(amount=time))
        outbox.append(db, at(time), StationSwitched(True, "between"))
    outbox.mark_stored(db, store.epoch, 2)
    assert [kept.sale.payable for kept in sales.since(db, 200)] == [300, 200]
    assert [kept.sale.payable for kept in sales.since(db, 0, 1)] == [300]
    assert sales.since(db, 301) == []
    assert [kept.delivered for kept in sales.since(db, 0)] == [False, False, True]
    found = sales.find(db, store.epoch, 3)
    assert found is not None
    assert (found.key, found.sale) == (Key("s1", store.epoch, 3), sale(amount=200))
    assert sales.find(db, store.epoch, 2) is None
    assert sales.totals(db, 200) == {"sales": 2, "volume": 2_000, "amount": 500, "payable": 500, "disputed": 0}
    newest = sales.newest_at(db, 1)
    assert newest is not None
    assert newest.sale.payable == 300
    assert sales.newest_at(db, 9) is None


def test_redemptions_are_counted_and_only_unleased_ones_spend_the_allowance(db: Database) -> None:
    sales.record(db, at(100), sale(discount=500))
    sales.record(db, at(200), sale(discount=700, leased=True))
    sales.record(db, at(300), sale(discount=900))
    assert redemptions.uses(db, "c1") == 3
    assert redemptions.spent(db, "m1", 200) == Spent(member_day=900, station_day=900)
    assert redemptions.spent(db, "", 0) == Spent(member_day=0, station_day=1_400)


def test_nothing_of_a_sale_is_written_when_its_transaction_fails(store: Store) -> None:
    def half(db: Database) -> None:
        sales.record(db, at(1), sale(discount=500))
        raise LookupError

    with pytest.raises(LookupError):
        store.call(half)
    assert store.call(outbox.backlog) == Backlog(0, 0, 1)
    assert store.call(redemptions.uses, "c1") == 0


# ── Commands and books ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_command_is_begun_once(db: Database) -> None:
    assert inbox.begin(db, "k1", 5)
    assert not inbox.begin(db, "k1", 5)
    assert inbox.unfinished(db) == ["k1"]
    assert inbox.outcome(db, "k1") == Outcome(None, "")
    inbox.end(db, "k1", True, "done")
    assert inbox.outcome(db, "k1") == Outcome(True, "done")
    assert inbox.unfinished(db) == []
    assert inbox.outcome(db, "k2") is None


def test_only_a_newer_book_takes_the_place_of_the_one_held(db: Database) -> None:
    assert books.tariff_book(db) is None
    assert books.coupon_book(db) is None
    tariffs = [TariffBook(version, (Tariff(version, 0, {"92#": 7_500}, "x"),)) for version in (1, 2)]
    assert books.keep_tariffs(db, tariffs[1])
    assert not books.keep_tariffs(db, tariffs[1])
    assert not books.keep_tariffs(db, tariffs[0])
    assert books.tariff_book(db) == tariffs[1]
    coupons = CouponBook(7, {1: b"k" * 32}, b"salt", Allowance(), ("r",))
    assert books.keep_coupons(db, coupons)
    assert books.coupon_book(db) == coupons
    assert books.versions(db) == (2, 7)


def test_when_head_office_was_heard_never_runs_backwards(db: Database) -> None:
    for wall in (50, 40, 60):
        books.heard(db, wall)
    assert books.heard_at(db) == 60


def test_a_switch_that_changes_nothing_writes_no_letter(db: Database) -> None:
    assert station.is_open(db)
    assert not station.switch(db, at(1), True, "x")
    assert station.switch(db, at(2), False, "x")
    assert not station.is_open(db)
    assert outbox.backlog(db).count == 1


# ── The forecourt's own rows ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_point_has_one_open_filling(store: Store, db: Database) -> None:
    leave = OpenFilling(3, "automatic", at(1), (1, 2), {1: 7_500, 2: 8_000})
    fillings.open_filling(db, leave)
    with pytest.raises(sqlite3.IntegrityError):
        fillings.open_filling(db, leave)
    later = OpenFilling(3, "automatic", at(1), nozzle=2, started=at(5))
    fillings.amend(db, later)
    assert fillings.all_open(db) == {3: later}
    seq = sales.record(db, at(6), sale())
    fillings.end_recorded(db, 3, store.epoch, seq)
    assert fillings.all_open(db) == {}
    fillings.open_filling(db, leave)
    fillings.end_cancelled(db, 3)
    assert fillings.all_open(db) == {}


def test_a_coupon_lies_at_one_point_only(db: Database) -> None:
    shown = Presented(1, 5, ShownCoupon(TERMS, "x"), "m1", "京A12345")
    assert presented.keep(db, shown)
    assert not presented.keep(db, Presented(2, 6, ShownCoupon(TERMS, "x")))
    assert presented.keep(db, Presented(2, 6, member="m2"))
    assert presented.all_presented(db) == {1: shown, 2: Presented(2, 6, member="m2")}
    presented.forget(db, 1)
    assert presented.keep(db, Presented(2, 7, ShownCoupon(TERMS, "x")))


def test_a_nozzle_keeps_its_totaliser_and_its_price_apart(db: Database) -> None:
    nozzles.keep_totaliser(db, 1, 2, 5_000)
    nozzles.keep_price(db, 1, 2, 4, 7_500, Rung.APPLIED)
    nozzles.keep_totaliser(db, 1, 2, 6_000)
    assert nozzles.all_nozzles(db) == {(1, 2): KnownNozzle(6_000, 7_500, 4, "applied")}


def test_a_rung_of_the_station_is_told_once(db: Database) -> None:
    prices.climb_station(db, at(1), [4, 5])
    prices.climb_station(db, at(2), [4, 5])
    assert outbox.backlog(db).count == 4
    prices.climb_nozzles(db, at(3), [PriceClimbed(4, Rung.APPLIED, 1, 2, "92#", 7_500)])
    assert nozzles.all_nozzles(db)[1, 2].rung == "applied"


def test_guesses_are_counted_by_point_and_by_hour(db: Database) -> None:
    for time, point in ((10, 1), (20, 1), (30, 2)):
        guesses.note_wrong(db, time, point, "x")
    assert guesses.count_wrong(db, 0, 1) == 2
    assert guesses.count_wrong(db, 15) == 2
    guesses.forgive(db, 1)
    assert guesses.count_wrong(db, 0, 1) == 0
    assert guesses.count_wrong(db, 0) == 3
    guesses.forget_before(db, 25)
    assert guesses.count_wrong(db, 0) == 1
