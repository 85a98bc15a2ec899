"""Backups, copies and damaged books: whatever is put in the store's place, no number is given twice."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.store import epochs, fillings, nozzles, outbox, sales, witness
from edge.store.backup import backup, restore
from edge.store.database import Store
from edge.store.epochs import Former, Opened, drawn, judged
from edge.store.errors import StoreDamaged
from edge.store.fillings import OpenFilling
from edge.store.outbox import place_of
from edge.store.salvage import rebuild
from edge.store.witness import Witness
from shared.clock import Stamp, TimeQuality
from shared.errors import Refused
from shared.messages import Held, Letter, StoreReason, StoreRenewed
from tests.fakes.ends import sale_of, sell

S = "s1"


def opened(path: Path) -> Store:
    return Store.open(path, S)


def sold(path: Path, count: int) -> tuple[int, int]:
    """A start of the agent that sells so often; its epoch, and the highest sequence then."""
    store = opened(path)
    store.call(sell, store, count)
    behind = store.call(outbox.backlog)
    store.close()
    return store.epoch, behind.next_seq - 1


def keys(path: Path) -> list[tuple[int, int]]:
    """Every letter in the store."""
    with closing(sqlite3.connect(path)) as db:
        return [(row[0] >> 31, outbox.seq_of(row[0])) for row in db.execute("SELECT place FROM letter ORDER BY place")]


def first_letter(store: Store) -> StoreRenewed:
    """What the new epoch begins with."""
    letter = store.call(outbox.letter, store.epoch, 1)
    assert isinstance(letter, Letter)
    assert isinstance(letter.body, StoreRenewed)
    return letter.body


def former(store: Store) -> list[Former]:
    return store.call(epochs.all_former)


# ── backup and restore ──


def test_a_backup_is_put_back_in_a_new_epoch_and_keeps_its_letters_under_their_old_keys(tmp_path: Path) -> None:
    path, copy = tmp_path / "s.db", tmp_path / "backup.db"
    epoch, _ = sold(path, 5)
    made = backup(path, S, copy)
    assert (made.station, made.epoch, made.upto) == (S, epoch, 5)
    assert copy.stat().st_mode & 0o777 == 0o600
    sold(path, 3)
    done = restore(copy, path, S)
    assert (done.former_epoch, done.upto) == (epoch, 5)
    assert done.epoch > epoch
    store = opened(path)
    told = first_letter(store)
    assert (told.reason, told.former_epoch, told.upto, told.lost) == (StoreReason.RESTORED, epoch, 5, 3)
    assert told.detail == "backup.db"
    store.call(sell, store, 1)
    store.close()
    assert keys(path) == [(epoch, n) for n in range(1, 6)] + [(store.epoch, 1), (store.epoch, 2)]
    assert (Path(done.kept) / "s.db").exists(), "what lay there before is kept"


def test_a_backup_is_made_beside_an_agent_that_sells(tmp_path: Path) -> None:
    store = opened(tmp_path / "s.db")
    store.call(sell, store, 40)
    made = backup(tmp_path / "s.db", S, tmp_path / "b.db")
    store.call(sell, store, 1)
    assert made.upto == 40
    assert store.trouble is None
    store.close()
    with pytest.raises(Refused, match="already"):
        backup(tmp_path / "s.db", S, tmp_path / "b.db")
    with pytest.raises(Refused) as refused:
        backup(tmp_path / "s.db", "other", tmp_path / "c.db")
    assert refused.value.reason == "foreign_store"
    assert sorted(file.name for file in tmp_path.glob("[bc].db*")) == ["b.db"], "nothing half made is left"


def test_a_backup_that_is_only_copied_into_its_place_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path, copy = tmp_path / "s.db", tmp_path / "b.db"
    sold(path, 2)
    backup(path, S, copy)
    shutil.copyfile(copy, path)
    with pytest.raises(Refused, match="jiayou-edge restore") as refused:
        opened(path)
    assert refused.value.reason == "is_backup"


def test_a_backup_is_not_put_back_under_an_agent_that_runs_nor_one_of_another_station(tmp_path: Path) -> None:
    path, copy = tmp_path / "s.db", tmp_path / "b.db"
    sold(path, 2)
    backup(path, S, copy)
    before = keys(path)
    running = opened(path)
    with pytest.raises(Refused) as refused:
        restore(copy, path, S)
    running.close()
    assert refused.value.reason == "store_in_use"
    with pytest.raises(Refused) as foreign:
        restore(copy, tmp_path / "t.db", "s2")
    assert foreign.value.reason == "foreign_store"
    assert not (tmp_path / "t.db").exists()
    with pytest.raises(Refused, match="no file"):
        restore(tmp_path / "nothing.db", path, S)
    (tmp_path / "junk").write_bytes(os.urandom(9_000))
    with pytest.raises(StoreDamaged, match=r"The backup .*junk is damaged; nothing was changed"):
        restore(tmp_path / "junk", path, S)
    assert not list(tmp_path.glob("*.new*"))
    assert keys(path) == before, "what could not be put back has changed nothing"


def test_what_stood_open_in_the_backup_is_not_sold_once_more(tmp_path: Path) -> None:
    """It may have become a sale that head office has. Its litres are told by the totalisers, which are kept."""
    path, copy = tmp_path / "s.db", tmp_path / "b.db"
    store = opened(path)
    stamp = store.clock.stamp()
    store.call(fillings.open_filling, OpenFilling(1, "attendant:小李", stamp))
    store.call(nozzles.keep_totaliser, 1, 1, 5_000_000, stamp.at)
    backup(path, S, copy)
    store.close()
    restore(copy, path, S)
    store = opened(path)
    assert store.call(fillings.all_open) == {}
    assert store.call(nozzles.all_nozzles)[1, 1].totaliser == 5_000_000
    store.close()


def test_restoring_twice_draws_two_epochs(tmp_path: Path) -> None:
    path, copy = tmp_path / "s.db", tmp_path / "b.db"
    first, _ = sold(path, 2)
    backup(path, S, copy)
    drawn_epochs = [first, *(restore(copy, path, S).epoch for _ in range(3))]
    assert drawn_epochs == sorted(set(drawn_epochs)), "though all were drawn within one second"


# ── copies ──


def test_an_old_copy_in_the_stores_place_goes_on_in_a_new_epoch(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    epoch, _ = sold(path, 4)
    shutil.copyfile(path, tmp_path / "copy.db")
    sold(path, 3)
    shutil.copyfile(tmp_path / "copy.db", path)
    store = opened(path)
    told = first_letter(store)
    assert (told.reason, told.former_epoch, told.upto, told.lost) == (StoreReason.OLDER, epoch, 4, 3)
    assert store.boot == 3, "a start is never counted twice either"
    store.close()


def test_a_store_whose_log_was_lost_gives_no_number_twice(tmp_path: Path) -> None:
    """F120: the write-ahead log is missing, and with it the last sales."""
    path = tmp_path / "s.db"
    epoch, _ = sold(path, 4)
    shutil.copyfile(path, tmp_path / "without-log.db")
    store = opened(path)
    store.call(sell, store, 2)
    store.close()
    shutil.copyfile(tmp_path / "without-log.db", path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE station SET boot = boot + 1")  # the start itself was in the file
        db.commit()
    store = opened(path)
    assert (first_letter(store).reason, first_letter(store).lost) == (StoreReason.OLDER, 2)
    assert store.epoch > epoch
    store.close()


def test_a_store_on_another_machine_goes_on_in_a_new_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"
    monkeypatch.setattr(witness, "machine", lambda: "machine-a")
    sold(path, 2)
    sold(path, 1)
    monkeypatch.setattr(witness, "machine", lambda: "machine-b")
    store = opened(path)
    assert (first_letter(store).reason, first_letter(store).lost) == (StoreReason.MOVED, 0)
    store.close()
    again = opened(path)
    assert (again.epoch, again.store_id) == (store.epoch, store.store_id), "once"
    again.close()


def test_a_store_that_is_only_started_again_keeps_its_epoch(tmp_path: Path) -> None:
    assert len({sold(tmp_path / "s.db", 2)[0] for _ in range(3)}) == 1


def test_a_store_that_has_vanished_is_not_made_anew_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    epoch, _ = sold(path, 2)
    path.unlink()
    with pytest.raises(StoreDamaged, match="gone"):
        opened(path)
    assert not path.exists()
    anew = rebuild(path, S)
    assert (anew.saved, anew.lost, anew.former_epoch) == (0, 2, epoch)
    store = opened(path)
    assert store.epoch > epoch
    assert (first_letter(store).reason, first_letter(store).lost) == (StoreReason.REBUILT, 2)
    store.close()


MACHINE = st.sampled_from(["", "a", "b"])


@given(
    st.integers(1, 5), st.integers(1, 5), st.integers(0, 5), st.integers(0, 5), st.booleans(), st.booleans(), MACHINE
)
def test_no_file_goes_on_under_its_epoch_that_knows_less_than_the_words_beside_it(
    boot: int, known_boot: int, seq: int, known_seq: int, same: bool, later: bool, machine: str
) -> None:
    found = Opened(S, "x", 10, boot, place_of(10, seq), "a")
    epoch = 10 if same else 12 if later else 9
    known = Witness(S, "x" if same else "y", epoch, known_boot, place_of(epoch, known_seq))
    goes_on = judged(found, known, machine) is None
    knows_all = (boot >= known_boot and seq >= known_seq) if same else not later
    assert goes_on == (knows_all and machine != "b")


@given(st.integers(-(10**13), 10**16), st.lists(st.integers(1, 2**31), max_size=4))
def test_a_new_epoch_is_later_than_all_that_are_known_whatever_the_clock_says(wall: int, known: list[int]) -> None:
    epoch = drawn(wall, known)
    assert all(epoch > other for other in known)
    assert 0 < epoch < 2**32


# ── what the company lacks of a former epoch ──


def test_what_the_company_lacks_of_a_former_epoch_is_found_in_runs(tmp_path: Path) -> None:
    path, copy = tmp_path / "s.db", tmp_path / "b.db"
    epoch, _ = sold(path, 10)
    backup(path, S, copy)
    restore(copy, path, S)
    store = opened(path)
    assert store.call(epochs.unsettled) == (epoch,)
    runs = store.call(epochs.lacking, epoch, (Held(1, 4), Held(7, 7), Held(12, 20)), 10**6)
    assert [(first, len(bodies)) for first, bodies in runs] == [(5, 2), (8, 3)]
    assert len(store.call(epochs.lacking, epoch, (), 1)) == 1, "at least one letter, however small the batch"
    assert store.call(epochs.lacking, epoch, (Held(1, 10),), 10**6) == []
    store.call(epochs.settle, epoch, (Held(1, 13),))
    (told,) = former(store)
    assert (told.settled, told.elsewhere, told.upto) == (True, 3, 10)
    assert store.call(epochs.unsettled) == ()
    store.close()


def test_a_floor_in_the_file_holds_under_the_new_epoch(tmp_path: Path) -> None:
    path, copy = tmp_path / "s.db", tmp_path / "b.db"
    store = opened(path)
    late = Stamp(store.clock.wall() + 86_400_000, TimeQuality.UNCHECKED, 1, 0)
    store.call(sales.record, late, sale_of(1, late))
    store.close()
    backup(path, S, copy)
    restore(copy, path, S)
    store = opened(path)
    assert store.clock.stamp().at >= late.at
    store.close()
