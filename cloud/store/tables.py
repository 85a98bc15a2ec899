"""Every table of the company. Money in fen, volume in ml, unit prices in milliyuan a litre, times in UTC milliseconds.

Tables of facts are keyed by the station, its epoch and its sequence, and hold what a station wrote: nothing there is
checked against other tables, because what happened is never refused. Tables of head office's own making are checked.
Columns named ``…_json`` hold JSON that :mod:`msgspec` writes and reads; flags are 0 or 1.
"""

from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, Table, UniqueConstraint
from sqlalchemy import text as sql

from cloud.store.kinds import (
    Row,
    binary,
    drawn,
    maybe_binary,
    maybe_number,
    maybe_text,
    number,
    text,
)

STRICT: dict[str, Any] = {"sqlite_strict": True}
CLUSTERED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
"""For tables with a key of several columns: SQLite keeps the rows in the key's own tree."""


def table_of(model: type[Row]) -> Table:
    """The Core table behind a model."""
    found: Table = model.__table__  # type: ignore[attr-defined] # SQLModel gives it to every table=True model
    return found


def key() -> Any:
    """A column of the primary key that is a text."""
    return text(primary_key=True)


def key_number() -> Any:
    """A column of the primary key that is a number."""
    return number(primary_key=True)


# ── Who there is ──────────────────────────────────────────────────────────────────────────────────────────────────────


class DealerRow(Row, table=True):
    """经销商: runs stations."""

    __tablename__ = "dealer"
    __table_args__ = STRICT
    id: str = key()
    name: str = text()
    created_at: int = number()


class RegionRow(Row, table=True):
    """区域: where agents look after stations."""

    __tablename__ = "region"
    __table_args__ = STRICT
    id: str = key()
    name: str = text()
    created_at: int = number()


class StationRow(Row, table=True):
    """油站. ``password_hash`` is bcrypt, as the broker verifies it; empty where only a certificate lets in."""

    __tablename__ = "station"
    __table_args__ = STRICT
    id: str = key()
    name: str = text()
    dealer_id: str = text(foreign_key="dealer.id", index=True)
    region_id: str = text(foreign_key="region.id", index=True)
    password_hash: str = text()
    created_at: int = number()
    revoked_at: int | None = maybe_number()


class EnrolmentRow(Row, table=True):
    """A ticket with which a machine may become this station, once. ``secret`` is SHA-256 over its 80 random bits."""

    __tablename__ = "enrolment"
    __table_args__ = STRICT
    secret: bytes = binary(primary_key=True)
    station: str = text(foreign_key="station.id", index=True)
    made_by: str = text()
    made_at: int = number()
    until: int = number()
    used_at: int | None = maybe_number()
    key: bytes | None = maybe_binary()  # of the machine that used it


class CertificateRow(Row, table=True):
    """Every certificate that a station was given. ``fingerprint`` is SHA-256 over the whole, ``key`` over its key."""

    __tablename__ = "certificate"
    __table_args__ = STRICT
    fingerprint: bytes = binary(primary_key=True)
    station: str = text(foreign_key="station.id", index=True)
    serial: str = text()
    key: bytes = binary()
    pem: str = text()
    not_before: int = number()
    not_after: int = number()
    given_at: int = number()
    revoked_at: int | None = maybe_number()
    revoked_why: str | None = maybe_text()


class StationLineRow(Row, table=True):
    """A store of a station, as it reports itself: one for each epoch. ``hello_json`` is its last hello."""

    __tablename__ = "station_line"
    __table_args__ = CLUSTERED
    station: str = key()
    epoch: int = key_number()
    store_id: str = text()
    contiguous: int = number()  # all letters up to this one are here
    highest: int = number()  # the highest letter that is here
    first_seen: int = number()
    last_seen: int = number()
    boot: int = number()  # of the last hello
    boot_zero: int | None = maybe_number()  # the company's time at which that boot's monotonic clock stood at 0
    clock_difference: int | None = maybe_number()  # the station's wall clock minus the company's
    hello_json: str | None = maybe_text()


class SecurityEventRow(Row, table=True):
    """Somebody tried what they may not."""

    __tablename__ = "security_event"
    __table_args__ = STRICT
    id: int | None = drawn()
    at: int = number(index=True)
    station: str = text()
    kind: str = text()
    detail: str = text()


