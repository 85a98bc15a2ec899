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


def _session(points: Sequence[PointOnLine], line: LineSettings, options: Any) -> Session:
    return GilbarcoSession(points, line, options)


def _simulator(plan: Simulation) -> SimulatedLine:
    return GilbarcoLine(plan.points, plan.faults, plan.turnaround, plan.seed, plan.habits or Habits())


PROTOCOL: Final = DispenserProtocol(
    name="gilbarco-two-wire",
    title_zh="吉尔巴克 双线",
    title_en="Gilbarco Two-Wire",
    line=LineSettings(5787, 8, "E", 1),
    first_address=1,
    addresses=range(1, 17),
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
