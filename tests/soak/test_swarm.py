"""A thousand stations with every fault, while head office is killed again and again at random instants.

It is the real program on PostgreSQL, gate and all: while it is dead, nobody comes onto the line. ``SOAK_SEED`` throws
the same dice again.
"""

import asyncio
import random
import time
from pathlib import Path

import pytest
from msgspec.structs import asdict

from cloud import founding
from cloud.coupons import issuing, sealing
from cloud.coupons.issuing import NewCampaign
from cloud.tariffs import deciding
from cloud.tariffs.deciding import NewTariff
from hardware.swarm.station import FAULTS
from shared.coupon import CouponKind
from tests.company.servers import postgresql
from tests.flow import conserved
from tests.flow.chain import Chain, chain
from tests.flow.programs import office_program
from tests.flow.swarm import disagreements, sums, swarm
from tests.soak.conftest import say

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1_800)]

STATIONS = [f"swarm-{number:04}" for number in range(1_000)]
SALES, COUPONS, KILLS = 30, 60, 20
FAULTY = [word for name in FAULTS for word in ("--fault", f"{name}:0.03")]
DAY = 86_400_000


async def test_head_office_dies_under_a_thousand_stations_and_every_sale_is_in_the_books_once(
    tmp_path: Path, seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    dice = random.Random(seed)
    async with chain(tmp_path, STATIONS, postgresql()) as company:
        _decide(company)
        office, begun = office_program(company), time.monotonic()
        office.start()
        words = ["--seed", str(seed), "--sale-every", "3", "--sales", str(SALES), "--redeem", "0.2", *FAULTY]
        words += ["--seconds", "900", "--wait", "300", "--heartbeat", "5", "--patience", "2"]
        crowd_of = swarm(tmp_path / "swarm", company.settings.line.port, company.passwords, *words)
        try:
            async with crowd_of as crowd:
                for _ in range(KILLS):
                    await asyncio.sleep(dice.uniform(1, 8))
                    office.kill()
                    office.start()
                truth = await crowd.ended(1_200)
                connections = crowd.standing["connections"]
        finally:
            office.stop()
        with company.books() as books:
            found, figures = list(disagreements(books, [truth])), conserved.figures(books)
    assert found == []
    told, here = sums([truth]), asdict(figures)
    assert {name: here[name] for name in told} == told
    assert told["sales"] == SALES * len(STATIONS)
    say(capsys, f"SOAK_SEED={seed}: {KILLS} SIGKILLs of head office, {connections:,} connections of stations")
    say(capsys, f"{figures}; in {time.monotonic() - begun:.0f} s; none lost, none twice")


def _decide(company: Chain) -> None:
    """Prices, and coupons that several stations will use, each knowing nothing of the other."""
    now, seal = founding.now(), sealing.load(founding.key_file(company.settings))
    with company.books() as books:
        with books.begin() as connection:
            deciding.make(connection, NewTariff({"92#": 7_550, "0#": 7_200}, 0), "王", now)
            issuing.create_campaign(
                connection, NewCampaign("久测", CouponKind.AMOUNT, 1_000, now, now + DAY), "王", now
            )
        issuing.issue(books, seal, "久测", COUPONS, "王", now, typed=True)
