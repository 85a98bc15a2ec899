"""Coupons with everything that was done with them, read from the books."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec

from cloud.coupons.judging import Held, Record, Use
from cloud.store import coupons, holds, redemptions
from cloud.store.database import Connection
from shared.coupon import CouponTerms, Filling
from shared.messages import Hello


def records_of(connection: Connection, ids: Collection[str], lock: bool = True) -> dict[str, Record]:
    """Those of these coupons that exist; with ``lock`` nobody else may change them until the transaction ends."""
    rows = coupons.some(connection, ids, lock)
    uses = _grouped(redemptions.of_coupons(connection, rows.keys()))
    held = _grouped(holds.of_coupons(connection, rows.keys()))
    return {
        id: Record(
            msgspec.json.decode(row.terms_json, type=CouponTerms),
            row.revoked_at,
            tuple(_use(one) for one in uses[id]),
            tuple(_held(one) for one in held[id]),
        )
        for id, row in rows.items()
    }


def told_until(connection: Connection, record: Record, now: int) -> Mapping[str, int]:
    """For each station whose lease has run out: up to when, by the company's clock, it has told everything.

    A station whose clock is behind takes a lease to last longer.
    """
    lapsed = {held.station for held in record.held if held.until <= now}
    lines = holds.newest_lines(connection, lapsed)
    return {station: _told_until(line) for station, line in lines.items()}


def _told_until(line: Any) -> int:
    if not line.hello_json:
        return 0
    hello = msgspec.json.decode(line.hello_json, type=Hello)
    if hello.next_seq - 1 > line.contiguous:
        return 0
    return int(line.last_seen) + min(0, line.clock_difference or 0)


def _grouped(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.coupon].append(row)
    return found


def _use(row: Any) -> Use:
    filling = Filling(row.station, row.grade, row.amount, row.volume)
    return Use((row.station, row.epoch, row.seq, row.position), filling, row.happened_at, row.arrived_at)


def _held(row: Any) -> Held:
    return Held(row.id, row.station, row.granted_at, row.until, row.uses, row.released_at)
