"""Campaigns, coupons, leases, redemptions and the keys that sign."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, or_, select, update

from cloud.store.database import insert, insert_many, insert_or_ignore
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
    """Fingerprint and terms of the typed codes that may be used at a station, the latest issued first."""
    wanted = select(_coupon.c.fingerprint, _coupon.c.terms_json).where(
        _coupon.c.fingerprint.is_not(None), _coupon.c.revoked_at.is_(None), *_concerning(station, now)
    )
    return connection.execute(wanted.order_by(_coupon.c.issued_at.desc(), _coupon.c.id).limit(limit)).all()


def revoked(connection: Connection, station: str, now: int) -> list[str]:
    """Coupons that a station must refuse though they could still be used there."""
    wanted = select(_coupon.c.id).where(_coupon.c.revoked_at.is_not(None), *_concerning(station, now))
    return list(connection.execute(wanted.order_by(_coupon.c.id)).scalars())


def _concerning(station: str, now: int) -> list[ColumnElement[bool]]:
    mine = select(_scope.c.coupon).where(_scope.c.station == station)
    return [_coupon.c.not_after > now, or_(_coupon.c.every_station == 1, _coupon.c.id.in_(mine))]


# ── Leases and claims ─────────────────────────────────────────────────────────────────────────────────────────────────


def add_lease(connection: Connection, row: Mapping[str, Any]) -> int:
    """A new lease; its number."""
    return int(connection.execute(_lease.insert().values(**row).returning(_lease.c.id)).scalar_one())


def leases_of(connection: Connection, coupons: Collection[str]) -> Sequence[Row[Any]]:
    """All leases of these coupons that there ever were, the oldest first."""
    if not coupons:
        return ()
    return connection.execute(select(_lease).where(_lease.c.coupon.in_(coupons)).order_by(_lease.c.id)).all()


def granted_leases(connection: Connection, now: int) -> Sequence[Row[Any]]:
    """The leases that persons have granted and that are in force."""
    wanted = select(_lease).where(_lease.c.ask == "", _lease.c.released_at.is_(None), _lease.c.until > now)
    return connection.execute(wanted.order_by(_lease.c.id)).all()


def lease(connection: Connection, number: int) -> Row[Any] | None:
    """A lease."""
    return connection.execute(select(_lease).where(_lease.c.id == number)).one_or_none()


def release(connection: Connection, number: int, at: int) -> bool:
    """Ends a lease before its time; False when it had ended so before."""
    wanted = update(_lease).where(_lease.c.id == number, _lease.c.released_at.is_(None))
    return connection.execute(wanted.values(released_at=at)).rowcount == 1


def set_consumed(connection: Connection, consumed: Mapping[int, int]) -> None:
    """How many uses of each of these leases have come back."""
    if consumed:
        changed = update(_lease).where(_lease.c.id == bindparam("number")).values(consumed=bindparam("uses_back"))
        connection.execute(changed, [{"number": number, "uses_back": uses} for number, uses in consumed.items()])


def newest_lines(connection: Connection, stations: Collection[str]) -> dict[str, Row[Any]]:
    """The line of the newest store of each of these stations."""
    wanted = select(_line).where(_line.c.station.in_(stations)).order_by(_line.c.epoch)
    return {row.station: row for row in connection.execute(wanted)} if stations else {}


def note_wrong_code(connection: Connection, station: str, at: int) -> None:
    """A station asked for a coupon that does not exist."""
    connection.execute(_wrong.insert().values(station=station, at=at))


def wrong_codes(connection: Connection, station: str, since: int) -> int:
    """How often it has done so."""
    wanted = select(func.count()).where(_wrong.c.station == station, _wrong.c.at > since)
    return int(connection.execute(wanted).scalar_one())


def forget_wrong_codes(connection: Connection, before: int) -> None:
    """Forgets wrong codes of long ago."""
    connection.execute(delete(_wrong).where(_wrong.c.at < before))


# ── Redemptions ───────────────────────────────────────────────────────────────────────────────────────────────────────


def insert_redemptions(connection: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Writes redemptions; those that are there stay as they are."""
    insert_many(connection, _redemption, rows)


def redemptions_of(connection: Connection, coupons: Collection[str]) -> Sequence[Row[Any]]:
    """All redemptions of these coupons."""
    if not coupons:
        return ()
    return connection.execute(select(_redemption).where(_redemption.c.coupon.in_(coupons))).all()


def redemptions_of_campaign(connection: Connection, campaign: str, limit: int) -> Sequence[Row[Any]]:
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
    rows = [{"s": station, "e": epoch, "q": seq} for station, epoch, seq in set(keys)]
    if rows:
        own = _sale.c.station == bindparam("s"), _sale.c.epoch == bindparam("e"), _sale.c.seq == bindparam("q")
        without = func.trim(func.replace(" " + _sale.c.flags + " ", f" {flag} ", " "))
        connection.execute(update(_sale).where(*own).values(flags=without), rows)


def flag_sales(connection: Connection, keys: Iterable[tuple[str, int, int]], flag: str) -> None:
    """Adds a flag, a word of its own, to sales that don't have it."""
    rows = [{"s": station, "e": epoch, "q": seq} for station, epoch, seq in set(keys)]
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
