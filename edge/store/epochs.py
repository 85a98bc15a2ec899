"""Epochs: under which a store numbers its letters, and those that it had before.

A store that was made anew, put back from a backup, copied or saved from a damaged file numbers its letters in a new
epoch, so that no number is ever given twice. What it holds of a former epoch keeps its keys: the company is asked what
it has of that, and is sent the rest under those keys.

How an epoch is drawn: the Unix second, but later than every epoch that is known here (in the file, in the words beside
it, in the file that it takes the place of). With a clock that was never set it is drawn by lot from a time before there
were stations. Should two machines ever draw the same one, head office tells them apart by the store's name, which is
random, and refuses the second.
"""

import secrets
from collections.abc import Iterable, Sequence

from msgspec import Struct
from sqlite_utils import Database

from edge.store import outbox
from edge.store.outbox import place_of, seq_of
from edge.store.witness import Witness
from shared.clock import PLAUSIBLE_FROM, Stamp
from shared.messages import Held, StoreReason, StoreRenewed

_LOT = 1 << 24
"""Seconds: about half a year from :data:`PLAUSIBLE_FROM` on."""
_END = 1 << 32
"""No epoch reaches this: the year 2106."""
_MOST_ASKED = 16


class Former(Struct, frozen=True):
    """An epoch that this store had before."""

    epoch: int
    store_id: str
    reason: str
    ended_at: int
    upto: int
    """The highest letter of it that is here; 0 for none."""
    settled: bool
    """Whether the company has everything that is here of it."""
    elsewhere: int
    """Letters of it that the company has and this store has not; as far as that was told."""


class Opened(Struct, frozen=True):
    """A store's file as it was found."""

    station: str
    store_id: str
    epoch: int
    boot: int
    place: int
    machine: str


def drawn(wall: int, known: Iterable[int] = ()) -> int:
    """A new epoch, by a wall clock in UTC milliseconds that may be wrong, after all that are known."""
    now = wall // 1000
    if not PLAUSIBLE_FROM // 1000 <= now < _END - _LOT:
        now = PLAUSIBLE_FROM // 1000 + secrets.randbelow(_LOT)
    return max([now, *(epoch + 1 for epoch in known)])


def judged(found: Opened, witness: Witness | None, machine: str) -> StoreReason | None:
    """Why this file must not go on under its epoch; None when it is the one that was closed here. Pure.

    1. older: the words beside it know a later start, letter or epoch than the file
    2. moved: another machine has opened it last, and may still run with what it was copied from
    """
    if witness is not None and witness.station == found.station:
        same = (witness.store_id, witness.epoch) == (found.store_id, found.epoch)
        if same and (found.boot < witness.boot or found.place < witness.place):
            return StoreReason.OLDER
        if not same and found.epoch <= witness.epoch:
            return StoreReason.OLDER
    if machine and found.machine and machine != found.machine:
        return StoreReason.MOVED
    return None


def lost(upto: int, epoch: int, witness: Witness | None) -> int:
    """How many letters after ``upto`` the words beside the store know of."""
    if witness is None or witness.place >> 31 != epoch:
        return 0
    return max(0, seq_of(witness.place) - upto)


def lost_of(db: Database, epoch: int, witness: Witness | None) -> int:
    """How many letters of this epoch are known to have been written and are not here."""
    upto, holes = _of(db, epoch)
    return holes + lost(upto, epoch, witness)


def begin(
    db: Database,
    stamp: Stamp,
    reason: StoreReason,
    witness: Witness | None,
    known: Sequence[int] = (),
    detail: str = "",
) -> int:
    """Begin a new epoch, with the letter that says so as its first; gives the epoch."""
    epoch, store_id, confirmed, place = db.execute(
        "SELECT epoch, store_id, stored_upto, coalesce((SELECT max(place) FROM letter), 0) FROM station"
    ).fetchone()
    upto, _ = _of(db, epoch)
    told = StoreRenewed(reason, epoch, store_id, upto, lost_of(db, epoch, witness), _newest(db), detail)
    new = drawn(stamp.at, [epoch, place >> 31, *known, *([witness.epoch] if witness else [])])
    db.execute(
        "INSERT INTO former_epoch (epoch, store_id, reason, ended_at, confirmed) VALUES (?, ?, ?, ?, ?)",
        (epoch, store_id, reason, stamp.at, confirmed),
    )
    db.execute(
        "UPDATE station SET epoch = ?, store_id = ?, stored_upto = 0, backup_at = 0", (new, secrets.token_hex(8))
    )
    if reason in (StoreReason.RESTORED, StoreReason.OLDER):
        _forget(db)
    outbox.append(db, stamp, told)
    return new


def all_former(db: Database) -> list[Former]:
    """The latest first."""
    rows = db.execute(
        "SELECT epoch, store_id, reason, ended_at, settled, elsewhere FROM former_epoch ORDER BY epoch DESC"
    ).fetchall()
    return [
        Former(epoch, store_id, reason, ended_at, _of(db, epoch)[0], bool(settled), elsewhere)
        for epoch, store_id, reason, ended_at, settled, elsewhere in rows
    ]


