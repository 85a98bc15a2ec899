"""Every letter between station and company.

Letters may grow: a field is only ever added, with a default, so that old letters are read for ever (``tests/golden``).
Readers refuse unknown fields: the letter of a station that is newer than its company waits whole among the dead
letters, with a sentence that says why.
"""

from enum import StrEnum

from msgspec import Raw, Struct

from shared.clock import Stamp
from shared.coupon import Allowance, CouponTerms, Filling, Lease
from shared.disputes import MeterKind, MeterReason, Settlement
from shared.payment import BackReason, Payment, Refund
from shared.sale import Preset, Sale
from shared.site import SiteSettings
from shared.tanks import TankLevel
from shared.tariff import PriceBounds, Tariff

# ── To the cloud: facts ───────────────────────────────────────────────────────────────────────────────────────────────


class SaleRecorded(Struct, frozen=True, tag="sale", forbid_unknown_fields=True):
    """A filling is over: the sale with its redemptions."""

    sale: Sale


class Rung(StrEnum):
    """How far a tariff has climbed. Head office itself adds *sent* below these."""

    RECEIVED = "received"  # the station holds it
    ARMED = "armed"  # its time is known and awaited
    APPLIED = "applied"  # the dispenser has taken it on this nozzle
    READ_BACK = "read_back"  # the dispenser shows it on this nozzle
    FAILED = "failed"  # the dispenser did not take it; it is tried again


class PriceClimbed(Struct, frozen=True, tag="price", forbid_unknown_fields=True):
    """A tariff reached a rung, at the station (point 0) or on one nozzle."""

    tariff: int
    rung: Rung
    point: int = 0
    nozzle: int = 0
    grade: str = ""
    unit_price: int = 0
    """Milliyuan a litre: wished for *applied*, shown by the dispenser for *read back*."""
    detail: str = ""


class AgentStarted(Struct, frozen=True, tag="started", forbid_unknown_fields=True):
    """The agent started on its store."""

    program: str
    store_id: str


class StationSwitched(Struct, frozen=True, tag="switched", forbid_unknown_fields=True):
    """The station was opened or closed for business."""

    open: bool
    by: str


class CodesRefused(Struct, frozen=True, tag="codes_refused", forbid_unknown_fields=True):
    """Wrong codes were tried until the keypad was locked for a while."""

    tries: int
    locked_until: int
    by: str


class SlipState(StrEnum):
    """What became of a slip of paper."""

    QUEUED = "queued"
    PRINTED = "printed"  # the printer said so
    UNCONFIRMED = "unconfirmed"  # it went out, the printer can't say
    FAILED = "failed"


class SlipJournalled(Struct, frozen=True, tag="slip", forbid_unknown_fields=True):
    """A receipt reached an end: printed, unconfirmed or failed."""

    sale_epoch: int
    sale_seq: int
    copy: int
    """1 for the original; from 2 on it is marked 重打 #n."""
    state: SlipState
    printer: str
    detail: str = ""


class CommandEnded(Struct, frozen=True, tag="command_ended", forbid_unknown_fields=True):
    """What became of a command from head office."""

    command: str
    done: bool
    detail: str = ""


class PumpAlarmed(Struct, frozen=True, tag="pump_alarm", forbid_unknown_fields=True):
    """A dispenser raised an alarm, or delivered with nobody's leave."""

    point: int
    alarm: str
    detail: str = ""


class DisputeSettled(Struct, frozen=True, tag="dispute_settled", forbid_unknown_fields=True):
    """A person settled a disputed sale of this store."""

    sale_epoch: int
    sale_seq: int
    settlement: Settlement


class MeterMoved(Struct, frozen=True, tag="meter_moved", forbid_unknown_fields=True):
    """A totaliser has moved with no sale to show for it. Millilitres, and UTC milliseconds of the station."""

    kind: MeterKind
    point: int
    nozzle: int
    grade: str
    before: int
    after: int
    volume: int
    """What it has grown by; 0 when it was set back."""
    since: int
    """When it was read before; 0 when that is not known."""


