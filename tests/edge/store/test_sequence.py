"""F38: each fact has a number of its own, whatever happens to the agent, its machine and its disk."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.store.backup import backup, restore
from edge.store.database import Store
from edge.store.salvage import rebuild
from tests.fakes.ends import sell

S = "s1"
FATES = st.lists(
    st.one_of(
        st.tuples(st.just("sells"), st.integers(1, 4)),
        st.tuples(st.sampled_from(["backed up", "restored", "copied", "copied back", "rebuilt"]), st.just(0)),
    ),
    max_size=8,
)


def said(path: Path) -> dict[int, bytes]:
    """Every letter in the store by its place: epoch and sequence."""
    with closing(sqlite3.connect(path)) as db:
        return dict(db.execute("SELECT place, body FROM letter"))


def live(path: Path, count: int) -> None:
    store = Store.open(path, S)
    store.call(sell, store, count)
    store.close()


@settings(max_examples=12)
@given(FATES)
def test_f38_no_number_is_given_twice_through_backups_copies_and_rebuilt_files(fates: list[tuple[str, int]]) -> None:
    """What was ever said under a number is all that is ever said under it."""
    with TemporaryDirectory() as folder:
        path, copy, old = (Path(folder) / name for name in ("s.db", "b.db", "old.db"))
        ever: dict[int, bytes] = {}
        live(path, 1)
        for fate, count in [*fates, ("sells", 1)]:
            match fate:
                case "sells":
                    live(path, count)
                case "backed up":
                    copy.unlink(missing_ok=True)
                    backup(path, S, copy)
                case "restored" if copy.exists():
                    restore(copy, path, S)
                case "copied":
                    shutil.copyfile(path, old)
                case "copied back" if old.exists():
                    shutil.copyfile(old, path)
                case "rebuilt":
                    rebuild(path, S)
            for place, body in said(path).items():
                assert ever.setdefault(place, body) == body
        for epoch in {place >> 31 for place in ever}:
            numbers = sorted(place & 0x7FFFFFFF for place in ever if place >> 31 == epoch)
            assert numbers == list(range(1, len(numbers) + 1)), "and in each epoch there is no hole"


@pytest.mark.slow
def test_f38_two_programs_on_one_store_give_no_number_twice(tmp_path: Path) -> None:
    """The agent sells while another program writes letters beside it, and the agent is killed in the middle."""
    path = tmp_path / "s.db"
    live(path, 1)
    selling = (
        "import sys, time; from pathlib import Path; from edge.store.database import Store\n"
        "from tests.fakes.ends import sell\n"
        "store = Store.open(Path(sys.argv[1]), 's1'); store.call(sell, store, 3); print('ready', flush=True)\n"
        "while not time.sleep(0.02): store.call(sell, store, 3)"
    )
    agent = subprocess.Popen([sys.executable, "-c", selling, str(path)], stdout=subprocess.PIPE, cwd=os.getcwd())
    assert agent.stdout is not None
    assert agent.stdout.readline() == b"ready\n"
    for _ in range(4):
        guest = Store.open(path, S, guest=True)
        guest.call(sell, guest, 2)
        guest.close()
    os.kill(agent.pid, signal.SIGKILL)
    agent.wait()
    agent.stdout.close()
    live(path, 2)
    places = sorted(said(path))
    assert len({place >> 31 for place in places}) == 1
    assert [place & 0x7FFFFFFF for place in places] == list(range(1, len(places) + 1))
    assert len(places) > 1 + 4 * 2 + 2
