"""Tanks: each one's last reading, how its level moved, deliveries that were told, and alarms that stand.

Everything here may be asked to write the same thing twice; the second time writes nothing and tells nobody.
"""

from collections.abc import Collection, Iterable, Sequence

import msgspec
from msgspec import Struct
from sqlite_utils import Database

from edge.store import outbox
from edge.store.outbox import place_of, seq_of
from shared.clock import Stamp
from shared.messages import TankAlarmed, TankDelivered, TankRead
from shared.tanks import TankLevel
from shared.wire import read_letter


class KeptReading(Struct, frozen=True):
    """A reading as it is kept."""

    level: TankLevel
    delivering: bool = False
    testing: bool = False


class KeptTank(Struct, frozen=True):
    """A tank: the last reading, and the one that was told last."""

    gauge: str
    number: int
    read_at: int
    reading: KeptReading
    told_at: int
    told: KeptReading


class Standing(Struct, frozen=True):
    """An alarm that stands; code 0 when the station itself found it."""

    gauge: str
    number: int
    alarm: str
    code: int
    since: int


class PastLevel(Struct, frozen=True):
    """A level that was told; millilitres."""

    at: int
    volume: int | None


class PastDelivery(Struct, frozen=True):
    """A delivery, and when this station told it."""

    at: int
    delivered: TankDelivered


class NewReading(Struct, frozen=True):
    """A reading to be kept; told as well when ``letter`` is there."""

    number: int
    reading: KeptReading
    letter: TankRead | None


def all_tanks(db: Database) -> list[KeptTank]:
    """Every tank that was ever read."""
    rows = db.execute("SELECT gauge, number, read_at, body, told_at, told FROM tank ORDER BY gauge, number")
    return [
        KeptTank(gauge, number, at, _reading(body), told_at, _reading(told))
        for gauge, number, at, body, told_at, told in rows
    ]


def keep_readings(db: Database, stamp: Stamp, gauge: str, readings: Iterable[NewReading]) -> None:
    """Write what was read, and the letters of what is to be told."""
    for new in readings:
        body = msgspec.json.encode(new.reading).decode()
        db.execute(
            "INSERT INTO tank (gauge, number, read_at, body, told_at, told) VALUES (?1, ?2, ?3, ?4, ?3, ?4)"
            " ON CONFLICT (gauge, number) DO UPDATE SET read_at = excluded.read_at, body = excluded.body",
            (gauge, new.number, stamp.at, body),
        )
        if new.letter is not None:
            _tell(db, stamp, new.letter, body)


def note_delivered(
    db: Database, stamp: Stamp, told: Sequence[TankDelivered], levels: Collection[TankRead] = ()
) -> list[TankDelivered]:
    """Write the deliveries that are new, each with its letter and the level of its tank; give those."""
    new = [delivered for delivered in told if _is_new(db, delivered)]
    for delivered in new:
        place = _place(db, outbox.append(db, stamp, delivered))
        db.execute(
            "INSERT INTO tank_delivery (gauge, number, started, place) VALUES (?, ?, ?, ?)",
            (delivered.gauge, delivered.tank, delivered.started, place),
        )
    _tell_levels(db, stamp, levels, {delivered.tank for delivered in new})
    return new


