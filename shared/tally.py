"""Durations counted into boxes, as Prometheus wants them. Pure; one thread writes, others may read."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

BOUNDS: Final = (
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
)
"""Upper ends in microseconds."""


class Tally:
    """How many durations fell into which box, and their sum. Microseconds."""

    def __init__(self, bounds: Sequence[int] = BOUNDS) -> None:
        self.bounds = tuple(bounds)
        self._boxes = [0] * (len(self.bounds) + 1)
        self.sum = 0

    def add(self, took: int) -> None:
        """One more."""
        self._boxes[bisect_left(self.bounds, took)] += 1
        self.sum += took

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self._boxes)

    def cumulative(self) -> list[tuple[int | None, int]]:
        """Each upper end with all that took no longer; the last, without an end, counts all."""
        running, told = 0, []
        for bound, box in zip((*self.bounds, None), list(self._boxes), strict=True):
            running += box
            told.append((bound, running))
        return told
