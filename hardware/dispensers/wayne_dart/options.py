"""What a line of DART pumps can be told, and in what its makes differ. Pure."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from hardware.dispensers.wayne_dart.frames import FIRST_ADDRESS, LARGEST, LAST_ADDRESS
from hardware.ports import PointOnLine
from shared.errors import Refused

_AROUND: Final = 9
"""Bytes of a data frame besides its transactions: ADR, CTRL, checksum (perhaps with DLE), ETX, SF."""
_LEAST_BUFFER: Final = 24


class Options(Struct, frozen=True, forbid_unknown_fields=True):
    """``[lines.options]``"""

    edition: Literal["2.11", "s4"] = "2.11"
    """In the S4 edition transaction 103 is a temperature, and prices can't be read back as a list."""
    wrap: Literal[1, 0] = 1
    """The block number after F. A pump that refuses it is met with the other one by itself."""
    ackpoll: bool = False
    """Acknowledge and poll the same address in one frame; for pumps of the S4 edition."""
    panel: Literal["", "4F", "50"] = ""
    """What must be added (hexadecimal) to the panel number in ``address`` to get the address on the line; with "" the
    address itself stands there. The first pump of a Chinese panel is 1 and has 50: "4F". Where it is 0: "50"."""
    buffer: Annotated[int, Meta(ge=_LEAST_BUFFER, le=LARGEST)] = LARGEST
    """Bytes of the longest frame that these pumps take."""

    @property
    def room(self) -> int:
        """Bytes of transactions in a frame."""
        return self.buffer - _AROUND


class Habits(Struct, frozen=True, forbid_unknown_fields=True):
    """A make of pump, for the simulator."""

    edition: Literal["2.11", "s4"] = "2.11"
    wrap: Literal[1, 0] = 1
    """The block number after F that it sends, and besides 0 the only one that it takes."""
    totals: Literal[16, 13, 6, 0] = 16
    """LNG of its totals; 0: it never tells them."""
    status_8: bool = True
    """Whether its status says that it is suspended."""
    dialect: Literal["both", "transactions", "commands"] = "both"
    """Suspended by CD14 and CD15, by the commands 0D and 0E, or by either."""
    slow_head: Annotated[int, Meta(ge=0, le=10_000)] = 0
    """Milliseconds from the authorisation to status 2."""
    ignored_resets: Annotated[int, Meta(ge=0)] = 0
    """So many resets it acknowledges, and stays where it is."""
    price_list: bool = True
    parameters: bool = True
    identity: bool = True
    ackpoll: bool = True
    """Whether it answers these."""
    buffer: Annotated[int, Meta(ge=_LEAST_BUFFER, le=LARGEST)] = LARGEST
    """Bytes of the longest frame that it takes or sends; longer ones it does not answer."""
    forgets_prices: bool = False
    """When its computer starts anew it has no prices (status 0)."""

    @property
    def room(self) -> int:
        """Bytes of transactions in a frame."""
        return self.buffer - _AROUND


def address_of(place: PointOnLine, options: Options) -> int:
    """Its address on the line. :exc:`Refused` when DART has no such address."""
    address = place.address + (int(options.panel, 16) if options.panel else 0)
    if FIRST_ADDRESS <= address <= LAST_ADDRESS:
        return address
    raise Refused(
        "wrong_address",
        f"Fuelling point {place.point} would have the address {address:02X} on the line; DART goes from 50 to CF. "
        + ("With panel set, write the number on the pump's panel." if options.panel else "Is that its panel number?"),
    )