def doubted_from(db: Database) -> int:
    """Until a totaliser is read after this time, what it has moved since was perhaps sold, and told, before; 0: never.

    So it is when an older file was put in the store's place: sales that it does not know may be at head office.
    """
    doubtful = (StoreReason.RESTORED, StoreReason.OLDER)
    row = db.execute("SELECT max(ended_at) FROM former_epoch WHERE reason IN (?, ?)", doubtful).fetchone()
    return int(row[0] or 0)


def unsettled(db: Database) -> tuple[int, ...]:
    """Former epochs of which the company may lack letters, the latest first."""
    rows = db.execute("SELECT epoch FROM former_epoch WHERE settled = 0 ORDER BY epoch DESC LIMIT ?", (_MOST_ASKED,))
    return tuple(row[0] for row in rows)


def lacking(db: Database, epoch: int, held: Iterable[Held], limit_bytes: int) -> list[tuple[int, list[bytes]]]:
    """Letters of a former epoch that are here and not among these, lowest first: runs without holes, each with its
    first sequence. At most about so many bytes, and at least one letter when there is any."""
    runs: list[tuple[int, list[bytes]]] = []
    size, expected = 0, -1
    for first, last in gaps_of(held):
        rows = db.execute(
            "SELECT place, body FROM letter WHERE place BETWEEN ? AND ? ORDER BY place",
            (place_of(epoch, first), place_of(epoch, last)),
        )
        for place, body in rows:
            size += len(body)
            if runs and size > limit_bytes:
                return runs
            if place != expected:
                runs.append((seq_of(place), []))
            runs[-1][1].append(body)
            expected = place + 1
    return runs


def untold(db: Database, epoch: int, limit_bytes: int) -> tuple[int, list[bytes]] | None:
    """The next letters of a former epoch that the company never confirmed to this file, and was not told since; None
    when there are none. They are told whole, whatever it says that it has: it may have others under their numbers."""
    confirmed, told = db.execute("SELECT confirmed, told FROM former_epoch WHERE epoch = ?", (epoch,)).fetchone()
    start, end = place_of(epoch, max(confirmed, told)), place_of(epoch + 1, 0)
    run: list[tuple[int, bytes]] = []
    size = 0
    for place, body in db.execute(
        "SELECT place, body FROM letter WHERE place > ? AND place < ? ORDER BY place", (start, end)
    ):
        size += len(body)
        if run and (size > limit_bytes or place != run[-1][0] + 1):
            break
        run.append((place, body))
    return (seq_of(run[0][0]), [body for _, body in run]) if run else None


def tell(db: Database, epoch: int, upto: int) -> None:
    """The company has answered to everything up to here."""
    db.execute("UPDATE former_epoch SET told = max(told, ?) WHERE epoch = ?", (upto, epoch))


def gaps_of(held: Iterable[Held]) -> list[tuple[int, int]]:
    """What lies between, before and after these, from sequence 1 to the highest there can be. Pure."""
    gaps, start = [], 1
    for first, last in sorted((each.first, each.last) for each in held):
        if first > start:
            gaps.append((start, first - 1))
        start = max(start, last + 1)
    return [*gaps, (start, (1 << 31) - 1)]


def settle(db: Database, epoch: int, held: Sequence[Held]) -> None:
    """The company has everything that is here of this epoch; and perhaps letters that are not here."""
    theirs = sum(each.last - each.first + 1 for each in held)
    ours = db.execute(
        "SELECT count(*) FROM letter WHERE place > ? AND place < ?", (place_of(epoch, 0), place_of(epoch + 1, 0))
    ).fetchone()[0]
    db.execute("UPDATE former_epoch SET settled = 1, elsewhere = ? WHERE epoch = ?", (max(0, theirs - ours), epoch))


def _of(db: Database, epoch: int) -> tuple[int, int]:
    """The highest letter of this epoch that is here, and how many are missing below it."""
    highest, count = db.execute(
        "SELECT coalesce(max(place), 0), count(*) FROM letter WHERE place > ? AND place < ?",
        (place_of(epoch, 0), place_of(epoch + 1, 0)),
    ).fetchone()
    upto = seq_of(highest)
    return upto, upto - count


def _newest(db: Database) -> int:
    row = db.execute("SELECT at FROM letter ORDER BY place DESC LIMIT 1").fetchone()
    return int(row[0]) if row else 0


def _forget(db: Database) -> None:
    """What stood open in an old file has ended since, nobody here knows how.

    A filling that was open may have become a sale that the company has: it is not sold once more, its litres are told
    by the totalisers. A slip that waited may have been printed: a person can print a copy, marked as such. Who was
    logged in, and what a customer had shown, is over.
    """
    db.execute("UPDATE filling SET ended = 'cancelled' WHERE ended IS NULL")
    db.execute("DELETE FROM presented")
    db.execute("DELETE FROM attendant_session")
    db.execute(
        "UPDATE print_job SET state = 'unconfirmed', detail = 'interrupted' WHERE state IN ('queued', 'printing')"
    )
