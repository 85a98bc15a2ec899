"""A station's clock stood wrong; the company meets it, and everything that start has told is put right."""

from cloud.sales.restoring import restore, restored_coupons
from cloud.store.tables import RedemptionRow, SaleRow, SlipRow
from shared.clock import Stamp, TimeQuality
from shared.messages import SlipJournalled, SlipState
from tests.cloud.scene import EPOCH, MINUTE, NOW, Scene, a_sale, arrived, stamp, used

ZERO = NOW - 20 * MINUTE
"""When the second start began, by the company's clock."""


def in_1970(boot: int, mono: int) -> Stamp:
    return Stamp(1_000_000 + mono, TimeQuality.OFF, boot, mono)


def test_f60_sales_of_1970_get_their_real_time_back_in_their_order(scene: Scene) -> None:
    older = scene.sell(a_sale(finished=in_1970(1, 5 * MINUTE)), at=NOW)
    first = scene.sell(a_sale(finished=in_1970(2, 1 * MINUTE)), at=NOW)
    second = scene.sell(a_sale(finished=in_1970(2, 2 * MINUTE)), at=NOW)
    right = scene.sell(a_sale(finished=stamp(NOW - MINUTE, boot=2)), at=NOW)
    scene.write(restore, older.station, EPOCH, 2, ZERO)
    found = {row.seq: row for row in scene.rows(SaleRow)}
    assert [found[key.seq].happened_at for key in (first, second)] == [ZERO + MINUTE, ZERO + 2 * MINUTE]
    assert [found[key.seq].quality for key in (older, first, second, right)] == [
        "off",
        "restored",
        "restored",
        "synced",
    ]
    assert [found[key.seq].flags for key in (first, second)] == ["no_tariff", "no_tariff"]
    assert "time_unknown" in found[older.seq].flags.split()
    assert found[right.seq].happened_at == NOW - MINUTE


def test_a_day_that_was_guessed_from_the_arrival_is_put_right(scene: Scene) -> None:
    key = scene.sell(a_sale(finished=in_1970(2, MINUTE)), at=NOW)
    yesterday = NOW - 86_400_000
    scene.write(restore, key.station, EPOCH, 2, yesterday)
    (row,) = scene.rows(SaleRow)
    assert row.business_day == "2026-11-21"


def test_slips_and_redemptions_follow_and_the_coupons_are_named(scene: Scene) -> None:
    coupon = scene.coupon()
    key = scene.sell(a_sale(finished=in_1970(2, MINUTE), redemptions=(used(coupon.terms),)), at=NOW)
    slip = SlipJournalled(EPOCH, key.seq, 1, SlipState.PRINTED, "收银台")
    scene.tell(arrived(slip, seq=9, stamp=in_1970(2, 3 * MINUTE), at=NOW))
    assert scene.write(restored_coupons, key.station, EPOCH, 2, ZERO) == {coupon.coupon}
    assert [row.happened_at for row in scene.rows(RedemptionRow)] == [ZERO + MINUTE]
    assert [row.happened_at for row in scene.rows(SlipRow)] == [ZERO + 3 * MINUTE]


def test_putting_right_twice_changes_nothing_more(scene: Scene) -> None:
    key = scene.sell(a_sale(finished=in_1970(2, MINUTE)), at=NOW)
    scene.write(restore, key.station, EPOCH, 2, ZERO)
    assert scene.write(restored_coupons, key.station, EPOCH, 2, ZERO + 5_000) == set()
    assert scene.rows(SaleRow)[0].happened_at == ZERO + MINUTE
