"""Letters to the company. A sequence is taken inside the transaction that writes the fact, so there are no holes."""

from collections.abc import Iterable

from msgspec import Struct
from sqlite_utils import Database

from shared.clock import Stamp
from shared.messages import Fact, Letter
from shared.station import Key
from shared.wire import letter_bytes, read_letter

_EPOCH_BITS = 31


class Backlog(Struct, frozen=True):
    """What the company does not have yet."""

    count: int
    oldest_at: int
    """``at`` of the oldest such letter; 0 when there is none."""
    next_seq: int


def place_of(epoch: int, seq: int) -> int:
    """The one integer under which a letter of this epoch and sequence is kept."""
    return epoch << _EPOCH_BITS | seq


def seq_of(place: int) -> int:
    """The sequence in a place."""
    return place & (1 << _EPOCH_BITS) - 1


def append(db: Database, stamp: Stamp, body: Fact) -> int:
    """Write a fact as the next letter, and give its sequence."""
    place: int = db.execute(
        "SELECT max(coalesce((SELECT max(place) FROM letter), 0), epoch << 31) + 1 FROM station"
    ).fetchone()[0]
    seq = seq_of(place)
    letter = letter_bytes(Letter(seq, stamp, body))
    db.execute("INSERT INTO letter (place, at, body) VALUES (?, ?, ?)", (place, stamp.at, letter))
    return seq


def append_all(db: Database, stamp: Stamp, bodies: Iterable[Fact]) -> None:
    """Write several facts, in order."""
    for body in bodies:
        append(db, stamp, body)


def waiting(db: Database, after: int, limit_bytes: int) -> list[tuple[int, bytes]]:
    """Letters of this epoch after sequence ``after``, in order: at least one, and no more than ``limit_bytes``."""
    letters: list[tuple[int, bytes]] = []
    size = 0
    start = place_of(_epoch(db), after)
    for place, body in db.execute("SELECT place, body FROM letter WHERE place > ? ORDER BY place", (start,)):
        size += len(body)
        if letters and size > limit_bytes:
            break
        letters.append((seq_of(place), body))
    return letters


def letter(db: Database, epoch: int, seq: int) -> Letter | None:
    """One letter, read back."""
    row = db.execute("SELECT body FROM letter WHERE place = ?", (place_of(epoch, seq),)).fetchone()
    return read_letter(row[0], seq) if row else None


def stored_upto(db: Database) -> int:
    """The company has every letter up to this sequence."""
    return int(db.execute("SELECT stored_upto FROM station").fetchone()[0])


def mark_stored(db: Database, epoch: int, upto: int) -> bool:
    """The company says so. False when it speaks of another epoch, of letters never written, or of nothing new."""
    written = db.execute(
        "UPDATE station SET stored_upto = ?2 WHERE epoch = ?1 AND stored_upto < ?2"
        " AND EXISTS (SELECT 1 FROM letter WHERE place = ?3)",
        (epoch, upto, place_of(epoch, upto)),
    )
    return written.rowcount > 0


def backlog(db: Database) -> Backlog:
    """How far the company is behind."""
    epoch, stored = db.execute("SELECT epoch, stored_upto FROM station").fetchone()
    newest = db.execute("SELECT coalesce(max(place), 0) FROM letter").fetchone()[0]
    last = seq_of(newest) if newest > place_of(epoch, 0) else 0
    oldest = db.execute("SELECT at FROM letter WHERE place = ?", (place_of(epoch, stored + 1),)).fetchone()
    return Backlog(last - stored, oldest[0] if oldest else 0, last + 1)


def key(db: Database, seq: int) -> Key:
    """The key of a fact of this store."""
    station, epoch = db.execute("SELECT station, epoch FROM station").fetchone()
    return Key(station, epoch, seq)


def _epoch(db: Database) -> int:
    return int(db.execute("SELECT epoch FROM station").fetchone()[0])
