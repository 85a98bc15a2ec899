"""Which protocols of dispensers there are: a line each."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from msgspec import Struct

from hardware.dispensers.wayne_dart.explain import explain as explain_dart
from hardware.dispensers.wayne_dart.session import DartSession
from hardware.dispensers.wayne_dart.simulator import DartLine
from hardware.ports import LineSettings, PointOnLine, Session
from hardware.simulation.faults import Faults
from hardware.simulation.pump import SimulatedLine, SimulatedPoint
from shared.errors import Refused


class DispenserProtocol(Struct, frozen=True):
    """All that the rest of the house needs to know of a protocol."""

    name: str
    title_zh: str
    title_en: str
    line: LineSettings
    first_address: int
    """The address of the first fuelling point, as dispensers leave the works."""
    session: Callable[[Sequence[PointOnLine]], Session]
    explain: Callable[[bytes], dict[str, Any]]
    """A frame in plain words."""
    simulator: Callable[[Sequence[SimulatedPoint], Faults, tuple[int, int], int], SimulatedLine]
    """Points, faults, shortest and longest turnaround in microseconds, seed."""


_ALL: Final = (
    DispenserProtocol(
        "wayne-dart",
        "稳牌 DART",
        "Wayne DART",
        LineSettings(9600, 8, "O", 1),
        0x50,
        DartSession,
        explain_dart,
        DartLine,
    ),
)

DISPENSERS: Final[Mapping[str, DispenserProtocol]] = {protocol.name: protocol for protocol in _ALL}


def dispenser(name: str) -> DispenserProtocol:
    """The protocol of this name. :exc:`Refused` names the nearest one."""
    if name in DISPENSERS:
        return DISPENSERS[name]
    near = get_close_matches(name, DISPENSERS, n=1)
    hint = f"Did you mean “{near[0]}”?" if near else f"Known are: {', '.join(sorted(DISPENSERS))}."
    raise Refused("unknown_protocol", f"There is no protocol “{name}”. {hint}")
