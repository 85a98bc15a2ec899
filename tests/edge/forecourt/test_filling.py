"""A customer fuels: from the lifting of the nozzle to the sale."""

from pathlib import Path

import pytest

from edge.settings import Authorise as Who
from hardware.ports import Authorise, Clear
from shared.errors import Refused
from shared.messages import SaleRecorded
from shared.sale import Finding, Preset, PresetKind, SaleStatus
from tests.edge.forecourt.yard import Yard, two_pumps


async def test_an_attendant_releases_a_point_and_the_customer_fuels(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        view = await yard.serve(1, 25_480)
        sale = view.sale
        assert (sale.delivery.volume, sale.delivery.amount) == (25_480, 19_237)
        assert (sale.delivery.nozzle, sale.delivery.grade, sale.delivery.unit_price) == (1, "92#", 7_550)
        assert sale.proof.finding is Finding.PROVED
        assert sale.status is SaleStatus.SETTLED
        assert sale.payable == sale.delivery.amount
        assert sale.authorised_by == "attendant:小李"
        assert await yard.facts(SaleRecorded) == [SaleRecorded(sale)]
        assert view.slips[0].state == "queued"
        assert yard.printer.nudges == 1
        await yard.phase(1, "idle")
        assert yard.pumps[1].said(Clear) == 1
        assert (await yard.point(1)).volume == 25_480


async def test_the_agent_releases_a_point_by_itself_when_it_is_run_so(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps(), Who.AUTOMATIC) as yard:
        yard.pumps[2].lift(2)
        await yard.phase(2, "started")
        yard.pumps[2].fill(10)
        sale = (await yard.sold(1))[0].sale
        assert (sale.delivery.point, sale.delivery.nozzle, sale.delivery.volume) == (2, 2, 10)
        assert sale.authorised_by == "automatic"


async def test_who_lifts_the_same_nozzle_before_the_last_sale_is_recorded_is_served_without_hanging_up(
    tmp_path: Path,
) -> None:
    async with Yard(tmp_path / "s.db", two_pumps(), Who.AUTOMATIC) as yard:
        pump = yard.pumps[1]
        pump.lift(1)
        await yard.phase(1, "started")
        pump.flow(7_000)
        pump.hang_up()
        pump.lift(1)
        await yard.until(lambda: pump.said(Authorise) == 2)
        pump.fill(9_000)
        assert [view.sale.delivery.volume for view in await yard.sold(2)] == [7_000, 9_000]
        assert pump.said(Authorise) == 2, "once for each of them"


async def test_a_preset_ends_the_filling_at_its_amount(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.forecourt.authorise(1, "attendant:小李", Preset(PresetKind.AMOUNT, 20_000))
        await yard.phase(1, "authorised")
        yard.pumps[1].lift(1)
        await yard.phase(1, "started")
        yard.pumps[1].fill(90_000)
        sale = (await yard.sold(1))[0].sale
        assert sale.delivery.amount == 20_000
        assert sale.preset == Preset(PresetKind.AMOUNT, 20_000)


async def test_nobody_is_released_twice(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.forecourt.authorise(1, "attendant:小李")
        with pytest.raises(Refused) as refused:
            await yard.forecourt.authorise(1, "attendant:小王")
        assert refused.value.reason == "already_released"
        assert yard.pumps[1].said(Authorise) == 1


async def test_a_nozzle_that_is_hung_up_without_fuelling_is_no_sale(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        yard.pumps[1].lift(1)
        await yard.phase(1, "calling")
        await yard.forecourt.authorise(1, "attendant:小李")
        await yard.phase(1, "started")
        yard.pumps[1].hang_up()
        await yard.phase(1, "idle")
        assert await yard.sales() == []
        rows = await yard.store.read(lambda db: db.execute("SELECT ended FROM filling").fetchall())
        assert rows == [("cancelled",)]
        await yard.serve(1, 5_000)
