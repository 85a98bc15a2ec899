"""What was paid at the till, in head office's books: whatever the order in which it comes."""

from itertools import permutations
from typing import Any

import pytest

from cloud.sales import listing, payments
from cloud.sales.listing import SaleFilter
from cloud.sales.payments import PaymentPosting
from cloud.sales.trace import trace
from cloud.store.arrivals import Arrived
from cloud.store.tables import PaymentRow, table_of
from shared.messages import PaymentTakenBack, SaleDrivenOff, SalePaid, SaleRecorded, SaleRefunded
from shared.payment import OPEN, BackReason, Payment, Refund, Tender, TenderKind
from shared.station import Key
from tests.cloud.scene import EPOCH, NOW, STATIONS, Scene, a_sale, arrived

A = STATIONS[0]
LI = "attendant:小李"
CASH = Payment((Tender(TenderKind.CASH, 23_550),), LI, 30_000, 6_450)
CARD = Payment((Tender(TenderKind.CARD, 23_550, "6222"),), LI)
MIXED = Payment((Tender(TenderKind.CASH, 10_000), Tender(TenderKind.WECHAT, 13_550)), LI, 10_000)
KEY = Key(A, EPOCH, 1)


def told(body: Any, seq: int) -> Arrived:
    return arrived(body, seq=seq)


SOLD = told(SaleRecorded(a_sale(tender=OPEN)), 1)
PAID = told(SalePaid(EPOCH, 1, CASH), 2)
BACK = told(PaymentTakenBack(EPOCH, 1, EPOCH, 2, BackReason.WRONG_TENDER, LI), 3)
ANEW = told(SalePaid(EPOCH, 1, CARD), 4)
REFUND = told(SaleRefunded(EPOCH, 1, Refund(Tender(TenderKind.CASH, 1_000), BackReason.CUSTOMER, LI, "少加")), 5)


def tender(scene: Scene) -> str:
    (line,) = scene.read(listing.page, SaleFilter())
    return str(line.tender)


def test_a_posting_has_the_columns_of_its_table_in_their_order() -> None:
    assert list(PaymentPosting._fields) == [column.name for column in table_of(PaymentRow).columns]


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ([SOLD], OPEN),
        ([SOLD, PAID], "cash"),
        ([SOLD, told(SalePaid(EPOCH, 1, MIXED), 2)], "mixed"),
        ([SOLD, PAID, BACK], OPEN),
        ([SOLD, PAID, BACK, ANEW], "card"),
        ([SOLD, PAID, BACK, ANEW, REFUND], "card"),
        ([SOLD, told(SaleDrivenOff(EPOCH, 1, 23_550, LI), 2)], "driven_off"),
    ],
)
def test_a_sale_says_how_it_is_paid_as_things_stand(scene: Scene, facts: list[Arrived], word: str) -> None:
    scene.tell(*facts)
    assert tender(scene) == word
    scene.tell(*facts)
    assert tender(scene) == word, "told again"


def test_it_does_not_matter_what_comes_first(small_scene: Scene) -> None:
    """A sale that lay among the dead letters comes after its payment."""
    for number, order in enumerate(permutations([SOLD, PAID, BACK, ANEW])):
        station = f"s{number}"
        for fact in order:
            small_scene.tell(fact._replace(station=station))
        (line,) = small_scene.read(listing.page, SaleFilter(stations=(station,)))
        assert line.tender == "card", [type(fact.body).__name__ for fact in order]


def test_the_trace_tells_every_step_of_the_money(scene: Scene) -> None:
    scene.tell(SOLD, PAID, BACK, ANEW, REFUND)
    told_of = scene.read(trace, KEY).payments
    assert [(one.kind, one.amount, one.holds) for one in told_of] == [
        ("paid", 23_550, False),
        ("taken_back", 0, False),
        ("paid", 23_550, True),
        ("refunded", 1_000, True),
    ]
    assert (told_of[0].given, told_of[0].change) == (30_000, 6_450)
    assert (told_of[2].tenders, told_of[3].note) == (CARD.tenders, "少加")
    assert all(one.happened_at >= NOW for one in told_of)


def test_a_sale_of_which_nothing_was_told_stays_as_it_is(scene: Scene) -> None:
    scene.sell(a_sale())
    scene.write(payments.refresh, {(A, EPOCH, 1)})
    assert tender(scene) == "cash"
