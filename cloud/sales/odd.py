"""Sales that are in the books like any other, and about which a person must decide all the same."""

from collections.abc import Iterable, Sequence
from typing import Final

from cloud.sales.posting import Flag, SalePosting
from cloud.store import cases, redemptions, sales
from cloud.store.cases import NewCase
from cloud.store.database import Connection
from cloud.store.sales import Told
from shared.sale import SaleStatus
from shared.station import Key

ONE_FILLING: Final = 3 * 86_400_000
"""Milliseconds between two sales beyond which the same reading of a totaliser means that it was set back meanwhile."""


def open_cases(connection: Connection, rows: Sequence[SalePosting], decide_within: int) -> None:
    """Opens the cases of sales that were just posted; one that is there already stays as it is."""
    opened = [case for row in rows for case in cases_of(row, decide_within)]
    twice = later_ones(sales.same_readings(connection, _places(rows)))
    now = max((row.arrived_at for row in rows), default=0)
    opened += [_told_twice(late, first, now, now + decide_within) for late, first in twice]
    cases.open_many(connection, _once(opened))
    redemptions.flag_sales(connection, [late.key for late, _ in twice], Flag.TOLD_TWICE.value)


def cases_of(row: SalePosting, decide_within: int) -> list[NewCase]:
    """What is to be decided about a sale by itself. Pure."""
    flags = row.flags.split()
    unknown = ((Flag.UNKNOWN_MEMBER, row.member), (Flag.UNKNOWN_TARIFF, str(row.tariff)))
    odd = [
        _case(row, flag.value, flag.value, row.payable, "kept_and_flagged", decide_within, about)
        for flag, about in unknown
        if flag in flags
    ]
    if row.status == SaleStatus.DISPUTED:
        odd.append(_case(row, "disputed_sale", row.finding, row.amount, "", decide_within))
    return odd


def later_ones(pairs: Iterable[tuple[Told, Told]]) -> list[tuple[Told, Told]]:
    """Of two sales of one filling the later one, each once, with the earliest of those before it. Pure."""
    firsts: dict[Told, Told] = {}
    for one, other in pairs:
        if abs(one.happened_at - other.happened_at) > ONE_FILLING:
            continue
        first, late = sorted((one, other), key=_order)
        firsts[late] = min(firsts.get(late, first), first, key=_order)
    return sorted(firsts.items(), key=lambda pair: _order(pair[0]))


def _once(opened: Sequence[NewCase]) -> list[NewCase]:
    """Of those about the same unknown thing the first: a station may sell a hundred thousand times at such a price."""
    seen: dict[object, NewCase] = {}
    for case in opened:
        seen.setdefault((case.kind, case.station, case.about or (case.epoch, case.seq)), case)
    return list(seen.values())


def _order(told: Told) -> tuple[int, str, int, int]:
    return told.happened_at, told.station, told.epoch, told.seq


def _places(rows: Iterable[SalePosting]) -> list[tuple[str, int, int, int]]:
    """Each line that these sales came on, with the first and the last of its numbers here."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for row in rows:
        first, last = found.get((row.station, row.epoch), (row.seq, row.seq))
        found[row.station, row.epoch] = min(first, row.seq), max(last, row.seq)
    return [(*line, *span) for line, span in found.items()]


def _case(
    row: SalePosting, kind: str, reason: str, amount: int, rule: str, decide_within: int, about: str = ""
) -> NewCase:
    return NewCase(
        kind=kind,
        station=row.station,
        epoch=row.epoch,
        seq=row.seq,
        reason=reason,
        cost_owner="",
        amount=amount,
        opened_at=row.arrived_at,
        deadline=row.arrived_at + decide_within,
        rule=rule,
        about=about,
    )


def _told_twice(late: Told, first: Told, now: int, deadline: int) -> NewCase:
    return NewCase(
        kind="filling_told_twice",
        station=late.station,
        epoch=late.epoch,
        seq=late.seq,
        reason="same_figures" if (late.volume, late.amount) == (first.volume, first.amount) else "other_figures",
        cost_owner="",
        amount=late.payable,
        opened_at=now,
        deadline=deadline,
        rule="first_finish_stands",
        winner=str(Key(first.station, first.epoch, first.seq)),
    )