# ── Letters ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class InboxRow(Row, table=True):
    """Every letter that arrived, once; ``sha256`` over its bytes tells a repeat from a forgery."""

    __tablename__ = "inbox"
    __table_args__ = CLUSTERED
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    kind: str = text()
    sha256: bytes = binary()
    arrived_at: int = number()


class DeadLetterRow(Row, table=True):
    """A letter that could not be read, whole. ``epoch`` and ``seq`` are 0 when even its place is unknown."""

    __tablename__ = "dead_letter"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("station", "epoch", "seq", "sha256"),
        CheckConstraint("state IN ('waiting', 'replayed', 'waived')", name="state"),
        Index("ix_dead_letter_state_id", "state", "id"),
        STRICT,
    )
    id: int | None = drawn()
    station: str = text()
    epoch: int = number()
    seq: int = number()
    sha256: bytes = binary()
    raw: bytes = binary()
    reason: str = text()
    arrived_at: int = number()
    state: str = text(default="waiting")
    ended_at: int | None = maybe_number()
    ended_by: str | None = maybe_text()
    note: str | None = maybe_text()


class StationEventRow(Row, table=True):
    """What a station told besides sales, prices and slips: starts, switches, alarms, locked keypads."""

    __tablename__ = "station_event"
    __table_args__: ClassVar[Any] = (Index("ix_station_event_station_happened_at", "station", "happened_at"), CLUSTERED)
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    kind: str = text()
    point: int = number()
    body_json: str = text()
    quality: str = text()
    boot: int = number()
    mono: int = number()
    happened_at: int = number()
    arrived_at: int = number()


class CommandRow(Row, table=True):
    """A wish of head office to a station, and what became of it."""

    __tablename__ = "command"
    __table_args__: ClassVar[Any] = (Index("ix_command_station_created_at", "station", "created_at"), STRICT)
    id: str = key()
    station: str = text(foreign_key="station.id")
    action_json: str = text()
    deadline: int = number()
    by: str = text()
    created_at: int = number()
    sent_at: int | None = maybe_number()
    ended_at: int | None = maybe_number()
    done: int | None = maybe_number()
    detail: str = text(default="")


# ── Sales ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class SaleRow(Row, table=True):
    """订单, with its full trace. ``flags`` are words with blanks between them; ``coupons`` likewise."""

    __tablename__ = "sale"
    __table_args__: ClassVar[Any] = (
        Index("ix_sale_business_day_station", "business_day", "station"),
        Index("ix_sale_happened_at", "happened_at"),
        Index("ix_sale_meter", "station", "totaliser_before"),
        CLUSTERED,
    )
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    point: int = number()
    nozzle: int = number()
    grade: str = text()
    volume: int = number()
    amount: int = number()
    unit_price: int = number()
    totaliser_before: int | None = maybe_number()
    totaliser_after: int | None = maybe_number()
    finding: str = text()
    status: str = text()
    tariff: int = number()
    tender: str = text()
    payable: int = number()
    discount: int = number()
    member: str = text()
    plate: str = text()
    coupons: str = text()
    authorised_by: str = text()
    preset_kind: str = text()  # empty when there was none
    preset_value: int = number()
    started_at: int = number()  # device times
    finished_at: int = number()
    quality: str = text()  # of happened_at
    boot: int = number()
    mono: int = number()
    happened_at: int = number()  # finished_at, put right where that could be done
    arrived_at: int = number()
    business_day: str = text()  # the station's local date of happened_at, such as 2026-11-22
    flags: str = text()
    letter_sha256: bytes = binary()


class SaleSettlementRow(Row, table=True):
    """争议处理: how a station settled a disputed sale, keyed by the sale. The sale's row then has these figures."""

    __tablename__ = "sale_settlement"
    __table_args__ = CLUSTERED
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    letter_epoch: int = number()
    letter_seq: int = number()
    basis: str = text()
    volume: int = number()
    amount: int = number()
    reason: str = text()
    by: str = text()
    note: str = text()
    shown_volume: int | None = maybe_number()  # what the sale was recorded with; none while the sale is not here
    shown_amount: int | None = maybe_number()
    quality: str = text()
    boot: int = number()
    mono: int = number()
    happened_at: int = number()
    arrived_at: int = number()


