"""Coupons at the pump: shown, judged, redeemed; and codes that are none."""

import asyncio
from pathlib import Path

import pytest

from edge.forecourt import throttle
from edge.forecourt.redemption import Claim
from edge.store import books
from edge.store.guesses import Lock
from shared.codes import fingerprint, scanned_code, typed_code
from shared.coupon import Allowance, CouponKind, CouponTerms, Lease, Reason
from shared.errors import Refused
from shared.messages import ClaimAnswer, CodesRefused, CouponBook, CouponClaim, ListedCoupon
from shared.signing import new_private_key
from tests.edge.forecourt.codes import PRIVATE, PUBLIC
from tests.edge.forecourt.yard import STATION, Yard, two_pumps

FOR_EVER = 2**50
SALT = b"0123456789abcdef"
DIGITS = typed_code("123456789012345")
WHO = "attendant:小李"


def terms(coupon: str = "c1", value: int = 1_500, **more: object) -> CouponTerms:
    return CouponTerms(coupon, "新客券", CouponKind.AMOUNT, value, 0, FOR_EVER, **more)  # type: ignore[arg-type]


def scanned(promised: CouponTerms, key: bytes = PRIVATE) -> str:
    return scanned_code(promised, 1, key)


def book(allowance: Allowance | None = None, version: int = 1, **more: object) -> CouponBook:
    allowance = allowance or Allowance(book_age=FOR_EVER)
    listed = (ListedCoupon(fingerprint(DIGITS, SALT), terms("typed")),)
    return CouponBook(version, {1: PUBLIC}, SALT, allowance, listed=listed, **more)  # type: ignore[arg-type]


def answers(reason: str, lease: Lease | None = None, promised: CouponTerms | None = None) -> Claim:
    async def claim(asked: CouponClaim) -> ClaimAnswer:
        return ClaimAnswer(asked.ask, reason, promised, lease)

    return claim


async def refused(yard: Yard, text: str, point: int = 1) -> str:
    with pytest.raises(Refused) as why:
        await yard.forecourt.present(point, text, WHO)
    return why.value.reason


async def test_a_scanned_code_is_redeemed_with_no_network(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book())
        view = await yard.forecourt.present(1, scanned(terms()), WHO)
        assert not view.online
        sale = (await yard.serve(1, 20_000)).sale
        assert sale.payable == sale.delivery.amount - 1_500
        assert (sale.redemptions[0].reason, sale.redemptions[0].online) == (Reason.ACCEPTED, False)
        assert (await yard.point(1)).coupon is None
        assert (await yard.forecourt.view()).allowance_left == Allowance().per_station_day - 1_500
        assert await refused(yard, scanned(terms())) == Reason.USED_UP


async def test_a_typed_code_is_found_by_its_fingerprint(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book())
        spaced = " ".join(DIGITS[i : i + 4] for i in range(0, 16, 4))
        assert (await yard.forecourt.present(2, spaced, WHO)).coupon == "typed"


async def test_a_coupon_with_a_minimum_waits_for_enough_litres(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book())
        view = await yard.forecourt.present(1, scanned(terms(min_spend=10_000)), WHO)
        assert view.verdict.reason is Reason.BELOW_MINIMUM
        assert (await yard.serve(1, 20_000)).sale.redemptions[0].discount == 1_500


async def test_a_coupon_that_does_not_hold_in_the_end_is_not_used_up(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book())
        code = scanned(terms(min_spend=10_000))
        await yard.forecourt.present(1, code, WHO)
        sale = (await yard.serve(1, 1_000)).sale
        assert (sale.redemptions, sale.payable) == ((), sale.delivery.amount)
        await yard.phase(1, "idle")
        await yard.forecourt.present(1, code, WHO)


async def test_one_coupon_is_never_at_two_points(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book())
        await yard.forecourt.present(1, scanned(terms()), WHO)
        assert await refused(yard, scanned(terms()), point=2) == "coupon_elsewhere"
        await yard.forecourt.withdraw(1, WHO)
        await yard.forecourt.present(2, scanned(terms()), WHO)
        both = await asyncio.gather(
            *(yard.forecourt.present(1, scanned(terms("c2")), WHO) for _ in range(5)), return_exceptions=True
        )
        assert sum(not isinstance(each, Refused) for each in both) == 1


async def test_head_office_leases_the_coupon_when_it_can_be_asked(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book(Allowance(0, 0, 0, FOR_EVER)))
        lease = Lease("c1", STATION, FOR_EVER)
        yard.forecourt.ask_head_office_by(answers("accepted", lease, terms()))
        assert (await yard.forecourt.present(1, scanned(terms()), WHO)).online
        used = (await yard.serve(1, 20_000)).sale.redemptions[0]
        assert (used.online, used.leased) == (True, True)
        assert (await yard.forecourt.view()).allowance_left == 0


async def test_head_offices_no_is_final(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book())
        yard.forecourt.ask_head_office_by(answers("used_up"))
        assert await refused(yard, scanned(terms())) == Reason.USED_UP


async def test_a_lease_that_ran_out_before_the_end_falls_back_to_the_allowance(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book())
        lease = Lease("c1", STATION, yard.store.clock.now() + 100)
        yard.forecourt.ask_head_office_by(answers("accepted", lease, terms()))
        await yard.forecourt.present(1, scanned(terms()), WHO)
        await asyncio.sleep(0.15)
        used = (await yard.serve(1, 20_000)).sale.redemptions[0]
        assert (used.online, used.leased) == (True, False)