def set_alarms(
    db: Database,
    stamp: Stamp,
    gauge: str,
    now: Iterable[TankAlarmed],
    own: bool,
    levels: Collection[TankRead] = (),
) -> list[TankAlarmed]:
    """These alarms stand at a gauge and no others: those of its console, or (``own``) those the station found itself.

    Gives what has changed, which is told with the level of its tank.
    """
    before = {
        (one.number, one.alarm, one.code): one for one in standing(db) if one.gauge == gauge and own == (one.code == 0)
    }
    after = {(one.tank, one.alarm, one.code): one for one in now}
    raised = [one for key, one in after.items() if key not in before]
    gone = [
        TankAlarmed(gauge, number, alarm, code, False, _grade(number, levels))
        for number, alarm, code in before.keys() - after.keys()
    ]
    for one in raised:
        db.execute(
            "INSERT OR IGNORE INTO tank_alarm (gauge, number, alarm, code, since) VALUES (?, ?, ?, ?, ?)",
            (gauge, one.tank, one.alarm, one.code, stamp.at),
        )
    for one in gone:
        db.execute(
            "DELETE FROM tank_alarm WHERE gauge = ? AND number = ? AND alarm = ? AND code = ?",
            (gauge, one.tank, one.alarm, one.code),
        )
    outbox.append_all(db, stamp, (changed := [*raised, *gone]))
    _tell_levels(db, stamp, levels, {one.tank for one in changed})
    return changed


def standing(db: Database) -> list[Standing]:
    """All alarms that stand, the oldest first."""
    rows = db.execute("SELECT gauge, number, alarm, code, since FROM tank_alarm ORDER BY since, number, alarm")
    return [Standing(*row) for row in rows]


def deliveries(db: Database, limit: int = 20) -> list[PastDelivery]:
    """Deliveries, the latest first by the console's time."""
    rows = db.execute(
        "SELECT letter.place, letter.at, letter.body FROM tank_delivery JOIN letter USING (place)"
        " ORDER BY started DESC, gauge, number LIMIT ?",
        (limit,),
    )
    told = ((at, read_letter(body, seq_of(place)).body) for place, at, body in rows)
    return [PastDelivery(at, body) for at, body in told if isinstance(body, TankDelivered)]


def past_levels(db: Database, since: int) -> dict[tuple[str, int], list[PastLevel]]:
    """How the level of each tank moved, the earliest first."""
    found: dict[tuple[str, int], list[PastLevel]] = {}
    wanted = "SELECT gauge, number, at, volume FROM tank_level WHERE at >= ? ORDER BY at"
    for gauge, number, at, volume in db.execute(wanted, (since,)):
        found.setdefault((gauge, number), []).append(PastLevel(at, volume))
    return found


def forget_levels(db: Database, before: int) -> None:
    """Levels older than this are head office's alone."""
    db.execute("DELETE FROM tank_level WHERE at < ?", (before,))


def _is_new(db: Database, told: TankDelivered) -> bool:
    wanted = "SELECT 1 FROM tank_delivery WHERE gauge = ? AND number = ? AND started = ?"
    return db.execute(wanted, (told.gauge, told.tank, told.started)).fetchone() is None


def _tell_levels(db: Database, stamp: Stamp, levels: Iterable[TankRead], tanks: Collection[int]) -> None:
    """What is in the tanks of which something else is told."""
    for level in levels:
        if level.tank in tanks:
            row = db.execute(
                "SELECT body FROM tank WHERE gauge = ? AND number = ?", (level.gauge, level.tank)
            ).fetchone()
            if row:
                _tell(db, stamp, level, row[0])


def _tell(db: Database, stamp: Stamp, letter: TankRead, body: str) -> None:
    outbox.append(db, stamp, letter)
    db.execute(
        "UPDATE tank SET told_at = ?, told = ? WHERE gauge = ? AND number = ?",
        (stamp.at, body, letter.gauge, letter.tank),
    )
    level = letter.level
    db.execute(
        "INSERT OR REPLACE INTO tank_level (gauge, number, at, volume, water_height, temperature)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (letter.gauge, letter.tank, stamp.at, level.volume, level.water_height, level.temperature),
    )


def _grade(number: int, levels: Iterable[TankRead]) -> str:
    return next((level.grade for level in levels if level.tank == number), "")


def _place(db: Database, seq: int) -> int:
    return place_of(outbox.key(db, seq).epoch, seq)


def _reading(body: str) -> KeptReading:
    return msgspec.json.decode(body, type=KeptReading)
