"""A station's time, as far as it can be trusted.

Times are UTC in milliseconds since 1970. A station's wall clock may start in 1970, jump by a day or run backwards; so
each fact carries the wall clock, how far it is trusted, and the monotonic time within the process that made it. When
that process meets the company, its monotonic time is tied to real time and its facts are put right (:func:`restored`).
"""

from enum import StrEnum

from msgspec import Struct

TRUSTED_DIFFERENCE = 2_000
"""Up to so many milliseconds of difference from the company's clock a station's clock counts as right."""

PLAUSIBLE_FROM = 1_735_689_600_000
"""1 January 2025: a wall clock before this was never set."""


class TimeQuality(StrEnum):
    """How far a time is trusted."""

    SYNCED = "synced"  # compared with the company's clock in this process, and near it
    UNCHECKED = "unchecked"  # plausible, not compared yet
    FLOOR = "floor"  # the wall clock stood before an older fact; the floor and elapsed time were used instead
    OFF = "off"  # known to differ from the company's clock
    RESTORED = "restored"  # put right by the company afterwards


class Stamp(Struct, frozen=True, forbid_unknown_fields=True):
    """When something happened, in the station's eyes."""

    at: int
    """UTC milliseconds; never smaller than that of an earlier fact of this station."""
    quality: TimeQuality
    boot: int
    """Counts the starts of the agent on this store."""
    mono: int
    """Milliseconds since that start."""


class StationClock:
    """Turns raw wall and monotonic readings into stamps that never run backwards.

    ``floor`` is the ``at`` of the newest fact in the store (0 in a new one), ``boot`` the count of starts.
    Pure: the caller reads the clocks.
    """

    def __init__(self, floor: int, boot: int) -> None:
        self._floor = floor
        self._floor_mono = 0
        self._boot = boot
        self.difference: int | None = None
        """The station's wall clock minus the company's, in milliseconds; None until they have met."""

    def compared(self, difference: int) -> None:
        """The company's clock was met; ours was ``difference`` milliseconds ahead."""
        self.difference = difference

    def stamp(self, wall: int, mono: int) -> Stamp:
        """The stamp for this instant."""
        least = self._floor + max(0, mono - self._floor_mono)
        behind = wall < self._floor
        at = least if behind else wall
        self._floor, self._floor_mono = at, mono
        return Stamp(at, self._quality(behind, wall), self._boot, mono)

    def _quality(self, behind: bool, wall: int) -> TimeQuality:
        if behind:
            return TimeQuality.FLOOR
        if self.difference is None:
            return TimeQuality.UNCHECKED if wall >= PLAUSIBLE_FROM else TimeQuality.OFF
        return TimeQuality.SYNCED if abs(self.difference) <= TRUSTED_DIFFERENCE else TimeQuality.OFF


def restored(stamp: Stamp, boot: int, offset: int) -> Stamp:
    """The stamp put right, when its process is the one whose monotonic zero lies at the real time ``offset``."""
    if stamp.quality is TimeQuality.SYNCED or stamp.boot != boot:
        return stamp
    return Stamp(offset + stamp.mono, TimeQuality.RESTORED, stamp.boot, stamp.mono)
