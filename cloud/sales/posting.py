"""Facts of sales as rows of the books, and what is odd about them. Pure."""

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import Any, NamedTuple

from msgspec import Struct

from cloud.sales.day import believable, business_day
from cloud.store.arrivals import Arrived
from shared.messages import SlipJournalled
from shared.sale import Preset, Sale
from shared.station import GRADES


class Flag(StrEnum):
    """What is odd about a sale. It is in the books all the same."""

    UNKNOWN_TARIFF = "unknown_tariff"  # sold at a tariff that head office never made
    NO_TARIFF = "no_tariff"  # the station had no price of ours
    OTHER_PRICE = "other_price"  # not the price of that tariff
    UNKNOWN_GRADE = "unknown_grade"
    UNKNOWN_POINT = "unknown_point"  # the station's own report does not have this fuelling point
    UNKNOWN_MEMBER = "unknown_member"
    UNKNOWN_COUPON = "unknown_coupon"
    SUM_DIFFERS = "sum_differs"  # payable is not the amount less the discounts, or a figure is negative
    TOLD_TWICE = "told_twice"  # an earlier sale begins at the same reading of the same totaliser
    TIME_UNKNOWN = "time_unknown"  # the station's clock was wrong and could not be put right


class Known(Struct, frozen=True):
    """What head office's books say about the things that a batch of sales names."""

    prices: Mapping[int, Mapping[str, int]] = {}
    """Tariff → grade → unit price."""
    coupons: Set[str] = frozenset()
    members: Set[str] = frozenset()
    points: Mapping[str, Set[int]] = {}
    """Station → its fuelling points, for stations that have reported them."""


class SalePosting(NamedTuple):
    """A row of ``sale``: the columns in their order."""

    station: str
    epoch: int
    seq: int
    point: int
    nozzle: int
    grade: str
    volume: int
    amount: int
    unit_price: int
    totaliser_before: int | None
    totaliser_after: int | None
    finding: str
    status: str
    tariff: int
    tender: str
    payable: int
    discount: int
    member: str
    plate: str
    coupons: str
    authorised_by: str
    preset_kind: str
    preset_value: int
    started_at: int
    finished_at: int
    quality: str
    boot: int
    mono: int
    happened_at: int
    arrived_at: int
    business_day: str
    flags: str
    letter_sha256: bytes


class SlipPosting(NamedTuple):
    """A row of ``slip``: the columns in their order."""

    station: str
    epoch: int
    seq: int
    sale_epoch: int
    sale_seq: int
    copy_number: int
    state: str
    printer: str
    detail: str
    quality: str
    boot: int
    mono: int
    happened_at: int
    arrived_at: int


def sale_posting(fact: Arrived, sale: Sale, known: Known) -> SalePosting:
    """A sale as it stands in the books."""
    delivery, proof, when = sale.delivery, sale.proof, fact.right(sale.finished)
    preset_kind, preset_value = _preset(sale.preset)
    return SalePosting(
        station=fact.station,
        epoch=fact.epoch,
        seq=fact.seq,
        point=delivery.point,
        nozzle=delivery.nozzle,
        grade=delivery.grade,
        volume=delivery.volume,
        amount=delivery.amount,
        unit_price=delivery.unit_price,
        totaliser_before=proof.before,
        totaliser_after=proof.after,
        finding=proof.finding.value,
        status=sale.status.value,
        tariff=sale.tariff,
        tender=sale.tender,
        payable=sale.payable,
        discount=discount_of(sale),
        member=sale.member,
        plate=sale.plate,
        coupons=" ".join([use.terms.coupon for use in sale.redemptions]),
        authorised_by=sale.authorised_by,
        preset_kind=preset_kind,
        preset_value=preset_value,
        started_at=sale.started.at,
        finished_at=sale.finished.at,
        quality=when.quality.value,
        boot=sale.finished.boot,
        mono=sale.finished.mono,
        happened_at=when.at,
        arrived_at=fact.arrived_at,
        business_day=business_day(when.at, fact.arrived_at),
        flags=" ".join(flags_of(fact, sale, known)),
        letter_sha256=fact.sha256,
    )


def slip_posting(fact: Arrived, slip: SlipJournalled) -> SlipPosting:
    """A line of the print journal as it stands in the books."""
    return SlipPosting(
        fact.station,
        fact.epoch,
        fact.seq,
        slip.sale_epoch,
        slip.sale_seq,
        slip.copy,
        slip.state.value,
        slip.printer,
        slip.detail,
        *fact.times,
    )


def flags_of(fact: Arrived, sale: Sale, known: Known) -> list[Flag]:
    """Everything that is odd about a sale."""
    points = known.points.get(fact.station)
    at = fact.right(sale.finished).at
    tried = (
        (sale.tariff == 0, Flag.NO_TARIFF),
        (sale.tariff != 0 and sale.tariff not in known.prices, Flag.UNKNOWN_TARIFF),
        (_other_price(sale, known), Flag.OTHER_PRICE),
        (_unknown_grade(sale, known), Flag.UNKNOWN_GRADE),
        (points is not None and sale.delivery.point not in points, Flag.UNKNOWN_POINT),
        (sale.member != "" and sale.member not in known.members, Flag.UNKNOWN_MEMBER),
        (any(use.terms.coupon not in known.coupons for use in sale.redemptions), Flag.UNKNOWN_COUPON),
        (_sum_differs(sale), Flag.SUM_DIFFERS),
        (not believable(at, fact.arrived_at), Flag.TIME_UNKNOWN),
    )
    return [flag for applies, flag in tried if applies]


def discount_of(sale: Sale) -> int:
    """All discounts of a sale, in fen."""
    return sum([use.discount for use in sale.redemptions])


def _other_price(sale: Sale, known: Known) -> bool:
    wished: Any = known.prices.get(sale.tariff, {}).get(sale.delivery.grade)
    return wished is not None and wished != sale.delivery.unit_price


def _unknown_grade(sale: Sale, known: Known) -> bool:
    grade = sale.delivery.grade
    return grade not in GRADES and grade not in known.prices.get(sale.tariff, {})


def _sum_differs(sale: Sale) -> bool:
    delivery = sale.delivery
    lowest = min(delivery.amount, delivery.volume, delivery.unit_price, sale.payable)
    return lowest < 0 or sale.payable != delivery.amount - discount_of(sale)


def _preset(preset: Preset | None) -> tuple[str, int]:
    return ("", 0) if preset is None else (preset.kind.value, preset.value)
