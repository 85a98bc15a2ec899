"""Censtar on its card."""

from collections.abc import Sequence
from typing import Any, Final

from hardware.dispensers.censtar.explain import explain
from hardware.dispensers.censtar.frames import FIRST_POINT, LAST_POINT, cut
from hardware.dispensers.censtar.options import Options
from hardware.dispensers.censtar.simulator import Habits, simulator
from hardware.dispensers.censtar.talker import MISSES, Talker
from hardware.polling.dialogue import DialogueSession, Pace
from hardware.ports import LineSettings, PointOnLine, Session
from hardware.protocol import Ability, DispenserProtocol


def _session(points: Sequence[PointOnLine], line: LineSettings, options: Any) -> Session:
    interval = options.interval_ms * 1_000
    return DialogueSession(
        lambda tell: [Talker(place, options, tell) for place in points],
        Pace(byte=line.byte_micros, gap=interval, after_silence=interval, misses=MISSES),
    )


PROTOCOL: Final = DispenserProtocol(
    name="censtar",
    title_zh="正星",
    title_en="Censtar",
    line=LineSettings(9600, 8, "E", 1),
    first_address=FIRST_POINT,
    addresses=range(FIRST_POINT, LAST_POINT + 1),
    make_session=_session,
    explain=explain,
    cut=cut,
    make_simulator=simulator,
    abilities=frozenset(Ability) - {Ability.SUSPEND, Ability.LOCKS_NOZZLES},
    options=Options,
    habits=Habits,
    most_nozzles=1,
    site_test=True,
)
