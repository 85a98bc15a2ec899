"""Campaigns, coupons, what is set for all of them, and the keys that sign them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, update

from cloud.store.database import insert, insert_or_ignore
from cloud.store.tables import (
    CampaignRow,
    CouponLeaseRow,
    CouponRow,
    CouponStationRow,
    RedemptionRow,
    SaleRow,
    SettingRow,
    SigningKeyRow,
    StationLineRow,
    StationRow,
    WrongCodeRow,
    table_of,
)

_campaign = table_of(CampaignRow)
_coupon = table_of(CouponRow)
_scope = table_of(CouponStationRow)
_lease = table_of(CouponLeaseRow)
_redemption = table_of(RedemptionRow)
_key = table_of(SigningKeyRow)
_setting = table_of(SettingRow)
_wrong = table_of(WrongCodeRow)
_line = table_of(StationLineRow)
_station = table_of(StationRow)
_sale = table_of(SaleRow)


class CouponFilter(Struct, frozen=True):
    """Which coupons are meant. Empty means all."""

    campaign: str = ""
    text: str = ""
    """The coupon's id or in the member."""
    before: tuple[int, str] | None = None
    """issued_at and id of the last one of the page before."""


# ── Keys and settings ─────────────────────────────────────────────────────────────────────────────────────────────────


def add_key(connection: Connection, row: Mapping[str, Any]) -> None:
    """A new signing key."""
    connection.execute(_key.insert().values(**row))


def keys(connection: Connection) -> Sequence[Row[Any]]:
    """All signing keys, the oldest first."""
    return connection.execute(select(_key).order_by(_key.c.id)).all()


def setting(connection: Connection, name: str) -> str | None:
    """A setting as JSON."""
    value: str | None = connection.execute(select(_setting.c.value_json).where(_setting.c.name == name)).scalar()
    return value


def setting_row(connection: Connection, name: str) -> Row[Any] | None:
    """A setting, with who changed it and when."""
    return connection.execute(select(_setting).where(_setting.c.name == name)).one_or_none()


def settings(connection: Connection, names: Collection[str]) -> Mapping[str, Row[Any]]:
    """Settings by name; those that nobody has set are missing."""
    return {row.name: row for row in connection.execute(select(_setting).where(_setting.c.name.in_(names)))}


def set_setting(connection: Connection, name: str, value_json: str, by: str, now: int) -> None:
    """Sets it, or sets it anew."""
    values = {"value_json": value_json, "changed_at": now, "changed_by": by}
    fresh = insert(connection, _setting).values(name=name, **values)
    connection.execute(fresh.on_conflict_do_update(index_elements=["name"], set_=values))


# ── Campaigns and coupons ─────────────────────────────────────────────────────────────────────────────────────────────


def add_campaign(connection: Connection, row: Mapping[str, Any]) -> bool:
    """A new campaign; False when there is one under this id."""
    fresh = insert_or_ignore(connection, _campaign).values(**row)
    return connection.execute(fresh.returning(_campaign.c.id)).first() is not None


def campaign(connection: Connection, id: str) -> Row[Any] | None:
    """A campaign."""
    return connection.execute(select(_campaign).where(_campaign.c.id == id)).one_or_none()


def campaigns(connection: Connection) -> Sequence[Row[Any]]:
    """All campaigns, the newest first, with what came of them: coupons issued, redemptions, their discounts in fen."""
    issued = select(func.count()).where(_coupon.c.campaign == _campaign.c.id).scalar_subquery()
    used = (
        select(_redemption.c.campaign, func.count().label("used"), func.sum(_redemption.c.discount).label("discount"))
        .group_by(_redemption.c.campaign)
        .subquery()
    )
    wanted = select(
        _campaign,
        issued.label("issued"),
        func.coalesce(used.c.used, 0).label("used"),
        func.coalesce(used.c.discount, 0).label("discount"),
    ).outerjoin_from(_campaign, used, used.c.campaign == _campaign.c.id)
    return connection.execute(wanted.order_by(_campaign.c.created_at.desc(), _campaign.c.id)).all()


