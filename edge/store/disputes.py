"""What persons decided: disputed sales that were settled, and litres with no sale to show for them, explained.

Each decision is a letter; the rows here only say which letter ends what. Each is made once.
"""

from msgspec import Struct
from sqlite_utils import Database

from edge.store import outbox
from edge.store.outbox import place_of
from shared.clock import Stamp
from shared.disputes import Settlement
from shared.messages import DisputeSettled, Letter, MeterExplained, MeterMoved
from shared.station import Key
from shared.wire import read_letter


class MeterLine(Struct, frozen=True):
    """Something that moved a totaliser, and how it was explained."""

    key: Key
    at: int
    moved: MeterMoved
    explained: MeterExplained | None = None


def settle(db: Database, stamp: Stamp, key: Key, settlement: Settlement) -> bool:
    """Write how the sale with this key was settled; False when it was settled before."""
    if settled(db, key) is not None:
        return False
    seq = outbox.append(db, stamp, DisputeSettled(key.epoch, key.seq, settlement))
    letter = place_of(outbox.key(db, seq).epoch, seq)
    db.execute("INSERT INTO dispute (place, letter) VALUES (?, ?)", (place_of(key.epoch, key.seq), letter))
    return True


def settled(db: Database, key: Key) -> Settlement | None:
    """How it was settled; None while it is not."""
    rows = db.execute(
        "SELECT letter.place, letter.body FROM dispute JOIN letter ON letter.place = dispute.letter"
        " WHERE dispute.place = ?",
        (place_of(key.epoch, key.seq),),
    ).fetchall()
    body = _read(*rows[0]).body if rows else None
    return body.settlement if isinstance(body, DisputeSettled) else None


def waiting(db: Database) -> int:
    """Disputed sales that nobody has settled yet."""
    return int(
        db.execute(
            "SELECT count(*) FROM sale WHERE status = 'disputed'"
            " AND NOT EXISTS (SELECT 1 FROM dispute WHERE dispute.place = sale.place)"
        ).fetchone()[0]
    )


def note_moved(db: Database, stamp: Stamp, moved: MeterMoved) -> None:
    """A totaliser has moved with no sale to show for it."""
    seq = outbox.append(db, stamp, moved)
    place = place_of(outbox.key(db, seq).epoch, seq)
    db.execute("INSERT INTO meter_line (place, kind) VALUES (?, ?)", (place, moved.kind))


def explain(db: Database, stamp: Stamp, explained: MeterExplained) -> bool:
    """Write how a line was explained; False when it was explained before, or there is none."""
    place = place_of(explained.line_epoch, explained.line_seq)
    rows = db.execute("SELECT explained FROM meter_line WHERE place = ?", (place,)).fetchall()
    if not rows or rows[0][0] is not None:
        return False
    seq = outbox.append(db, stamp, explained)
    letter = place_of(outbox.key(db, seq).epoch, seq)
    db.execute("UPDATE meter_line SET explained = ? WHERE place = ?", (letter, place))
    return True


def unexplained(db: Database) -> list[MeterLine]:
    """Lines that a person must explain before a shift can be closed, the oldest first. Drops need no explanation."""
    rows = db.execute(f"{_LINES} WHERE explained IS NULL AND kind <> 'drip' ORDER BY meter_line.place")
    return [_line(db, row) for row in rows]


def unexplained_count(db: Database) -> int:
    """How many those are."""
    row = db.execute("SELECT count(*) FROM meter_line WHERE explained IS NULL AND kind <> 'drip'").fetchone()
    return int(row[0])


def lines_since(db: Database, at: int, limit: int = 200) -> list[MeterLine]:
    """All lines since this time, the newest first."""
    rows = db.execute(f"{_LINES} WHERE said.at >= ? ORDER BY meter_line.place DESC LIMIT ?", (at, limit))
    return [_line(db, row) for row in rows]


def line(db: Database, key: Key) -> MeterLine | None:
    """One line."""
    rows = db.execute(f"{_LINES} WHERE meter_line.place = ?", (place_of(key.epoch, key.seq),)).fetchall()
    return _line(db, rows[0]) if rows else None


_LINES = (
    "SELECT said.place, said.at, said.body, how.place, how.body FROM meter_line"
    " JOIN letter AS said ON said.place = meter_line.place LEFT JOIN letter AS how ON how.place = meter_line.explained"
)


def _line(db: Database, row: tuple[int, int, bytes, int | None, bytes | None]) -> MeterLine:
    place, at, body, how_place, how = row
    moved = _read(place, body).body
    explained = _read(how_place, how).body if how_place is not None and how is not None else None
    if not isinstance(moved, MeterMoved):
        raise TypeError(f"letter {place} stands as a meter's line and is none")
    key = Key(outbox.key(db, 0).station, place >> 31, outbox.seq_of(place))
    return MeterLine(key, at, moved, explained if isinstance(explained, MeterExplained) else None)


def _read(place: int, body: bytes) -> Letter:
    return read_letter(body, outbox.seq_of(place))
