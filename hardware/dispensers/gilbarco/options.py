"""What may be set for a line of Gilbarco pumps, under ``[lines.options]``. Pure."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

_Millis = Annotated[int, Meta(ge=0, le=10_000)]


class Spacing(StrEnum):
    """How much quiet the pumps want between two words of a block."""

    AUTO = "auto"  # 69 ms, and 6 ms once all pumps of the loop have answered special function 001
    SLOW = "slow"
    FAST = "fast"
    NONE = "none"  # for the "fast PPU" models only


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a line of Gilbarco pumps."""

    money_digits: Literal[0, 5, 6] = 0
    """5 or 6, as the pumps are set up; 0: special function 00E says so, and else the first sale does."""
    words: Spacing = Spacing.AUTO
    flagged_totals: bool = False
    """Special function 010 says at each reading how many decimals the totals have, and a missing digit: pumps of 长吉.
    Totals that always have one decimal are a matter of the point's ``decimals``."""
    special_functions: bool = True
    """Whether to ask for special functions at all."""
    second_level: bool = True
    """Set the prices of level 2 as well, to those of level 1."""
    names_level: bool = False
    """Name price level 1 before each filling; pumps that say that they want it get it anyway."""
    locks_grades: bool = False
    """The pumps understand presets for a range of grades, so nozzles can be locked."""
    keeps_limit: bool = False
    """A filling with a limit keeps it over a suspension; without this such a filling is not resumed."""
    answer_ms: _Millis = 120
    """How long a pump may think before it answers: 68 by the specification, up to 100 in the field."""
    between_data_ms: _Millis = 2_000
    """Between two blocks to the same pump."""