async def test_offline_the_station_gives_away_no_more_than_it_may(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book(Allowance(per_coupon=1_499, book_age=FOR_EVER)))
        await yard.forecourt.present(1, scanned(terms()), WHO)
        yard.pumps[1].lift(1)
        await yard.phase(1, "calling")
        await yard.forecourt.authorise(1, WHO)
        await yard.phase(1, "started")
        yard.pumps[1].flow(20_000)
        coupon = (await yard.phase(1, "fuelling")).coupon
        assert coupon is not None
        assert coupon.verdict.reason is Reason.OVER_ALLOWANCE
        yard.pumps[1].hang_up()
        assert (await yard.sold(1))[0].sale.redemptions == ()


async def test_a_station_that_has_not_heard_from_head_office_for_too_long_takes_no_coupon(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book(Allowance(book_age=72 * 3_600_000)))
        assert await refused(yard, scanned(terms())) == Reason.BOOK_TOO_OLD
        await yard.store.run(books.heard, yard.store.clock.now())
        await yard.forecourt.present(1, scanned(terms()), WHO)


async def test_the_allowance_of_the_day_is_never_overdrawn_by_two_points_at_once(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book(Allowance(per_station_day=2_000, book_age=FOR_EVER)))
        for point in (1, 2):
            await yard.forecourt.present(point, scanned(terms(f"c{point}")), WHO)
            await yard.forecourt.authorise(point, WHO)
        for pump in yard.pumps.values():
            await yard.phase(pump.point, "authorised")
            pump.lift(1)
            await yard.phase(pump.point, "started")
        for pump in yard.pumps.values():
            pump.fill(20_000)
        sales = await yard.sold(2)
        assert sum(len(view.sale.redemptions) for view in sales) == 1


async def test_f76_forged_cut_and_foreign_codes_are_refused_offline(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book())
        genuine = scanned(terms())
        assert await refused(yard, scanned(terms(), new_private_key())) == "code_wrong"
        assert await refused(yard, genuine[:-6]) == "code_wrong"
        assert await refused(yard, "https://example.com/?ticketId=7", 2) == "code_misread"
        assert await refused(yard, scanned(terms(stations=("other",))), 2) == Reason.OTHER_STATION
        assert await refused(yard, scanned(CouponTerms("x", "k", CouponKind.AMOUNT, 1, 0, 5)), 2) == Reason.EXPIRED


async def test_a_revoked_coupon_is_refused(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book(revoked=("c1",)))
        assert await refused(yard, scanned(terms())) == Reason.REVOKED


async def test_five_guesses_lock_the_point_and_a_restart_does_not_open_it(tmp_path: Path) -> None:
    pumps, forged = two_pumps(), scanned(terms(), new_private_key())
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.coupons(book())
        for _ in range(throttle.AT_A_POINT):
            assert await refused(yard, forged) == "code_wrong"
        assert await refused(yard, scanned(terms())) == "locked"
        await yard.forecourt.present(2, scanned(terms("c2")), WHO)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        assert await refused(yard, scanned(terms())) == "locked"
        (fact,) = await yard.facts(CodesRefused)
        assert isinstance(fact, CodesRefused)
        assert (fact.tries, fact.by) == (throttle.AT_A_POINT, WHO)
        yard.store.clock.compared(-16 * 60_000)
        await yard.forecourt.present(1, scanned(terms()), WHO)


async def test_ten_guesses_in_an_hour_lock_the_station(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book())
        forged = scanned(terms(), new_private_key())
        for _ in range(2):
            for _ in range(throttle.AT_A_POINT - 1):
                assert await refused(yard, forged) == "code_wrong"
            await yard.forecourt.present(1, scanned(terms()), WHO)
            await yard.forecourt.withdraw(1, WHO)
        assert await refused(yard, forged, 2) == "code_wrong"
        assert await refused(yard, forged, 2) == "code_wrong"
        assert await refused(yard, scanned(terms()), 2) == "locked"


async def test_a_slip_of_the_finger_is_no_guess(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book())
        for _ in range(throttle.IN_AN_HOUR + 1):
            assert await refused(yard, DIGITS[:-1] + str((int(DIGITS[-1]) + 1) % 10)) == "code_misread"


async def test_a_coupon_nobody_fuels_for_is_put_back(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.coupons(book())
        await yard.forecourt.present(1, scanned(terms()), WHO)
        yard.store.clock.compared(-6 * 60_000)
        async with asyncio.timeout(5):
            while (await yard.point(1)).coupon is not None:  # noqa: ASYNC110 - views are asked, not awaited
                await asyncio.sleep(0.005)
        await yard.forecourt.present(2, scanned(terms()), WHO)


async def test_who_is_here_stands_in_the_sale(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.forecourt.identify(1, "m-7", " 京a12345 ", WHO)
        assert (await yard.point(1)).plate == "京A12345"
        sale = (await yard.serve(1, 1_000)).sale
        assert (sale.member, sale.plate) == ("m-7", "京A12345")
        assert (await yard.point(1)).plate == ""


def test_each_lock_after_another_is_twice_as_long() -> None:
    held, minutes = Lock(), []
    now = 1_800_000_000_000
    for _ in range(4):
        held = throttle.next_lock(held, now)
        minutes.append((held.until - now) // 60_000)
        now = held.until
    assert minutes == [15, 30, 60, 120]
    assert throttle.next_lock(held, held.until + 25 * throttle.HOUR).times == 1
