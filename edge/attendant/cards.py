"""What a fuelling point's card says: its tone, its shape and its figures. Pure.

A state is told three times: by colour (tone), by a word (``phase.…`` in the texts) and by a shape (icon).
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from edge.forecourt.views import NozzleView, PointPhase, PointView
from shared.sale import PresetKind

LOOKS: dict[PointPhase, tuple[str, str]] = {
    PointPhase.INOPERATIVE: ("bad", "octagon"),
    PointPhase.CLOSED: ("", "closed"),
    PointPhase.IDLE: ("", "circle"),
    PointPhase.CALLING: ("warning", "raise"),
    PointPhase.AUTHORISED: ("ready", "check-circle"),
    PointPhase.STARTED: ("ready", "play"),
    PointPhase.SUSPENDED_STARTED: ("hold", "pause"),
    PointPhase.FUELLING: ("brand", "drop"),
    PointPhase.SUSPENDED_FUELLING: ("hold", "pause"),
}
"""Phase → tone and icon."""

RUNNING = frozenset(
    {PointPhase.STARTED, PointPhase.FUELLING, PointPhase.SUSPENDED_STARTED, PointPhase.SUSPENDED_FUELLING}
)
_COLUMNS = ((1, 1), (2, 2), (3, 3), (4, 2), (6, 3), (16, 4), (25, 5), (32, 8))
"""Up to so many points, so many columns of cards."""


class Card(Struct, frozen=True):
    """A point, and how it looks."""

    point: PointView
    tone: str
    icon: str
    word: str
    """Key of the text of its state."""
    nozzle: NozzleView | None
    """The one in use, or the only one."""
    running: bool
    """Its figures are of a filling that goes on now."""
    past: bool
    """Its figures are of the last filling."""


def card(point: PointView) -> Card:
    """The card of a point."""
    tone, icon = LOOKS[point.phase]
    word = f"phase.{point.phase.value}"
    if point.settling:
        tone, icon, word = "brand", "history", "phase.settling"
    running = point.phase in RUNNING
    past = not running and bool(point.volume or point.amount)
    return Card(point, tone, icon, word, nozzle_in_use(point), running, past)


def nozzle_in_use(point: PointView) -> NozzleView | None:
    """The nozzle lifted or in use; the only one of a point that has but one."""
    if len(point.nozzles) == 1:
        return point.nozzles[0]
    return next((nozzle for nozzle in point.nozzles if nozzle.nozzle == point.nozzle), None)


def preset_progress(point: PointView) -> tuple[int, int] | None:
    """How far a filling with a limit has come: so much of so much; None for one without."""
    if point.preset is None or point.preset.value <= 0:
        return None
    done = point.amount if point.preset.kind is PresetKind.AMOUNT else point.volume
    return min(done, point.preset.value), point.preset.value


def same_card(before: PointView, after: PointView) -> bool:
    """Whether nothing but the running figures differ, so that they alone need to be told."""
    return msgspec.structs.replace(before, volume=after.volume, amount=after.amount) == after


def calling(points: Iterable[PointView]) -> list[Card]:
    """The points that wait for somebody, the longest first."""
    waiting = [point for point in points if point.phase is PointPhase.CALLING]
    return [card(point) for point in sorted(waiting, key=lambda point: (point.since, point.point))]


def columns(count: int) -> int:
    """Into how many columns so many cards go."""
    return next((columns for most, columns in _COLUMNS if count <= most), 8)


def mismatched(nozzle: NozzleView) -> bool:
    """Whether the dispenser shows another price than the tariffs say."""
    return nozzle.wished is not None and nozzle.shown is not None and nozzle.shown != nozzle.wished
