"""Adds days up when facts have come, makes them final when everything is here, and writes down what came later.

| state | what happens | becomes |
|---|---|---|
| provisional | everything of it is here (:mod:`cloud.days.judging`), or a person closes it | final |
| final | its figures move | restated, with a line that says by how much and what came late |
| restated | its figures move again | restated, with another line |

No day is ever opened again, and no fact makes a second day of one that is closed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from cloud.days.judging import DAY, Hole, Outcome, Store, judge
from cloud.sales.day import start_of, today
from cloud.store import audit, days, letters
from cloud.store.database import Books, Connection
from cloud.store.days import FIGURES, DayKey, Totals
from shared.errors import Refused
from shared.messages import Hello

NOT_SOONER: Final = 5_000
"""Milliseconds between two times that the same day is added up."""
AGAIN: Final = 15_000
"""Milliseconds between two looks at a day that is over and not final: as often as a station says hello."""
AT_ONCE: Final = 200
JUDGED_AT_ONCE: Final = 1_000


def keep(books: Books, now: int, again: int = AGAIN) -> int:
    """One round: adds up what was marked, and judges what is over. Gives how many days have changed."""
    with books.read() as connection:
        marked = days.marked(connection, now - NOT_SOONER, AT_ONCE)
        totals = days.added_up(connection, [(row.station, row.day) for row in marked])
        waiting = days.provisional(connection, today(now), now - again, JUDGED_AT_ONCE)
        outcomes = _outcomes(connection, waiting, now)
    if not marked and not waiting:
        return 0
    with books.begin() as connection:
        free = days.hold(connection, [_key(row) for row in (*marked, *waiting)])  # the others have another turn
        moved = sum(_settle(connection, row, *totals[_key(row)], now) for row in marked if _key(row) in free)
        return moved + _judge(connection, [row for row in waiting if _key(row) in free], outcomes, now)


def close(connection: Connection, station: str, day: str, by: str, why: str, now: int) -> None:
    """Makes a day final by a person's word, though something of it is not here and may never be.

    :exc:`Refused`: ``unknown_day``, ``not_over``, ``day_closed``, ``no_note``.
    """
    row = days.one(connection, (station, day))
    if row is None:
        raise Refused("unknown_day", f"Nothing is known of {station} on {day}.")
    if not why.strip():
        raise Refused("no_note", "Please say why; the reason stays with the day.")
    if now < start_of(day) + DAY:
        raise Refused("not_over", "This day is not over yet.")
    final = {"state": "final", "finalised_at": now, "closed_by": by, "note": why.strip(), "judged_at": now}
    if not days.judged(connection, (station, day), final):
        raise Refused("day_closed", "This day is closed already, or is just being added up. Please look again.")
    audit.record(connection, now, by, "day_closed", f"{station} {day}", why=why.strip(), was=row.why)


def _key(row: Any) -> DayKey:
    return row.station, row.day


def _settle(connection: Connection, row: Any, totals: Totals, grades: Mapping[str, Totals], now: int) -> bool:
    before = Totals(*(getattr(row, name) for name in FIGURES))
    restated = row.state != "provisional" and totals != before
    values: dict[str, Any] = {name: getattr(totals, name) for name in FIGURES}
    values |= {"grades_json": msgspec.json.encode(grades).decode(), "settled_at": now}
    values |= {"state": "restated"} if restated else {}
    if not days.settle(connection, (row.station, row.day), values, row.marks):
        return False
    if restated:
        moved = Totals(*(getattr(totals, name) - getattr(before, name) for name in FIGURES))
        late, first = days.late_sales(connection, (row.station, row.day), row.settled_at)
        late = max(late, moved.sales)  # a replayed letter's sale keeps the time at which it first arrived
        days.restate(connection, (row.station, row.day), now, moved, late, first)
    return True


def _judge(connection: Connection, rows: Sequence[Any], outcomes: Mapping[DayKey, Outcome], now: int) -> int:
    news = [row for row in rows if outcomes[_key(row)] != row.why]
    days.looked_at(connection, {_key(row) for row in rows} - {_key(row) for row in news}, now)
    return sum(_judged(connection, _key(row), outcomes[_key(row)], now) for row in news)


def _judged(connection: Connection, key: DayKey, outcome: Outcome, now: int) -> bool:
    values: dict[str, Any] = {"why": outcome.value, "judged_at": now}
    if outcome is Outcome.COMPLETE:
        values |= {"state": "final", "finalised_at": now}
    return days.judged(connection, key, values)


def _outcomes(connection: Connection, rows: Sequence[Any], now: int) -> dict[DayKey, Outcome]:
    stations = {row.station for row in rows}
    stores, unreadable = _stores(connection, stations), _unreadable(connection, stations)
    return {
        (row.station, row.day): judge(start_of(row.day), now, stores[row.station], unreadable[row.station])
        for row in rows
    }


def _stores(connection: Connection, stations: set[str]) -> dict[str, list[Store]]:
    found: dict[str, list[Store]] = defaultdict(list)
    for line in days.stores(connection, stations) if stations else ():
        found[line.station] = [msgspec.structs.replace(store, newest=False) for store in found[line.station]]
        found[line.station].append(_store(connection, line))
    return found


def _store(connection: Connection, line: Any) -> Store:
    holes: tuple[Hole, ...] = ()
    if line.highest > line.contiguous:
        missing = letters.holes(connection, line.station, line.epoch, line.contiguous)
        around = [days.happened_around(connection, line.station, line.epoch, one.first, one.last) for one in missing]
        if len(missing) == letters.MOST_HOLES:  # beyond those nobody has looked
            around.append((around[-1][0], days.NEVER))
        holes = tuple(Hole(*pair) for pair in around)
    if not line.hello_json or line.boot_zero is None:
        return Store(0, line.highest, line.contiguous, 0, holes)
    hello = msgspec.json.decode(line.hello_json, type=Hello)
    return Store(line.boot_zero + hello.mono, hello.next_seq - 1, line.contiguous, hello.oldest_unsent, holes)


def _unreadable(connection: Connection, stations: set[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for row in days.dead(connection, stations) if stations else ():
        found[row.station].append(_told_at(bytes(row.raw)) or row.arrived_at)
    return found


class _Stamped(msgspec.Struct, frozen=True):
    at: int = 0


class _Letter(msgspec.Struct, frozen=True):
    stamp: _Stamped = _Stamped()


def _told_at(raw: bytes) -> int:
    """The time on a letter that could not be read as a whole; 0 when not even that can be."""
    try:
        return msgspec.json.decode(raw, type=_Letter).stamp.at
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return 0
