"""What stations did with coupons, judged over the whole book: a benefit stays, a conflict becomes a case."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cloud.cases import desk as cases
from cloud.cases.desk import CaseView, Decision
from cloud.coupons import issuing, redeeming
from cloud.coupons.judging import Held, Record, Use, judge_all, winner_of
from cloud.sales import listing, restoring
from cloud.sales.listing import SaleFilter
from cloud.store.cases import CaseFilter
from cloud.store.tables import CouponLeaseRow, RedemptionRow
from shared.clock import Stamp, TimeQuality
from shared.coupon import CouponKind, CouponTerms, Filling, Reason
from shared.errors import Refused
from shared.messages import SaleRecorded
from tests.cloud.scene import DAY, EPOCH, HOUR, MINUTE, NOW, STATIONS, Scene, a_sale, arrived, used

PUDONG, OTHER, MINHANG = STATIONS


def open_cases(scene: Scene) -> list[CaseView]:
    return list(scene.read(cases.page))


def verdicts(scene: Scene) -> dict[str, str]:
    return {row.station: row.verdict for row in scene.rows(RedemptionRow)}


@pytest.mark.parametrize("first_to_arrive", [PUDONG, MINHANG])
def test_f72_two_stations_offline_with_one_code(scene: Scene, first_to_arrive: str) -> None:
    """Both sales stay, the earlier use wins whichever letter comes first, and the other becomes a case."""
    coupon = scene.coupon()
    times = {PUDONG: NOW, MINHANG: NOW + 10 * MINUTE}
    for station in sorted(times, key=lambda station: station != first_to_arrive):
        scene.sell(a_sale(times[station], redemptions=(used(coupon.terms),)), station, at=NOW + DAY)
    assert verdicts(scene) == {PUDONG: "accepted", MINHANG: "used_up"}
    lines = {line.key.station: line for line in scene.read(listing.page, SaleFilter())}
    assert [lines[station].discount for station in times] == [1_500, 1_500]
    assert ["coupon_lost" in lines[station].flags for station in times] == [False, True]
    (case,) = open_cases(scene)
    assert (case.kind, case.sale, case.winner) == ("coupon_used_twice", lines[MINHANG].key, str(lines[PUDONG].key))
    assert (case.rule, case.reason, case.cost_owner, case.amount) == ("first_use_wins", "used_up", "head_office", 1_500)
    assert case.deadline > case.opened_at


def test_f72_of_two_uses_at_the_same_moment_the_first_to_arrive_wins(scene: Scene) -> None:
    coupon = scene.coupon()
    scene.sell(a_sale(NOW, redemptions=(used(coupon.terms),)), MINHANG, at=NOW + HOUR)
    scene.sell(a_sale(NOW, redemptions=(used(coupon.terms),)), PUDONG, at=NOW + DAY)
    assert verdicts(scene) == {MINHANG: "accepted", PUDONG: "used_up"}


def test_f72_an_earlier_use_that_comes_to_light_last_takes_the_win(scene: Scene) -> None:
    """The winner of yesterday loses to the station that was away longest; every open case names the new winner."""
    coupon = scene.coupon()
    for station, minute in ((OTHER, 20), (MINHANG, 30), (PUDONG, 10)):
        scene.sell(a_sale(NOW + minute * MINUTE, redemptions=(used(coupon.terms),)), station, at=NOW + DAY)
    assert verdicts(scene) == {PUDONG: "accepted", OTHER: "used_up", MINHANG: "used_up"}
    found = open_cases(scene)
    assert {case.sale.station for case in found} == {OTHER, MINHANG}
    assert {case.winner.rsplit("-", 2)[0] for case in found} == {PUDONG}


def test_f72_a_leased_code_can_not_reach_this_state(scene: Scene) -> None:
    """Held for one station, cut off at once: the other station is told no, and nothing is left to decide."""
    coupon = scene.coupon()
    answer = scene.claim(coupon.coupon, PUDONG)
    assert scene.claim(coupon.coupon, MINHANG, at=NOW + MINUTE).reason == "leased_elsewhere"
    scene.sell(a_sale(NOW + 2 * MINUTE, redemptions=(used(answer.terms, leased=True),)), PUDONG, at=NOW + DAY)
    assert open_cases(scene) == []
    assert [row.consumed for row in scene.rows(CouponLeaseRow)] == [1]


def test_f72_who_used_it_in_spite_of_a_lease_loses_though_earlier(scene: Scene) -> None:
    coupon = scene.coupon()
    answer = scene.claim(coupon.coupon, PUDONG)
    scene.sell(a_sale(NOW + MINUTE, redemptions=(used(coupon.terms),)), MINHANG, at=NOW + DAY)
    scene.sell(a_sale(NOW + 5 * MINUTE, redemptions=(used(answer.terms, leased=True),)), PUDONG, at=NOW + DAY)
    assert verdicts(scene) == {PUDONG: "accepted", MINHANG: "leased_elsewhere"}
    assert [case.reason for case in open_cases(scene)] == ["leased_elsewhere"]


def test_f73_a_benefit_of_a_coupon_called_back_meanwhile_stays(scene: Scene) -> None:
    coupon = scene.coupon()
    scene.write(issuing.revoke, coupon.coupon, "王总", NOW)
    scene.sell(a_sale(NOW + HOUR, redemptions=(used(coupon.terms),)), PUDONG, at=NOW + DAY)
    (line,) = scene.read(listing.page, SaleFilter())
    assert (line.discount, line.payable) == (1_500, 22_050)
    assert "coupon_lost" in line.flags
    (case,) = open_cases(scene)
    assert (case.kind, case.reason, case.cost_owner, case.rule) == (
        "coupon_not_valid",
        "revoked",
        "head_office",
        "judged_again",
    )


def test_a_use_before_it_was_called_back_is_good(scene: Scene) -> None:
    coupon = scene.coupon()
    scene.write(issuing.revoke, coupon.coupon, "王总", NOW + HOUR)
    scene.sell(a_sale(NOW, redemptions=(used(coupon.terms),)), PUDONG, at=NOW + DAY)
    assert open_cases(scene) == []


def test_a_station_that_could_have_known_bears_the_cost(scene: Scene) -> None:
    coupon = scene.coupon(stations=(OTHER,))
    scene.sell(a_sale(redemptions=(used(coupon.terms),)), MINHANG)
    (case,) = open_cases(scene)
    assert (case.reason, case.cost_owner) == ("other_station", "dealer:南方加油")


def test_a_coupon_that_was_never_issued_becomes_a_case(scene: Scene) -> None:
    terms = CouponTerms("c-unknown", "别家的券", CouponKind.AMOUNT, 9_900, 0, 2**41)
    scene.sell(a_sale(redemptions=(used(terms, 9_900),)), PUDONG)
    (case,) = open_cases(scene)
    assert (case.kind, case.rule, case.amount) == ("coupon_unknown", "never_issued", 9_900)


def test_a_station_that_changed_the_terms_is_judged_by_those_of_head_office(scene: Scene) -> None:
    coupon = scene.coupon(min_spend=50_000)
    scene.sell(a_sale(redemptions=(used(replace(coupon.terms, min_spend=0)),)), PUDONG)
    assert [case.reason for case in open_cases(scene)] == ["below_minimum"]


def test_the_same_redemption_told_again_opens_nothing_new(scene: Scene) -> None:
    coupon = scene.coupon()
    facts = [
        arrived(SaleRecorded(a_sale(NOW + n, redemptions=(used(coupon.terms),))), station)
        for n, station in enumerate((PUDONG, MINHANG))
    ]
    for _ in range(3):
        scene.tell(*facts)
    assert len(open_cases(scene)) == 1


def test_a_time_put_right_may_turn_the_result(scene: Scene) -> None:
    """The loser's clock was ahead; when that is known it has won, its case is withdrawn, and the other one has lost."""
    coupon = scene.coupon()
    ahead = Stamp(NOW + DAY, TimeQuality.UNCHECKED, 2, 5 * MINUTE)
    early = scene.sell(a_sale(finished=ahead, redemptions=(used(coupon.terms),)), PUDONG, at=NOW + DAY)
    late = scene.sell(a_sale(NOW + HOUR, redemptions=(used(coupon.terms),)), MINHANG, at=NOW + DAY)
    assert [case.sale for case in open_cases(scene)] == [early]
    moved = scene.write(restoring.restored_coupons, PUDONG, EPOCH, 2, NOW)
    scene.write(redeeming.rejudge, moved, NOW + DAY)
    assert verdicts(scene) == {PUDONG: "accepted", MINHANG: "used_up"}
    assert [case.sale for case in open_cases(scene)] == [late]
    flags = {line.key: line.flags for line in scene.read(listing.page, SaleFilter())}
    assert ["coupon_lost" in flags[key] for key in (early, late)] == [False, True]
    assert [case.decision for case in scene.read(cases.page, CaseFilter("decided"))] == ["withdrawn"]


