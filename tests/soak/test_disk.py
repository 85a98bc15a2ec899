"""Disks that fail now and then, and disks that are full: what a customer got a receipt for is in the books."""

import random
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.edge.forecourt.test_restart import sold
from tests.soak.conftest import say

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
ROUNDS = 5
SECONDS = 8.0
FEWEST = 30
"""Receipts. After each failure the station waits a second before it tries again."""
FAULTS = ("posix/io/sync/fdatasync", "posix/io/sync/fsync", "posix/io/rw/pwrite", "posix/io/rw/pwrite64")
SMALL = 400_000
"""Bytes that a file may have on the full disk: a few hundred sales."""


@pytest.mark.parametrize("calls", [FAULTS[:2], FAULTS[2:], FAULTS], ids=["sync", "write", "both"])
def test_a_disk_that_fails_now_and_then_loses_no_acknowledged_sale(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str], calls: Sequence[str]
) -> None:
    dice = random.Random(seed)
    for _ in range(ROUNDS):
        odds = dice.choice((0.001, 0.005, 0.02))
        words = [word for call in calls for word in ("-c", f"enable_random name={call},probability={odds}")]
        _sell(tmp_path, ["fiu-run", "-x", *words], dice.uniform(0.5, 1.0) * SECONDS)
    printed = _every_receipt_has_its_sale(tmp_path)
    say(capsys, f"{printed} receipts, {len(sold(tmp_path / 's.db'))} sales")
    assert printed > FEWEST


def test_a_full_disk_loses_no_acknowledged_sale_and_sells_on_when_there_is_room(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = []
    for room in (SMALL, 2 * SMALL, 4 * SMALL, None):
        _sell(tmp_path, [], SECONDS, _limit(room) if room else None)
        counts.append(_every_receipt_has_its_sale(tmp_path))
    say(capsys, f"receipts as the disk grew: {counts}")
    assert counts == sorted(set(counts)), "with more room it sells on"


def _limit(room: int) -> Callable[[], None]:
    """A file may not grow beyond this: each write past it fails, as on a full disk. Python ignores the signal."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))


def _sell(directory: Path, wrapper: list[str], seconds: float, before: Callable[[], None] | None = None) -> None:
    """A busy station for so long, then SIGKILL. Under such faults it may also fail to start; it must say so and end."""
    paper = directory / "paper"
    paper.touch()
    program = [sys.executable, "-m", "tests.edge.forecourt.busy_station", str(directory / "s.db"), str(paper)]
    with (directory / "log").open("ab") as log:
        agent = subprocess.Popen([*wrapper, *program], cwd=ROOT, stdout=log, stderr=log, preexec_fn=before)
        time.sleep(seconds)
        agent.kill()
        agent.wait()


def _every_receipt_has_its_sale(directory: Path) -> int:
    """Fen for fen; and the store is whole. How many receipts there are."""
    printed = [line.split() for line in (directory / "paper").read_text().splitlines()]
    kept = sold(directory / "s.db")
    for number, amount in printed:
        assert kept.get(number) == int(amount), f"receipt {number} was printed, and its sale is not in the books"
    assert len({number for number, _ in printed}) == len(printed), "a number was given to two receipts"
    with closing(sqlite3.connect(directory / "s.db")) as books:
        assert books.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return len(printed)
