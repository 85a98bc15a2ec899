"""Gilbarco Two-Wire on its card."""

from collections.abc import Sequence
from typing import Any, Final

from hardware.dispensers.gilbarco.explain import cut, explain
from hardware.dispensers.gilbarco.head import Habits
from hardware.dispensers.gilbarco.options import Options
from hardware.dispensers.gilbarco.readings import MOST_GRADES
from hardware.dispensers.gilbarco.session import GilbarcoSession
from hardware.dispensers.gilbarco.simulator import GilbarcoLine
from hardware.ports import Decimals, LineSettings, PointOnLine, Session
from hardware.protocol import Ability, DispenserProtocol, Simulation
from hardware.simulation.pump import SimulatedLine
from shared.errors import Refused

_ADDRESSES: Final = range(1, 17)


def _session(points: Sequence[PointOnLine], line: LineSettings, options: Any) -> Session:
    """:exc:`Refused` for what no pump of this protocol can be or have."""
    for place in points:
        if place.address not in _ADDRESSES:
            raise Refused("unknown_address", f"Pumps have addresses 1 to 16; {place.address} is none.")
        if place.nozzles > MOST_GRADES:
            raise Refused("too_many_nozzles", f"A pump tells up to {MOST_GRADES} grades; {place.nozzles} are too many.")
    return GilbarcoSession(points, line, options)


def _simulator(plan: Simulation) -> SimulatedLine:
    return GilbarcoLine(plan.points, plan.faults, plan.turnaround, plan.seed, plan.habits or Habits())


PROTOCOL: Final = DispenserProtocol(
    name="gilbarco-two-wire",
    title_zh="吉尔巴克 双线",
    title_en="Gilbarco Two-Wire",
    line=LineSettings(5787, 8, "E", 1),
    first_address=1,
    addresses=_ADDRESSES,
    make_session=_session,
    explain=explain,
    cut=cut,
    make_simulator=_simulator,
    abilities=frozenset(Ability) - {Ability.LOCKS_NOZZLES},
    options=Options,
    habits=Habits,
    decimals=Decimals(volume=3, amount=2, price=2, totaliser=2),
    most_points=16,
    most_nozzles=MOST_GRADES,
)
