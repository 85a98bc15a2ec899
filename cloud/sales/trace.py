"""全流程追溯: the whole way of a sale, from the nozzle through its letter to the slip of paper."""

from typing import Any

import msgspec
from msgspec import Struct

from cloud.sales import disputes, payments
from cloud.sales.disputes import SettlementView
from cloud.sales.listing import SaleLine, line_of
from cloud.sales.payments import PaymentView
from cloud.store import sales, stations
from cloud.store.database import Connection
from shared.coupon import CouponTerms
from shared.errors import Refused
from shared.sale import Preset, PresetKind
from shared.station import Key


class Owner(Struct, frozen=True):
    """Whose station it is."""

    station: str
    name: str = ""
    dealer: str = ""
    region: str = ""


class Meter(Struct, frozen=True):
    """The nozzle's totaliser around the filling, in millilitres, and what it proves."""

    before: int | None
    after: int | None
    finding: str

    @property
    def moved(self) -> int | None:
        """How far it moved; None when a reading is missing."""
        return None if self.before is None or self.after is None else self.after - self.before


class Times(Struct, frozen=True):
    """The device's own times, how far they are trusted, and the company's."""

    started_at: int
    finished_at: int
    quality: str
    boot: int
    mono: int
    happened_at: int
    arrived_at: int
    business_day: str


class Use(Struct, frozen=True):
    """A coupon on the sale: as the station judged it, and as head office does."""

    terms: CouponTerms
    discount: int
    reason: str
    leased: bool
    online: bool
    verdict: str


class PriceSource(Struct, frozen=True):
    """The tariff that it was sold at; nothing but the version when head office never made it."""

    version: int
    starts_at: int = 0
    unit_price: int | None = None
    made_by: str = ""
    made_at: int = 0


class LetterSeen(Struct, frozen=True):
    """The letter that brought it."""

    sha256: str
    arrived_at: int
    in_inbox: bool


class SlipLine(Struct, frozen=True):
    """A line of the print journal."""

    copy: int
    state: str
    printer: str
    detail: str
    happened_at: int


class CaseLine(Struct, frozen=True):
    """A case about this sale."""

    number: int
    kind: str
    reason: str
    state: str


class Trace(Struct, frozen=True):
    """Everything that is known of a sale."""

    sale: SaleLine
    owner: Owner
    meter: Meter
    price: PriceSource
    authorised_by: str
    preset: Preset | None
    uses: tuple[Use, ...]
    times: Times
    letter: LetterSeen
    slips: tuple[SlipLine, ...]
    cases: tuple[CaseLine, ...]
    settlement: SettlementView | None = None
    """How it was settled at the station, when it was disputed."""
    payments: tuple[PaymentView, ...] = ()
    """What was told of its money at the till."""


def trace(connection: Connection, key: Key) -> Trace:
    """The whole way of a sale. :exc:`Refused` (``unknown_sale``) when it is not in the books."""
    row = sales.one(connection, key)
    if row is None:
        raise Refused("unknown_sale", f"There is no sale {key} in the books. It may still be on its way.")
    return Trace(
        sale=line_of(row),
        owner=_owner(connection, key.station),
        meter=Meter(row.totaliser_before, row.totaliser_after, row.finding),
        price=_price(connection, row),
        authorised_by=row.authorised_by,
        preset=Preset(PresetKind(row.preset_kind), row.preset_value) if row.preset_kind else None,
        uses=tuple(_use(use) for use in sales.redemptions_of(connection, key)),
        times=_times(row),
        letter=_letter(connection, key, row),
        slips=tuple(
            SlipLine(one.copy_number, one.state, one.printer, one.detail, one.happened_at)
            for one in sales.slips_of(connection, key)
        ),
        cases=tuple(CaseLine(one.id, one.kind, one.reason, one.state) for one in sales.cases_of(connection, key)),
        settlement=disputes.settlement(connection, key),
        payments=payments.of_sale(connection, key),
    )


def _owner(connection: Connection, station: str) -> Owner:
    row = stations.one(connection, station)
    return Owner(station) if row is None else Owner(station, row.name, row.dealer_name, row.region_name)


def _price(connection: Connection, row: Any) -> PriceSource:
    tariff = sales.tariff_of(connection, row.tariff)
    if tariff is None:
        return PriceSource(row.tariff)
    prices = msgspec.json.decode(tariff.prices_json, type=dict[str, int])
    return PriceSource(row.tariff, tariff.starts_at, prices.get(row.grade), tariff.made_by, tariff.made_at)


def _use(row: Any) -> Use:
    terms = msgspec.json.decode(row.terms_json, type=CouponTerms)
    return Use(terms, row.discount, row.reason, bool(row.leased), bool(row.online), row.verdict)


def _times(row: Any) -> Times:
    return Times(
        row.started_at,
        row.finished_at,
        row.quality,
        row.boot,
        row.mono,
        row.happened_at,
        row.arrived_at,
        row.business_day,
    )


def _letter(connection: Connection, key: Key, row: Any) -> LetterSeen:
    letter = sales.letter_of(connection, key)
    return LetterSeen(bytes(row.letter_sha256).hex(), row.arrived_at, letter is not None)