class MeterExplained(Struct, frozen=True, tag="meter_explained", forbid_unknown_fields=True):
    """A person explained such litres."""

    line_epoch: int
    line_seq: int
    reason: MeterReason
    amount: int
    """Fen that were taken for them by hand, 0 for none."""
    by: str
    note: str = ""


class TankRead(Struct, frozen=True, tag="tank_read", forbid_unknown_fields=True):
    """What is in a tank. Without a grade, the gauge sees a tank that the station's configuration does not know."""

    gauge: str
    tank: int
    """As the console numbers it."""
    level: TankLevel
    name: str = ""
    grade: str = ""
    capacity: int = 0
    """Millilitres; 0 when it is not known."""
    delivering: bool = False


class TankDelivered(Struct, frozen=True, tag="tank_delivered", forbid_unknown_fields=True):
    """Fuel came into a tank. Gauge, tank and ``started`` name the delivery: told once, however often it is read."""

    gauge: str
    tank: int
    started: str
    """As the console's clock had it, which nobody vouches for; so with ``ended``."""
    ended: str
    before: TankLevel
    after: TankLevel
    grade: str = ""


class TankAlarmed(Struct, frozen=True, tag="tank_alarm", forbid_unknown_fields=True):
    """An alarm of a tank was raised, or is over."""

    gauge: str
    tank: int
    alarm: str
    """A stable word."""
    code: int
    """As on the wire; 0 when the station itself found it."""
    raised: bool
    grade: str = ""


class OrderRefused(Struct, frozen=True, tag="order_refused", forbid_unknown_fields=True):
    """Something came down the line that this station did not obey. Told once an hour for each kind and reason."""

    kind: str
    """The last word of its topic."""
    reason: str
    """``unsigned``, ``unknown_key``, ``forged``, ``wrong_kind``, ``for_another``, ``expired``, ``not_yet`` or
    ``out_of_bounds``."""
    detail: str
    times: int
    """How often since it was told last, this time included."""


class SalePaid(Struct, frozen=True, tag="sale_paid", forbid_unknown_fields=True):
    """A sale that waited for it was paid at the till."""

    sale_epoch: int
    sale_seq: int
    payment: Payment


class PaymentTakenBack(Struct, frozen=True, tag="payment_taken_back", forbid_unknown_fields=True):
    """A payment was entered wrongly, or a car that had driven off came back: the sale waits to be paid anew."""

    sale_epoch: int
    sale_seq: int
    letter_epoch: int
    """The letter that is taken back: its ``SalePaid``, or its ``SaleDrivenOff``."""
    letter_seq: int
    reason: BackReason
    by: str
    note: str = ""


class SaleRefunded(Struct, frozen=True, tag="sale_refunded", forbid_unknown_fields=True):
    """Money was given back for a sale that was paid."""

    sale_epoch: int
    sale_seq: int
    refund: Refund


class SaleDrivenOff(Struct, frozen=True, tag="sale_driven_off", forbid_unknown_fields=True):
    """The car has left, and nobody paid."""

    sale_epoch: int
    sale_seq: int
    amount: int
    """Fen that are owed."""
    by: str
    note: str = ""


class StoreReason(StrEnum):
    """Why a store began a new epoch."""

    RESTORED = "restored"  # a backup was put back by command
    OLDER = "older"  # the file is older than the words beside it: an old copy, or what its disk had promised is gone
    MOVED = "moved"  # the file was last opened on another machine
    REBUILT = "rebuilt"  # what could be read of a damaged file


class StoreRenewed(Struct, frozen=True, tag="store_renewed", forbid_unknown_fields=True):
    """The station goes on with books that are not, or not certainly, the ones that it closed. The first letter of its
    new epoch; letters of the former one that are still here are sent under their old keys."""

    reason: StoreReason
    former_epoch: int
    former_store: str
    upto: int
    """The highest sequence of the former epoch that is here; 0 for none."""
    lost: int
    """Letters of the former epoch that are known to have been written and are not here. There may be more of them."""
    as_of: int
    """``at`` of the newest fact here, UTC milliseconds of the station; 0 for none."""
    detail: str = ""


