"""What head office may set for a station, and its bounds: tried where it is typed, and again at the station. Pure."""

from typing import Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from shared.errors import Refused

MOST_LINES: Final = 6
LONGEST_LINE: Final = 96
"""Characters; a line longer than the paper is wrapped."""
MOST_DRIPS: Final = 1_000
"""Millilitres."""


class SiteSettings(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is None is not set: then the station's own configuration file holds."""

    receipt_top: tuple[str, ...] | None = None
    """Lines below the station's name: its address, telephone, tax number."""
    receipt_bottom: tuple[str, ...] | None = None
    """Lines above the farewell."""
    receipts: bool | None = None
    """A receipt for each settled sale, without being asked."""
    drip_limit: int | None = None
    """Millilitres that may drop from a nozzle that was hung up; more must be explained."""


def merged(own: SiteSettings, chain: SiteSettings) -> SiteSettings:
    """What holds at a station: what is set for it alone, and for the rest what is set for all."""
    return replace(chain, **{name: value for name, value in asdict(own).items() if value is not None})


def must_be_sound(settings: SiteSettings) -> None:
    """:exc:`Refused` (``out_of_bounds``) for what no station should obey, whoever signed it."""
    for lines in (settings.receipt_top or (), settings.receipt_bottom or ()):
        if len(lines) > MOST_LINES:
            raise Refused("out_of_bounds", f"A receipt has room for {MOST_LINES} lines at its top and at its bottom.")
        if not all(0 < len(line) <= LONGEST_LINE and line.isprintable() for line in lines):
            raise Refused("out_of_bounds", f"A line of a receipt has 1 to {LONGEST_LINE} characters, none of control.")
    if settings.drip_limit is not None and not 0 <= settings.drip_limit <= MOST_DRIPS:
        raise Refused("out_of_bounds", f"A nozzle that was hung up drops 0 to {MOST_DRIPS} millilitres.")
