"""What was paid for a sale, and what was given back. Pure.

A sale whose tender is :data:`OPEN` waits for its payment at the till. A payment is a fact of its own and is never
rewritten: a mistake is taken back whole by another fact, and paid anew; money given back later is a refund beside it.
Money is whole fen.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

from shared.errors import Refused
from shared.money import yuan

OPEN: Final = "open"
"""The tender of a sale that is to be paid at the till."""
LONGEST_REFERENCE: Final = 40
LONGEST_NOTE: Final = 200
MOST_TENDERS: Final = 6
MOST_GIVEN: Final = 100_000_00
"""Fen: nobody hands over more for a filling."""


class TenderKind(StrEnum):
    """How somebody pays."""

    CASH = "cash"
    CARD = "card"  # at the bank's terminal, with its reference
    UNIONPAY = "unionpay"
    WECHAT = "wechat"
    ALIPAY = "alipay"
    CREDIT = "credit"  # on the account of a customer who pays by the month, who is named


NEEDS_REFERENCE: Final = frozenset({TenderKind.CARD, TenderKind.CREDIT})
"""Nobody could find these again without one: the terminal's number, the customer's name."""


class Tender(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a payment."""

    kind: TenderKind
    amount: int
    """Fen."""
    reference: str = ""


class Payment(Struct, frozen=True, forbid_unknown_fields=True):
    """A sale is paid, to the fen."""

    tenders: tuple[Tender, ...]
    by: str
    given: int = 0
    """Cash that was handed over, in fen."""
    change: int = 0
    """Cash that was handed back."""

    @property
    def amount(self) -> int:
        """What was paid, in fen."""
        return sum(tender.amount for tender in self.tenders)


class BackReason(StrEnum):
    """Why money was given back, or a payment taken back."""

    WRONG_TENDER = "wrong_tender"  # entered as another kind than it was
    WRONG_SALE = "wrong_sale"  # entered for another car's filling
    CUSTOMER = "customer"  # the customer complained, and was right
    PRICE = "price"  # another price had been promised
    OTHER = "other"


class Refund(Struct, frozen=True, forbid_unknown_fields=True):
    """Money given back for a sale that was paid."""

    tender: Tender
    reason: BackReason
    by: str
    note: str = ""


class Account(Struct, frozen=True):
    """How it stands with a sale's money."""

    owes: bool = False
    """It waits for its payment at the till."""
    paid: Payment | None = None
    refunds: tuple[Refund, ...] = ()
    gone_by: str = ""
    """Who said that the car has driven off; empty when it has not."""
    at: int = 0
    """When it was paid, or had driven off."""
    letter: int = 0
    """The place of the letter that says so."""

    @property
    def refunded(self) -> int:
        """Fen that were given back."""
        return sum(refund.tender.amount for refund in self.refunds)


def pay(due: int, tenders: Sequence[Tender], by: str, given: int = 0) -> Payment:
    """The payment of ``due`` fen by these tenders; ``given`` fen of cash were handed over, 0 for exactly enough.

    :exc:`Refused`: ``nothing_due``, ``bad_tenders``, ``no_reference``, ``not_enough``, ``too_much``,
    ``not_enough_cash``.
    """
    if due <= 0:
        raise Refused("nothing_due", "There is nothing to pay for this sale.")
    _must_be_sound(tenders)
    paid = sum(tender.amount for tender in tenders)
    if paid < due:
        raise Refused("not_enough", f"¥{yuan(due - paid)} are missing.")
    if paid > due:
        raise Refused("too_much", f"This is ¥{yuan(paid - due)} more than is due. Only cash is given change.")
    cash = sum(tender.amount for tender in tenders if tender.kind is TenderKind.CASH)
    handed = given or cash
    if not cash <= handed <= MOST_GIVEN:
        raise Refused("not_enough_cash", f"¥{yuan(cash)} are to be paid in cash, and ¥{yuan(handed)} were handed over.")
    if cash == 0 and given:
        raise Refused("bad_tenders", "Cash was handed over, and nothing is paid in cash.")
    return Payment(tuple(tenders), by, handed, handed - cash)


def refund(paid: int, refunded: int, tender: Tender, reason: BackReason, by: str, note: str = "") -> Refund:
    """Money back for a sale of which ``paid`` fen came in and ``refunded`` fen went back before.

    :exc:`Refused`: ``not_paid``, ``bad_tenders``, ``no_reference``, ``more_than_paid``, ``no_reason``.
    """
    if paid <= 0:
        raise Refused("not_paid", "This sale is not paid, so there is nothing to give back.")
    _must_be_sound((tender,))
    must_say_why(reason, note)
    if refunded + tender.amount > paid:
        raise Refused("more_than_paid", f"At most ¥{yuan(paid - refunded)} can be given back for this sale.")
    return Refund(tender, reason, by, note.strip()[:LONGEST_NOTE])


def _must_be_sound(tenders: Sequence[Tender]) -> None:
    if not 0 < len(tenders) <= MOST_TENDERS or any(not 0 < tender.amount <= MOST_GIVEN for tender in tenders):
        raise Refused("bad_tenders", "Each part of a payment needs an amount.")
    for tender in tenders:
        if len(tender.reference) > LONGEST_REFERENCE or not tender.reference.isprintable():
            raise Refused("no_reference", f"A reference has up to {LONGEST_REFERENCE} characters.")
        if tender.kind in NEEDS_REFERENCE and not tender.reference.strip():
            raise Refused("no_reference", "Please enter the number on the bank's slip, or whose account it is.")


def must_say_why(reason: BackReason, note: str) -> None:
    """:exc:`Refused` (``no_reason``) when the reason says nothing, and no words do."""
    if reason is BackReason.OTHER and not note.strip():
        raise Refused("no_reason", "Please write in a few words why; the words stay with it.")
