"""Coupons that were used, and what head office says of it."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from cloud.store.database import insert_many
from cloud.store.tables import RedemptionRow, SaleRow, StationRow, table_of

_redemption = table_of(RedemptionRow)
_station = table_of(StationRow)
_sale = table_of(SaleRow)


def insert(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes redemptions; those that are there stay as they are."""
    insert_many(connection, _redemption, rows)


def of_coupons(connection: Connection, coupons: Collection[str]) -> Sequence[Row[Any]]:
    """All redemptions of these coupons."""
    if not coupons:
        return ()
    return connection.execute(select(_redemption).where(_redemption.c.coupon.in_(coupons))).all()


def of_campaign(connection: Connection, campaign: str, limit: int) -> Sequence[Row[Any]]:
    """The latest redemptions of a campaign's coupons, the newest first."""
    newest = _redemption.c.happened_at.desc(), _redemption.c.station, _redemption.c.epoch, _redemption.c.seq
    wanted = select(_redemption).where(_redemption.c.campaign == campaign)
    return connection.execute(wanted.order_by(*newest).limit(limit)).all()


def set_verdicts(connection: Connection, verdicts: Iterable[tuple[tuple[str, int, int, int], str]]) -> None:
    """Head office's verdicts on redemptions, by station, epoch, seq and position."""
    rows = [
        {"s": station, "e": epoch, "q": seq, "p": position, "judged": verdict}
        for (station, epoch, seq, position), verdict in verdicts
    ]
    if rows:
        own = (
            _redemption.c.station == bindparam("s"),
            _redemption.c.epoch == bindparam("e"),
            _redemption.c.seq == bindparam("q"),
            _redemption.c.position == bindparam("p"),
        )
        connection.execute(update(_redemption).where(*own).values(verdict=bindparam("judged")), rows)


def unflag_sales(connection: Connection, keys: Iterable[tuple[str, int, int]], flag: str) -> None:
    """Takes a flag from sales."""
    rows = [{"s": station, "e": epoch, "q": seq} for station, epoch, seq in sorted(set(keys))]
    if rows:
        own = _sale.c.station == bindparam("s"), _sale.c.epoch == bindparam("e"), _sale.c.seq == bindparam("q")
        without = func.trim(func.replace(" " + _sale.c.flags + " ", f" {flag} ", " "))
        connection.execute(update(_sale).where(*own).values(flags=without), rows)


def flag_sales(connection: Connection, keys: Iterable[tuple[str, int, int]], flag: str) -> None:
    """Adds a flag, a word of its own, to sales that don't have it."""
    rows = [{"s": station, "e": epoch, "q": seq} for station, epoch, seq in sorted(set(keys))]
    if rows:
        own = (
            _sale.c.station == bindparam("s"),
            _sale.c.epoch == bindparam("e"),
            _sale.c.seq == bindparam("q"),
            ~(" " + _sale.c.flags + " ").contains(f" {flag} "),
        )
        connection.execute(update(_sale).where(*own).values(flags=func.trim(_sale.c.flags + f" {flag}")), rows)


def dealers_of(connection: Connection, stations: Collection[str]) -> dict[str, str]:
    """Station → its dealer."""
    wanted = select(_station.c.id, _station.c.dealer_id).where(_station.c.id.in_(stations))
    return {row.id: row.dealer_id for row in connection.execute(wanted)} if stations else {}
