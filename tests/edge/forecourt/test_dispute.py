"""Fillings that the totaliser does not prove, and fillings that nobody authorised."""

from pathlib import Path

from edge.settings import Authorise as Who
from hardware.ports import (
    Authorise,
    Clear,
    CommandDone,
    FillingRead,
    NozzleReturned,
    PumpEvent,
    PumpStateRead,
    ReadTotaliser,
)
from shared.codes import scanned_code
from shared.coupon import Allowance, CouponKind, CouponTerms
from shared.disputes import MeterKind
from shared.messages import CouponBook, MeterMoved, PumpAlarmed, SaleRecorded
from shared.sale import Finding, SaleStatus
from tests.edge.forecourt.codes import PRIVATE, PUBLIC
from tests.edge.forecourt.yard import Yard, two_pumps


async def test_f01_a_sale_that_carries_the_last_customers_litres_is_disputed(tmp_path: Path) -> None:
    """Chengdu, August 2025: a tank of 50 litres was billed 67.96, the last sale's 27.18 having been added to 40.78.

    The meters were right all the time. So nothing is charged, printed or redeemed before the totaliser agrees.
    """
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        pump = yard.pumps[1]
        await yard.price()
        first = await yard.serve(1, 27_180)
        assert first.sale.status is SaleStatus.SETTLED
        terms = CouponTerms("c1", "新客券", CouponKind.AMOUNT, 2_000, 0, 2**50)
        await yard.coupons(CouponBook(1, {1: PUBLIC}, b"", Allowance(book_age=2**50)))
        await yard.phase(1, "idle")
        await yard.forecourt.present(1, scanned_code(terms, 1, PRIVATE), "attendant:小李")

        pump.replay = (first.sale.delivery.volume, first.sale.delivery.amount)
        view = await yard.serve(1, 40_780)

        sale = view.sale
        assert sale.delivery.volume == 67_960
        assert sale.proof.after is not None
        assert sale.proof.before is not None
        assert sale.proof.after - sale.proof.before == 40_780
        assert sale.proof.finding is Finding.MISMATCH
        assert sale.status is SaleStatus.DISPUTED
        assert sale.redemptions == ()
        assert view.slips == ()
        point = await yard.phase(1, "idle")
        assert point.disputed
        assert await yard.facts(SaleRecorded) == [SaleRecorded(first.sale), SaleRecorded(sale)]

        pump.replay = (0, 0)
        assert (await yard.serve(1, 10_000)).sale.status is SaleStatus.SETTLED
        assert not (await yard.point(1)).disputed


