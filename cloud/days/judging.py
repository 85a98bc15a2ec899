"""Whether everything of a station's day is here. Pure.

The first of these that applies is the outcome:

| | outcome | the day stays provisional because |
|---|---|---|
| 1 | ``not_over`` | it is not over by the station's clock |
| 2 | ``never_heard`` | the station has never said how many letters it has |
| 3 | ``not_heard_since`` | it was not heard since the day was over: there may be more |
| 4 | ``unsent`` | it has letters of that day, or of before, that are not here |
| 5 | ``missing`` | letters are missing between others, one side of which is of that day or before it |
| 6 | ``unreadable`` | a letter of that day waits among the dead |
| 7 | ``complete`` | nothing: everything is here |
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from msgspec import Struct

DAY: Final = 86_400_000


class Outcome(StrEnum):
    """Why a day is not final yet, or that it may be."""

    NOT_OVER = "not_over"
    NEVER_HEARD = "never_heard"
    NOT_HEARD_SINCE = "not_heard_since"
    UNSENT = "unsent"
    MISSING = "missing"
    UNREADABLE = "unreadable"
    COMPLETE = "complete"


class Hole(Struct, frozen=True):
    """Letters that are missing."""

    after: int
    """When the last known thing before them happened, UTC milliseconds; 0 when nothing before is known."""
    before: int
    """When the first known thing after them happened."""


class Store(Struct, frozen=True):
    """What is known of one store of a station: of its newest, or of a former one."""

    heard_at: int
    """When it last said how many letters it has, UTC milliseconds of the company; 0 for never."""
    last: int
    """The number of its last letter, as it said then."""
    contiguous: int
    """All its letters up to this one are here."""
    oldest_unsent: int
    """``at`` of the oldest letter that was not here then, as the station's clock had it; 0 when there was none."""
    holes: tuple[Hole, ...] = ()
    newest: bool = True


def judge(start: int, now: int, stores: Sequence[Store], unreadable: Sequence[int]) -> Outcome:
    """The outcome for the day that begins at ``start``; ``unreadable`` are the times of dead letters that wait."""
    end = start + DAY
    newest = next((store for store in stores if store.newest), None)
    tried = (
        (now < end, Outcome.NOT_OVER),
        (newest is None or newest.heard_at == 0, Outcome.NEVER_HEARD),
        (newest is not None and newest.heard_at < end, Outcome.NOT_HEARD_SINCE),
        (any(_unsent(store, end) for store in stores), Outcome.UNSENT),
        (any(_touches(hole, start, end) for store in stores for hole in store.holes), Outcome.MISSING),
        (any(start <= at < end for at in unreadable), Outcome.UNREADABLE),
    )
    return next((outcome for applies, outcome in tried if applies), Outcome.COMPLETE)


def _unsent(store: Store, end: int) -> bool:
    """Letters that it said it had are not here, and the oldest of them is no younger than the day."""
    return store.contiguous < store.last and store.oldest_unsent < end


def _touches(hole: Hole, start: int, end: int) -> bool:
    return hole.after < end and hole.before >= start
