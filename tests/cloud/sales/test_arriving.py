"""Sales arrive: many at once, again and again, with whatever they name; the sums are always right."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import event

from cloud.cases import desk as cases
from cloud.sales import listing
from cloud.sales.listing import SaleFilter
from cloud.sales.trace import trace
from cloud.store.arrivals import Arrived
from cloud.store.tables import RedemptionRow, SaleRow, SlipRow
from cloud.tariffs.deciding import NewTariff, make
from shared.coupon import CouponKind, CouponTerms
from shared.errors import Refused
from shared.messages import SaleRecorded, SlipJournalled, SlipState
from shared.sale import SaleStatus, prove
from shared.station import Key
from tests.cloud.scene import DAY, EPOCH, HOUR, MINUTE, NOW, STATIONS, Scene, a_sale, arrived, used

FOREIGN = CouponTerms("never-issued", "别家的券", CouponKind.AMOUNT, 1_500, 0, 2**41)


def sums(scene: Scene) -> listing.CompanySums:
    found: listing.CompanySums = scene.read(listing.company_sums)
    return found


def test_f37_a_sale_that_names_what_nobody_knows_is_stored_flagged_and_counted(scene: Scene) -> None:
    sale = a_sale(tariff=99, member="陌生人", grade="107#", redemptions=(used(FOREIGN),))
    key = scene.sell(sale)
    (line,) = scene.read(listing.page, SaleFilter())
    assert set(line.flags) == {"unknown_tariff", "unknown_member", "unknown_grade", "unknown_coupon", "coupon_lost"}
    assert (line.key, line.payable) == (key, 22_050)
    assert sums(scene).redemptions == 1


def test_f20_the_same_sale_told_many_times_is_one_sale(scene: Scene) -> None:
    coupon = scene.coupon()
    fact = arrived(SaleRecorded(a_sale(redemptions=(used(coupon.terms),))))
    for _ in range(5):
        scene.tell(fact)
    found = sums(scene)
    assert (found.sales, found.volume, found.amount, found.redemptions) == (1, 30_000, 23_550, 1)
    assert scene.read(cases.open_count) == 0


def test_a_sale_that_failed_its_proof_becomes_a_case_and_is_owed_by_nobody_yet(scene: Scene) -> None:
    proof = prove(27_180, 67_960, 67_960, 10**11)
    key = scene.sell(a_sale(volume=67_960, amount=53_349, proof=proof, status=SaleStatus.DISPUTED))
    (case,) = scene.read(cases.page)
    assert (case.kind, case.sale, case.reason, case.amount) == ("disputed_sale", key, "mismatch", 53_349)
    assert case.deadline == case.opened_at + 7 * DAY
    found = sums(scene)
    assert (found.disputed, found.settled, found.amount, found.payable) == (1, 0, 53_349, 0)


def test_a_batch_is_a_handful_of_statements_whatever_its_size(scene: Scene) -> None:
    said: list[str] = []
    event.listen(scene.books.writer, "before_cursor_execute", lambda *call: said.append(call[2]))
    counts = []
    for size in (2, 200):
        said.clear()
        scene.tell(*(arrived(SaleRecorded(a_sale(NOW + size * 1_000 + n)), seq=size * 1_000 + n) for n in range(size)))
        counts.append(len(said))
    assert max(counts) <= 7


def test_the_trace_tells_the_whole_way_of_a_sale(scene: Scene) -> None:
    tariff = scene.write(make, NewTariff({"92#": 7_850}), "王总", NOW - HOUR)
    coupon = scene.coupon()
    sale = a_sale(tariff=tariff.version, redemptions=(used(coupon.terms),), plate="沪A12345", point=3, nozzle=2)
    key = scene.sell(sale)
    slip = SlipJournalled(key.epoch, key.seq, 1, SlipState.PRINTED, "收银台")
    scene.tell(arrived(slip, seq=2), arrived(replace(slip, copy=2, state=SlipState.FAILED, detail="paper out"), seq=3))
    found = scene.read(trace, key)
    assert (found.sale.point, found.sale.nozzle, found.sale.plate) == (3, 2, "沪A12345")
    assert (found.owner.name, found.owner.dealer, found.owner.region) == ("pudong-1站", "东方石油", "华东")
    assert (found.meter.before, found.meter.after, found.meter.moved) == (1_000_000, 1_030_000, 30_000)
    assert (found.price.unit_price, found.price.made_by) == (7_850, "王总")
    assert [(use.terms.coupon, use.reason, use.verdict) for use in found.uses] == [
        (coupon.coupon, "accepted", "accepted")
    ]
    assert [(slip.copy, slip.state, slip.detail) for slip in found.slips] == [
        (1, "printed", ""),
        (2, "failed", "paper out"),
    ]
    assert (found.times.started_at, found.times.finished_at) == (NOW - 2 * MINUTE, NOW)
    assert found.cases == ()


def test_a_sale_that_has_not_come_yet_is_said_to_be_on_its_way(scene: Scene) -> None:
    with pytest.raises(Refused, match="still be on its way"):
        scene.read(trace, Key("pudong-1", EPOCH, 404))


def test_lists_are_filtered_and_paged_without_a_gap(scene: Scene) -> None:
    grades = ("92#", "95#")
    facts = [
        arrived(SaleRecorded(a_sale(NOW + n % 5, grade=grades[n % 2], plate=f"沪A{n:05}")), STATIONS[n % 3], n + 1)
        for n in range(30)
    ]
    scene.tell(*facts)
    everything = scene.read(listing.page, SaleFilter())
    assert len(everything) == 30
    assert [line.happened_at for line in everything] == sorted((line.happened_at for line in everything), reverse=True)
    paged, before = [], None
    while page := scene.read(listing.page, SaleFilter(before=before), 7):
        paged += page
        before = page[-1].place
    assert paged == list(everything)
    assert len(scene.read(listing.page, SaleFilter(stations=(STATIONS[1],), grade="95#"))) == 5
    assert [line.plate for line in scene.read(listing.page, SaleFilter(text="a00017"))] == ["沪A00017"]
    assert scene.read(listing.page, SaleFilter(text=str(everything[3].key))) == (everything[3],)
    assert scene.read(listing.page, SaleFilter(text="100%_")) == ()
    assert scene.read(listing.page, SaleFilter(first_day="2026-11-23")) == ()


def test_sums_by_grade_station_and_hour_come_to_the_same(scene: Scene) -> None:
    midnight = NOW - (NOW + 8 * HOUR) % DAY
    facts = [
        arrived(
            SaleRecorded(a_sale(midnight + hour * HOUR + 1, grade=("92#", "0#")[hour % 2])),
            STATIONS[hour % 3],
            hour + 1,
        )
        for hour in (0, 1, 7, 7, 23)
    ]
    scene.tell(*{fact.key: fact for fact in facts}.values())
    day = SaleFilter(first_day="2026-11-22", last_day="2026-11-22")
    hours = scene.read(listing.by_hour, day)
    assert [hour for hour, found in enumerate(hours) if found.sales] == [0, 1, 7, 23]
    whole = scene.read(listing.totals, day)
    parts = (hours, scene.read(listing.by_grade, day).values(), scene.read(listing.by_station, day).values())
    for part in parts:
        assert sum(found.volume for found in part) == whole.volume == 4 * 30_000
        assert sum(found.payable for found in part) == whole.payable


story = st.lists(
    st.tuples(st.sampled_from(STATIONS), st.integers(1, 8), st.sampled_from(["sale", "slip"]), st.integers(0, 3)),
    max_size=40,
)


def fact_of(station: str, seq: int, kind: str) -> Arrived:
    if kind == "slip":
        return arrived(SlipJournalled(EPOCH, seq, 1, SlipState.PRINTED, "收银台"), station, 100 + seq)
    sale = a_sale(NOW + seq, volume=1_000 * seq, amount=785 * seq)
    return arrived(SaleRecorded(sale), station, seq)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story)
def test_any_mix_of_repeats_keeps_the_sums(small_scene: Scene, story: list[tuple[str, int, str, int]]) -> None:
    """Batches of any facts, repeated in any order: each counts once."""
    scene = small_scene
    before = {key_of(row) for row in scene.rows(SaleRow)}
    for start in range(0, len(story), 7):
        scene.tell(*(fact_of(*words[:3]) for words in story[start : start + 7]))
    told = before | {(station, EPOCH, seq) for station, seq, kind, _ in story if kind == "sale"}
    rows = scene.rows(SaleRow)
    assert {key_of(row) for row in rows} == told
    found = sums(scene)
    assert found.sales == len(told)
    assert found.volume == sum(1_000 * seq for _, _, seq in told)
    assert found.payable == found.amount == sum(785 * seq for _, _, seq in told)
    assert found.slips.get("printed", 0) == len(scene.rows(SlipRow))


def key_of(row: object) -> tuple[str, int, int]:
    return row.station, row.epoch, row.seq  # type: ignore[attr-defined] # a row of the table of sales


def test_redemptions_stay_with_their_sale_when_batches_overlap(scene: Scene) -> None:
    coupons = [scene.coupon() for _ in range(4)]
    facts = [
        arrived(SaleRecorded(a_sale(NOW + n, redemptions=(used(coupon.terms),))), seq=n + 1)
        for n, coupon in enumerate(coupons)
    ]
    scene.tell(*facts[:3])
    scene.tell(*facts[1:])
    rows = scene.rows(RedemptionRow)
    assert [(row.seq, row.coupon, row.verdict) for row in rows] == [
        (n + 1, coupon.coupon, "accepted") for n, coupon in enumerate(coupons)
    ]