async def test_a_dispenser_without_a_totaliser_proves_nothing(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        yard.pumps[1].tells_totaliser = False
        sale = (await yard.serve(1, 10_000)).sale
        assert sale.proof.finding is Finding.UNREADABLE
        assert sale.status is SaleStatus.DISPUTED


async def test_a_mismatch_is_read_again_before_it_is_believed(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        before = yard.pumps[1].said(ReadTotaliser)
        yard.pumps[1].replay = (10, 8)
        await yard.serve(1, 10_000)
        assert yard.pumps[1].said(ReadTotaliser) - before > 1


async def test_f05_fuel_that_nobody_authorised_is_adopted_and_told(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        pump = yard.pumps[2]
        pump.release_itself()
        await yard.phase(2, "authorised")
        pump.lift(1)
        pump.flow(8_000)
        await yard.phase(2, "fuelling")
        pump.hang_up()
        sale = (await yard.sold(1))[0].sale
        assert sale.authorised_by == "pump"
        assert sale.status is SaleStatus.SETTLED
        assert sale.delivery.volume == 8_000
        alarms = await yard.facts(PumpAlarmed)
        assert [(alarm.point, alarm.alarm) for alarm in alarms if isinstance(alarm, PumpAlarmed)] == [
            (2, "unauthorised")
        ]


async def test_what_was_fuelled_while_the_agent_was_away_is_found_at_its_start(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.serve(1, 5_000)
    pumps[1].release_itself()
    pumps[1].lift(2)
    pumps[1].fill(12_340)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        away = (await yard.sold(2))[1].sale
        assert (away.authorised_by, away.delivery.nozzle, away.delivery.volume) == ("pump", 2, 12_340)
        assert away.status is SaleStatus.SETTLED
        assert len(await yard.facts(PumpAlarmed)) == 1


async def test_litres_that_no_display_shows_any_more_are_a_line_of_their_own_once(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.serve(1, 5_000)
    pumps[1].totalisers[1] += 77_000
    async with Yard(tmp_path / "s.db", pumps) as yard:
        (line,) = await yard.facts(MeterMoved)
        assert isinstance(line, MeterMoved)
        assert (line.kind, line.point, line.nozzle, line.volume) == (MeterKind.FALLBACK, 1, 1, 77_000)
        assert len(await yard.sales()) == 1
    async with Yard(tmp_path / "s.db", pumps) as yard:
        assert len(await yard.facts(MeterMoved)) == 1
        assert (await yard.serve(1, 5_000)).sale.status is SaleStatus.SETTLED


async def test_f05_a_release_whose_acknowledgement_was_lost_still_is_ours(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        pump = yard.pumps[1]
        pump.lost = {Authorise}
        sale = (await yard.serve(1, 9_990)).sale
        assert sale.authorised_by == "attendant:小李"
        assert await yard.facts(PumpAlarmed) == []


async def test_f05_a_clear_that_was_lost_does_not_sell_the_last_filling_again(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        pump = yard.pumps[1]
        pump.deaf = {Clear}
        await yard.serve(1, 9_990)
        await yard.phase(1, "idle")
        pump.fall_silent()
        pump.power_on()
        await yard.rest()
        assert len(await yard.sales()) == 1
        pump.deaf = set()
        assert (await yard.serve(1, 1_000)).sale.delivery.volume == 1_000
        assert len(await yard.sales()) == 2


async def test_f05_drops_after_the_end_belong_to_the_sale(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps(), Who.AUTOMATIC) as yard:
        pump = yard.pumps[1]
        pump.lift(1)
        await yard.phase(1, "started")
        pump.flow(10_000)
        await yard.forecourt.stop(1, "attendant:小李")
        await yard.until(lambda: pump.state == "finished")
        pump.volume, pump.amount = pump.volume + 30, pump.amount + 23
        pump.totalisers[1] += 30
        pump.hang_up()
        sale = (await yard.sold(1))[0].sale
        assert sale.delivery.volume == 10_030
        assert sale.status is SaleStatus.SETTLED


async def test_a_stopped_point_is_not_released_again_before_its_nozzle_was_hung_up(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps(), Who.AUTOMATIC) as yard:
        pump = yard.pumps[1]
        pump.lift(1)
        await yard.phase(1, "started")
        pump.flow(2_000)
        await yard.forecourt.stop_all("attendant:小李")
        await yard.until(lambda: pump.state == "finished")
        assert pump.said(Authorise) == 1
        pump.hang_up()
        await yard.sold(1)
        pump.lift(1)
        await yard.phase(1, "started")


async def test_a_wrong_nozzle_is_stopped_before_anything_flows(tmp_path: Path) -> None:
    """F06: nozzle 2 was released, nozzle 1 is lifted."""
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        pump = yard.pumps[1]
        await yard.forecourt.authorise(1, "attendant:小李", nozzle=2)
        await yard.phase(1, "authorised")
        pump.lift(1)
        pump.flow(5_000)
        await yard.until(lambda: pump.state == "finished")
        pump.hang_up()
        await yard.phase(1, "idle")
        assert await yard.sales() == []


async def test_a_filling_shorter_than_a_poll_is_sold_all_the_same(tmp_path: Path) -> None:
    """Released, filled and hung up between two polls: its end is the first that is heard of it."""
    async with Yard(tmp_path / "s.db", two_pumps(), Who.AUTOMATIC) as yard:
        pump = yard.pumps[1]
        heard: list[PumpEvent] = []
        deliver, pump.hear = pump.hear, heard.extend
        pump.lift(1)
        deliver(heard[:])
        heard.clear()
        await yard.until(lambda: pump.said(Authorise) == 1)
        pump.fill(10)
        pump.hear = deliver
        last: list[PumpEvent] = [
            PumpStateRead(1, pump.state),
            FillingRead(1, pump.volume, pump.amount),
            NozzleReturned(1, 1),
        ]
        deliver([*last, CommandDone(1, pump.commands[-1])])
        (view,) = await yard.sold(1)
        assert (view.sale.delivery.volume, view.sale.status) == (10, SaleStatus.SETTLED)
        assert view.sale.authorised_by == "automatic"
