"""Tatsuno PDE on its card."""

from collections.abc import Sequence
from typing import Any, Final

from hardware.dispensers.tatsuno_pde.explain import explain
from hardware.dispensers.tatsuno_pde.frames import FIRST_ADDRESS, LAST_ADDRESS, cut
from hardware.dispensers.tatsuno_pde.link import SWITCH
from hardware.dispensers.tatsuno_pde.options import Habits, Options
from hardware.dispensers.tatsuno_pde.simulator import simulator
from hardware.dispensers.tatsuno_pde.talker import Talker
from hardware.polling.dialogue import DialogueSession, Pace
from hardware.ports import Decimals, LineSettings, PointOnLine, Session
from hardware.protocol import Ability, DispenserProtocol

_LATE: Final = 50_000


def _session(points: Sequence[PointOnLine], line: LineSettings, options: Any) -> Session:
    return DialogueSession(
        lambda tell: [Talker(place, options, tell) for place in points],
        Pace(byte=line.byte_micros, gap=SWITCH, after_silence=_LATE),
    )


PROTOCOL: Final = DispenserProtocol(
    name="tatsuno-pde",
    title_zh="龙野 PDE",
    title_en="Tatsuno PDE",
    line=LineSettings(9600, 7, "E", 2),
    first_address=FIRST_ADDRESS + 1,
    addresses=range(FIRST_ADDRESS, LAST_ADDRESS + 1),
    make_session=_session,
    explain=explain,
    cut=cut,
    make_simulator=simulator,
    abilities=frozenset(Ability) - {Ability.SUSPEND, Ability.RELEASE_AT_REST, Ability.READS_PRICES},
    options=Options,
    habits=Habits,
    decimals=Decimals(price=3),
    most_nozzles=5,
)
