"""Campaigns and their coupons: made, listed, called back. Money in fen, times in UTC milliseconds."""

import secrets
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from cloud.coupons.keys import BOOK, SigningKey, by_id, newest
from cloud.coupons.sealing import Seal
from cloud.coupons.settings import salt
from cloud.store import audit, counters, coupons, stations
from cloud.store.coupons import CouponFilter as CouponFilter
from cloud.store.database import Books, Connection
from shared.codes import fingerprint, grouped, scanned_code, typed_code
from shared.coupon import CouponKind, CouponTerms
from shared.errors import Refused

MOST_AT_ONCE: Final = 10_000
MOST_TYPED_AT_ONCE: Final = 500
"""A typed code costs 40 ms of work: its fingerprint is slow on purpose."""
_LONGEST_NAME: Final = 40
_MOST_VALUE: Final = {CouponKind.AMOUNT: 1_000_000, CouponKind.PER_LITRE: 10_000, CouponKind.PERCENT: 100}
_MOST_USES: Final = 1_000
_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"


class NewCampaign(Struct, frozen=True):
    """What a person decides. The fields are those of :class:`shared.coupon.CouponTerms`."""

    name: str
    kind: CouponKind
    value: int
    not_before: int
    not_after: int
    min_spend: int = 0
    max_discount: int = 0
    uses: int = 1
    grades: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()


class CampaignView(Struct, frozen=True):
    """A campaign and what came of it."""

    id: str
    terms: CouponTerms
    """Of each of its coupons; without a coupon's id."""
    created_at: int
    created_by: str
    issued: int = 0
    used: int = 0
    discount: int = 0
    """Fen given away."""


class IssuedCoupon(Struct, frozen=True):
    """A coupon at its issue. The typed code is shown this once: the books keep its fingerprint alone."""

    coupon: str
    scanned: str
    code: str
    """In groups of four; empty when it was issued without one."""
    terms: CouponTerms


class CouponView(Struct, frozen=True):
    """A coupon in a list."""

    id: str
    terms: CouponTerms
    typed: bool
    issued_at: int
    issued_by: str
    revoked_at: int | None
    revoked_by: str | None

    @property
    def place(self) -> tuple[int, str]:
        """Where the page after this coupon begins: for :attr:`CouponFilter.before`."""
        return self.issued_at, self.id


def create_campaign(connection: Connection, new: NewCampaign, by: str, now: int) -> CampaignView:
    """A new campaign; its name is its id.

    :exc:`Refused`: ``bad_name``, ``bad_value``, ``bad_time``, ``bad_uses``, ``bad_limit``, ``bad_grade``,
    ``unknown_station``, ``exists``.
    """
    terms = _checked_terms(connection, new, now)
    terms_json = msgspec.json.encode(terms).decode()
    row = {"id": terms.campaign, "name": terms.campaign, "terms_json": terms_json}
    if not coupons.add_campaign(connection, row | {"created_at": now, "created_by": by}):
        raise Refused("exists", f"There is a campaign “{terms.campaign}” already. Please choose another name.")
    audit.record(connection, now, by, "campaign_created", terms.campaign, terms=terms_json)
    return CampaignView(terms.campaign, terms, now, by)


def campaigns(connection: Connection) -> tuple[CampaignView, ...]:
    """All campaigns, the newest first."""
    return tuple(_campaign_view(row) for row in coupons.campaigns(connection))


def campaign(connection: Connection, id: str) -> CampaignView:
    """A campaign. :exc:`Refused` (``unknown_campaign``)."""
    return next((view for view in campaigns(connection) if view.id == id), None) or _no_campaign(id)


def issue(
    books: Books,
    seal: Seal,
    campaign: str,
    count: int,
    by: str,
    now: int,
    *,
    typed: bool = False,
    members: Sequence[str] = (),
) -> tuple[IssuedCoupon, ...]:
    """Issues coupons of a campaign, each for the member of its place in ``members`` if there is one.

    Slow, when typed codes are wished for: call it in a thread. :exc:`Refused`: ``unknown_campaign``, ``bad_count``.
    """
    _check_count(count, typed)
    with books.read() as connection:
        key, salted, terms = newest(connection, seal), salt(connection), _terms_of(connection, campaign)
    drawn = [_draw(terms, key, salted if typed else None, member) for member in _padded(members, count)]
    with books.begin() as connection:
        coupons.add_coupons(connection, [_row(one, key, print_, by, now) for one, print_ in drawn], terms.stations)
        counters.bump(connection, BOOK, terms.stations or (counters.EVERY_STATION,))
        audit.record(connection, now, by, "coupons_issued", campaign, count=count, typed=typed)
    return tuple(issued for issued, _ in drawn)


def page(connection: Connection, wanted: CouponFilter, limit: int = 100) -> tuple[CouponView, ...]:
    """Coupons that are meant, the latest issued first."""
    return tuple(_view(row) for row in coupons.page(connection, wanted, limit))


def one(connection: Connection, coupon: str) -> CouponView:
    """A coupon. :exc:`Refused` (``unknown_coupon``)."""
    row = coupons.one(connection, coupon)
    if row is None:
        raise unknown(coupon)
    return _view(row)