Fact = (
    SaleRecorded
    | PriceClimbed
    | AgentStarted
    | StationSwitched
    | CodesRefused
    | SlipJournalled
    | CommandEnded
    | PumpAlarmed
    | DisputeSettled
    | MeterMoved
    | MeterExplained
    | TankRead
    | TankDelivered
    | TankAlarmed
    | OrderRefused
    | StoreRenewed
    | SalePaid
    | PaymentTakenBack
    | SaleRefunded
    | SaleDrivenOff
)


class Letter(Struct, frozen=True, forbid_unknown_fields=True):
    """A fact with its place in the station's sequence."""

    seq: int
    stamp: Stamp
    body: Fact


class Batch(Struct, frozen=True, forbid_unknown_fields=True):
    """Letters in order, without holes between them. Each stays raw: one that can't be read holds up no other."""

    station: str
    epoch: int
    first: int
    """The sequence of the first letter; the others follow by one."""
    letters: tuple[Raw, ...]


# ── To the cloud: hello and asking ────────────────────────────────────────────────────────────────────────────────────


class PointState(Struct, frozen=True, forbid_unknown_fields=True):
    """A fuelling point as head office sees it."""

    point: int
    state: str
    nozzle: int = 0
    trouble: str = ""


class GaugeState(Struct, frozen=True, forbid_unknown_fields=True):
    """A tank gauge as head office sees it; ``trouble`` a stable word, empty when it answers."""

    gauge: str
    trouble: str = ""


class PartsWanted(Struct, frozen=True, forbid_unknown_fields=True):
    """Parts of a coupon book whose head is held, that did not come yet."""

    version: int
    whole: bytes
    wanted: tuple[int, ...]


class Hello(Struct, frozen=True, forbid_unknown_fields=True):
    """Who I am, what I hold and how I am. Sent on each connection and as the heartbeat."""

    station: str
    epoch: int
    store_id: str
    """Drawn when the store was made: two stores under one epoch are a clone."""
    boot: int
    mono: int
    wall: int
    next_seq: int
    stored_upto: int
    oldest_unsent: int
    """``at`` of the oldest fact not yet stored by the company; 0 when there is none."""
    tariffs: int
    """Version of the tariff book held; 0 for none. So for the coupon book."""
    coupons: int
    program: str
    open: bool = True
    points: tuple[PointState, ...] = ()
    printer: str = ""
    live: bool = False
    """A heartbeat on a connection on which this store was welcomed, and not refused."""
    gauges: tuple[GaugeState, ...] = ()
    versions: dict[str, int] = {}
    """Versions of all other books held, 0 for none, by the last word of their topic. A station is sent no kind of book
    that it does not name: it may be older than that kind."""
    parts: PartsWanted | None = None
    """The next parts of a large coupon book; None when none is on its way."""
    asks: tuple[int, ...] = ()
    """Former epochs of this station of which it wants to know what the company has."""


class CouponClaim(Struct, frozen=True, tag="claim", forbid_unknown_fields=True):
    """May this coupon be used here? The company leases it to the station, or says why not.

    ``code`` is a typed code's digits, ``coupon`` the id out of a scanned one whose signature was right.
    """

    ask: str
    filling: Filling
    coupon: str = ""
    code: str = ""


# ── To the station ────────────────────────────────────────────────────────────────────────────────────────────────────