def test_a_case_is_decided_once_by_somebody_with_a_name_and_a_reason(scene: Scene) -> None:
    coupon = scene.coupon()
    for n, station in enumerate((PUDONG, MINHANG)):
        scene.sell(a_sale(NOW + n, redemptions=(used(coupon.terms),)), station)
    (case,) = open_cases(scene)
    with pytest.raises(Refused, match="say why"):
        scene.write(cases.decide, case.number, Decision.HEAD_OFFICE_BEARS, "王总", "  ", NOW)
    done = scene.write(cases.decide, case.number, Decision.HEAD_OFFICE_BEARS, "王总", "网络中断，公司承担", NOW + DAY)
    assert (done.decided_by, done.note, done.state) == ("王总", "网络中断，公司承担", "decided")
    with pytest.raises(Refused, match="decided by"):
        scene.write(cases.decide, case.number, Decision.DEALER_BEARS, "李经理", "…", NOW + DAY)
    assert scene.read(cases.open_count) == 0
    assert scene.rows_of("audit")[-1].act == "case_decided"


# ── The rule itself, without books ────────────────────────────────────────────────────────────────────────────────────

TERMS = CouponTerms("c1", "满减券", CouponKind.AMOUNT, 1_500, NOW - DAY, NOW + DAY, uses=2)


