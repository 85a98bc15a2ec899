"""Which stations need a person's attention, and why. Pure."""

from collections.abc import Iterable

from msgspec import Struct

from cloud.stations.states import StationState
from shared.clock import TRUSTED_DIFFERENCE

SICK_PRINTER = frozenset({"paper_out", "cover_open", "absent", "offline"})
SICK_POINT = "inoperative"
ENDING_WITHIN = 14 * 86_400_000
PASSING = frozenset({"", "price_pending"})
"""Troubles of a fuelling point that end by themselves."""


class Trouble(Struct, frozen=True):
    """One thing that is wrong with a station. ``word`` names the sentence; the figures stand in it."""

    word: str
    tone: str
    icon: str
    since: int = 0
    number: int = 0


def troubles_of(state: StationState) -> list[Trouble]:
    """Everything that is wrong with a station, the worst first. A revoked one has no troubles any more."""
    if state.revoked_at is not None:
        return []
    if not state.last_seen:
        return [Trouble("never_heard", "warning", "offline")]
    sick_points = sum(point.trouble not in PASSING or point.state == SICK_POINT for point in state.points)
    sick_gauges = sum(bool(gauge.trouble) for gauge in state.gauges)
    clock = abs(state.clock_difference or 0)
    tried = (
        (not state.connected, Trouble("away", "warning", "offline", state.last_seen)),
        (state.missing > 0, Trouble("missing", "bad", "letter-off", state.missing_since, state.missing)),
        (state.dead_letters > 0, Trouble("dead_letters", "bad", "letter-off", number=state.dead_letters)),
        (sick_points > 0, Trouble("points", "bad", "pump", number=sick_points)),
        (sick_gauges > 0, Trouble("gauges", "warning", "tank", number=sick_gauges)),
        (state.printer in SICK_PRINTER, Trouble("printer", "warning", "printer")),
        (clock > TRUSTED_DIFFERENCE, Trouble("clock", "warning", "clock", number=clock // 1000)),
        (_ending(state), Trouble("certificate", "warning", "key", state.certificate_until)),
        (state.connected and _behind(state), Trouble("behind", "warning", "refresh")),
    )
    return [trouble for applies, trouble in tried if applies]


def troubled(states: Iterable[StationState]) -> list[tuple[StationState, list[Trouble]]]:
    """The stations with troubles, those with most of them first."""
    found = [(state, troubles) for state in states if (troubles := troubles_of(state))]
    return sorted(found, key=lambda pair: (-len(pair[1]), pair[0].id))


def _ending(state: StationState) -> bool:
    """Its certificate ends within two weeks, or has ended: it should have renewed it long ago."""
    return 0 < state.certificate_until < state.asked_at + ENDING_WITHIN


def _behind(state: StationState) -> bool:
    site = state.settings_held in (None, state.settings_current)
    return state.tariffs_held != state.tariffs_current or state.coupons_held != state.coupons_current or not site
