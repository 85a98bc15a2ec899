"""What the forecourt shows of itself: to the attendants' page, and in the heartbeat to head office. Pure.

Money in fen, volume in millilitres, unit prices in milliyuan a litre, times in UTC milliseconds.
"""

from enum import StrEnum

from msgspec import Struct

from shared.coupon import Verdict
from shared.disputes import Settlement
from shared.payment import Account
from shared.sale import Preset, Sale, SaleStatus
from shared.station import Key


class PointPhase(StrEnum):
    """The state of a fuelling point, in IFSF's words."""

    INOPERATIVE = "inoperative"
    CLOSED = "closed"
    IDLE = "idle"
    CALLING = "calling"
    AUTHORISED = "authorised"
    STARTED = "started"
    SUSPENDED_STARTED = "suspended_started"
    FUELLING = "fuelling"
    SUSPENDED_FUELLING = "suspended_fuelling"


class CouponView(Struct, frozen=True):
    """A coupon presented at a point, and what it would give on the figures so far."""

    coupon: str
    campaign: str
    verdict: Verdict
    online: bool
    """Head office has leased it for this use; otherwise the station decides by itself."""


class NozzleView(Struct, frozen=True):
    """A nozzle and its prices."""

    nozzle: int
    grade: str
    shown: int | None
    """Unit price read back from the dispenser; None until it was read."""
    wished: int | None
    """Unit price by the tariffs that hold now; None while the station has none."""
    tariff: int
    totaliser: int | None


class PointView(Struct, frozen=True):
    """All that a card on the touchscreen shows."""

    point: int
    phase: PointPhase
    settling: bool
    """The filling is over; its totaliser is being read and its sale recorded."""
    nozzles: tuple[NozzleView, ...]
    nozzle: int
    """The nozzle lifted or in use, 0 for none."""
    volume: int
    amount: int
    """Running figures; after a filling the last ones, until the next begins."""
    unit_price: int
    preset: Preset | None
    since: int
    """When the phase began."""
    can: tuple[str, ...]
    """What may be done now: ``authorise``, ``stop``, ``suspend``, ``resume``, ``present``, ``free``."""
    coupon: CouponView | None = None
    last_sale: Key | None = None
    disputed: bool = False
    """The last filling here failed its proof."""
    trouble: str = ""
    """A stable word when something is wrong (``silent``, ``no_price``, an alarm); empty when all is well."""
    member: str = ""
    plate: str = ""


class SlipView(Struct, frozen=True):
    """A line of the print journal."""

    job: int
    copy: int
    state: str
    detail: str
    at: int


class SaleView(Struct, frozen=True):
    """A sale with its key, its slips, and whether the company has it."""

    key: Key
    sale: Sale
    slips: tuple[SlipView, ...]
    delivered: bool
    settled: Settlement | None = None
    """How a person settled it, when it was disputed."""
    account: Account = Account()
    """What was paid for it at the till."""

    @property
    def waits(self) -> bool:
        """It is disputed, and nobody has settled it yet."""
        return self.sale.status is SaleStatus.DISPUTED and self.settled is None

    @property
    def figures(self) -> tuple[int, int, int]:
        """Millilitres, fen, and fen to pay, as they stand; nothing while it waits."""
        if self.settled is not None:
            return self.settled.volume, self.settled.amount, self.settled.amount
        delivery = self.sale.delivery
        return (0, 0, 0) if self.waits else (delivery.volume, delivery.amount, self.sale.payable)


class ComingPrice(Struct, frozen=True):
    """A tariff that has not started yet."""

    tariff: int
    starts_at: int
    prices: dict[str, int]


class Trouble(Struct, frozen=True):
    """Something is wrong with a part of the station. Shown while it lasts; logged when it begins and when it ends."""

    part: str
    """``line:NAME``, ``printer``, ``broker``, ``disk``, ``clock``, ``store``."""
    reason: str
    """A stable word that the page translates."""
    detail: str
    since: int


class StationView(Struct, frozen=True):
    """The station as a whole."""

    station: str
    name: str
    open: bool
    connected: bool
    backlog: int
    """Letters that the company does not have yet."""
    oldest_unsent: int
    heard_at: int
    """When the company was last heard, 0 for never."""
    clock_difference: int | None
    printer: str
    """``ok``, or a stable word: ``paper_out``, ``cover_open``, ``absent``, ``unconfirmed``."""
    troubles: tuple[Trouble, ...]
    tariff_book: int
    coupon_book: int
    allowance_left: int
    """Fen that may still be given away offline today."""
    disputes: int = 0
    """Disputed sales that nobody has settled yet."""
    unexplained: int = 0
    """Litres with no sale to show for them that nobody has explained yet, in lines."""
    owing: int = 0
    """Sales that wait for their payment at the till."""
