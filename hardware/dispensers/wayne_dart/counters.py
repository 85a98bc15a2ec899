"""The block numbers (TX#) of one peer, by the rules of the link. Pure. Both ends use them.

The first block after a start has number 0, the next 1; after F comes 1 by the specification, and 0 in some working
controllers. A sender changes neither number nor data of a block until it is acknowledged.
"""

from enum import Enum, auto

_LAST = 0xF
NAKS_TO_RESTART = 3
_REFUSALS_TO_GIVE_IN = 3


class SendCounter:
    """Numbers the blocks that we send. ``wrap``: the number after F, 1 or 0; a refusal there tries the other one."""

    def __init__(self, wrap: int = 1) -> None:
        self.tx = 0
        self._naks = 0
        self._first = wrap
        self._wrapped = False

    def acknowledged(self) -> None:
        """The block arrived: the next number."""
        self._naks = 0
        self._wrapped = self.tx == _LAST
        self.tx = self._first if self._wrapped else self.tx + 1

    def refused(self) -> bool:
        """The block was refused. True while trying it again makes sense; its number may have changed to 0."""
        self._naks += 1
        if self._wrapped:
            self._first, self._wrapped = 1 - self._first, False  # this peer has the other habit, and so have we now
            self.tx = self._first
        elif self._naks == NAKS_TO_RESTART:
            self.tx = 0
        return self._naks < 2 * NAKS_TO_RESTART

    def restart(self) -> None:
        """We, or the link, start anew."""
        self.tx = 0
        self._naks = 0
        self._wrapped = False


class Arrival(Enum):
    """What a block is, by its number."""

    NEW = auto()  # take it, acknowledge it
    REPEATED = auto()  # our ACK was lost: acknowledge it, don't act on it again
    OUT_OF_STEP = auto()  # refuse it; after three refusals its sender restarts with 0


class ReceiveCounter:
    """Judges the blocks of a peer. By the specification the number alone tells a repetition.

    With ``compare`` the data must be the same too: a peer that restarted just when both would be number 0 is then
    heard, and a repetition of other data does not exist, since a sender never changes a block. Both habits after F are
    accepted; with ``wrap`` 0 only that one.
    """

    def __init__(self, compare: bool = False, wrap: int = 1) -> None:
        self._compare = compare
        self._wrap = wrap
        self._last: int | None = None
        self._body = b""
        self._refused = 0

    def forget(self) -> None:
        """We start anew: whatever number comes first is right."""
        self._last = None
        self._refused = 0

    def judge(self, tx: int, body: bytes) -> Arrival:
        """What this block is, and remember it when it is new."""
        if tx == self._last and (not self._compare or body == self._body):
            return Arrival.REPEATED
        if not self._fits(tx) and self._refused < _REFUSALS_TO_GIVE_IN:
            self._refused += 1
            return Arrival.OUT_OF_STEP
        self._last, self._body, self._refused = tx, body, 0
        return Arrival.NEW

    def _fits(self, tx: int) -> bool:
        if self._last is None or tx in (0, self._last):
            return True
        return tx == (self._wrap if self._last == _LAST else self._last + 1)
