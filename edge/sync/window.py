"""Which letters are on their way. Pure: the caller reads the clock.

Go back N: batches leave in order, several at a time; the company answers *stored up to n*. When it stays silent,
everything after the last answer is sent again. The window opens as answers come (a slow link is not flooded, a fast one
is filled) and closes to a single batch while there is silence, which then serves as the question "are you there?".
"""

from collections import deque

WIDEST = 16
"""Batches on their way at most: some 1,800 sales, 80 KiB packed.

With 300 ms to the company and back that is 6,000 sales a second, a week's backlog in seconds, and fills a road of two
megabits. Three times as many were tried: near by they were no faster, for the company writes what has come together in
one group anyhow; far off, two such ends could not fill them, and the letters stood in a queue, the newest sale last.
"""
FIRST_PATIENCE = 5.0
LONGEST_PATIENCE = 60.0


class Window:
    """Times in seconds of any clock that does not run backwards; places are sequences of letters."""

    def __init__(
        self, stored: int, *, first_patience: float = FIRST_PATIENCE, longest_patience: float = LONGEST_PATIENCE
    ) -> None:
        self.stored = stored
        """The company has everything up to this letter."""
        self.sent = stored
        """Everything up to this letter has left since the last rewind."""
        self._flying: deque[int] = deque()
        self._width = 1
        self._first_patience = first_patience
        self._longest_patience = longest_patience
        self._patience = first_patience
        self._since = 0.0

    @property
    def open(self) -> bool:
        """Whether another batch may leave."""
        return len(self._flying) < self._width

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way."""
        return not self._flying

    def left(self, last: int, now: float) -> None:
        """A batch that ends with this letter has left."""
        if not self._flying:
            self._since = now
        self._flying.append(last)
        self.sent = last

    def acknowledge(self, upto: int, now: float) -> None:
        """The company has everything up to this letter. Old news changes nothing."""
        if upto <= self.stored:
            return
        self.stored = upto
        self.sent = max(self.sent, upto)
        while self._flying and self._flying[0] <= upto:
            self._flying.popleft()
        self._width = min(WIDEST, self._width * 2)
        self._patience = self._first_patience
        self._since = now

    def due(self, now: float) -> float | None:
        """Seconds until patience ends, 0 when it has; None while nothing is on its way."""
        return None if self.idle else max(0.0, self._since + self._patience - now)

    def give_up(self) -> None:
        """Patience has ended: all of it again, one batch first, and more patience next time."""
        self._patience = min(self._longest_patience, self._patience * 2)
        self.rewind()

    def rewind(self) -> None:
        """Whatever was on its way may be lost (a new connection): send it again."""
        self._flying.clear()
        self.sent = self.stored
        self._width = 1