class PaymentRow(Row, table=True):
    """收款: what was told of a sale's money at the till. Fen; ``taken_…`` names the letter that is taken back."""

    __tablename__ = "payment"
    __table_args__: ClassVar[Any] = (Index("ix_payment_sale", "station", "sale_epoch", "sale_seq"), CLUSTERED)
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    sale_epoch: int = number()
    sale_seq: int = number()
    kind: str = text()
    amount: int = number()
    given: int = number()
    change: int = number()
    tenders_json: str = text()
    taken_epoch: int = number()
    taken_seq: int = number()
    reason: str = text()
    by: str = text()
    note: str = text()
    quality: str = text()
    boot: int = number()
    mono: int = number()
    happened_at: int = number()
    arrived_at: int = number()


class StationDayRow(Row, table=True):
    """营业日: what a station sold on a day. ``marks`` counts what has moved it, ``settled_marks`` what was added up."""

    __tablename__ = "station_day"
    __table_args__: ClassVar[Any] = (
        Index(
            "ix_station_day_marked",
            "settled_at",
            sqlite_where=sql("marks <> settled_marks"),
            postgresql_where=sql("marks <> settled_marks"),
        ),
        Index(
            "ix_station_day_open",
            "judged_at",
            sqlite_where=sql("state = 'provisional'"),
            postgresql_where=sql("state = 'provisional'"),
        ),
        Index("ix_station_day_day", "day", "station"),
        CLUSTERED,
    )
    station: str = key()
    day: str = key()
    sales: int = number()
    volume: int = number()
    amount: int = number()
    discount: int = number()
    payable: int = number()
    disputed: int = number()
    grades_json: str = text(default="{}")
    state: str = text(default="provisional")
    why: str = text(default="not_over")
    marks: int = number(default=0)
    settled_marks: int = number(default=0)
    settled_at: int = number(default=0)
    judged_at: int = number(default=0)
    finalised_at: int = number(default=0)
    closed_by: str = text(default="")
    note: str = text(default="")


class DayRestatedRow(Row, table=True):
    """By how much a day moved after it was final, and what came late."""

    __tablename__ = "day_restated"
    __table_args__: ClassVar[Any] = (Index("ix_day_restated_station_day", "station", "day"), STRICT)
    id: int | None = drawn()
    station: str = text()
    day: str = text()
    at: int = number()
    sales: int = number()
    volume: int = number()
    amount: int = number()
    discount: int = number()
    payable: int = number()
    disputed: int = number()
    late: int = number()
    first_late: str = text()


class MeterLineRow(Row, table=True):
    """泵码差异: what moved a totaliser with no sale to show for it."""

    __tablename__ = "meter_line"
    __table_args__: ClassVar[Any] = (Index("ix_meter_line_station_happened_at", "station", "happened_at"), CLUSTERED)
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    kind: str = text()
    point: int = number()
    nozzle: int = number()
    grade: str = text()
    before: int = number()
    after: int = number()
    volume: int = number()
    since: int = number()
    quality: str = text()
    boot: int = number()
    mono: int = number()
    happened_at: int = number()
    arrived_at: int = number()


class MeterExplanationRow(Row, table=True):
    """How a person at the station explained such a line, keyed by the line."""

    __tablename__ = "meter_explanation"
    __table_args__ = CLUSTERED
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    reason: str = text()
    amount: int = number()
    by: str = text()
    note: str = text()
    happened_at: int = number()


class SlipRow(Row, table=True):
    """小票: what became of a slip of paper."""

    __tablename__ = "slip"
    __table_args__: ClassVar[Any] = (
        Index("ix_slip_station_sale_epoch_sale_seq", "station", "sale_epoch", "sale_seq"),
        CLUSTERED,
    )
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    sale_epoch: int = number()
    sale_seq: int = number()
    copy_number: int = number()
    state: str = text()
    printer: str = text()
    detail: str = text()
    quality: str = text()
    boot: int = number()
    mono: int = number()
    happened_at: int = number()
    arrived_at: int = number()


