"""What stations decided about disputed sales and meter lines, as it stands at head office."""

import pytest

from cloud.cases import desk as cases
from cloud.sales import disputes, listing
from cloud.sales.listing import SaleFilter
from cloud.sales.trace import trace
from cloud.store.arrivals import Arrived
from cloud.store.cases import CaseFilter
from shared.disputes import Basis, DisputeReason, MeterKind, MeterReason, Settlement
from shared.messages import DisputeSettled, MeterExplained, MeterMoved, SaleRecorded
from shared.sale import SaleStatus, prove
from shared.station import Key
from tests.cloud.scene import EPOCH, NOW, STATIONS, Scene, a_sale, arrived

A = STATIONS[0]
HOW = Settlement(Basis.TOTALISER, 40_780, 32_012, DisputeReason.DISPLAY_WRONG, "attendant:小王", "与顾客核对")
HELD = a_sale(
    volume=67_960,
    amount=53_349,
    proof=prove(27_180, 67_960, 67_960, 10**11),
    status=SaleStatus.DISPUTED,
    payable=53_349,
)


def told(key: Key, seq: int, how: Settlement = HOW) -> Arrived:
    return arrived(DisputeSettled(key.epoch, key.seq, how), seq=seq)


def test_a_settled_dispute_is_put_right_in_every_sum_and_its_case_is_closed(scene: Scene) -> None:
    key = scene.sell(HELD)
    scene.tell(told(key, key.seq + 1))
    (line,) = scene.read(listing.page, SaleFilter())
    assert (line.status, line.volume, line.amount, line.payable) == ("settled", 40_780, 32_012, 32_012)
    sums = scene.read(listing.company_sums)
    assert (sums.disputed, sums.settled, sums.volume, sums.payable) == (0, 1, 40_780, 32_012)
    assert scene.read(cases.page) == ()
    (closed,) = scene.read(cases.page, CaseFilter("decided"))
    assert (closed.decision, closed.decided_by, closed.note) == ("settled", "attendant:小王", "与顾客核对")
    seen = scene.read(trace, key).settlement
    assert seen is not None
    assert (seen.shown_volume, seen.shown_amount, seen.volume, seen.basis) == (67_960, 53_349, 40_780, "totaliser")


def test_f20_the_same_settlement_told_again_changes_nothing(scene: Scene) -> None:
    key = scene.sell(HELD)
    for _ in range(3):
        scene.tell(told(key, key.seq + 1))
    later = Settlement(Basis.VOID, 0, 0, DisputeReason.OTHER, "attendant:小李", "x")
    scene.tell(told(key, key.seq + 2, later))
    (line,) = scene.read(listing.page, SaleFilter())
    assert line.volume == 40_780, "the first decision stands"


def test_a_settlement_that_comes_before_its_sale_waits_for_it(scene: Scene) -> None:
    """The sale lay among the dead letters, was mended and replayed."""
    key = Key(A, EPOCH, 5)
    scene.tell(told(key, 6))
    assert scene.read(listing.page, SaleFilter()) == ()
    scene.tell(arrived(SaleRecorded(HELD), seq=5))
    (line,) = scene.read(listing.page, SaleFilter())
    assert (line.status, line.payable) == ("settled", 32_012)
    assert scene.read(cases.page) == ()


def test_a_case_that_head_office_has_decided_stays_decided(scene: Scene) -> None:
    key = scene.sell(HELD)
    (case,) = scene.read(cases.page)
    scene.write(cases.decide, case.number, cases.Decision.HEAD_OFFICE_BEARS, "王总", "先由总部承担", NOW)
    scene.tell(told(key, key.seq + 1))
    (decided,) = scene.read(cases.page, CaseFilter("decided"))
    assert (decided.decision, decided.decided_by) == ("head_office_bears", "王总")


def test_a_sale_that_was_proved_is_not_touched_by_a_stray_settlement(scene: Scene) -> None:
    key = scene.sell(a_sale())
    before = scene.read(listing.page, SaleFilter())
    scene.tell(told(key, key.seq + 1))
    assert scene.read(listing.page, SaleFilter()) == before


@pytest.mark.parametrize("first", ["line", "explanation"])
def test_a_meter_line_and_its_explanation_find_each_other_whichever_comes_first(scene: Scene, first: str) -> None:
    line = arrived(MeterMoved(MeterKind.FALLBACK, 3, 1, "92#", 1_000, 38_770, 37_770, NOW - 9), seq=7)
    said = arrived(MeterExplained(EPOCH, 7, MeterReason.SOLD_BY_HAND, 29_649, "attendant:小王", "停电"), seq=8)
    for fact in (line, said) if first == "line" else (said, line):
        scene.tell(fact)
    (seen,) = scene.read(disputes.lines, A)
    assert (seen.kind, seen.volume, seen.reason, seen.amount, seen.by) == (
        "fallback",
        37_770,
        "sold_by_hand",
        29_649,
        "attendant:小王",
    )
