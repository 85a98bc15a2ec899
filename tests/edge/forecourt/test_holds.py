"""A preset hold over a power cut: still valid, or settled to what was dispensed, or let go; and never given twice."""

from pathlib import Path

from hardware.ports import Authorise, PumpState, ReadState, Stop
from shared.sale import Preset, PresetKind, SaleStatus
from tests.edge.forecourt.yard import Yard, two_pumps

LI = "attendant:小李"
YUAN_200 = Preset(PresetKind.AMOUNT, 20_000)


async def test_f08_a_hold_is_still_valid_when_the_agent_died_before_the_first_drop(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.price()
        await yard.forecourt.authorise(1, LI, YUAN_200)
        await yard.phase(1, "authorised")
    pumps[1].commands.clear()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        view = await yard.phase(1, "authorised")
        assert view.preset == YUAN_200
        assert isinstance(pumps[1].commands[0], ReadState), "it is read before anything is said to it"
        assert (await yard.serve(2, 3_000)).sale.delivery.volume == 3_000, "and the others sell on"
        pumps[1].lift(1)
        pumps[1].flow(60_000)
        pumps[1].hang_up()
        sold = (await yard.sold(2))[-1].sale
        assert (sold.delivery.amount, sold.preset, sold.authorised_by) == (20_000, YUAN_200, LI)
        assert pumps[1].said(Authorise) == 0, "it was not released twice"


async def test_f08_a_hold_that_its_pump_has_forgotten_is_let_go(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.price()
        await yard.forecourt.authorise(1, LI, YUAN_200)
        await yard.phase(1, "authorised")
    pumps[1].state, pumps[1].allowed, pumps[1].preset = PumpState.READY, (), None
    async with Yard(tmp_path / "s.db", pumps) as yard:
        view = await yard.phase(1, "idle")
        assert view.preset is None
        assert "authorise" in view.can
        assert await yard.sales() == []
        assert (await yard.serve(1, 5_000)).sale.preset is None


async def test_f14_a_hold_settles_to_what_was_dispensed_while_the_power_was_off(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.price()
        await yard.forecourt.authorise(1, LI, YUAN_200)
        await yard.phase(1, "authorised")
        pumps[1].lift(1)
        pumps[1].flow(4_000)
        await yard.phase(1, "fuelling")
    pumps[1].flow(6_000)
    pumps[1].hang_up()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        sold = (await yard.sold(1))[0].sale
        assert (sold.delivery.volume, sold.preset, sold.status) == (10_000, YUAN_200, SaleStatus.SETTLED)
        assert sold.payable == sold.delivery.amount < YUAN_200.value


async def test_f06_who_lifts_the_wrong_nozzle_loses_the_hold_and_hanging_up_does_not_bring_it_back(
    tmp_path: Path,
) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.price()
        await yard.forecourt.authorise(1, LI, YUAN_200, nozzle=2)
        await yard.phase(1, "authorised")
        pumps[1].lift(1)
        await yard.until(lambda: pumps[1].said(Stop) > 0)
        pumps[1].hang_up()
        await yard.phase(1, "idle")
        pumps[1].lift(2)
        await yard.phase(1, "calling")
        pumps[1].flow(5_000)
        assert pumps[1].volume == 0, "it was not released again"
        assert await yard.sales() == []
