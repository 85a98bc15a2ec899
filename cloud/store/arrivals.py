"""A fact that has arrived, as the intake hands it to the trades: many at a time, in one transaction."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cloud.store.database import Connection
from shared.clock import Stamp, restored
from shared.messages import Fact
from shared.station import Key


class Times(NamedTuple):
    """How far a time is trusted, the station's own reckoning of it, when it was, and when its letter arrived."""

    quality: str
    boot: int
    mono: int
    happened_at: int
    arrived_at: int


class Arrived(NamedTuple):
    """A fact with its key, its times and the hash of the letter that brought it."""

    station: str
    epoch: int
    seq: int
    stamp: Stamp
    """As the station wrote it."""
    arrived_at: int
    sha256: bytes
    body: Fact
    boot: int = 0
    boot_zero: int | None = None
    """The company's time at which the monotonic clock of the station's start number ``boot`` stood at 0, if known."""

    @property
    def key(self) -> Key:
        """The fact's key."""
        return Key(self.station, self.epoch, self.seq)

    @property
    def happened_at(self) -> int:
        """When it happened: put right where the station's clock was wrong and that could be told."""
        return self.right(self.stamp).at

    @property
    def times(self) -> "Times":
        """The columns with which the rows of most facts end."""
        when = self.right(self.stamp)
        return Times(when.quality.value, when.boot, when.mono, when.at, self.arrived_at)

    def right(self, stamp: Stamp) -> Stamp:
        """A stamp of this letter, put right where that can be done."""
        return stamp if self.boot_zero is None else restored(stamp, self.boot, self.boot_zero)


BulkHandler = Callable[[Connection, Sequence[Arrived]], None]
"""Writes the postings of facts of one kind. Facts that it has seen before change nothing."""
