"""Lanfeng on its card."""

from collections.abc import Sequence
from typing import Any, Final

from hardware.dispensers.lanfeng.explain import explain
from hardware.dispensers.lanfeng.frames import FIRST_GUN, LAST_GUN, cut
from hardware.dispensers.lanfeng.options import Options
from hardware.dispensers.lanfeng.simulator import Habits, simulator
from hardware.dispensers.lanfeng.talker import Talker
from hardware.polling.dialogue import DialogueSession, Pace
from hardware.ports import LineSettings, PointOnLine, Session
from hardware.protocol import Ability, DispenserProtocol


def _session(points: Sequence[PointOnLine], line: LineSettings, options: Any) -> Session:
    return DialogueSession(
        lambda tell: [Talker(place, options, tell) for place in points],
        Pace(byte=line.byte_micros, after_silence=50_000),
    )


PROTOCOL: Final = DispenserProtocol(
    name="lanfeng",
    title_zh="蓝峰",
    title_en="Lanfeng (Bluesky)",
    line=LineSettings(9600, 8, "N", 1),
    first_address=FIRST_GUN,
    addresses=range(FIRST_GUN, LAST_GUN + 1),
    make_session=_session,
    explain=explain,
    cut=cut,
    make_simulator=simulator,
    abilities=frozenset(Ability) - {Ability.SUSPEND, Ability.RELEASE_AT_REST, Ability.LOCKS_NOZZLES},
    options=Options,
    habits=Habits,
    most_nozzles=1,
    site_test=True,
)
