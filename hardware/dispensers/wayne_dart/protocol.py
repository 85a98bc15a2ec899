"""Wayne DART on its card."""

from collections.abc import Sequence
from typing import Final

from hardware.dispensers.wayne_dart.explain import explain
from hardware.dispensers.wayne_dart.frames import cut
from hardware.dispensers.wayne_dart.options import Habits, Options
from hardware.dispensers.wayne_dart.session import DartSession, Pace
from hardware.dispensers.wayne_dart.simulator import DartLine
from hardware.ports import LineSettings, PointOnLine, Session
from hardware.protocol import DispenserProtocol, Simulation
from hardware.simulation.pump import SimulatedLine


def _session(points: Sequence[PointOnLine], line: LineSettings, options: Options) -> Session:
    return DartSession(points, Pace(byte=line.byte_micros), options)


def _simulator(plan: Simulation) -> SimulatedLine:
    return DartLine(plan.points, plan.faults, plan.turnaround, plan.seed, plan.habits)


PROTOCOL: Final = DispenserProtocol(
    name="wayne-dart",
    title_zh="稳牌 DART",
    title_en="Wayne DART",
    line=LineSettings(9600, 8, "O", 1),
    first_address=0x50,
    addresses=range(0x50, 0x70),
    make_session=_session,
    explain=explain,
    cut=cut,
    make_simulator=_simulator,
    options=Options,
    habits=Habits,
)
