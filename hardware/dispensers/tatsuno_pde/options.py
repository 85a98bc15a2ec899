"""What a line of Tatsuno PDE counters can be told, and in what the counters differ."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from shared.sale import PresetKind

_Product = Annotated[int, Meta(ge=1, le=8)]


class PriceType(StrEnum):
    """The two prices that a counter knows."""

    CASH = "cash"
    CREDIT = "credit"


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a line of Tatsuno PDE counters. A port that can't do 7E2 wants ``software_parity`` of its line."""

    answer_ms: Annotated[int, Meta(ge=50, le=2_000)] = 200
    """How long a counter may think before it answers (TKA)."""
    products: dict[int, list[_Product]] = {}
    """Fuelling point → product of nozzle 1, 2, …; where it is not given, product and nozzle have the same number."""
    price_type: PriceType = PriceType.CASH
    unlimited: PresetKind = PresetKind.VOLUME
    """Whether a release without limit says 9999.99 litres or 9999.00 in money."""


class Habits(Struct, frozen=True, forbid_unknown_fields=True):
    """Of simulated counters."""

    wants_response: bool = True
    """It must be met with the right answer after power-up and after a lost link."""
    link_lost_ms: Annotated[int, Meta(ge=500)] = 5_000
    """So long without a frame, and the link counts as lost."""
    price_type: PriceType = PriceType.CASH
    """It takes releases at this price only."""
    auto_lock: bool = False
    """After each payment it locks itself."""
    shows_lifted: bool = True
    """The display names a lifted nozzle and its price before it is released."""
    clears_display: bool = False
    """A payment sets the display to zero."""
    little_endian: bool = False
    """In its history."""
    products: dict[int, list[_Product]] = {}
    """As in :class:`Options`."""
