"""What a person must decide about sales that are in the books all the same."""

from hypothesis import given
from hypothesis import strategies as st

from cloud.cases import desk
from cloud.sales import listing
from cloud.sales.odd import ONE_FILLING, later_ones
from cloud.store.sales import Told
from shared.messages import SaleRecorded
from shared.sale import prove
from tests.cloud.scene import EPOCH, MINUTE, NOW, STATIONS, Scene, a_sale, arrived

READ = prove(5_000_000, 5_030_000, 30_000, 10**11)


def kinds(scene: Scene) -> list[str]:
    return [case.kind for case in scene.read(desk.page)]


def test_f37_a_member_nobody_knows_and_a_price_nobody_made_are_cases_beside_a_whole_sale(scene: Scene) -> None:
    key = scene.sell(a_sale(member="没人认识", tariff=77))
    (line,) = scene.read(listing.page, listing.SaleFilter())
    assert (line.key, line.payable, set(line.flags)) == (key, 23_550, {"unknown_member", "unknown_tariff"})
    assert sorted(kinds(scene)) == ["unknown_member", "unknown_tariff"]
    (first, _) = scene.read(desk.page)
    assert (first.sale, first.amount, first.rule, first.cost_owner) == (key, 23_550, "kept_and_flagged", "")


def test_a_station_that_sells_a_thousand_times_at_a_price_nobody_made_is_one_case(scene: Scene) -> None:
    facts = [arrived(SaleRecorded(a_sale(NOW + n * MINUTE, tariff=77)), seq=n) for n in range(1, 40)]
    scene.tell(*facts[:20])
    scene.tell(*facts[20:])
    scene.tell(arrived(SaleRecorded(a_sale(tariff=78)), seq=50))
    scene.sell(a_sale(tariff=77), STATIONS[1])
    cases = scene.read(desk.page)
    assert sorted((case.sale.station, case.about) for case in cases) == [
        (STATIONS[0], "77"),
        (STATIONS[0], "78"),
        (STATIONS[1], "77"),
    ]
    assert {case.sale.seq for case in cases} == {1, 50}, "each about the first of its sales"


def test_a_filling_that_is_finished_a_second_time_with_other_figures_is_a_case_against_the_first(scene: Scene) -> None:
    """Both stay in the books; the later finish is shown beside the earlier one, whichever of them came first."""
    second = scene.sell(a_sale(NOW + 5 * MINUTE, proof=READ, volume=29_500, amount=23_158))
    first = scene.sell(a_sale(NOW, proof=READ))
    (case,) = scene.read(desk.page)
    assert (case.kind, case.sale, case.winner) == ("filling_told_twice", second, str(first))
    assert (case.reason, case.amount) == ("other_figures", 23_158)
    flags = {line.key: line.flags for line in scene.read(listing.page, listing.SaleFilter())}
    assert "told_twice" in flags[second]
    assert "told_twice" not in flags[first]


def test_a_filling_told_twice_in_one_batch_is_found_too_and_once(scene: Scene) -> None:
    facts = [arrived(SaleRecorded(a_sale(NOW + n, proof=READ)), seq=n + 1) for n in range(3)]
    for _ in range(2):
        scene.tell(*facts)
    cases = scene.read(desk.page)
    assert [(case.sale.seq, case.winner) for case in cases] == [(n, f"pudong-1-{EPOCH}-1") for n in (2, 3)]
    assert {case.reason for case in cases} == {"same_figures"}


def test_other_nozzles_other_stations_and_later_years_are_other_fillings(scene: Scene) -> None:
    scene.sell(a_sale(NOW, proof=READ))
    scene.sell(a_sale(NOW + 1, proof=READ, nozzle=2))
    scene.sell(a_sale(NOW + 2, proof=READ, point=2))
    scene.sell(a_sale(NOW + 3, proof=READ), STATIONS[1])
    scene.sell(a_sale(NOW + 4, proof=prove(5_000_000, 5_000_000, 0, 10**11), volume=0, amount=0))
    scene.sell(a_sale(NOW + ONE_FILLING + 1, proof=READ))
    scene.sell(a_sale(NOW + 5, proof=prove(None, None, 30_000, 10**11)))
    assert kinds(scene) == []


TOLD = st.builds(
    Told, st.just("s"), st.just(1), st.integers(1, 9), st.integers(0, 9), st.just(1), st.just(1), st.just(1)
)


@given(st.lists(st.tuples(TOLD, TOLD), max_size=12))
def test_who_tells_first_does_not_depend_on_the_order_of_what_is_found(pairs: list[tuple[Told, Told]]) -> None:
    told = later_ones(pairs)
    assert told == later_ones([(other, one) for one, other in reversed(pairs)])
    assert len({late for late, _ in told}) == len(told)
    assert all((first.happened_at, first.key) <= (late.happened_at, late.key) for late, first in told)
