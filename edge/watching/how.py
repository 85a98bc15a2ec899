"""The agent's health, in the words of the attendants' page. Pure.

A trouble that keeps fuel or facts from being recorded is a failure; any other is something to look at.
"""

from collections.abc import Sequence
from typing import Final

from edge.forecourt.views import PointPhase, PointView, StationView
from shared.face.texts import Say
from shared.health import Health, Level, Part, health

_FAILURES: Final = frozenset({"not_writable", "disk_full"})
"""Reasons for which nothing may be sold."""
_ALWAYS: Final = ("store", "disk", "broker", "clock", "printer")
"""Parts that are named even when they are well."""


def how(program: str, station: StationView, points: Sequence[PointView], say: Say) -> Health:
    """Every part that is unwell with the reason and what to do, and the chief ones that are well."""
    found = [
        Part(
            trouble.part,
            Level.FAILING if trouble.reason in _FAILURES else Level.UNWELL,
            trouble.reason,
            say.reason(trouble.reason, trouble.detail, "trouble"),
            say.reason(trouble.reason, trouble.detail, "trouble_do"),
            trouble.since,
        )
        for trouble in station.troubles
    ]
    sick = {part.name for part in found}
    found += [Part(name, Level.WELL) for name in _ALWAYS if name not in sick]
    return health(program, [*found, _points(points, say)])


def _points(points: Sequence[PointView], say: Say) -> Part:
    """Some silent points are something to look at; when all are silent nothing can be sold."""
    silent = [point.point for point in points if point.phase is PointPhase.INOPERATIVE]
    if not silent:
        return Part("points", Level.WELL)
    level = Level.FAILING if len(silent) == len(points) else Level.UNWELL
    named = ", ".join(str(point) for point in silent)
    what, do = say("point_trouble.silent"), say("point_trouble_do.silent")
    return Part("points", level, "silent", f"{what} ({named})", do)
