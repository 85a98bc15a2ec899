"""What the line asks of the trades."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from cloud.orders.signing import Pen
from cloud.store.arrivals import BulkHandler
from cloud.store.database import Connection
from shared.messages import (
    ClaimAnswer,
    Command,
    CouponBook,
    CouponClaim,
    CouponPart,
    PartsWanted,
    SettingsBook,
    TariffBook,
)


class Held(NamedTuple):
    """Versions of a station's books."""

    tariffs: int = 0
    coupons: int = 0
    settings: int = 0


class Trades(Struct, frozen=True):
    """Called in a thread, inside a transaction that writes. Times in UTC milliseconds of the company's clock."""

    handlers: Mapping[type, BulkHandler]
    """What writes the postings of each kind of fact."""
    versions: Callable[[Connection, Collection[str]], Mapping[str, Held]]
    """The newest versions of these stations' books."""
    tariffs: Callable[[Connection, Collection[str], int], Mapping[str, TariffBook]]
    """The tariff books of these stations now; noted as sent. Those that are the same are one object."""
    coupons: Callable[[Connection, Collection[str], int], Mapping[str, CouponBook]]
    """The coupon books of these stations now, likewise."""
    settings: Callable[[Connection, Collection[str], int], Mapping[str, SettingsBook]]
    """What head office sets for these stations, likewise."""
    parts: Callable[[Connection, str, PartsWanted, int], Sequence[CouponPart]]
    """The parts of a large coupon book that a station asks for; none when its list was drawn up anew meanwhile."""
    claim: Callable[[Connection, str, CouponClaim, int], ClaimAnswer]
    """Whether a station may use a coupon; held for it if so."""
    commands: Callable[[Connection, Collection[str], int], Mapping[str, Sequence[Command]]]
    """Commands to these stations that are unanswered and in time; noted as sent."""
    pen: Pen
    """Signs what goes down."""
    restore: Callable[[Connection, str, int, int, int], None]
    """Puts right the times that this station, epoch and boot have sent: the zero of that boot's clock is known now."""
