"""The redemptions of a coupon or of a campaign, as head office shows them. Money in fen, times in UTC milliseconds."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from cloud.store import redemptions
from cloud.store.database import Connection
from shared.station import Key


class UseView(Struct, frozen=True):
    """A use of a coupon: the station's verdict, and head office's own."""

    sale: Key
    coupon: str
    discount: int
    grade: str
    amount: int
    reason: str
    leased: bool
    online: bool
    verdict: str
    """Empty while it waits to be judged."""
    happened_at: int
    arrived_at: int


def of_coupon(connection: Connection, coupon: str) -> tuple[UseView, ...]:
    """All uses of a coupon, in the order in which they are judged."""
    views = _views(redemptions.of_coupons(connection, [coupon]))
    return tuple(sorted(views, key=lambda use: (use.happened_at, use.arrived_at, use.sale)))


def of_campaign(connection: Connection, campaign: str, limit: int = 20) -> tuple[UseView, ...]:
    """The latest uses of a campaign's coupons, the newest first."""
    return _views(redemptions.of_campaign(connection, campaign, limit))


def _views(rows: Sequence[Any]) -> tuple[UseView, ...]:
    return tuple(
        UseView(
            Key(row.station, row.epoch, row.seq),
            row.coupon,
            row.discount,
            row.grade,
            row.amount,
            row.reason,
            bool(row.leased),
            bool(row.online),
            row.verdict,
            row.happened_at,
            row.arrived_at,
        )
        for row in rows
    )
