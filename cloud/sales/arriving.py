"""Sales and slips as they arrive: a batch is a handful of statements, whatever its size."""

from collections.abc import Sequence

from cloud.sales import odd, payments
from cloud.sales.posting import Known, SlipPosting, sale_posting, slip_posting
from cloud.store import days, disputes, sales
from cloud.store.arrivals import Arrived, BulkHandler
from cloud.store.database import Connection
from shared.messages import SaleRecorded, SlipJournalled
from shared.payment import OPEN
from shared.sale import Sale, SaleStatus

DECIDE_WITHIN = 7 * 86_400_000
"""Milliseconds in which a person should decide about a disputed sale."""


def apply(connection: Connection, facts: Sequence[Arrived], decide_within: int = DECIDE_WITHIN) -> None:
    """Posts sales. What is odd about one becomes a case; who failed the proof owes nothing until a person decides."""
    told = [(fact, fact.body.sale) for fact in facts if isinstance(fact.body, SaleRecorded)]
    known = _known(connection, told)
    postings = [sale_posting(fact, sale, known) for fact, sale in told]
    sales.insert_sales(connection, postings)
    days.mark(connection, {(row.station, row.business_day) for row in postings})
    odd.open_cases(connection, postings, decide_within)
    tills = {(row.station, row.epoch, row.seq) for row in postings if row.tender == OPEN}
    if tills:
        payments.refresh(connection, tills)  # those that came late, after their payment
    held = {(row.station, row.epoch, row.seq) for row in postings if row.status == SaleStatus.DISPUTED}
    if held:
        disputes.settle_sales(connection, held)  # those that came late, after their settlement


def apply_slips(connection: Connection, facts: Sequence[Arrived]) -> None:
    """Posts lines of the print journals."""
    rows: list[SlipPosting] = [slip_posting(fact, fact.body) for fact in facts if isinstance(fact.body, SlipJournalled)]
    sales.insert_slips(connection, rows)


handlers: dict[type, BulkHandler] = {SaleRecorded: apply, SlipJournalled: apply_slips}


def _known(connection: Connection, told: Sequence[tuple[Arrived, Sale]]) -> Known:
    used = {use.terms.coupon for _, sale in told for use in sale.redemptions}
    return Known(
        sales.prices_of(connection, {sale.tariff for _, sale in told}),
        sales.existing_coupons(connection, used),
        sales.existing_members(connection, {sale.member for _, sale in told} - {""}),
        sales.reported_points(connection, {fact.station for fact, _ in told}),
    )
