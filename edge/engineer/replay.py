"""A recording lived through once more: read aloud in its own time, or put before a session to see what it would say."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct

from hardware.ports import PumpCommand, Rest, Session, Transmit
from hardware.registry import dispenser
from hardware.watch.recording import Entry, Head, Way, command, happening
from shared.errors import Refused

_LONGEST_REST: Final = 10_000_000
"""Microseconds that nobody waits beyond, however long the recording was quiet."""
_LOST: Final = 40
"""Questions without a recorded answer after which the session and the recording have parted for good."""


def paced(entries: Iterable[Entry], *, fast: bool, sleep: Callable[[float], object] = time.sleep) -> Iterator[Entry]:
    """The entries, each when its time has come; ``fast``: at once."""
    before: int | None = None
    for entry in entries:
        if before is not None and entry.at > before and not fast:
            sleep(min(entry.at - before, _LONGEST_REST) / 1_000_000)
        before = entry.at
        yield entry


def driven(head: Head, entries: Sequence[Entry]) -> Iterator[Entry]:
    """What a session would tell today if it heard again what was heard then, in the time of the recording.

    It is asked what was asked then, and gets the recorded answer to each question that it repeats; to a question that
    was not asked then nobody answers. So it says most of a recording that begins when the agent does, or before the
    dispenser answered. :exc:`Refused` when the recording does not say who was on the line.
    """
    if not head.points:
        raise Refused("no_points", "This recording does not say which fuelling points there were; it can only be read.")
    card = dispenser(head.protocol)
    session = card.session(head.points, head.settings, head.options)
    yield from _Play(session, entries, lambda data: card.cut(data)[-1]).run()


class _Exchange(Struct):
    """A question of the recording with what came back."""

    at: int
    question: bytes
    """Its last frame: what goes before it acknowledges something that was said earlier."""
    answers: list[tuple[int, bytes]]


class _Play:
    def __init__(self, session: Session, entries: Sequence[Entry], last: Callable[[bytes], bytes]) -> None:
        self._session = session
        self._last = last
        self._exchanges = _exchanges(entries, last)
        self._wishes = deque((entry.at, wish) for entry in entries if (wish := _wish(entry)) is not None)
        self._next: dict[int, int] = {}
        """From which exchange on each point's questions are looked for."""
        self._now = entries[0].at if entries else 0
        self._end = entries[-1].at if entries else 0
        self._lost = 0

    def run(self) -> Iterator[Entry]:
        while self._now <= self._end and self._lost < _LOST:
            while self._wishes and self._wishes[0][0] <= self._now:
                self._session.submit(self._wishes.popleft()[1])
            action = self._session.next(self._now)
            if isinstance(action, Rest):
                self._now += max(1, action.micros)
            else:
                self._exchange(action)
            for event in self._session.events():
                yield happening(self._now, Way.TOLD, event.point, event)

    def _exchange(self, action: Transmit) -> None:
        found = self._find(action)
        self._lost = 0 if found else self._lost + 1
        if found:
            self._now = max(self._now, found.at)
        if action.wait and not (found and self._hear(found)):
            self._now += action.wait
            self._session.time_out(self._now)

    def _find(self, action: Transmit) -> _Exchange | None:
        question = self._last(action.data)
        for place in range(self._next.get(action.point, 0), len(self._exchanges)):
            if self._exchanges[place].question == question:
                self._next[action.point] = place + 1
                return self._exchanges[place]
        return None

    def _hear(self, exchange: _Exchange) -> bool:
        """The recorded answer; whether it completes the exchange."""
        for at, data in exchange.answers:
            self._now = max(self._now, at)
            if self._session.receive(data, self._now):
                return True
        return False


def _exchanges(entries: Iterable[Entry], last: Callable[[bytes], bytes]) -> list[_Exchange]:
    found: list[_Exchange] = []
    for entry in entries:
        if entry.way is Way.OUT:
            found.append(_Exchange(entry.at, last(entry.raw), []))
        elif entry.way is Way.IN and found:
            found[-1].answers.append((entry.at, entry.raw))
    return found


def _wish(entry: Entry) -> PumpCommand | None:
    return command(entry) if entry.way is Way.ASKED else None
