"""What the company has of a station's former epochs, for a station that asks: it may have lost its own memory of it."""

from collections.abc import Iterable, Mapping

from cloud.store import letters, lines
from cloud.store.database import Connection
from cloud.store.lines import Line, StoreKey
from shared.messages import Held, Hello

MOST_EPOCHS = 16
"""A store asks for no more at once."""


def held(connection: Connection, hellos: Iterable[Hello]) -> Mapping[StoreKey, tuple[Held, ...]]:
    """By station and epoch, for each epoch that a hello asks for. Epochs of which nothing is here have nothing."""
    asked = {(hello.station, epoch) for hello in hellos for epoch in hello.asks[:MOST_EPOCHS]}
    if not asked:
        return {}
    found = lines.find(connection, asked)
    return {key: _ranges(connection, found[key]) if key in found else () for key in asked}


def between(contiguous: int, highest: int, holes: Iterable[tuple[int, int]]) -> tuple[Held, ...]:
    """Everything up to ``highest`` but the holes, which lie above ``contiguous``, lowest first. Pure."""
    found, start = [], 1
    for first, last in holes:
        if first > start:
            found.append(Held(start, first - 1))
        start = last + 1
    if start <= max(contiguous, highest):
        found.append(Held(start, max(contiguous, highest)))
    return tuple(found)


def _ranges(connection: Connection, line: Line) -> tuple[Held, ...]:
    """With more holes than are listed, what lies above the last one listed is not named: it is sent once more."""
    if line.highest <= line.contiguous:
        return between(line.contiguous, line.contiguous, ())
    holes = letters.holes(connection, line.station, line.epoch, line.contiguous)
    highest = holes[-1].last if len(holes) == letters.MOST_HOLES else line.highest
    return between(line.contiguous, highest, [(hole.first, hole.last) for hole in holes])
