"""A hundred stations at once, with every fault that a station can have, and head office has everything once."""

from pathlib import Path

import pytest
from msgspec.structs import asdict

from hardware.swarm.station import FAULTS
from tests.flow import conserved
from tests.flow.chain import chain
from tests.flow.swarm import disagreements, sums, swarm

pytestmark = pytest.mark.flow

STATIONS = [f"swarm-{number:03}" for number in range(100)]
FAULTY = [word for name in FAULTS for word in ("--fault", f"{name}:0.05")]
PRICES = {"92#": 7_550, "0#": 7_200}


async def test_a_hundred_stations_with_every_fault_and_each_sale_is_in_the_books_once(tmp_path: Path) -> None:
    async with chain(tmp_path, STATIONS) as company, company.office() as office:
        await office.price(PRICES)
        await office.coupons(12, 1_000, typed=True)
        words = ("--sale-every", "0.3", "--sales", "8", "--redeem", "0.3", "--patience", "0.5", "--heartbeat", "1")
        port = company.settings.line.port
        async with swarm(tmp_path / "swarm", port, company.passwords, *words, *FAULTY) as crowd:
            version = await office.price({"92#": 7_600})
            await crowd.until("tariffs", version, 10)
            truth = await crowd.ended(30)
        with company.books() as books:
            assert list(disagreements(books, [truth])) == []
            here = asdict(conserved.figures(books))
        told = sums([truth])
        assert {name: here[name] for name in told} == told
        assert told["sales"] == 800
        assert told["coupons"] > 12, "some coupon was used at two stations"
        assert any(line.unreadable for one in truth.stations for line in one.lines)
