"""What a station of a swarm has written and the company has not acknowledged, and what befalls it on its way. Pure.

Letters wait until *stored* comes for them: they are sent once on each connection, and again after a silence.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from hardware.swarm.truth import LineBook, LineTruth
from shared import topics
from shared.wire import BATCH_BYTES, batch_of

NEVER: Final = 2**62
"""Milliseconds: a time that does not come."""


class Say(NamedTuple):
    """This goes up now."""

    kind: str
    data: bytes


class HangUp(NamedTuple):
    """The connection is to break now."""


Deed = Say | HangUp


class Outbox:
    """Letters of one epoch. ``strikes`` throws the dice for a fault; ``patience`` in milliseconds."""

    __slots__ = ("_book", "_epoch", "_letters", "_moved_at", "_patience", "_sent", "_station", "_strikes", "stored")

    def __init__(self, station: str, epoch: int, patience: int, strikes: Callable[[str], bool]) -> None:
        self._station, self._epoch, self._patience, self._strikes = station, epoch, patience, strikes
        self._book = LineBook(epoch)
        self._letters: list[tuple[int, bytes]] = []
        self._sent = self._moved_at = 0
        self.stored = 0
        """The company has all up to this one."""

    @property
    def written(self) -> int:
        """How many letters there are."""
        return self.stored + len(self._letters)

    @property
    def oldest(self) -> int:
        """When the first of those that wait was written; 0 for none."""
        return self._letters[0][0] if self._letters else 0

    @property
    def book(self) -> LineBook:
        """The truth of what is written here."""
        return self._book

    @property
    def truth(self) -> LineTruth:
        """The same, told."""
        return self._book.told(self.stored)

    @property
    def due(self) -> int:
        """When what is on its way counts as lost."""
        return self._moved_at + self._patience if self._sent > self.stored else NEVER

    def keep(self, letter: bytes, now: int, readable: bool = True) -> None:
        """The next letter."""
        self._letters.append((now, letter))
        self._book.wrote(letter, readable)

    def rewind(self) -> None:
        """What was on its way is lost."""
        self._sent = self.stored

    def take_mark(self, upto: int, now: int) -> None:
        """The company has all up to here. Letters that were never written it can't have."""
        if self.stored < upto <= self.written:
            del self._letters[: upto - self.stored]
            self.stored, self._moved_at = upto, now
            self._sent = max(self._sent, upto)

    def send(self, now: int) -> list[Deed]:
        """Everything that is not on its way yet; nothing behind a connection that broke."""
        if now >= self.due:
            self.rewind()
        deeds: list[Deed] = []
        while self._sent < self.written and HangUp() not in deeds[-1:]:
            first, letters = self._sent + 1, self._batch()
            self._sent, self._moved_at = self._sent + len(letters), now
            deeds += self._suffer(first, letters)
        return deeds

    def _batch(self) -> list[bytes]:
        letters: list[bytes] = []
        size = 0
        for _, letter in self._letters[self._sent - self.stored :]:
            size += len(letter)
            if letters and size > BATCH_BYTES:
                break
            letters.append(letter)
        return letters

    def _suffer(self, first: int, letters: list[bytes]) -> list[Deed]:
        """What becomes of a message."""
        if self._strikes("lost-letters"):
            return []
        half = len(letters) // 2
        late = half and self._strikes("late-letters")
        parts = [(first + half, letters[half:]), (first, letters[:half])] if late else [(first, letters)]
        said: list[Deed] = [Say(topics.LETTERS, batch_of(self._station, self._epoch, *part)) for part in parts]
        if self._strikes("repeated-letters"):
            said += said
        return [*said, HangUp()] if self._strikes("cut") else said