def use(number: int, station: str, at: int) -> Use:
    return Use((station, EPOCH, number, 0), Filling(station, "92#", 20_000, 30_000), at, NOW + DAY + number)


uses = st.lists(st.tuples(st.sampled_from(STATIONS), st.integers(NOW - 2 * DAY, NOW + 2 * DAY)), max_size=6).map(
    lambda told: tuple(use(number, *words) for number, words in enumerate(told))
)
held = st.lists(
    st.tuples(st.sampled_from(STATIONS), st.integers(NOW - DAY, NOW + DAY), st.integers(1, 2)), max_size=3
).map(lambda told: tuple(Held(n, station, at, at + HOUR, count) for n, (station, at, count) in enumerate(told)))


@given(uses, held)
def test_no_more_uses_win_than_the_coupon_has(uses: tuple[Use, ...], held: tuple[Held, ...]) -> None:
    judged = judge_all(Record(TERMS, None, uses, held))
    assert judged.accepted <= TERMS.uses
    assert judged.verdicts.keys() == {one.key for one in uses}
    assert all(0 <= judged.consumed[one.number] <= one.uses for one in held)


@given(uses, held)
def test_the_order_in_which_letters_come_does_not_matter(uses: tuple[Use, ...], held: tuple[Held, ...]) -> None:
    results = [judge_all(Record(TERMS, None, order, held)) for order in list(permutations(uses))[:24]]
    assert all(result == results[0] for result in results)


@given(uses)
def test_whoever_won_came_before_whoever_lost_for_want_of_uses(uses: tuple[Use, ...]) -> None:
    record = Record(TERMS, None, uses)
    judged = judge_all(record)
    won = [one.place for one in uses if judged.verdicts[one.key] is Reason.ACCEPTED]
    lost = [one.place for one in uses if judged.verdicts[one.key] is Reason.USED_UP]
    assert not lost or (len(won) == TERMS.uses and max(won) < min(lost))
    winner = winner_of(record, judged)
    assert (winner is None) == (not won)
