"""The card of a dispenser's protocol: all that the rest of the house needs to know of it.

Each folder in ``hardware.dispensers`` has one, as ``protocol.PROTOCOL``; ``hardware.registry`` has a line for each.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from hardware.ports import Decimals, LineSettings, PointOnLine, Session
from hardware.simulation.faults import Faults
from hardware.simulation.pump import SimulatedLine, SimulatedPoint
from shared.errors import Refused


class Ability(StrEnum):
    """What not every protocol can do."""

    SUSPEND = "suspend"  # halt the flow and let it go on
    PRESET_AMOUNT = "preset_amount"
    PRESET_VOLUME = "preset_volume"
    RELEASE_AT_REST = "release_at_rest"  # authorise before a nozzle is lifted
    NAMES_NOZZLE = "names_nozzle"  # say which nozzle is out, before fuel flows
    LOCKS_NOZZLES = "locks_nozzles"  # release some nozzles of a point and not the others
    READS_PRICES = "reads_prices"  # say the programmed prices, nozzle by nozzle
    READS_TOTALISER = "reads_totaliser"


class Plain(Struct, frozen=True, forbid_unknown_fields=True):
    """No options, no habits."""


class Simulation(Struct, frozen=True):
    """What a simulated line is made of."""

    points: Sequence[SimulatedPoint]
    faults: Faults
    turnaround: tuple[int, int] = (0, 0)
    """Shortest and longest pause before an answer, in microseconds."""
    seed: int = 0
    habits: Any = None
    """A value of :attr:`DispenserProtocol.habits`."""


class DispenserProtocol(Struct, frozen=True):
    """A protocol of dispensers."""

    name: str
    title_zh: str
    title_en: str
    line: LineSettings
    first_address: int
    """The address of the first fuelling point, as dispensers leave the works."""
    addresses: range
    """Where a search looks for fuelling points."""
    make_session: Callable[[Sequence[PointOnLine], LineSettings, Any], Session]
    """Points, the line as it is, and a value of :attr:`options`."""
    explain: Callable[[bytes], dict[str, Any]]
    """A frame in plain words: ``address``, ``direction``, ``kind``, ``transactions``, ``error`` at least."""
    cut: Callable[[bytes], list[bytes]]
    """The bytes of one direction, cut into frames; nothing is left out."""
    make_simulator: Callable[[Simulation], SimulatedLine]
    abilities: frozenset[Ability] = frozenset(Ability)
    options: type[Struct] = Plain
    """What may be set for a line of this protocol, under ``[lines.options]``."""
    habits: type[Struct] = Plain
    """In what the makes of this protocol's dispensers differ; for the simulator."""
    decimals: Decimals = Decimals()
    """As dispensers leave the works."""
    most_points: int = 32
    most_nozzles: int = 15
    """At a fuelling point."""
    site_test: bool = False
    """Written from notes that no second source confirms: a site must test it before it sells with it."""

    def session(
        self,
        points: Sequence[PointOnLine],
        line: LineSettings | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Session:
        """A session for a line. :exc:`Refused` says which option makes no sense."""
        return self.make_session(points, line or self.line, chosen(self.options, options))

    def simulator(
        self,
        points: Sequence[SimulatedPoint],
        faults: Faults,
        turnaround: tuple[int, int] = (0, 0),
        seed: int = 0,
        habits: Mapping[str, Any] | None = None,
    ) -> SimulatedLine:
        """The other end of a line. :exc:`Refused` says which habit makes no sense."""
        return self.make_simulator(Simulation(points, faults, turnaround, seed, chosen(self.habits, habits)))


def chosen(kind: type[Struct], words: Mapping[str, Any] | None) -> Any:
    """A value of this kind from a file or a command line; :exc:`Refused` names what is known."""
    try:
        return msgspec.convert(dict(words or {}), kind, strict=False)
    except msgspec.ValidationError as why:
        known = ", ".join(kind.__struct_fields__) or "none"
        raise Refused("unknown_option", f"{why}. Known here: {known}.") from None
