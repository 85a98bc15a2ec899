"""What persons decide: a disputed sale is settled once, with a name and a reason, and is never rewritten."""

import asyncio
from pathlib import Path

import pytest

from edge.forecourt.views import SaleView
from hardware.ports import PumpState
from shared.disputes import Basis, DisputeReason, MeterReason
from shared.errors import Refused
from shared.messages import DisputeSettled, FreePoint, MeterExplained, PumpAlarmed
from shared.sale import SaleStatus
from tests.edge.forecourt.test_orders import order
from tests.edge.forecourt.yard import Yard, two_pumps

WANG, LI = "attendant:小王", "attendant:小李"
SHOWN, MOVED = (67_960, 51_310), (40_780, 30_789)


async def disputed(yard: Yard) -> SaleView:
    """Chengdu again: 67.96 on the display, 40.78 by the totaliser."""
    await yard.price()
    yard.pumps[1].replay = (27_180, 20_521)
    sold = await yard.serve(1, 40_780)
    assert sold.sale.status is SaleStatus.DISPUTED
    assert (sold.sale.delivery.volume, sold.sale.delivery.amount) == SHOWN
    return sold


@pytest.mark.parametrize(
    ("basis", "agreed", "figures"),
    [
        (Basis.DISPLAY, None, SHOWN),
        (Basis.TOTALISER, None, MOVED),
        (Basis.AGREED, (40_000, 30_000), (40_000, 30_000)),
        (Basis.VOID, None, (0, 0)),
    ],
)
async def test_a_disputed_sale_is_settled_by_a_person(
    tmp_path: Path, basis: Basis, agreed: tuple[int, int] | None, figures: tuple[int, int]
) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        sold = await disputed(yard)
        assert (await yard.point(1)).disputed
        assert (await yard.forecourt.view()).disputes == 1
        printed = yard.printer.nudges
        await yard.forecourt.settle(sold.key, basis, DisputeReason.DISPLAY_WRONG, WANG, "与顾客核对", agreed)
        after = await yard.forecourt.sale(sold.key)
        assert after.sale == sold.sale, "the record itself never changes"
        assert after.figures == (*figures, figures[1])
        assert not after.waits
        assert not (await yard.point(1)).disputed
        assert (await yard.forecourt.view()).disputes == 0
        (told,) = await yard.facts(DisputeSettled)
        assert isinstance(told, DisputeSettled)
        assert (told.sale_epoch, told.sale_seq, told.settlement.by) == (sold.key.epoch, sold.key.seq, WANG)
        assert len(after.slips) == (basis is not Basis.VOID), "its receipt prints by itself"
        assert yard.printer.nudges > printed


