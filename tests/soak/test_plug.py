"""The plug of a real machine is pulled while it sells: every printed receipt has its sale.

A killed process loses nothing that the kernel has; a machine does. This is the only trial here that tells a synced
commit from one that is not.
"""

import random
import time
from pathlib import Path

import pytest

from tests.soak.conftest import say
from tests.soak.guest.machine import Guest, empty_disk, memory_disk

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1_800)]

CUTS = 20
BOOT_SECONDS = 240
FEWEST = 10
"""Receipts before a cut counts."""


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the guest starts from."""
    return memory_disk(tmp_path_factory.mktemp("guest") / "memory")


def test_no_receipt_is_without_its_sale_when_the_plug_is_pulled(
    tmp_path: Path, memory: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    disk, dice = empty_disk(tmp_path / "disk.img"), random.Random(seed)
    printed: dict[str, str] = {}
    for _ in range(CUTS):
        fresh = _evening(memory, disk, printed, dice.uniform(0.5, 6.0))
        assert not fresh.keys() & printed.keys(), "a number was given to two receipts"
        printed |= fresh
    _evening(memory, disk, printed, 0)
    say(capsys, f"SOAK_SEED={seed}: {CUTS} power cuts, {len(printed)} receipts, none without its sale")
    assert len(printed) >= CUTS * FEWEST


def test_the_plug_finds_a_store_that_does_not_sync(
    tmp_path: Path, memory: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = empty_disk(tmp_path / "disk.img")
    printed = _evening(memory, disk, {}, 3, "station=weak")
    with pytest.raises(AssertionError, match="lost"):
        _evening(memory, disk, printed, 0)
    say(capsys, f"SOAK_SEED={seed}: without a sync, a power cut loses receipts that were printed")


def _evening(memory: Path, disk: Path, printed: dict[str, str], seconds: float, *words: str) -> dict[str, str]:
    """Switched on, asked what it has kept, left to sell for a while, and cut; gives what it printed."""
    with Guest(memory, disk, *words) as guest:
        guest.until("told", BOOT_SECONDS)
        _has_kept(guest.lines, printed)
        if not seconds:
            return {}
        guest.until("selling", BOOT_SECONDS)
        begun = len(guest.lines)
        while len(guest.lines) < begun + FEWEST:
            guest.until("-", BOOT_SECONDS)
        time.sleep(seconds)
        guest.pull_the_plug()
        return dict(line.split() for line in guest.lines[begun:] if len(line.split()) == 2)


def _has_kept(lines: list[str], printed: dict[str, str]) -> None:
    kept = dict(line.split()[1:] for line in lines if line.startswith("kept "))
    damaged = [line for line in lines if line.startswith("damaged")]
    lost = {number: (amount, kept.get(number)) for number, amount in printed.items() if kept.get(number) != amount}
    assert not lost, f"lost {len(lost)} of {len(printed)} receipts: {sorted(lost.items())[:5]} {damaged}"