class Held(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Letters from the first sequence to the last, all of them in the company's books."""

    first: int
    last: int


class Welcome(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to a hello; the versions that are missing follow as letters of their own."""

    wall: int
    """The company's clock, UTC milliseconds."""
    hello_wall: int
    hello_mono: int
    """The station's own readings given back, to measure the round trip."""
    stored_upto: int
    refused: str = ""
    """Not empty: the company does not talk with this store; the sentence says why (a clone, an unknown station)."""
    held: dict[int, tuple[Held, ...]] = {}
    """What the company has of the epochs that were asked for, lowest first. What is not named it may have as well."""


class Stored(Struct, frozen=True, forbid_unknown_fields=True):
    """All letters of this epoch up to this sequence are in the company's books."""

    epoch: int
    upto: int


class CommandKeys(Struct, frozen=True, forbid_unknown_fields=True):
    """The keys that orders are signed with from now on, in place of all others. The highest number is the version."""

    keys: dict[int, bytes]
    """Number → Ed25519 public key of 32 bytes."""

    @property
    def version(self) -> int:
        """The highest number; 0 without keys."""
        return max(self.keys, default=0)


class TariffBook(Struct, frozen=True, forbid_unknown_fields=True):
    """All tariffs that hold or will hold at this station. A cancelled one is simply not in the next version."""

    version: int
    tariffs: tuple[Tariff, ...]
    past: tuple[Tariff, ...] = ()
    """Those that held here of late: the steps from one price to the next can be followed."""
    bounds: PriceBounds = PriceBounds()


class ListedCoupon(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A typed code by its fingerprint, and what it promises."""

    fingerprint: bytes
    terms: CouponTerms


class CouponBook(Struct, frozen=True, forbid_unknown_fields=True):
    """What a station needs to judge codes with no network."""

    version: int
    keys: dict[int, bytes]
    """Key id → Ed25519 public key of 32 bytes."""
    salt: bytes
    """For :func:`shared.codes.fingerprint`."""
    allowance: Allowance
    revoked: tuple[str, ...] = ()
    leases: tuple[Lease, ...] = ()
    listed: tuple[ListedCoupon, ...] = ()
    parts: int = 0
    """Not 0: the listed codes of a large book follow in so many parts. What else stands here is in force at once."""
    whole: bytes = b""
    """SHA-256 over the listed codes of all parts, one after the other: an unchanged list is not sent again."""


class CouponPart(Struct, frozen=True, forbid_unknown_fields=True):
    """Some of the listed codes of a large book."""

    version: int
    whole: bytes
    """Of the book that it belongs to."""
    index: int
    """From 0 on."""
    listed: tuple[ListedCoupon, ...]


class SettingsBook(Struct, frozen=True, forbid_unknown_fields=True):
    """What head office sets for this station; the rest stands in the station's own file."""

    version: int
    settings: SiteSettings


class AuthorisePoint(Struct, frozen=True, tag="authorise", forbid_unknown_fields=True):
    """Release a fuelling point."""

    point: int
    preset: Preset | None = None


class StopPoint(Struct, frozen=True, tag="stop", forbid_unknown_fields=True):
    """Stop a fuelling point; 0 for all."""

    point: int


class SwitchStation(Struct, frozen=True, tag="switch", forbid_unknown_fields=True):
    """Open or close the station for business."""

    open: bool


class ReprintSlip(Struct, frozen=True, tag="reprint", forbid_unknown_fields=True):
    """Print a sale's receipt once more, marked as such."""

    epoch: int
    seq: int


class FreePoint(Struct, frozen=True, tag="free", forbid_unknown_fields=True):
    """Give up a release at a fuelling point whose dispenser does not answer any more."""

    point: int


Action = AuthorisePoint | StopPoint | SwitchStation | ReprintSlip | FreePoint


class Command(Struct, frozen=True, forbid_unknown_fields=True):
    """Do this once, before the deadline (UTC milliseconds, the company's clock), or not at all."""

    id: str
    deadline: int
    by: str
    """The person whose name is on it."""
    action: Action


class ClaimAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer to a claim: the terms and the lease, or the judge's reason."""

    ask: str
    reason: str
    """A :class:`shared.coupon.Reason`, or ``unknown`` for a code that does not exist."""
    terms: CouponTerms | None = None
    lease: Lease | None = None
