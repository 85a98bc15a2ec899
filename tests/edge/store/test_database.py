"""Opening the books: one process, one station, a whole file, and never a new one over an old one."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.store import disk, outbox
from edge.store.database import Database, Store
from edge.store.disk import Reserve, Room, room
from edge.store.errors import StoreDamaged, StoreUnavailable
from edge.store.lock import holder
from shared.errors import Refused
from shared.messages import StationSwitched


def letters(path: Path, count: int = 1) -> None:
    """A store with so many letters in it."""
    store = Store.open(path, "s1")
    for _ in range(count):
        store.call(outbox.append, store.clock.stamp(), StationSwitched(True, "x"))
    store.close()


def test_a_new_store_gets_an_epoch_and_a_name_of_its_own_and_keeps_them(tmp_path: Path) -> None:
    first = Store.open(tmp_path / "s.db", "s1")
    first.close()
    again = Store.open(tmp_path / "s.db", "s1")
    other = Store.open(tmp_path / "other.db", "s1")
    assert (again.epoch, again.store_id, again.boot) == (first.epoch, first.store_id, first.boot + 1)
    assert other.store_id != first.store_id
    again.close()
    other.close()


def test_what_is_written_is_synced_and_strict(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "s.db", "s1")
    assert store.call(lambda db: db.execute("PRAGMA synchronous").fetchone()) == (2,)
    assert store.call(lambda db: db.execute("PRAGMA journal_mode").fetchone()) == ("wal",)
    tables = store.call(
        lambda db: db.execute("SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict").fetchall()
    )
    assert {name for (name,) in tables} <= {"sqlite_schema", "sqlite_temp_schema", "_sqlite_migrations"}
    store.close()


def test_f34_a_second_process_is_refused_and_told_who_holds_the_store(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    holding = "import sys; from pathlib import Path; from edge.store.database import Store\n"
    holding += "store = Store.open(Path(sys.argv[1]), 's1'); print('ready', flush=True); sys.stdin.read()"
    first = subprocess.Popen(
        [sys.executable, "-c", holding, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=os.getcwd()
    )
    assert first.stdout is not None
    assert first.stdout.readline() == b"ready\n"
    assert holder(path) == first.pid
    with pytest.raises(Refused, match=str(first.pid)) as refused:
        Store.open(path, "s1")
    assert refused.value.reason == "store_in_use"
    guest = Store.open(path, "s1", guest=True)
    guest.call(outbox.append, guest.clock.stamp(), StationSwitched(True, "guest"))
    guest.close()
    first.kill()
    first.wait()
    first.stdout.close()
    assert holder(path) is None
    second = Store.open(path, "s1")
    assert second.boot == 2
    second.close()


def test_another_stations_store_is_refused(tmp_path: Path) -> None:
    letters(tmp_path / "s.db")
    with pytest.raises(Refused) as refused:
        Store.open(tmp_path / "s.db", "s2")
    assert refused.value.reason == "foreign_store"


def test_a_store_that_a_newer_program_has_changed_is_refused(tmp_path: Path) -> None:
    letters(tmp_path / "s.db")
    db = sqlite3.connect(tmp_path / "s.db")
    db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('station', '999_later', '')")
    db.commit()
    db.close()
    with pytest.raises(Refused) as refused:
        Store.open(tmp_path / "s.db", "s1")
    assert refused.value.reason == "newer_store"


@pytest.mark.parametrize("damage", ["torn", "garbage", "cut"])
def test_a_damaged_store_is_told_and_left_as_it_is(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "s.db"
    letters(path, 300)
    whole = bytearray(path.read_bytes())
    match damage:
        case "torn":
            for page in range(8, len(whole) // 4096):
                whole[page * 4096 + 10 : page * 4096 + 900] = os.urandom(890)
        case "garbage":
            whole[:] = os.urandom(len(whole))
        case "cut":
            del whole[len(whole) // 2 + 777 :]
    path.write_bytes(whole)
    with pytest.raises(StoreDamaged, match="damaged"):
        Store.open(path, "s1")
    assert path.read_bytes() == bytes(whole)


def test_a_path_that_can_not_be_used_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreUnavailable, match="can't be used"):
        Store.open(tmp_path / "file" / "s.db", "s1")


def test_a_disk_that_is_full_at_the_start_is_given_the_reserve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"
    letters(path)
    reserve = path.with_name("s.db.reserve")
    assert reserve.stat().st_size == disk.RESERVE
    real = Store.__init__.__globals__["_connect"]

    def full(path: Path) -> Database:
        if reserve.exists():
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error
        db: Database = real(path)
        return db

    monkeypatch.setitem(Store.__init__.__globals__, "_connect", full)
    monkeypatch.setattr(Reserve, "keep", lambda _: None)
    store = Store.open(path, "s1")
    assert store.boot == 2
    assert not reserve.exists()
    store.close()


def test_room_is_measured_by_the_budget_and_by_the_disk(tmp_path: Path) -> None:
    letters(tmp_path / "s.db", 50)
    used = room(tmp_path / "s.db", 10**9).used
    assert used > 4096
    assert Room(90, 100, 10**12).last_tenth
    assert not Room(89, 100, 10**12).last_tenth
    assert Room(1, 100, disk.LEAST_FREE - 1).last_tenth


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, which only root may mount."""
    place = tmp_path / "disk"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", place], check=False).returncode
    ):
        pytest.skip("a disk of one's own needs root, and a machine that mounts one")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_f120_on_a_disk_that_is_read_only_the_agent_does_not_begin_and_says_why(small_disk: Path) -> None:
    path = small_disk / "s.db"
    Store.open(path, "s1").close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(StoreUnavailable, match=r"Read-only file system.*Check the path and its rights"):
        Store.open(path, "s1")
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    Store.open(path, "s1").close()