def scanned_text(connection: Connection, seal: Seal, coupon: str) -> str:
    """The text of a coupon's QR code, made anew: the same each time. :exc:`Refused` (``unknown_coupon``)."""
    row = coupons.one(connection, coupon)
    if row is None:
        raise unknown(coupon)
    key = by_id(connection, seal, row.key_id)
    return scanned_code(_decoded(row.terms_json), key.id, key.private)


def revoke(connection: Connection, coupon: str, by: str, now: int) -> None:
    """Calls a coupon back. :exc:`Refused`: ``unknown_coupon``, ``already_revoked``."""
    view = one(connection, coupon)
    if not coupons.revoke(connection, coupon, by, now):
        raise Refused("already_revoked", f"Coupon {coupon} was called back by {view.revoked_by} already.")
    counters.bump(connection, BOOK, view.terms.stations or (counters.EVERY_STATION,))
    audit.record(connection, now, by, "coupon_revoked", coupon)


def unknown(coupon: str) -> Refused:
    """The refusal for a coupon that is not there."""
    return Refused("unknown_coupon", f"There is no coupon “{coupon}”.")


def _checked_terms(connection: Connection, new: NewCampaign, now: int) -> CouponTerms:
    name = new.name.strip()
    strangers = set(new.stations) - stations.existing(connection, new.stations)
    grades_fine = all(0 < len(grade) <= 16 and grade.isprintable() for grade in new.grades)
    tried = (
        (
            0 < len(name) <= _LONGEST_NAME and name.isprintable(),
            "bad_name",
            "A campaign's name has 1 to 40 letters.",
        ),
        (1 <= new.value <= _MOST_VALUE[new.kind], "bad_value", "This value is too small or too large for its kind."),
        (max(new.not_before, now) < new.not_after, "bad_time", "It must end after it begins, and later than now."),
        (1 <= new.uses <= _MOST_USES, "bad_uses", f"A coupon has 1 to {_MOST_USES} uses."),
        (new.min_spend >= 0 and new.max_discount >= 0, "bad_limit", "Limits of money are not negative."),
        (grades_fine, "bad_grade", "Please name grades as they stand on the pumps, such as 92#."),
        (not strangers, "unknown_station", f"There is no station “{min(strangers, default='')}”, or it was revoked."),
    )
    for fine, reason, sentence in tried:
        if not fine:
            raise Refused(reason, sentence)
    return CouponTerms(
        coupon="",
        campaign=name,
        kind=new.kind,
        value=new.value,
        not_before=new.not_before,
        not_after=new.not_after,
        min_spend=new.min_spend,
        max_discount=new.max_discount,
        uses=new.uses,
        grades=tuple(sorted(set(new.grades))),
        stations=tuple(sorted(set(new.stations))),
    )


def _check_count(count: int, typed: bool) -> None:
    most = MOST_TYPED_AT_ONCE if typed else MOST_AT_ONCE
    if not 1 <= count <= most:
        raise Refused("bad_count", f"Between 1 and {most} coupons can be issued at once.")


def _padded(members: Sequence[str], count: int) -> list[str]:
    return [*members[:count], *[""] * (count - len(members))]


def _draw(terms: CouponTerms, key: SigningKey, salted: bytes | None, member: str) -> tuple[IssuedCoupon, bytes | None]:
    """A coupon with a new id, and the fingerprint of its typed code if it gets one."""
    id = "".join(secrets.choice(_CROCKFORD) for _ in range(12))
    mine = replace(terms, coupon=id, member=member)
    digits = "" if salted is None else typed_code("".join(secrets.choice("0123456789") for _ in range(15)))
    issued = IssuedCoupon(id, scanned_code(mine, key.id, key.private), grouped(digits), mine)
    return issued, None if salted is None else fingerprint(digits, salted)


def _row(issued: IssuedCoupon, key: SigningKey, fingerprint: bytes | None, by: str, now: int) -> dict[str, Any]:
    terms = issued.terms
    return {
        "id": issued.coupon,
        "campaign": terms.campaign,
        "terms_json": msgspec.json.encode(terms).decode(),
        "not_after": terms.not_after,
        "uses": terms.uses,
        "member": terms.member,
        "fingerprint": fingerprint,
        "key_id": key.id,
        "issued_at": now,
        "issued_by": by,
    }


def _terms_of(connection: Connection, campaign: str) -> CouponTerms:
    row = coupons.campaign(connection, campaign)
    return _no_campaign(campaign).terms if row is None else _decoded(row.terms_json)


def _no_campaign(id: str) -> CampaignView:
    raise Refused("unknown_campaign", f"There is no campaign “{id}”.")


def _decoded(terms_json: str) -> CouponTerms:
    return msgspec.json.decode(terms_json, type=CouponTerms)


def _campaign_view(row: Any) -> CampaignView:
    terms = _decoded(row.terms_json)
    return CampaignView(row.id, terms, row.created_at, row.created_by, row.issued, row.used, int(row.discount))


def _view(row: Any) -> CouponView:
    terms, typed = _decoded(row.terms_json), row.fingerprint is not None
    return CouponView(row.id, terms, typed, row.issued_at, row.issued_by, row.revoked_at, row.revoked_by)
