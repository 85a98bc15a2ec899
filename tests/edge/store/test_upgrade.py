"""F31: what waited in the queue of an older program arrives through the newer one, and the other way round."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import cycle
from pathlib import Path

import msgspec
import pytest
from sqlite_utils import Database

from edge.store import outbox, schema
from edge.store.database import Store
from shared.errors import Refused
from shared.wire import read_letter

GOLDEN = Path(__file__).parents[2] / "golden" / "letters"
KINDS = ("sale", "price", "slip", "switched", "started", "pump_alarm", "command_ended", "codes_refused")
"""Facts that the first program could write already."""
WAITING = 1_000
EPOCH = 1_790_000_000


@pytest.fixture(params=[name[:3] for name in schema.names()])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A store as each program before had it, with a thousand letters that nobody has yet, and coupons in its book."""
    path = tmp_path / "s.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("CREATE TABLE _sqlite_migrations (migration_set TEXT, name TEXT, applied_at TEXT)")
        for name in schema.names():
            if name[:3] <= request.param:
                raw.executescript((Path(schema.__file__).parent / f"{name}.sql").read_text("utf-8"))
                raw.execute("INSERT INTO _sqlite_migrations VALUES ('station', ?, '')", (name,))
        raw.execute(
            "INSERT INTO station (one, station, epoch, store_id, boot) VALUES (1, 's1', ?, 'store-1', 3)", (EPOCH,)
        )
        raw.execute("BEGIN")
        for seq, body in zip(range(1, WAITING + 1), bodies(), strict=False):
            place = outbox.place_of(EPOCH, seq)
            raw.execute("INSERT INTO letter (place, at, body) VALUES (?, ?, ?)", (place, seq, body))
        raw.execute("COMMIT")
    return path


def bodies() -> Iterator[bytes]:
    """The golden letters of the first program, again and again, each with the next number."""
    texts = [msgspec.json.decode((GOLDEN / f"{kind}.1.json").read_bytes()) for kind in KINDS]
    for seq, said in enumerate(cycle(texts), 1):
        yield msgspec.json.encode(said | {"seq": seq})


def waiting(path: Path) -> list[tuple[int, bytes]]:
    """Every letter that would be sent, in order."""
    store, found, after = Store.open(path, "s1"), [], 0
    try:
        while some := store.call(outbox.waiting, after, 64 * 1024):
            found += some
            after = some[-1][0]
    finally:
        store.close()
    return found


def test_f31_a_thousand_letters_of_an_older_program_arrive(old: Path) -> None:
    found = waiting(old)
    assert [seq for seq, _ in found] == list(range(1, WAITING + 1))
    for seq, body in found:
        assert read_letter(body, seq).seq == seq


def test_f31_the_way_back_loses_no_letter(old: Path, tmp_path: Path) -> None:
    before = waiting(old)
    store = Store.open(old, "s1")
    taken = store.call(schema.downgrade, "001")
    store.close()
    assert taken == sorted((name for name in schema.names() if name > "002"), reverse=True)
    first, again = shape(tmp_path / "first.db", ["001"]), shape_of(old)
    assert {name: sql for name, sql in again.items() if name in first} == first
    assert waiting(old) == before, "and up again"


@pytest.mark.parametrize("to", [name[:3] for name in schema.names()])
def test_each_way_down_ends_where_the_way_up_began(tmp_path: Path, to: str) -> None:
    path = tmp_path / "s.db"
    Store.open(path, "s1").close()
    store = Store.open(path, "s1")
    store.call(schema.downgrade, to)
    store.close()
    fresh = shape(tmp_path / "fresh.db", [name[:3] for name in schema.names() if name[:3] <= to])
    assert shape_of(path) == fresh


def test_the_older_program_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"
    Store.open(path, "s1").close()
    known = schema.names()
    monkeypatch.setattr(schema, "names", lambda: known[:-1])
    with pytest.raises(Refused, match=f"jiayou-edge downgrade --to {known[-2][:3]}") as refused:
        Store.open(path, "s1")
    assert refused.value.reason == "newer_store"


@pytest.mark.parametrize("to", ["", "999", "abc", "01"])
def test_a_schema_that_never_was_is_refused(tmp_path: Path, to: str) -> None:
    store = Store.open(tmp_path / "s.db", "s1")
    with pytest.raises(Refused, match="001"):
        store.call(schema.downgrade, to)
    store.close()


def test_f31_a_power_cut_in_the_middle_leaves_the_old_store_or_the_new(old: Path, tmp_path: Path) -> None:
    """Every statement of every step may be the last one before the lights go out."""
    numbers = [name[:3] for name in schema.names()]
    whole = [shape(tmp_path / f"{number}.db", [one for one in numbers if one <= number]) for number in numbers]
    steps = 0
    while not _migrated(old, steps):
        assert shape_of(old) in whole, "half a step"
        steps += 1 + steps // 5
    assert steps > 10
    assert len(waiting(old)) == WAITING


def _migrated(path: Path, steps: int) -> bool:
    """Whether it came to the newest schema; after so many steps of the engine nothing goes on any more."""
    raw, left = sqlite3.connect(path, isolation_level=None), steps

    def lights(*_: object) -> int:
        nonlocal left
        left -= 1
        return sqlite3.SQLITE_OK if left >= 0 else sqlite3.SQLITE_DENY

    raw.set_authorizer(lights)
    try:
        schema.migrate(Database(raw))
    except sqlite3.DatabaseError:
        return False
    finally:
        raw.close()
    return True


def shape(path: Path, numbers: list[str]) -> dict[str, str]:
    """Of a store that was made by these files alone."""
    with closing(sqlite3.connect(path)) as raw:
        for name in schema.names():
            if name[:3] in numbers:
                raw.executescript((Path(schema.__file__).parent / f"{name}.sql").read_text("utf-8"))
    return shape_of(path)


def shape_of(path: Path) -> dict[str, str]:
    """Its tables and indexes, each with its columns."""
    with closing(sqlite3.connect(path)) as raw:
        names = raw.execute("SELECT type, name FROM sqlite_master WHERE instr(name, 'sqlite_') = 0")
        return {
            name: str(raw.execute(f'PRAGMA {"table" if kind == "table" else "index"}_info("{name}")').fetchall())
            for kind, name in names.fetchall()
        }
