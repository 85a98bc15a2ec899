"""SIGKILLs, pulled adapters and frozen pumps at a forecourt of every protocol: each filling once, fen for fen."""

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.fakes.waiting import until
from tests.soak.conftest import say
from tests.soak.forecourt import Forecourt, unexplained, wrong

EVERY = 700_000
LONGEST = int(os.environ.get("SOAK_SECONDS", "1100"))
"""Whatever the count."""
FROZEN_PUMPS = 0.02
Deed = Callable[[Forecourt, random.Random], Awaitable[None]]


@pytest.mark.parametrize(
    ("times", "speed"),
    [
        pytest.param(3, 40, marks=pytest.mark.slow, id="few"),
        pytest.param(300, 12, marks=[pytest.mark.soak, pytest.mark.timeout(LONGEST + 400)], id="many"),
    ],
)
async def test_an_agent_killed_at_random_instants_has_every_filling_once(
    tmp_path: Path, seed: int, times: int, speed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    await _trouble(Forecourt(tmp_path, seed, speed, EVERY), seed, times, _kill, capsys)


@pytest.mark.soak
@pytest.mark.timeout(LONGEST + 400)
async def test_pulled_adapters_and_frozen_pumps_cost_no_filling(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    forecourt = Forecourt(tmp_path, seed, 12, EVERY)
    forecourt.simulated.strike("frozen", FROZEN_PUMPS)
    await _trouble(forecourt, seed, 100, _pull, capsys)


async def _kill(forecourt: Forecourt, dice: random.Random) -> None:
    soon = dice.random() < 0.5
    await asyncio.sleep(dice.uniform(0.2, 2) if soon else dice.uniform(2, 8))  # while it starts, and while it works
    forecourt.agent.kill()
    forecourt.agent.start()
    forecourt.hang_up_in_vain()


async def _pull(forecourt: Forecourt, dice: random.Random) -> None:
    await asyncio.sleep(dice.uniform(0.2, 6))
    cable = dice.choice(forecourt.cables)
    cable.pull()
    await asyncio.sleep(dice.uniform(0.1, 2))
    cable.plug()
    forecourt.hang_up_in_vain()


async def _trouble(forecourt: Forecourt, seed: int, times: int, deed: Deed, capsys: pytest.CaptureFixture[str]) -> None:
    dice, done = random.Random(seed), 0
    with forecourt.open():
        forecourt.agent.start()
        await until(lambda: forecourt.meters_known, 60, f"the first reading of the meters: {forecourt.agent.tail()}")
        forecourt.cars_come()
        end = time.monotonic() + LONGEST
        while done < times and time.monotonic() < end:
            await deed(forecourt, dice)
            done += 1
        forecourt.close()
        await forecourt.settle()
        complaints, still_open = wrong(forecourt), forecourt.open_fillings
    books = forecourt.books()
    disputed = [sale for _, sale in books.sold() if sale.status != "settled"]
    sold = f"{len(forecourt.truth())} fillings, {len(books.sales)} sales, {len(disputed)} disputed"
    say(capsys, f"SOAK_SEED={seed}: {done} times, {sold}, {still_open} open")
    assert not complaints, "\n".join([f"SOAK_SEED={seed}", *complaints])
    assert not list(unexplained(forecourt))
    assert not still_open
