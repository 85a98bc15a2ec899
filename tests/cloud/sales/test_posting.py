"""What is odd about a sale is flagged; the sale is in the books all the same. Pure."""

from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from cloud.coupons.redeeming import RedemptionPosting
from cloud.sales.posting import Flag, Known, SalePosting, SlipPosting, flags_of, sale_posting, slip_posting
from cloud.stations.events import EventPosting
from cloud.store.tables import PriceRungRow, RedemptionRow, SaleRow, SlipRow, StationEventRow, table_of
from cloud.tariffs.ladder import RungPosting
from shared.clock import Stamp, TimeQuality
from shared.coupon import CouponKind, CouponTerms
from shared.messages import SaleRecorded, SlipJournalled, SlipState
from shared.sale import Preset, PresetKind, SaleStatus, prove
from tests.cloud import scene
from tests.cloud.scene import EPOCH, MINUTE, NOW, arrived, stamp, used

KNOWN = Known({1: {"92#": 7_850, "尊享98": 9_900}}, {"c1"}, {"张三"}, {"pudong-1": {1, 2}})
a_sale = partial(scene.a_sale, tariff=1)
TERMS = CouponTerms("c1", "满减券", CouponKind.AMOUNT, 1_500, 0, 2**40)


@pytest.mark.parametrize(
    ("posting", "table"),
    [
        (SalePosting, SaleRow),
        (SlipPosting, SlipRow),
        (EventPosting, StationEventRow),
        (RungPosting, PriceRungRow),
        (RedemptionPosting, RedemptionRow),
    ],
)
def test_a_posting_has_the_columns_of_its_table_in_their_order(posting: Any, table: Any) -> None:
    assert list(posting._fields) == [column.name for column in table_of(table).columns]


def test_a_plain_sale_has_no_flags() -> None:
    sale = a_sale(member="张三", redemptions=(used(TERMS),))
    assert flags_of(arrived(SaleRecorded(sale)), sale, KNOWN) == []


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"tariff": 77}, Flag.UNKNOWN_TARIFF),
        ({"tariff": 0}, Flag.NO_TARIFF),
        ({"unit_price": 7_860}, Flag.OTHER_PRICE),
        ({"grade": "96#"}, Flag.UNKNOWN_GRADE),
        ({"point": 9}, Flag.UNKNOWN_POINT),
        ({"member": "李四"}, Flag.UNKNOWN_MEMBER),
        ({"redemptions": (used(replace(TERMS, coupon="c2")),)}, Flag.UNKNOWN_COUPON),
        ({"payable": 23_000}, Flag.SUM_DIFFERS),
        ({"volume": -1}, Flag.SUM_DIFFERS),
        ({"at": 0}, Flag.TIME_UNKNOWN),
        ({"at": NOW + 30 * 86_400_000}, Flag.TIME_UNKNOWN),
    ],
)
def test_f36_what_is_odd_is_flagged_and_never_refused(changes: dict[str, Any], flag: Flag) -> None:
    sale = a_sale(**changes)
    fact = arrived(SaleRecorded(sale), at=NOW + MINUTE)
    assert flags_of(fact, sale, KNOWN) == [flag]
    assert sale_posting(fact, sale, KNOWN).flags == flag


def test_a_grade_of_a_tariff_of_ours_is_known() -> None:
    sale = a_sale(grade="尊享98", unit_price=9_900)
    assert flags_of(arrived(SaleRecorded(sale)), sale, KNOWN) == []


def test_a_station_that_never_reported_its_points_is_not_blamed() -> None:
    sale = a_sale(point=9)
    assert flags_of(arrived(SaleRecorded(sale), "minhang-1"), sale, KNOWN) == []


def test_the_trace_is_what_the_station_wrote() -> None:
    preset = Preset(PresetKind.AMOUNT, 20_000)
    sale = a_sale(preset=preset, plate="沪A12345", authorised_by="attendant:小李", redemptions=(used(TERMS),))
    row = sale_posting(arrived(SaleRecorded(sale), seq=7), sale, KNOWN)
    assert (row.station, row.epoch, row.seq) == ("pudong-1", EPOCH, 7)
    assert (row.volume, row.amount, row.unit_price) == (30_000, 23_550, 7_850)
    assert (row.totaliser_before, row.totaliser_after, row.finding) == (1_000_000, 1_030_000, "proved")
    assert (row.discount, row.payable, row.coupons) == (1_500, 22_050, "c1")
    assert (row.preset_kind, row.preset_value, row.authorised_by) == ("amount", 20_000, "attendant:小李")
    assert (row.started_at, row.finished_at, row.happened_at) == (NOW - 2 * MINUTE, NOW, NOW)
    assert (row.quality, row.business_day, row.plate) == ("synced", "2026-11-22", "沪A12345")


def test_a_disputed_sale_keeps_what_its_totaliser_said() -> None:
    """The fixture figures of Chengdu: 67.96 litres billed, 40.78 went through the meter."""
    proof = prove(27_180, 67_960, 67_960, 10**11)
    sale = a_sale(volume=67_960, amount=53_349, proof=proof, status=SaleStatus.DISPUTED)
    row = sale_posting(arrived(SaleRecorded(sale)), sale, KNOWN)
    assert (row.status, row.finding, row.totaliser_after) == ("disputed", "mismatch", 67_960)


def test_a_wrong_clock_is_put_right_by_the_start_that_made_the_sale() -> None:
    told = Stamp(86_400_000, TimeQuality.OFF, 3, 600_000)
    sale = a_sale(finished=told, started=told)
    fact = arrived(SaleRecorded(sale), at=NOW, boot=3, boot_zero=NOW - 700_000)
    row = sale_posting(fact, sale, KNOWN)
    assert (row.happened_at, row.finished_at, row.quality) == (NOW - 100_000, 86_400_000, "restored")
    assert row.flags == ""


def test_a_time_of_another_start_stays_and_counts_for_the_day_of_its_arrival() -> None:
    told = Stamp(86_400_000, TimeQuality.OFF, 2, 600_000)
    sale = a_sale(finished=told, started=told)
    row = sale_posting(arrived(SaleRecorded(sale), at=NOW, boot=3, boot_zero=NOW), sale, KNOWN)
    assert (row.happened_at, row.quality, row.business_day) == (86_400_000, "off", "2026-11-22")
    assert row.flags == Flag.TIME_UNKNOWN


def test_a_slip_is_kept_beside_its_sale() -> None:
    fact = arrived(SlipJournalled(EPOCH, 3, 2, SlipState.UNCONFIRMED, "收银台", "no answer"), stamp=stamp(NOW))
    assert isinstance(fact.body, SlipJournalled)
    row = slip_posting(fact, fact.body)
    assert (row.sale_seq, row.copy_number, row.state, row.happened_at) == (3, 2, "unconfirmed", NOW)
