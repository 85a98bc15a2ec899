"""The inbox: every letter once. What can not be read, or kept, lies whole among the dead and holds up no other."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import ColumnElement, Connection, func, select
from sqlalchemy.exc import OperationalError

from cloud.store.arrivals import Arrived, BulkHandler
from cloud.store.database import fitting, insert_many, insert_or_ignore
from cloud.store.tables import DeadLetterRow, InboxRow, table_of
from shared.errors import LetterMisread

_log = structlog.get_logger(__name__)
_INBOX = table_of(InboxRow)
_DEAD = table_of(DeadLetterRow)

MOST_UNREADABLE = 1_000
"""So many whole messages that can't be read are kept of one station; what comes beyond is counted in the log only."""

MOST_HOLES = 100
"""So many holes of a line are listed, lowest first."""


_BLOCK = 65_536


class Posted(NamedTuple):
    """A row of the inbox: the columns in their order."""

    station: str
    epoch: int
    seq: int
    kind: str
    sha256: bytes
    arrived_at: int


class Dead(NamedTuple):
    """A letter that can't be read, or not kept, and why. Epoch and sequence are 0 when even they are unknown."""

    station: str
    epoch: int
    seq: int
    sha256: bytes
    raw: bytes
    reason: str
    arrived_at: int


class Hole(NamedTuple):
    """Letters that are missing, while later ones are here."""

    first: int
    last: int
    since: int
    """When the first letter after the hole arrived."""


def hashes(connection: Connection, station: str, epoch: int, first: int, last: int) -> dict[int, bytes]:
    """The letters between these two that are here, with the hash of each."""
    place = (_INBOX.c.station == station, _INBOX.c.epoch == epoch, _INBOX.c.seq.between(first, last))
    return {row.seq: row.sha256 for row in connection.execute(select(_INBOX.c.seq, _INBOX.c.sha256).where(*place))}


def keep(connection: Connection, posted: Sequence[Posted]) -> None:
    """Notes that these letters are here."""
    insert_many(connection, _INBOX, posted)


def bury(connection: Connection, dead: Iterable[Dead]) -> None:
    """Lays letters among the dead; one that already lies there stays as it is."""
    rows = [{**letter._asdict(), "reason": letter.reason.replace("\0", "␀"), "state": "waiting"} for letter in dead]
    if rows:
        connection.execute(insert_or_ignore(connection, _DEAD), rows)


def unreadable(connection: Connection, station: str) -> int:
    """How many whole messages of this station wait unread among the dead."""
    place = (_DEAD.c.station == station, _DEAD.c.epoch == 0, _DEAD.c.state == "waiting")
    return connection.execute(select(func.count()).select_from(_DEAD).where(*place)).scalar_one()


def post(connection: Connection, handler: BulkHandler, facts: Sequence[Arrived]) -> list[tuple[Arrived, str]]:
    """Lets a trade write its postings of these facts; gives those that it can't take, each with the reason.

    When the trade fails over all of them together, each is tried by itself: the others must not suffer.
    """
    trouble = _try(connection, handler, facts)
    if trouble is None:
        return []
    if len(facts) == 1:
        return [(facts[0], trouble)]
    return [(fact, why) for fact in facts if (why := _try(connection, handler, [fact])) is not None]


def end_of_run(connection: Connection, station: str, epoch: int, start: int) -> int:
    """The last letter that is here without a hole after ``start``; ``start`` itself when the next one is missing."""
    later = (_INBOX.c.station == station, _INBOX.c.epoch == epoch, _INBOX.c.seq > start)
    end = start
    rows = connection.execute(
        select(_INBOX.c.seq).where(*later).order_by(_INBOX.c.seq).execution_options(yield_per=500)
    )
    with rows:
        for (seq,) in rows:
            if seq != end + 1:
                break
            end = seq
    return end


def holes(connection: Connection, station: str, epoch: int, contiguous: int, most: int = MOST_HOLES) -> list[Hole]:
    """What is missing of this line, lowest first. Whole blocks without a hole are only counted."""
    place = (_INBOX.c.station == station, _INBOX.c.epoch == epoch)
    highest = connection.execute(select(func.max(_INBOX.c.seq)).where(*place)).scalar() or 0
    found: list[Hole] = []
    before = contiguous
    while before < highest and len(found) < most:
        block = (*place, _INBOX.c.seq > before, _INBOX.c.seq <= before + _BLOCK)
        count, last = connection.execute(select(func.count(), func.max(_INBOX.c.seq)).where(*block)).one()
        if count == 0:  # the hole is longer than a block
            after = select(_INBOX.c.seq, _INBOX.c.arrived_at).where(*place, _INBOX.c.seq > before)
            row = connection.execute(after.order_by(_INBOX.c.seq).limit(1)).one()
            found.append(Hole(before + 1, row.seq - 1, row.arrived_at))
            last = row.seq
        elif count < last - before:
            found += _holes_in(connection, block, before, most - len(found))
        before = last
    return found


def _holes_in(connection: Connection, block: Sequence[ColumnElement[bool]], start: int, most: int) -> list[Hole]:
    before = func.coalesce(func.lag(_INBOX.c.seq).over(order_by=_INBOX.c.seq), start).label("before")
    steps = select(_INBOX.c.seq, _INBOX.c.arrived_at, before).where(*block).subquery()
    gaps = select(steps).where(steps.c.seq > steps.c.before + 1).order_by(steps.c.seq).limit(most)
    return [Hole(row.before + 1, row.seq - 1, row.arrived_at) for row in connection.execute(gaps)]


def missing(connection: Connection, keys: Collection[tuple[str, int, int, int]]) -> dict[tuple[str, int], int]:
    """How many letters are missing below the highest, for lines given as (station, epoch, contiguous, highest)."""
    counts = {}
    for station, epoch, contiguous, highest in keys:
        place = (_INBOX.c.station == station, _INBOX.c.epoch == epoch, _INBOX.c.seq > contiguous)
        here = connection.execute(select(func.count()).select_from(_INBOX).where(*place)).scalar_one()
        counts[station, epoch] = highest - contiguous - here
    return counts


def _try(connection: Connection, handler: BulkHandler, facts: Sequence[Arrived]) -> str | None:
    try:
        with fitting(connection):
            handler(connection, facts)
    except OperationalError:
        raise  # the database itself is in trouble: nothing was stored, and the station will send it all again
    except Exception as why:
        ours = len(facts) == 1 and not isinstance(why, LetterMisread)  # then a person must find a bug
        _log.warning("facts_not_posted", count=len(facts), why=str(why), exc_info=ours)
        return str(why) or repr(why)
    return None
