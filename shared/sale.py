"""A sale: what the dispenser measured, why it is believed, and what the customer owes for it."""

from enum import StrEnum

from msgspec import Struct

from shared.clock import Stamp
from shared.coupon import CouponTerms, Reason


class PresetKind(StrEnum):
    """What a filling is limited by."""

    AMOUNT = "amount"  # fen
    VOLUME = "volume"  # millilitres


class Preset(Struct, frozen=True, forbid_unknown_fields=True):
    """A limit at which the dispenser stops by itself."""

    kind: PresetKind
    value: int


class Delivery(Struct, frozen=True, forbid_unknown_fields=True):
    """What the dispenser measured and showed. Its own figures, never reckoned again."""

    point: int
    nozzle: int
    grade: str
    volume: int
    """Millilitres."""
    amount: int
    """Fen, as on the display."""
    unit_price: int
    """Milliyuan a litre, as on the display."""


class Finding(StrEnum):
    """What the totaliser says of a delivery."""

    PROVED = "proved"  # after − before = volume
    MISMATCH = "mismatch"  # after − before ≠ volume
    UNREADABLE = "unreadable"  # one of the two readings is missing


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    """The nozzle's totaliser before and after the delivery, in millilitres."""

    before: int | None
    after: int | None
    finding: Finding


def prove(before: int | None, after: int | None, volume: int, modulus: int, tolerance: int = 0) -> Proof:
    """The proof of a delivery of ``volume`` millilitres by a totaliser that starts again at ``modulus``.

    ``tolerance`` in millilitres is for totalisers coarser than the display.
    """
    if before is None or after is None:
        return Proof(before, after, Finding.UNREADABLE)
    moved = (after - before) % modulus
    return Proof(before, after, Finding.PROVED if abs(moved - volume) <= tolerance else Finding.MISMATCH)


class SaleStatus(StrEnum):
    """Whether the sale stands."""

    SETTLED = "settled"  # proved, and charged to its tender
    DISPUTED = "disputed"  # not proved: shown, held, charged to nobody until a person decides


class Redemption(Struct, frozen=True, forbid_unknown_fields=True):
    """A coupon used on a sale, with the judge's reasons as they stood at the pump."""

    terms: CouponTerms
    discount: int
    """Fen."""
    reason: Reason
    leased: bool
    online: bool
    """Head office had leased it for this very use."""


CASH = "cash"


class Sale(Struct, frozen=True, forbid_unknown_fields=True):
    """One filling, from the lifting of the nozzle to what is owed for it."""

    delivery: Delivery
    proof: Proof
    status: SaleStatus
    tariff: int
    """The version of the tariff it was sold at; 0 when the station had none."""
    started: Stamp
    finished: Stamp
    payable: int
    """Fen: the amount less the discounts."""
    tender: str = CASH
    """How it was paid where nobody asks; ``open`` where it is paid at the till."""
    authorised_by: str = "automatic"
    """``automatic``, ``attendant:NAME``, ``command:ID``, or ``pump`` for one that nobody here authorised."""
    preset: Preset | None = None
    redemptions: tuple[Redemption, ...] = ()
    member: str = ""
    plate: str = ""
