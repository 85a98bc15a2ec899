"""The clocks of this machine, joined to the station's floor: the only place of the station that reads them."""

import time
from threading import Lock
from typing import Protocol

from shared.clock import Stamp, StationClock


class Clock(Protocol):
    """Two readings in milliseconds. Tests bring their own."""

    def wall(self) -> int:
        """UTC since 1970, as far as the machine knows."""
        ...

    def mono(self) -> int:
        """Since some fixed instant; never runs backwards."""
        ...


class MachineClock:
    """The clocks of the machine."""

    def wall(self) -> int:
        """UTC milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def mono(self) -> int:
        """Milliseconds of the monotonic clock, those included in which the machine slept."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


_STANDS = 60_000
"""Milliseconds by which the company's time may be set back: up to so many the rules' clock stands still instead."""


class Timepiece:
    """Stamps for facts, and the best guess of the company's time. May be asked from any thread."""

    def __init__(self, clock: Clock, floor: int, boot: int) -> None:
        self._clock = clock
        self._zero = clock.mono()
        self._station = StationClock(floor, boot)
        self._company_zero: int | None = None
        self._least = 0
        self._lock = Lock()

    def mono(self) -> int:
        """Milliseconds since this agent started."""
        return self._clock.mono() - self._zero

    def wall(self) -> int:
        """The machine's wall clock as it is, right or wrong."""
        return self._clock.wall()

    def stamp(self) -> Stamp:
        """The stamp for this instant; later calls never give an earlier one."""
        with self._lock:
            return self._station.stamp(self.wall(), self.mono())

    def now(self) -> int:
        """The company's time: measured when it was met, else the station's own. For tariffs, coupons and deadlines.

        No step of the wall clock moves it back. Head office's clock is believed both ways: by a little it stands still
        until it is right, so that nothing begins twice at midnight; a clock that was far ahead is put right at once.
        """
        if self._company_zero is None:
            return self.stamp().at
        return max(self._least, self._company_zero + self.mono())

    def compared(self, difference: int) -> None:
        """The company was met; the wall clock is ``difference`` milliseconds ahead of its."""
        before = self.now()
        with self._lock:
            self._station.compared(difference)
            right = self.wall() - difference
            self._company_zero = right - self.mono()
            self._least = before if before - right <= _STANDS else 0

    @property
    def difference(self) -> int | None:
        """The wall clock minus the company's in milliseconds; None until they have met."""
        return self._station.difference