async def test_ten_taps_settle_once_and_two_people_never_settle_twice(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        sold = await disputed(yard)
        wishes = [
            yard.forecourt.settle(sold.key, basis, DisputeReason.DISPLAY_WRONG, by)
            for basis, by in [(Basis.TOTALISER, WANG)] * 5 + [(Basis.DISPLAY, LI)] * 5
        ]
        ends = await asyncio.gather(*wishes, return_exceptions=True)
        refused = [end for end in ends if isinstance(end, Refused)]
        assert [end.reason for end in refused] == ["already_settled"] * 9
        assert len(await yard.facts(DisputeSettled)) == 1


async def test_a_sale_that_was_proved_has_nothing_to_settle(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        sold = await yard.serve(1, 10_000)
        with pytest.raises(Refused, match="nothing to settle"):
            await yard.forecourt.settle(sold.key, Basis.VOID, DisputeReason.OTHER, WANG, "x")
        assert await yard.facts(DisputeSettled) == []


@pytest.mark.parametrize(
    ("basis", "reason", "note", "agreed", "word"),
    [
        (Basis.DISPLAY, DisputeReason.OTHER, "  ", None, "no_reason"),
        (Basis.AGREED, DisputeReason.CUSTOMER_AGREED, "", None, "no_figures"),
        (Basis.AGREED, DisputeReason.CUSTOMER_AGREED, "", (-1, 5), "bad_figures"),
        (Basis.AGREED, DisputeReason.CUSTOMER_AGREED, "", (5, 10**12), "bad_figures"),
    ],
)
async def test_a_decision_without_sense_is_sent_back(
    tmp_path: Path, basis: Basis, reason: DisputeReason, note: str, agreed: tuple[int, int] | None, word: str
) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        sold = await disputed(yard)
        with pytest.raises(Refused) as refused:
            await yard.forecourt.settle(sold.key, basis, reason, WANG, note, agreed)
        assert refused.value.reason == word


async def test_where_the_totaliser_was_not_read_it_can_settle_nothing(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        yard.pumps[1].tells_totaliser = False
        sold = await yard.serve(1, 10_000)
        with pytest.raises(Refused) as refused:
            await yard.forecourt.settle(sold.key, Basis.TOTALISER, DisputeReason.DISPLAY_WRONG, WANG)
        assert refused.value.reason == "no_totaliser"


async def test_after_a_restart_the_point_knows_that_its_last_sale_was_settled(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        sold = await disputed(yard)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        assert (await yard.point(1)).disputed
        await yard.forecourt.settle(sold.key, Basis.VOID, DisputeReason.PUMP_TEST, WANG)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        assert not (await yard.point(1)).disputed


# ── Meter lines ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_line_is_explained_once_with_a_name(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.serve(1, 5_000)
    pumps[1].totalisers[1] += 77_000
    async with Yard(tmp_path / "s.db", pumps) as yard:
        (line,) = await yard.forecourt.unexplained()
        with pytest.raises(Refused, match="few words"):
            await yard.forecourt.explain(line.key, MeterReason.OTHER, 0, WANG)
        await yard.forecourt.explain(line.key, MeterReason.SOLD_BY_HAND, 60_445, WANG, "停电")
        with pytest.raises(Refused) as again:
            await yard.forecourt.explain(line.key, MeterReason.UNKNOWN, 0, LI)
        assert again.value.reason == "already_explained"
        assert await yard.forecourt.unexplained() == []
        (told,) = await yard.facts(MeterExplained)
        assert isinstance(told, MeterExplained)
        assert (told.line_seq, told.amount, told.by) == (line.key.seq, 60_445, WANG)
        assert (await yard.forecourt.meter_line(line.key)).explained == told


# ── A release that nobody can take back ───────────────────────────────────────────────────────────────────────────────


async def test_f08_a_release_at_a_pump_that_died_is_given_up_from_afar_and_the_others_sell_on(tmp_path: Path) -> None:
    """“Reserved”, with money on it, and nobody can clear it: here anybody with a name can, and it is told."""
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.forecourt.authorise(1, LI)
        await yard.phase(1, "authorised")
        with pytest.raises(Refused) as refused:
            await yard.forecourt.free(1, LI)
        assert refused.value.reason == "answers"
        pumps[1].fall_silent()
        await yard.phase(1, "inoperative")
        assert "free" in (await yard.point(1)).can
        assert (await yard.serve(2, 3_000)).sale.delivery.volume == 3_000
        ended = await yard.forecourt.execute(order(FreePoint(1), "free"))
        assert ended.done
        assert "free" not in (await yard.point(1)).can
        alarms = [alarm for alarm in await yard.facts(PumpAlarmed) if isinstance(alarm, PumpAlarmed)]
        assert [(alarm.point, alarm.alarm) for alarm in alarms] == [(1, "given_up")]
    pumps[1].state = PumpState.READY  # it had lost its power
    async with Yard(tmp_path / "s.db", pumps) as yard:  # and a restart brings it not back
        with pytest.raises(Refused) as refused:
            await yard.forecourt.free(1, LI)
        assert refused.value.reason == "nothing_open"


async def test_f14_fuel_that_flowed_under_a_given_up_release_is_found_when_the_pump_is_back(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.price()
        await yard.serve(1, 5_000)
        await yard.forecourt.authorise(1, LI)
        await yard.phase(1, "authorised")
        pumps[1].fall_silent()
        pumps[1].hear = lambda _: None
        pumps[1].lift(1)
        pumps[1].fill(9_000)
        await yard.phase(1, "inoperative")
        await yard.forecourt.free(1, LI)
        pumps[1].hear = yard.forecourt.receive
        pumps[1].power_on()
        found = (await yard.sold(2))[1].sale
        assert (found.authorised_by, found.delivery.volume, found.status) == ("pump", 9_000, SaleStatus.SETTLED)
