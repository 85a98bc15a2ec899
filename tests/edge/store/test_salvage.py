"""F120: a sick store. New sales stop before an old one is lost, the file is kept, and what can be read goes on."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.store import attendants, books, nozzles, outbox, sales
from edge.store.backup import backup, restore
from edge.store.errors import StoreDamaged, StoreUnavailable
from edge.store.salvage import rebuild
from shared.errors import Refused
from shared.messages import StoreReason
from tests.edge.store.test_restoring import S, first_letter, keys, opened, sold
from tests.fakes.ends import sell


def torn(data: bytearray) -> None:
    """Some pages in the middle hold garbage."""
    for page in range(len(data) // 4096 // 2, len(data) // 4096 // 2 + 3):
        data[page * 4096 : page * 4096 + 4096] = os.urandom(4096)


def zeroed(data: bytearray) -> None:
    """One page in the middle is nothing but zeros."""
    page = len(data) // 4096 // 2
    data[page * 4096 : page * 4096 + 4096] = bytes(4096)


def cut(data: bytearray) -> None:
    """The last page was written by half."""
    del data[len(data) - 2_000 :]


def beheaded(data: bytearray) -> None:
    """The first page is gone, and with it the names of all tables."""
    data[:4096] = bytes(4096)


@pytest.mark.parametrize("damage", [torn, zeroed, cut, beheaded])
def test_f120_a_damaged_store_is_rebuilt_with_what_can_be_read(
    tmp_path: Path, damage: Callable[[bytearray], None]
) -> None:
    path = tmp_path / "s.db"
    epoch, upto = sold(path, 400)
    whole = dict(_letters(path))
    data = bytearray(path.read_bytes())
    damage(data)
    path.write_bytes(data)
    with pytest.raises(StoreDamaged, match="store rebuild"):
        opened(path)
    done = rebuild(path, S)
    assert (Path(done.kept) / "s.db").read_bytes() == bytes(data), "the broken file is kept as it was"
    assert (done.former_epoch, done.saved + done.lost) == (epoch, upto)
    assert done.saved > upto // 2
    store = opened(path)
    assert store.epoch > epoch
    told = first_letter(store)
    assert (told.reason, told.lost) == (StoreReason.REBUILT, done.lost)
    saved = dict(_letters(path))
    assert all(whole[place] == body for place, body in saved.items() if place >> 31 == epoch), "letter for letter"
    assert len(store.call(sales.since, 0, 1_000)) == done.saved, "each letter of a sale has its row"
    store.close()


def _letters(path: Path) -> list[tuple[int, bytes]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT place, body FROM letter").fetchall()


def test_letters_of_a_file_without_its_first_page_keep_the_epoch_in_which_they_were_written(tmp_path: Path) -> None:
    path, copy = tmp_path / "s.db", tmp_path / "b.db"
    first, _ = sold(path, 60)
    backup(path, S, copy)
    restore(copy, path, S)
    second, upto = sold(path, 30)
    data = bytearray(path.read_bytes())
    beheaded(data)
    path.write_bytes(data)
    done = rebuild(path, S)
    assert (done.saved, done.lost) == (60 + upto, 0)
    assert {epoch for epoch, _ in keys(path)} == {first, second, done.epoch}


def test_attendants_books_and_totalisers_are_saved_too(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    store = opened(path)
    store.call(attendants.add, "小李", b"hash", b"salt", store.clock.wall())
    store.call(nozzles.keep_totaliser, 1, 2, 777, 5)
    store.call(sell, store, 300)
    store.close()
    data = bytearray(path.read_bytes())
    cut(data)
    path.write_bytes(data)
    rebuild(path, S)
    store = opened(path)
    assert store.call(nozzles.all_nozzles)[1, 2].totaliser == 777
    assert [one.name for one in store.call(attendants.everybody)] == ["小李"]
    assert store.call(books.versions) == (0, 0)
    store.close()


def test_rebuild_touches_nothing_of_another_station_nor_of_an_agent_that_runs(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    with pytest.raises(Refused, match="never was"):
        rebuild(path, S)
    sold(path, 2)
    with pytest.raises(Refused) as foreign:
        rebuild(path, "s2")
    assert foreign.value.reason == "foreign_store"
    running = opened(path)
    with pytest.raises(Refused) as refused:
        rebuild(path, S)
    running.close()
    assert refused.value.reason == "store_in_use"
    assert not list(tmp_path.glob("*.kept-*"))


@pytest.mark.parametrize("victim", ["s.db", "s.db-wal"])
def test_f120_a_file_that_is_deleted_under_the_agent_stops_it_before_a_sale_is_lost(
    tmp_path: Path, victim: str
) -> None:
    """The open file would take every sale, and keep none of them."""
    store = opened(tmp_path / "s.db")
    store.call(sell, store, 2)
    (tmp_path / victim).rename(tmp_path / "elsewhere")
    assert "deleted or replaced" in (store.trouble or "")
    with pytest.raises(StoreUnavailable, match="deleted or replaced"):
        store.call(sell, store, 1)
    (tmp_path / "elsewhere").rename(tmp_path / victim)
    assert store.call(outbox.backlog).next_seq == 3
    store.call(sell, store, 1)
    assert store.trouble is None, "it is back"
    store.close()


def test_f120_a_page_that_breaks_under_the_agent_is_said_and_nothing_new_is_begun(tmp_path: Path) -> None:
    store = opened(tmp_path / "s.db")
    troubles: list[str | None] = []
    store.on_trouble = troubles.append
    store.call(sell, store, 1)

    def broken(_db: object) -> None:
        error = sqlite3.DatabaseError("database disk image is malformed")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error

    with pytest.raises(StoreDamaged, match="store rebuild"):
        store.call(broken)
    store.call(sell, store, 1)
    assert "store rebuild" in (store.trouble or ""), "what had begun was recorded, and the trouble stays"
    assert len(troubles) == 1
    store.close()