def add_coupons(connection: Connection, rows: Sequence[Mapping[str, Any]], stations: Collection[str]) -> None:
    """New coupons, all for these stations; for every one when none is named."""
    connection.execute(_coupon.insert(), [{**row, "every_station": int(not stations)} for row in rows])
    scopes = [{"station": station, "coupon": row["id"]} for row in rows for station in stations]
    if scopes:
        connection.execute(_scope.insert(), scopes)


def page(connection: Connection, wanted: CouponFilter, limit: int) -> Sequence[Row[Any]]:
    """Coupons that are meant, the latest issued first."""
    query = select(_coupon).order_by(_coupon.c.issued_at.desc(), _coupon.c.id.desc()).limit(limit)
    if wanted.campaign:
        query = query.where(_coupon.c.campaign == wanted.campaign)
    if wanted.text:
        query = query.where(
            or_(_coupon.c.id == wanted.text.lower(), _coupon.c.member.icontains(wanted.text, autoescape=True))
        )
    if wanted.before:
        at, id = wanted.before
        query = query.where(or_(_coupon.c.issued_at < at, (_coupon.c.issued_at == at) & (_coupon.c.id < id)))
    return connection.execute(query).all()


def some(connection: Connection, ids: Collection[str], lock: bool) -> dict[str, Row[Any]]:
    """Those of these coupons that exist; with ``lock`` nobody else may claim, judge or change them meanwhile."""
    wanted = select(_coupon).where(_coupon.c.id.in_(ids)).order_by(_coupon.c.id)
    return {row.id: row for row in connection.execute(wanted.with_for_update() if lock else wanted)} if ids else {}


def one(connection: Connection, id: str) -> Row[Any] | None:
    """A coupon."""
    return connection.execute(select(_coupon).where(_coupon.c.id == id)).one_or_none()


def id_of(connection: Connection, fingerprint: bytes) -> str | None:
    """The coupon with this typed code."""
    wanted = select(_coupon.c.id).where(_coupon.c.fingerprint == fingerprint)
    found: str | None = connection.execute(wanted).scalar()
    return found


def stations_of(connection: Connection, id: str) -> tuple[str, ...]:
    """The stations of a coupon that is for some stations only."""
    wanted = select(_scope.c.station).where(_scope.c.coupon == id).order_by(_scope.c.station)
    return tuple(connection.execute(wanted).scalars())


def revoke(connection: Connection, id: str, by: str, at: int) -> bool:
    """Calls a coupon back; False when it was before."""
    wanted = update(_coupon).where(_coupon.c.id == id, _coupon.c.revoked_at.is_(None))
    return connection.execute(wanted.values(revoked_at=at, revoked_by=by)).rowcount == 1


def listed(connection: Connection, station: str, now: int, limit: int) -> Sequence[Any]:
    """Fingerprint and terms of the typed codes of a station, the latest issued first.

    One that was called back stays where it is (:func:`revoked` names it): the list does not have to be sent again.
    """
    wanted = select(_coupon.c.fingerprint, _coupon.c.terms_json).where(
        _coupon.c.fingerprint.is_not(None), *_concerning(station, now)
    )
    return connection.execute(wanted.order_by(_coupon.c.issued_at.desc(), _coupon.c.id).limit(limit)).all()


def with_own(connection: Connection, stations: Collection[str]) -> set[str]:
    """Those of these stations for which any coupon is that is not for all."""
    wanted = select(_scope.c.station).where(_scope.c.station.in_(stations)).distinct()
    return set(connection.execute(wanted).scalars())


def revoked(connection: Connection, station: str, now: int) -> list[str]:
    """Coupons that a station must refuse though they could still be used there."""
    wanted = select(_coupon.c.id).where(_coupon.c.revoked_at.is_not(None), *_concerning(station, now))
    return list(connection.execute(wanted.order_by(_coupon.c.id)).scalars())


def _concerning(station: str, now: int) -> list[ColumnElement[bool]]:
    mine = select(_scope.c.coupon).where(_scope.c.station == station)
    return [_coupon.c.not_after > now, or_(_coupon.c.every_station == 1, _coupon.c.id.in_(mine))]
