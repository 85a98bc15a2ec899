"""How well a line answers: counts, round-trip times and the error budget. Pure.

An exchange is a question that wants an answer. It fails when its time runs out; questions to a fuelling point that is
silent already are probes, and spend nothing of the budget: a pump that is switched off is no fault of the cable.
"""

from bisect import bisect_left
from collections import Counter
from typing import Final

from msgspec import Struct

BOUNDS: Final = (
    2_000, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 40_000, 50_000, 70_000, 100_000, 150_000, 200_000,
    300_000, 500_000, 1_000_000, 2_000_000,
)  # fmt: skip
"""Upper ends in microseconds of the boxes into which round-trip times are sorted."""
WINDOW: Final = 1_000
"""Exchanges that the budget looks back on."""
ENOUGH: Final = 200
"""Exchanges before which nothing is said of the budget."""
MINUTES: Final = 60
_MINUTE: Final = 60_000_000


class Times(Struct, frozen=True):
    """Round-trip times in microseconds, from the first byte of the question to the last of the answer; 0 for none."""

    least: int
    median: int
    p99: int
    """As the upper end of its box."""


class Health(Struct, frozen=True):
    """How well a line or a fuelling point answers, since the agent started."""

    exchanges: int
    time_outs: int
    retries: int
    probes: int
    """Questions to what was silent already."""
    blemishes: dict[str, int]
    times: Times
    share: int
    """Failed of the last exchanges (:data:`WINDOW`), in thousandths."""
    minutes: tuple[tuple[int, int], ...]
    """Exchanges and failures of each of the last minutes, the newest last."""


class Tally:
    """Counts one line, or one fuelling point."""

    def __init__(self) -> None:
        self.exchanges = 0
        self.time_outs = 0
        self.retries = 0
        self.probes = 0
        self.blemishes: Counter[str] = Counter()
        self._boxes = [0] * (len(BOUNDS) + 1)
        self._least = 0
        self._results = bytearray(WINDOW)
        self._at = 0
        self._failed = 0
        self._minutes = [[0, 0] for _ in range(MINUTES)]
        self._minute = 0

    def answered(self, took: int, now: int) -> None:
        """An exchange came to its end after so many microseconds."""
        self._boxes[bisect_left(BOUNDS, took)] += 1
        if took < self._least or not self._least:
            self._least = took
        self._count(0, now)

    def timed_out(self, now: int) -> None:
        """An exchange failed."""
        self.time_outs += 1
        self._count(1, now)

    @property
    def share(self) -> int:
        """Failed of the last exchanges, in thousandths; 0 before there are enough to tell."""
        seen = min(self.exchanges, WINDOW)
        return self._failed * 1_000 // seen if seen >= ENOUGH else 0

    def health(self, now: int) -> Health:
        """As it stands."""
        self._turn(now)
        minutes = [self._minutes[(self._minute + 1 + back) % MINUTES] for back in range(MINUTES)]
        return Health(
            self.exchanges,
            self.time_outs,
            self.retries,
            self.probes,
            dict(self.blemishes),
            Times(self._least, self._quantile(50), self._quantile(99)),
            self.share,
            tuple((asked, failed) for asked, failed in minutes),
        )

    def _count(self, failed: int, now: int) -> None:
        self.exchanges += 1
        at = self._at
        self._failed += failed - self._results[at]
        self._results[at] = failed
        self._at = at + 1 if at + 1 < WINDOW else 0
        if now // _MINUTE != self._minute:
            self._turn(now)
        minute = self._minutes[self._minute % MINUTES]
        minute[0] += 1
        minute[1] += failed

    def _turn(self, now: int) -> None:
        """The minutes that have passed begin at nothing."""
        minute = now // _MINUTE
        for gone in range(max(self._minute + 1, minute - MINUTES + 1), minute + 1):
            self._minutes[gone % MINUTES] = [0, 0]
        self._minute = max(minute, self._minute)

    def _quantile(self, percent: int) -> int:
        wanted, seen = -(-sum(self._boxes) * percent // 100), 0
        for count, bound in zip(self._boxes, (*BOUNDS, 2 * BOUNDS[-1]), strict=True):
            seen += count
            if wanted and seen >= wanted:
                return bound
        return 0


class Budget:
    """Says when a line fails too often, and when it is well again: once each."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._over = False

    def look(self, share: int) -> bool | None:
        """True when it has begun to fail too often, False when that is over, None when nothing changed.

        ``share`` and the limit in thousandths; it is well again at half the limit.
        """
        if not self._over and share > self._limit:
            self._over = True
            return True
        if self._over and share * 2 <= self._limit:
            self._over = False
            return False
        return None
