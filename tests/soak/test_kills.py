"""Hundreds of SIGKILLs of a busy station's agent, compared fen for fen with what its dispensers really delivered."""

import asyncio
import random
import time
from pathlib import Path

import pytest

from tests.company.programs import ended_in_order
from tests.fakes.waiting import until
from tests.flow.chain import PRICES, chain, eventually
from tests.flow.island import Island
from tests.flow.programs import acknowledged, edge_program, sold
from tests.soak.conftest import say

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

KILLS = 300
SECONDS = 420
"""Whichever comes first."""
FEWEST = 100
BETWEEN_CARS = 800_000


async def test_a_busy_station_killed_hundreds_of_times_has_sold_what_flowed_fen_for_fen(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    dice, pumps = random.Random(seed), Island(speed=12, seed=seed, every=BETWEEN_CARS)
    async with chain(tmp_path) as company, company.office() as office:
        await office.price(PRICES)
        agent = edge_program(company, pumps.url)
        with ended_in_order([agent]):
            agent.start()
            pumps.start()
            kills, end = 0, time.monotonic() + SECONDS
            while kills < KILLS and time.monotonic() < end:
                await asyncio.sleep(dice.uniform(0.2, 4.5))
                agent.kill()
                agent.start()
                kills += 1
                _hang_up_again(pumps)
            pumps.simulated.act(lambda _: pumps.simulated.customers.close())
            await asyncio.sleep(10)
            _hang_up_again(pumps)
            await until(pumps.quiet, 180, "the last customer to leave")
            await sold(company, len(pumps.truth()))
            await eventually(lambda: acknowledged(company), 30, "the last letter to be acknowledged")
        pumps.stop()
        company.check(pudong_1=pumps)
    sales = [sale for _, sale in company.told().sold()]
    disputed = [sale for sale in sales if sale.status != "settled"]
    fen = sum(sale.delivery.amount for sale in sales)
    say(capsys, f"SOAK_SEED={seed}: {kills} kills, {len(sales)} sales, {fen} fen, {len(disputed)} disputed")
    assert kills >= FEWEST
    assert not disputed


def _hang_up_again(pumps: Island) -> None:
    """Who lifted the nozzle of a filling that nobody had recorded yet is told to hang up and lift again."""
    for seen in pumps.simulated.points():
        if seen["nozzle"] and seen["state"] == "finished" and pumps.simulated.customers.at(seen["point"]):
            pumps.hang_up(seen["point"])
