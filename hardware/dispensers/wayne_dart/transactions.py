"""The body of a data frame ↔ its transactions. Pure.

Both directions use the same numbers, so a decoder needs to know who speaks. Where editions and clones differ, LNG
decides; what nobody knows is skipped by its LNG, as the specification asks.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from hardware.dispensers.wayne_dart import commands as c
from hardware.dispensers.wayne_dart import readings as r
from hardware.dispensers.wayne_dart.spoken import Spoken
from hardware.errors import FrameMisread


class Direction(StrEnum):
    """Who speaks."""

    CONTROLLER = "controller"
    PUMP = "pump"


class Unreadable(Struct, frozen=True):
    """A transaction whose number or data this direction does not know; skipped by its LNG."""

    trans: int
    raw: bytes
    why: str

    def data(self) -> bytes:
        """DATA as it came."""
        return self.raw


Transaction = Spoken | Unreadable

_FROM_CONTROLLER: Final[tuple[type[Spoken], ...]] = (
    c.Command, c.AllowedNozzles, c.PresetVolume, c.PresetAmount, c.PriceUpdate, c.Output, c.RequestTotals8,
    c.SetParameters, c.FillingType, c.Suspend, c.Resume, c.RequestTotals, c.RequestAmountTotals, c.RequestTemperature,
    c.RequestTag,
)  # fmt: skip
_FROM_PUMP: Final[tuple[type[Spoken], ...]] = (
    r.Status, r.Filled, r.NozzleAndPrice, r.Alarm, r.Parameters, r.Identity, r.Suspended, r.Resumed, r.Totals, r.Mode,
    r.AmountTotals, r.Prices, r.Tag,
)  # fmt: skip
_BY_NUMBER: Final[Mapping[Direction, Mapping[int, list[type[Spoken]]]]] = {
    direction: {kind.trans: [other for other in kinds if other.trans == kind.trans] for kind in kinds}
    for direction, kinds in ((Direction.CONTROLLER, _FROM_CONTROLLER), (Direction.PUMP, _FROM_PUMP))
}
"""Which transactions each direction knows, by number; where editions differ, several, and LNG decides."""
_S4: Final = {(Direction.PUMP, r.Prices.trans): [r.Temperature]}
"""Where LNG can't tell the editions apart."""


def encode(transactions: Iterable[Transaction]) -> bytes:
    """The body of a data frame."""
    return b"".join(bytes((t.trans, len(t.data()))) + t.data() for t in transactions)


def decode(body: bytes, direction: Direction, s4: bool = False) -> tuple[Transaction, ...]:
    """What the body says in this direction. :exc:`FrameMisread` when its lengths don't add up."""
    return tuple(decode_one(trans, data, direction, s4) for trans, data in split(body))


def split(body: bytes) -> list[tuple[int, bytes]]:
    """TRANS and DATA of each transaction. :exc:`FrameMisread` when the lengths don't add up."""
    found, at = [], 0
    while at < len(body):
        end = at + 2 + (body[at + 1] if at + 1 < len(body) else len(body))
        if end > len(body):
            raise FrameMisread(f"Transaction {body[at]:02X} says that it is longer than the frame.")
        found.append((body[at], body[at + 2 : end]))
        at = end
    return found


def decode_one(trans: int, data: bytes, direction: Direction, s4: bool = False) -> Transaction:
    """One transaction; :class:`Unreadable` when this direction does not know it. ``s4``: by that edition."""
    why = f"{trans:02X} is no transaction of the {direction}."
    kinds = _BY_NUMBER[direction].get(trans, [])
    for kind in _S4.get((direction, trans), kinds) if s4 else kinds:
        try:
            return kind.read(data)
        except FrameMisread as misread:
            why = str(misread)
    return Unreadable(trans, data, why)