# ── Tanks ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class TankRow(Row, table=True):
    """油罐: what was said of a tank last. ``epoch`` and ``seq`` lead to its last reading; 0 when there is none yet.

    Without a grade the station's gauge sees it and the station's configuration does not know it.
    """

    __tablename__ = "tank"
    __table_args__ = CLUSTERED
    station: str = key()
    gauge: str = key()
    tank: int = key_number()
    name: str = text()
    grade: str = text()
    capacity: int = number()
    epoch: int = number()
    seq: int = number()


class TankReadingRow(Row, table=True):
    """罐存: a level as it was told. Millilitres, micrometres, thousandths of a degree Celsius."""

    __tablename__ = "tank_reading"
    __table_args__: ClassVar[Any] = (
        Index("ix_tank_reading_station_gauge_tank_happened_at", "station", "gauge", "tank", "happened_at"),
        CLUSTERED,
    )
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    gauge: str = text()
    tank: int = number()
    volume: int | None = maybe_number()
    standard_volume: int | None = maybe_number()
    ullage: int | None = maybe_number()
    height: int | None = maybe_number()
    water_height: int | None = maybe_number()
    water_volume: int | None = maybe_number()
    temperature: int | None = maybe_number()
    delivering: int = number()
    quality: str = text()
    boot: int = number()
    mono: int = number()
    happened_at: int = number()
    arrived_at: int = number()


class TankDeliveryRow(Row, table=True):
    """卸油: fuel that came into a tank, once, whichever of a station's stores told it."""

    __tablename__ = "tank_delivery"
    __table_args__ = CLUSTERED
    station: str = key()
    gauge: str = key()
    tank: int = key_number()
    started: str = key()  # as the console's own clock had it
    ended: str = text()
    epoch: int = number()
    seq: int = number()
    grade: str = text()
    before_json: str = text()
    after_json: str = text()
    volume: int | None = maybe_number()
    quality: str = text()
    boot: int = number()
    mono: int = number()
    happened_at: int = number()
    arrived_at: int = number()


class TankAlarmRow(Row, table=True):
    """An alarm of a tank was raised, or is over."""

    __tablename__ = "tank_alarm"
    __table_args__: ClassVar[Any] = (Index("ix_tank_alarm_station_happened_at", "station", "happened_at"), CLUSTERED)
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    gauge: str = text()
    tank: int = number()
    alarm: str = text()
    code: int = number()
    raised: int = number()
    quality: str = text()
    boot: int = number()
    mono: int = number()
    happened_at: int = number()
    arrived_at: int = number()


# ── Prices ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class CounterRow(Row, table=True):
    """Numbers that grow: of tariffs, of books, of entries in the audit. Taking one waits for whoever took the last."""

    __tablename__ = "counter"
    __table_args__ = STRICT
    name: str = key()
    value: int = number()


class BookRow(Row, table=True):
    """The version of a book: for one station, or, under an empty name, for all of them. The higher one counts."""

    __tablename__ = "book"
    __table_args__ = CLUSTERED
    kind: str = key()  # "tariffs" or "coupons"
    station: str = key()
    version: int = number()


class TariffRow(Row, table=True):
    """油价: one decision."""

    __tablename__ = "tariff"
    __table_args__: ClassVar[Any] = (CheckConstraint("every_station IN (0, 1)", name="every_station"), STRICT)
    version: int = key_number()
    starts_at: int = number()
    prices_json: str = text()
    every_station: int = number()
    made_by: str = text()
    made_at: int = number()
    cancelled_at: int | None = maybe_number()
    cancelled_by: str | None = maybe_text()
    superseded_by: int | None = maybe_number()
    beyond: int = number(default=0)  # 1 when it lies beyond the bounds, and needs a second person
    approved_at: int | None = maybe_number()
    approved_by: str | None = maybe_text()


class TariffTargetRow(Row, table=True):
    """A station that a tariff for some stations is meant for."""

    __tablename__ = "tariff_target"
    __table_args__ = CLUSTERED
    version: int = number(primary_key=True, foreign_key="tariff.version")
    station: str = text(primary_key=True, foreign_key="station.id")


