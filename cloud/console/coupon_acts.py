"""What the command line does about coupons."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from msgspec import Struct

from cloud.console.acts import Done, Words, books_of
from cloud.coupons import issuing, leases, sealing
from cloud.coupons.issuing import IssuedCoupon, NewCampaign
from cloud.coupons.leases import LeaseView
from cloud.coupons.picture import png
from cloud.founding import key_file, now
from cloud.settings import Settings
from cloud.store.database import Books
from shared.coupon import CouponKind
from shared.errors import Refused, Unavailable
from shared.money import parse_per_litre, parse_yuan

T = TypeVar("T")
_DAY: Final = 86_400_000
_HOUR: Final = 3_600_000


class Issued(Struct, frozen=True):
    """Coupons at their issue."""

    campaign: str
    coupons: tuple[IssuedCoupon, ...]


def issue(settings: Settings, words: Words) -> Issued:
    """Issues coupons of a campaign, which is made when it is new. The terms of one that is there must be the same."""
    new = _campaign(words)
    with books_of(settings) as books:
        _campaign_exists(books, new, words.by)
        seal = sealing.load(key_file(settings))
        issued = issuing.issue(books, seal, new.name, words.count, words.by, now(), typed=words.typed)
    if words.pictures is not None:
        _write_pictures(words.pictures, issued)
    return Issued(new.name, issued)


def revoke(settings: Settings, words: Words) -> Done:
    """Calls a coupon back."""
    with books_of(settings) as books, books.begin() as connection:
        issuing.revoke(connection, words.id, words.by, now())
    return Done()


def lease(settings: Settings, words: Words) -> LeaseView:
    """Holds a coupon for one station."""
    at = now()
    with books_of(settings) as books, books.begin() as connection:
        return leases.grant(connection, words.id, words.station, at + words.hours * _HOUR, words.by, at)


def _campaign(words: Words) -> NewCampaign:
    at = now()
    return NewCampaign(
        name=words.campaign.strip(),
        kind=CouponKind(words.kind),
        value=_VALUE[words.kind](words.value),
        not_before=at,
        not_after=at + words.days * _DAY,
        min_spend=_read(parse_yuan, words.min_spend),
        max_discount=_read(parse_yuan, words.max_discount),
        uses=words.uses,
        grades=tuple(words.grade),
        stations=tuple(words.station),
    )


def _campaign_exists(books: Books, new: NewCampaign, by: str) -> None:
    with books.begin() as connection:
        known = {view.id: view.terms for view in issuing.campaigns(connection)}
        if new.name not in known:
            issuing.create_campaign(connection, new, by, now())
            return
    old = known[new.name]
    same = (old.kind, old.value, old.min_spend, old.max_discount, old.uses) == (
        new.kind,
        new.value,
        new.min_spend,
        new.max_discount,
        new.uses,
    )
    if not same or set(old.grades) != set(new.grades) or set(old.stations) != set(new.stations):
        raise Refused("exists", f"The campaign “{new.name}” has other terms. Please choose another name.")


def _write_pictures(directory: Path, issued: Sequence[IssuedCoupon]) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for coupon in issued:
            (directory / f"{coupon.coupon}.png").write_bytes(png(coupon.scanned))
    except OSError as why:
        raise Unavailable(f"The pictures can't be written to “{directory}”: {why.strerror}.") from why


def _read(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except ValueError as why:
        raise Refused("bad_value", f"{why}.") from why


_VALUE: Final[dict[str, Callable[[str], int]]] = {
    "amount": lambda text: _read(parse_yuan, text),
    "per_litre": lambda text: _read(parse_per_litre, text),
    "percent": lambda text: _read(int, text),
}
