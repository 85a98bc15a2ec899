"""What a line of Censtar pumps can be told: mostly which of the possible readings of the notes is the right one."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct


class SaleForm(StrEnum):
    """How the 20 bits of a recorded sale are meant."""

    BINARY = "binary"
    DIGITS = "digits"  # five decimal digits


class TotalsForm(StrEnum):
    """How the four bytes of a total are meant."""

    DIGITS = "digits"  # eight decimal digits
    BINARY = "binary"


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a line of Censtar pumps."""

    sale: SaleForm = SaleForm.BINARY
    totals: TotalsForm = TotalsForm.DIGITS
    opens: bool = True
    """Open a pump that says it is closed, when it is to be released."""
    answer_ms: Annotated[int, Meta(ge=50, le=2_000)] = 250
    """How long a pump may think before it answers. No source says; a quick pump may have less."""
    interval_ms: Annotated[int, Meta(ge=20, le=2_000)] = 100
    """Between an answer and the next question."""