class TariffSentRow(Row, table=True):
    """The first rung: when a tariff was first sent to a station."""

    __tablename__ = "tariff_sent"
    __table_args__ = CLUSTERED
    tariff: int = key_number()
    station: str = key()
    sent_at: int = number()


class PriceRungRow(Row, table=True):
    """A rung that a station reported."""

    __tablename__ = "price_rung"
    __table_args__: ClassVar[Any] = (Index("ix_price_rung_tariff_station", "tariff", "station"), CLUSTERED)
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    tariff: int = number()
    rung: str = text()
    point: int = number()
    nozzle: int = number()
    grade: str = text()
    unit_price: int = number()
    detail: str = text()
    quality: str = text()
    boot: int = number()
    mono: int = number()
    happened_at: int = number()
    arrived_at: int = number()


# ── Coupons ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class CampaignRow(Row, table=True):
    """A reason to give coupons away, and the terms that its coupons share."""

    __tablename__ = "coupon_campaign"
    __table_args__ = STRICT
    id: str = key()
    name: str = text()
    terms_json: str = text()
    created_at: int = number()
    created_by: str = text()


class CouponRow(Row, table=True):
    """优惠券. Its typed code is not here: only the fingerprint by which it is recognised."""

    __tablename__ = "coupon"
    __table_args__: ClassVar[Any] = (
        Index("ix_coupon_listed", "every_station", "not_after"),
        Index("ix_coupon_member", "member"),
        Index("ix_coupon_issued_at", "issued_at"),
        CheckConstraint("every_station IN (0, 1)", name="every_station"),
        STRICT,
    )
    id: str = key()
    campaign: str = text(foreign_key="coupon_campaign.id", index=True)
    terms_json: str = text()
    every_station: int = number()
    not_after: int = number()
    uses: int = number()
    member: str = text()
    fingerprint: bytes | None = maybe_binary(unique=True)
    key_id: int | None = maybe_number(foreign_key="signing_key.id")
    issued_at: int = number()
    issued_by: str = text()
    revoked_at: int | None = maybe_number()
    revoked_by: str | None = maybe_text()


class CouponStationRow(Row, table=True):
    """A station at which a coupon for some stations holds."""

    __tablename__ = "coupon_station"
    __table_args__ = CLUSTERED
    station: str = text(primary_key=True, foreign_key="station.id")
    coupon: str = text(primary_key=True, foreign_key="coupon.id")


class CouponLeaseRow(Row, table=True):
    """Uses of a coupon held for one station until a time. ``consumed`` of them have come back as redemptions."""

    __tablename__ = "coupon_lease"
    __table_args__: ClassVar[Any] = (
        Index("ix_coupon_lease_coupon", "coupon"),
        Index("ix_coupon_lease_station_until", "station", "until"),
        STRICT,
    )
    id: int | None = drawn()
    coupon: str = text(foreign_key="coupon.id")
    station: str = text(foreign_key="station.id")
    until: int = number()
    uses: int = number()
    consumed: int = number(default=0)
    ask: str = text()  # of the claim that asked for it; empty when a person granted it
    granted_at: int = number()
    granted_by: str = text()
    released_at: int | None = maybe_number()


class RedemptionRow(Row, table=True):
    """核销: a coupon used on a sale, as the station judged it and as head office does."""

    __tablename__ = "redemption"
    __table_args__: ClassVar[Any] = (Index("ix_redemption_coupon", "coupon"), CLUSTERED)
    station: str = key()
    epoch: int = key_number()
    seq: int = key_number()
    position: int = key_number()
    coupon: str = text()
    campaign: str = text()
    terms_json: str = text()
    discount: int = number()
    reason: str = text()  # the station's verdict
    leased: int = number()
    online: int = number()
    grade: str = text()
    amount: int = number()
    volume: int = number()
    happened_at: int = number()
    arrived_at: int = number()
    verdict: str = text()  # head office's own


class SigningKeyRow(Row, table=True):
    """A key with which coupons are signed; its private half is sealed with the key file of this head office."""

    __tablename__ = "signing_key"
    __table_args__: ClassVar[Any] = (CheckConstraint("id BETWEEN 1 AND 255", name="one_byte"), STRICT)
    id: int = key_number()
    public: bytes = binary()
    sealed_private: bytes = binary()
    created_at: int = number()
    retired_at: int | None = maybe_number()


