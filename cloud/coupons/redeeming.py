"""Redemptions as they arrive: written with their sales, judged over the whole book, made a case when they lose."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from cloud.coupons.judging import (
    UNKNOWN,
    Judged,
    Key,
    Record,
    case_kind,
    cost_owner,
    judge_all,
    rule_of,
    winner_of,
)
from cloud.coupons.records import records_of
from cloud.store import cases, coupons, holds, redemptions
from cloud.store.arrivals import Arrived
from cloud.store.database import Connection
from shared import station as nouns
from shared.messages import SaleRecorded
from shared.sale import Redemption, Sale

DECIDE_WITHIN: Final = 7 * 86_400_000
"""Milliseconds in which a person should decide about a redemption that lost."""
FLAG: Final = "coupon_lost"
"""On a sale whose coupon head office judges otherwise. The benefit stays."""


class RedemptionPosting(NamedTuple):
    """A row of ``redemption``: the columns in their order."""

    station: str
    epoch: int
    seq: int
    position: int
    coupon: str
    campaign: str
    terms_json: str
    discount: int
    reason: str
    leased: int
    online: int
    grade: str
    amount: int
    volume: int
    happened_at: int
    arrived_at: int
    verdict: str


def apply(connection: Connection, facts: Sequence[Arrived], decide_within: int = DECIDE_WITHIN) -> None:
    """Posts the redemptions of these sales, whose own rows are written already."""
    rows = [
        _posting(fact, fact.body.sale, place, used)
        for fact in facts
        if isinstance(fact.body, SaleRecorded)
        for place, used in enumerate(fact.body.sale.redemptions)
    ]
    if rows:
        used_coupons = {row.coupon for row in rows}
        coupons.some(connection, used_coupons, lock=True)
        redemptions.insert(connection, rows)
        rejudge(connection, used_coupons, max(fact.arrived_at for fact in facts), decide_within)


def rejudge(connection: Connection, used: Collection[str], now: int, decide_within: int = DECIDE_WITHIN) -> None:
    """Judges all uses of these coupons anew: what has changed is written, and who has lost becomes a case."""
    records = records_of(connection, used)
    by_coupon: dict[str, list[RedemptionPosting]] = defaultdict(list)
    for row in redemptions.of_coupons(connection, used):
        by_coupon[row.coupon].append(RedemptionPosting._make(row))
    judged = {id: judge_all(record) for id, record in records.items()}
    changed = {
        key_of(row): (row, verdict)
        for id, rows in by_coupon.items()
        for row in rows
        if (verdict := _verdict(judged.get(id), key_of(row))) != row.verdict
    }
    redemptions.set_verdicts(connection, [(key, verdict) for key, (_, verdict) in changed.items()])
    holds.set_consumed(connection, {n: uses for one in judged.values() for n, uses in one.consumed.items()})
    won = [row for row, verdict in changed.values() if not case_kind(verdict)]
    lost = [(row, verdict) for row, verdict in changed.values() if case_kind(verdict)]
    _withdraw(connection, won, now)
    redemptions.flag_sales(connection, [(row.station, row.epoch, row.seq) for row, _ in lost], FLAG)
    _open_cases(connection, lost, _winners(records, judged), now, now + decide_within)


def key_of(row: RedemptionPosting) -> Key:
    """The key under which a redemption is judged."""
    return row.station, row.epoch, row.seq, row.position


def _verdict(judged: Judged | None, key: Key) -> str:
    return UNKNOWN if judged is None else judged.verdicts[key].value


def _winners(records: Mapping[str, Record], judged: Mapping[str, Judged]) -> dict[str, str]:
    """Coupon → the printed number of the sale that won it; empty when none has."""
    winners = {id: winner_of(record, judged[id]) for id, record in records.items()}
    return {id: str(nouns.Key(*key[:3])) if key else "" for id, key in winners.items()}


def _withdraw(connection: Connection, won: Sequence[RedemptionPosting], now: int) -> None:
    """Those that had lost, and by times put right since have won."""
    once_lost = [row for row in won if row.verdict]
    cases.withdraw(connection, [(row.station, row.epoch, row.seq, row.coupon) for row in once_lost], now)
    redemptions.unflag_sales(connection, [(row.station, row.epoch, row.seq) for row in once_lost], FLAG)


def _open_cases(
    connection: Connection,
    lost: Sequence[tuple[RedemptionPosting, str]],
    winners: Mapping[str, str],
    now: int,
    deadline: int,
) -> None:
    dealers = redemptions.dealers_of(connection, {row.station for row, _ in lost})
    opened = [
        _case(row, verdict, winners.get(row.coupon, ""), dealers.get(row.station, ""), now, deadline)
        for row, verdict in lost
    ]
    cases.open_many(connection, opened)
    for coupon in {case.coupon for case in opened if case.winner}:
        cases.set_winner(connection, "coupon_used_twice", coupon, winners[coupon])


def _case(row: RedemptionPosting, verdict: str, winner: str, dealer: str, now: int, deadline: int) -> cases.NewCase:
    return cases.NewCase(
        kind=case_kind(verdict),
        station=row.station,
        epoch=row.epoch,
        seq=row.seq,
        reason=verdict,
        cost_owner=cost_owner(verdict, dealer),
        amount=row.discount,
        opened_at=now,
        deadline=deadline,
        coupon=row.coupon,
        rule=rule_of(verdict),
        winner=winner,
    )


def _posting(fact: Arrived, sale: Sale, place: int, used: Redemption) -> RedemptionPosting:
    delivery, terms = sale.delivery, used.terms
    return RedemptionPosting(
        station=fact.station,
        epoch=fact.epoch,
        seq=fact.seq,
        position=place,
        coupon=terms.coupon,
        campaign=terms.campaign,
        terms_json=msgspec.json.encode(terms).decode(),
        discount=used.discount,
        reason=used.reason.value,
        leased=int(used.leased),
        online=int(used.online),
        grade=delivery.grade,
        amount=delivery.amount,
        volume=delivery.volume,
        happened_at=fact.right(sale.finished).at,
        arrived_at=fact.arrived_at,
        verdict="",
    )
