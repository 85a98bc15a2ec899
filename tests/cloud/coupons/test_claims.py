"""A station asks for a use of a coupon. However many ask at once, each use is given out once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cloud.coupons import issuing, leases
from cloud.coupons.claims import LEASE, MOST_WRONG
from cloud.stations import register
from cloud.stations.register import NewStation
from cloud.store import lines
from cloud.store.tables import CouponLeaseRow, SecurityEventRow
from shared.coupon import Filling, Knowledge, judge
from shared.errors import Refused
from shared.messages import ClaimAnswer, Hello
from tests.cloud.scene import DAY, EPOCH, HOUR, MINUTE, NOW, STATIONS, Scene, a_sale, used

PUDONG, OTHER, MINHANG = STATIONS


def many_stations(scene: Scene, count: int) -> list[str]:
    names = [f"station-{number}" for number in range(count)]
    with scene.books.begin() as connection:
        for name in names:
            register.add(connection, NewStation(name, name, "东方石油", "华东"), "王总", NOW)
    return names


@pytest.mark.parametrize("uses", [1, 3])
def test_f70_fifty_stations_ask_at_once_and_each_use_is_given_out_once(scene: Scene, uses: int) -> None:
    coupon = scene.coupon(uses=uses)
    stations = many_stations(scene, 50)
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda station: scene.claim(coupon.coupon, station), stations))
    granted = [answer for answer in answers if answer.reason == "accepted"]
    assert len(granted) == uses
    assert {answer.reason for answer in answers} == {"accepted", "leased_elsewhere"}
    assert len(scene.rows(CouponLeaseRow)) == uses
    assert all(answer.terms.uses == 1 and answer.lease.until == NOW + LEASE for answer in granted)


def test_f70_redemptions_and_claims_at_once_never_exceed_the_uses(scene: Scene) -> None:
    """Some use theirs while others ask: those that were told yes and those that sold come to the uses and no more."""
    coupon = scene.coupon(uses=3)
    stations = many_stations(scene, 24)

    def visit(station: str) -> bool:
        answer = scene.claim(coupon.coupon, station)
        if answer.reason != "accepted":
            return False
        scene.sell(a_sale(NOW + MINUTE, redemptions=(used(answer.terms, leased=True, online=True),)), station)
        return True

    with ThreadPoolExecutor(24) as threads:
        assert sum(threads.map(visit, stations)) == 3
    assert [row.verdict for row in scene.rows_of("redemption")] == ["accepted"] * 3
    assert scene.claim(coupon.coupon, stations[-1], at=NOW + DAY).reason == "used_up"


def test_the_same_question_gets_the_same_answer(scene: Scene) -> None:
    """The first answer was lost on the way; the second must not take another use."""
    coupon = scene.coupon(uses=3)
    first, again = (scene.claim(coupon.coupon, PUDONG, ask="a1") for _ in range(2))
    assert first == again
    assert len(scene.rows(CouponLeaseRow)) == 1


def test_a_station_that_asks_anew_for_what_it_holds_is_told_so(scene: Scene) -> None:
    coupon = scene.coupon()
    first = scene.claim(coupon.coupon, PUDONG, ask="a1")
    again = scene.claim(coupon.coupon, PUDONG, ask="a2", at=NOW + MINUTE)
    assert (again.reason, again.lease) == ("accepted", first.lease)
    assert scene.claim(coupon.coupon, MINHANG, at=NOW + MINUTE).reason == "leased_elsewhere"


def test_of_several_uses_a_station_is_told_only_those_that_it_holds(scene: Scene) -> None:
    """Otherwise it could, cut off with a lease in its hand, use up what is held for others."""
    coupon = scene.coupon(uses=3)
    first = scene.claim(coupon.coupon, PUDONG, ask="a1")
    assert first.terms.uses == 1
    second = scene.claim(coupon.coupon, PUDONG, ask="a2")
    assert second.terms.uses == 2
    scene.sell(a_sale(NOW + MINUTE, redemptions=(used(second.terms, leased=True),)), PUDONG)
    third = scene.claim(coupon.coupon, PUDONG, ask="a3", at=NOW + 2 * MINUTE)
    assert third.terms.uses == 3
    known = Knowledge(now=NOW + 3 * MINUTE, uses_known=3, lease=third.lease)
    assert judge(third.terms, Filling(PUDONG, "92#", 20_000, 30_000), known).reason == "used_up"


def hello(scene: Scene, station: str, at: int, next_seq: int, difference: int = 0) -> None:
    """The station was heard; the company has all its letters but those from ``contiguous`` on."""
    heard = Hello(station, EPOCH, "s", 1, 0, at, next_seq, 0, 0, 0, 0, "test")
    with scene.books.begin() as connection:
        lines.lock(connection, [(station, EPOCH)], at)
        json = msgspec.json.encode(heard).decode()
        lines.note_hellos(connection, [lines.Heard(station, EPOCH, "s", at, 1, 0, difference, json)])


def test_a_lease_that_ran_out_binds_until_its_station_has_told_everything(scene: Scene) -> None:
    """It may have used the coupon in the last minute, and be cut off since: nobody else may until that is known."""
    coupon = scene.coupon()
    scene.claim(coupon.coupon, PUDONG)
    later = NOW + LEASE + HOUR
    assert scene.claim(coupon.coupon, MINHANG, at=later).reason == "leased_elsewhere"
    hello(scene, PUDONG, later, next_seq=5)  # it is back, and has four letters more than we
    assert scene.claim(coupon.coupon, MINHANG, at=later).reason == "leased_elsewhere"
    hello(scene, PUDONG, later, next_seq=1)  # it has told everything, and used nothing
    assert scene.claim(coupon.coupon, MINHANG, at=later).reason == "accepted"


def test_a_station_with_a_slow_clock_takes_its_lease_to_last_longer(scene: Scene) -> None:
    coupon = scene.coupon()
    scene.claim(coupon.coupon, PUDONG)
    heard = NOW + LEASE + MINUTE
    hello(scene, PUDONG, heard, next_seq=1, difference=-10 * MINUTE)
    assert scene.claim(coupon.coupon, MINHANG, at=heard).reason == "leased_elsewhere"
    hello(scene, PUDONG, heard + 10 * MINUTE, next_seq=1, difference=-10 * MINUTE)
    assert scene.claim(coupon.coupon, MINHANG, at=heard + 10 * MINUTE).reason == "accepted"


def test_what_was_held_and_not_used_may_be_asked_for_again_by_the_same_station(scene: Scene) -> None:
    coupon = scene.coupon()
    scene.claim(coupon.coupon, PUDONG)
    assert scene.claim(coupon.coupon, PUDONG, at=NOW + LEASE + MINUTE).reason == "accepted"


def test_a_coupon_is_claimed_before_the_car_has_taken_a_drop(scene: Scene) -> None:
    """The least amount and the grade are judged at the end of the filling, not at its beginning."""
    coupon = scene.coupon(min_spend=20_000, grades=("95#",))
    assert scene.claim(coupon.coupon, PUDONG).reason == "accepted"
    assert scene.claim(coupon.coupon, PUDONG, ask="x", grade="92#").reason == "other_grade"


@pytest.mark.parametrize(
    ("changes", "station", "at", "reason"),
    [
        ({"stations": (OTHER,)}, PUDONG, NOW, "other_station"),
        ({}, PUDONG, NOW + 31 * DAY, "expired"),
        ({"not_before": NOW + HOUR}, PUDONG, NOW, "not_yet"),
    ],
)
def test_the_judge_says_no_in_the_same_words(
    scene: Scene, changes: dict[str, Any], station: str, at: int, reason: str
) -> None:
    coupon = scene.coupon(**changes)
    assert scene.claim(coupon.coupon, station, at=at) == ClaimAnswer(f"{station} {at}", reason)
    assert scene.rows(CouponLeaseRow) == []


def test_a_revoked_coupon_is_claimed_no_more(scene: Scene) -> None:
    coupon = scene.coupon()
    scene.write(issuing.revoke, coupon.coupon, "王总", NOW)
    assert scene.claim(coupon.coupon).reason == "revoked"


def test_a_typed_code_is_found_by_its_fingerprint_alone(scene: Scene) -> None:
    coupon = scene.coupon(typed=True)
    answer = scene.claim("", code=coupon.code)
    assert (answer.reason, answer.terms.coupon) == ("accepted", coupon.coupon)
    assert coupon.code.replace(" ", "") not in str(scene.rows_of("coupon"))


def test_wrong_codes_are_throttled_for_each_station_and_reported(scene: Scene) -> None:
    coupon = scene.coupon()
    for guess in range(MOST_WRONG):
        assert scene.claim(f"guess-{guess}", at=NOW + guess).reason == "unknown"
    assert scene.claim(coupon.coupon, at=NOW + MINUTE).reason == "unknown"
    assert scene.claim(coupon.coupon, MINHANG, at=NOW + MINUTE).reason == "accepted"
    assert [(row.station, row.kind) for row in scene.rows(SecurityEventRow)] == [(PUDONG, "codes_guessed")]
    scene.claim("one-more", at=NOW + MINUTE)
    assert len(scene.rows(SecurityEventRow)) == 1
    released = scene.claim(coupon.coupon, at=NOW + 2 * HOUR, ask="later")
    assert released.reason == "leased_elsewhere"


def test_a_person_holds_a_coupon_for_a_station(scene: Scene) -> None:
    coupon = scene.coupon(uses=2)
    lease = scene.write(leases.grant, coupon.coupon, PUDONG, NOW + DAY, "王总", NOW)
    assert (lease.uses, lease.station) == (2, PUDONG)
    assert scene.claim(coupon.coupon, MINHANG, at=NOW + HOUR).reason == "leased_elsewhere"
    assert scene.claim(coupon.coupon, PUDONG, at=NOW + HOUR).terms.uses == 2
    with pytest.raises(Refused):
        scene.write(leases.grant, coupon.coupon, MINHANG, NOW + DAY, "王总", NOW)
    scene.write(leases.release, lease.number, "王总", NOW + HOUR)
    assert scene.claim(coupon.coupon, MINHANG, at=NOW + HOUR).reason == "accepted"
    with pytest.raises(Refused, match="released already"):
        scene.write(leases.release, lease.number, "王总", NOW + HOUR)


def test_the_lease_in_the_answer_holds_at_the_station(scene: Scene) -> None:
    coupon = scene.coupon()
    answer = scene.claim(coupon.coupon)
    terms = replace(answer.terms, uses=1)
    verdict = judge(terms, Filling(PUDONG, "92#", 20_000, 30_000), Knowledge(now=NOW + MINUTE, lease=answer.lease))
    assert (verdict.accepted, verdict.leased, verdict.discount) == (True, True, 1_500)