class CommandKeyRow(Row, table=True):
    """A key with which orders to stations are signed; its private half is sealed as that of a signing key is."""

    __tablename__ = "command_key"
    __table_args__: ClassVar[Any] = (CheckConstraint("id BETWEEN 1 AND 255", name="one_byte"), STRICT)
    id: int = key_number()
    public: bytes = binary()
    sealed_private: bytes = binary()
    created_at: int = number()


class WrongCodeRow(Row, table=True):
    """A claim with a code that does not exist."""

    __tablename__ = "wrong_code"
    __table_args__: ClassVar[Any] = (Index("ix_wrong_code_station_at", "station", "at"), STRICT)
    id: int | None = drawn()
    station: str = text()
    at: int = number()


class CaseRow(Row, table=True):
    """Something that a person at head office must decide. The facts behind it stay as they are."""

    __tablename__ = "case"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("kind", "station", "epoch", "seq", "coupon"),
        CheckConstraint("state IN ('open', 'decided')", name="state"),
        Index("ix_case_state_deadline", "state", "deadline"),
        Index(
            "ix_case_about",
            "kind",
            "station",
            "about",
            unique=True,
            sqlite_where=sql("about <> ''"),
            postgresql_where=sql("about <> ''"),
        ),
        STRICT,
    )
    id: int | None = drawn()
    kind: str = text()
    station: str = text()
    epoch: int = number()
    seq: int = number()
    coupon: str = text()  # empty when it is about none
    reason: str = text()
    rule: str = text()
    winner: str = text()  # the printed key of the sale that won; empty when there is none
    cost_owner: str = text()  # "head_office" or "dealer:ID"
    amount: int = number()
    opened_at: int = number()
    deadline: int = number()
    state: str = text(default="open")
    decision: str | None = maybe_text()
    decided_at: int | None = maybe_number()
    decided_by: str | None = maybe_text()
    note: str | None = maybe_text()
    assigned_to: str | None = maybe_text()
    about: str = text(default="")  # of what a station's sales name and nobody knows there is one case; else empty


class CaseActRow(Row, table=True):
    """What somebody did about a case: talked, took it over, decided, reopened it."""

    __tablename__ = "case_act"
    __table_args__: ClassVar[Any] = (Index("ix_case_act_case", "case"), STRICT)
    id: int | None = drawn()
    case: int = number()
    at: int = number()
    by: str = text()
    act: str = text()
    words: str = text()


# ── Who may do what, and who did ──────────────────────────────────────────────────────────────────────────────────────


class AccountRow(Row, table=True):
    """A person at head office. Until the first login there is a one-time code in place of a password."""

    __tablename__ = "account"
    __table_args__: ClassVar[Any] = (CheckConstraint("role IN ('owner', 'viewer')", name="role"), STRICT)
    name: str = key()
    role: str = text()
    password_hash: str | None = maybe_text()
    code_hash: str | None = maybe_text()
    code_until: int | None = maybe_number()
    failures: int = number(default=0)
    locked_until: int = number(default=0)
    created_at: int = number()
    disabled_at: int | None = maybe_number()


class SessionRow(Row, table=True):
    """A login that lasts. Only the hash of its token is kept."""

    __tablename__ = "session"
    __table_args__ = STRICT
    token_hash: bytes = binary(primary_key=True)
    account: str = text(foreign_key="account.name", index=True)
    created_at: int = number()
    seen_at: int = number()


class AuditRow(Row, table=True):
    """Who changed what. Each entry carries the hash of the one before it, so none can be taken out unseen."""

    __tablename__ = "audit"
    __table_args__ = STRICT
    id: int = key_number()
    at: int = number()
    by: str = text()
    act: str = text()
    subject: str = text()
    detail_json: str = text()
    hash: bytes = binary()


class SettingRow(Row, table=True):
    """What head office has set by hand, and secrets of the chain that are not files: the salt of typed codes."""

    __tablename__ = "setting"
    __table_args__ = STRICT
    name: str = key()
    value_json: str = text()
    changed_at: int = number()
    changed_by: str = text()
