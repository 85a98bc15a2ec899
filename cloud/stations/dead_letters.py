"""Letters that could not be read or kept: a person mends and replays them, or waives them with a reason."""

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Any

from msgspec import Struct

from cloud.store import audit, letters, lines, stations
from cloud.store.arrivals import Arrived, BulkHandler
from cloud.store.database import Connection
from cloud.store.lines import Line, StoreKey
from shared.errors import LetterMisread, Refused
from shared.station import Key
from shared.wire import read_letter

AT_ONCE = 1_000
"""So many letters are replayed in one transaction."""
DEEPEST = 64 * 1024
"""Bytes of a letter that a person may send in."""


class DeadLetter(Struct, frozen=True):
    """A letter that waits, or waited, for a person."""

    number: int
    station: str
    epoch: int
    seq: int
    """0 when even its place is unknown: then it can be waived, not replayed."""
    text: str
    """As it came; bytes that are no text are shown as �."""
    reason: str
    arrived_at: int
    state: str
    """``waiting``, ``replayed`` or ``waived``."""
    ended_at: int | None
    ended_by: str | None
    note: str | None
    sha256: bytes

    @property
    def placed(self) -> bool:
        """Whether its place among the station's letters is known."""
        return self.epoch > 0 and self.seq > 0


def page(
    connection: Connection, state: str = "waiting", limit: int = 100, before: int | None = None
) -> tuple[DeadLetter, ...]:
    """Dead letters in a state (``waiting``, ``replayed``, ``waived``), the latest first."""
    return tuple(_view(row) for row in stations.dead_letters(connection, state, limit, before))


def one(connection: Connection, number: int) -> DeadLetter:
    """A dead letter. :exc:`Refused` (``unknown_letter``)."""
    row = stations.dead_letter(connection, number)
    if row is None:
        raise _unknown(number)
    return _view(row)


def at(connection: Connection, key: Key) -> tuple[DeadLetter, ...]:
    """Those that came under this number, the earliest first."""
    return tuple(_view(row) for row in stations.dead_at(connection, key.station, key.epoch, key.seq))


def replay(
    connection: Connection, handlers: Mapping[type, BulkHandler], number: int, text: str, by: str, now: int
) -> None:
    """Reads the mended letter like any other and posts it with the same handlers, under its own number.

    :exc:`Refused`: ``unknown_letter``, ``ended`` (somebody was faster), ``no_place``, ``taken`` (another letter stands
    under this number), ``misread`` with the sentence on what is still wrong.
    """
    dead = _waiting(connection, number)
    if not dead.placed:
        raise Refused("no_place", "Nobody can tell which letter this was. It can be waived, with a reason.")
    if _taken(connection, dead):
        raise Refused("taken", "Another letter stands under this number, and stays. This one can be waived.")
    held = _hold(connection, {dead.station}, now)
    try:
        _post(connection, handlers, held, dead, text.encode())
    except (LetterMisread, UnicodeEncodeError) as why:
        raise Refused("misread", str(why)) from why
    stations.end_dead_letter(connection, number, "replayed", by, "", now)
    audit.record(connection, now, by, "dead_letter_replayed", str(number), station=dead.station, letter=text)


def replay_alike(connection: Connection, handlers: Mapping[type, BulkHandler], number: int, by: str, now: int) -> int:
    """Reads all letters that wait for this one's reason again, each as it came: a newer program may know them.

    Gives how many are in the books now. What still can't be read goes on waiting; at most :data:`AT_ONCE` are tried,
    the earliest first. :exc:`Refused`: ``unknown_letter``, ``ended``, ``still_misread`` when not one could be read.
    """
    reason = _waiting(connection, number).reason
    alike = stations.dead_alike(connection, reason, AT_ONCE)
    held = _hold(connection, {row.station for row in alike}, now)
    done = [row for row in alike if _as_it_came(connection, handlers, held, row)]
    if not done:
        raise Refused("still_misread", "Not one of these letters can be read yet. Each can be mended or waived.")
    for row in done:
        stations.end_dead_letter(connection, row.id, "replayed", by, "", now)
        audit.record(connection, now, by, "dead_letter_replayed", str(row.id), station=row.station, letter="as it came")
    return len(done)


def waive(connection: Connection, number: int, by: str, reason: str, now: int) -> None:
    """Lets a letter rest. :exc:`Refused`: ``unknown_letter``, ``ended``, ``no_reason``."""
    if not reason.strip():
        raise Refused("no_reason", "Please say why this letter is waived; the reason stays with it.")
    dead = _waiting(connection, number)
    stations.end_dead_letter(connection, number, "waived", by, reason.strip(), now)
    audit.record(connection, now, by, "dead_letter_waived", str(number), station=dead.station, reason=reason.strip())


def waiting_count(connection: Connection) -> int:
    """How many wait for a person."""
    return sum(stations.waiting_dead_letters(connection).values())


def _hold(connection: Connection, stations: Collection[str], now: int) -> Mapping[StoreKey, Line]:
    """All lines of these stations, as the intake holds them: nothing of theirs arrives meanwhile.

    A sale that came just now, and its payment out of the dead letters, would not see each other.
    """
    keys = {(line.station, line.epoch) for line in lines.lines_of(connection, stations)}
    return lines.lock(connection, keys, now) if keys else {}


def _as_it_came(
    connection: Connection, handlers: Mapping[type, BulkHandler], held: Mapping[StoreKey, Line], row: Any
) -> bool:
    dead = _view(row)
    if _taken(connection, dead):
        return False
    try:
        _post(connection, handlers, held, dead, bytes(row.raw))
    except LetterMisread:
        return False
    return True


def _post(
    connection: Connection,
    handlers: Mapping[type, BulkHandler],
    held: Mapping[StoreKey, Line],
    dead: DeadLetter,
    raw: bytes,
) -> None:
    if len(raw) > DEEPEST:
        raise LetterMisread("This is longer than any letter.")
    letter = read_letter(raw, dead.seq)
    key = dead.station, dead.epoch, dead.seq
    line = held.get((dead.station, dead.epoch))
    clock = (line.boot, line.boot_zero) if line else (0, None)
    fact = Arrived(*key, letter.stamp, dead.arrived_at, sha256(raw).digest(), letter.body, *clock)
    trouble = letters.post(connection, handlers[type(letter.body)], [fact])
    if trouble:
        raise LetterMisread(trouble[0][1])


def _taken(connection: Connection, dead: DeadLetter) -> bool:
    """Whether it is another letter that stands under this number in the inbox."""
    here = letters.hashes(connection, dead.station, dead.epoch, dead.seq, dead.seq)
    return bytes(here.get(dead.seq, dead.sha256)) != dead.sha256


def _waiting(connection: Connection, number: int) -> DeadLetter:
    row = stations.dead_letter(connection, number, lock=True)
    if row is None:
        raise _unknown(number)
    if row.state != "waiting":
        raise Refused("ended", f"This letter was {row.state} by {row.ended_by} meanwhile.")
    return _view(row)


def _unknown(number: int) -> Refused:
    return Refused("unknown_letter", f"There is no dead letter {number}.")


def _view(row: Any) -> DeadLetter:
    return DeadLetter(
        row.id,
        row.station,
        row.epoch,
        row.seq,
        bytes(row.raw).decode("utf-8", "replace"),
        row.reason,
        row.arrived_at,
        row.state,
        row.ended_at,
        row.ended_by,
        row.note,
        bytes(row.sha256),
    )
