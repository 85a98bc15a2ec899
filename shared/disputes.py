"""What a person decides where the meters and the books do not agree: disputed sales, and litres that nobody sold. Pure.

A sale is never rewritten. How it was settled is a fact of its own, with a name and a reason; so is every explanation of
what moved a totaliser.
"""

from enum import StrEnum

from msgspec import Struct

from shared.errors import Refused
from shared.money import amount_of
from shared.sale import Sale, SaleStatus


class Basis(StrEnum):
    """What a disputed sale is settled by."""

    DISPLAY = "display"  # the figures on the dispenser's display
    TOTALISER = "totaliser"  # what the totaliser has grown by, at the sale's unit price
    AGREED = "agreed"  # figures that both sides agreed on
    VOID = "void"  # nothing was sold


class DisputeReason(StrEnum):
    """Why it was settled so."""

    DISPLAY_WRONG = "display_wrong"
    TOTALISER_WRONG = "totaliser_wrong"
    CUSTOMER_AGREED = "customer_agreed"
    NOTHING_DELIVERED = "nothing_delivered"
    PUMP_TEST = "pump_test"
    OTHER = "other"


class MeterKind(StrEnum):
    """What a totaliser has done with no sale to show for it."""

    FALLBACK = "fallback"  # it grew while nobody of ours was watching, or with nobody's leave
    DRIP = "drip"  # it grew by a few millilitres after a nozzle was hung up
    BACKWARDS = "backwards"  # it stands lower than before: reset, or another meter


class MeterReason(StrEnum):
    """How such litres are explained."""

    SOLD_BY_HAND = "sold_by_hand"
    PUMP_TEST = "pump_test"
    CALIBRATION = "calibration"
    METER_CHANGED = "meter_changed"
    UNKNOWN = "unknown"
    OTHER = "other"


class Settlement(Struct, frozen=True, forbid_unknown_fields=True):
    """What a disputed sale came to. Millilitres and fen."""

    basis: Basis
    volume: int
    amount: int
    reason: DisputeReason
    by: str
    note: str = ""


LONGEST_NOTE = 200


def by_totaliser(sale: Sale, modulus: int = 0) -> tuple[int, int] | None:
    """Millilitres and fen by the totaliser; None when it could not be read, or stands lower than before."""
    before, after = sale.proof.before, sale.proof.after
    if before is None or after is None:
        return None
    moved = (after - before) % modulus if modulus else after - before
    return (moved, amount_of(moved, sale.delivery.unit_price)) if moved >= 0 else None


def settle(
    sale: Sale, basis: Basis, reason: DisputeReason, by: str, note: str = "", agreed: tuple[int, int] | None = None
) -> Settlement:
    """How this sale is settled on this basis; ``agreed`` are the millilitres and fen that were agreed on.

    :exc:`Refused`: ``not_disputed``, ``no_totaliser``, ``no_figures``, ``bad_figures``, ``no_reason``.
    """
    if sale.status is not SaleStatus.DISPUTED:
        raise Refused("not_disputed", "This sale was proved and charged. There is nothing to settle.")
    if reason is DisputeReason.OTHER and not note.strip():
        raise Refused("no_reason", "Please write in a few words why it is settled so; the words stay with it.")
    volume, amount = _figures(sale, basis, agreed)
    return Settlement(basis, volume, amount, reason, by, note.strip()[:LONGEST_NOTE])


def _figures(sale: Sale, basis: Basis, agreed: tuple[int, int] | None) -> tuple[int, int]:
    match basis:
        case Basis.DISPLAY:
            return sale.delivery.volume, sale.delivery.amount
        case Basis.TOTALISER:
            moved = by_totaliser(sale)
            if moved is None:
                raise Refused("no_totaliser", "The totaliser could not be read for this sale. Settle it another way.")
            return moved
        case Basis.AGREED:
            if agreed is None:
                raise Refused("no_figures", "Please enter the litres and the money that were agreed on.")
            if min(agreed) < 0 or agreed[0] > 10_000_000 or agreed[1] > 100_000_000:
                raise Refused("bad_figures", "These figures can't be right. Please enter litres and yuan.")
            return agreed
        case Basis.VOID:
            return 0, 0


def moved_by(before: int, after: int, modulus: int, drip: int) -> tuple[MeterKind, int]:
    """What became of a totaliser that stands elsewhere than before, and the millilitres it has grown by.

    One that has gone more than halfway round its ``modulus`` (0: unknown) has not grown: it was set back, and nobody
    can say what flowed meanwhile. Up to ``drip`` millilitres are drops.
    """
    moved = (after - before) % modulus if modulus else after - before
    if moved < 0 or (modulus and moved > modulus // 2):
        return MeterKind.BACKWARDS, 0
    return (MeterKind.DRIP if moved <= drip else MeterKind.FALLBACK), moved
