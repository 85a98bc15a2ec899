"""What moves a totaliser with no sale to show for it: fallback, drops, and meters that were set back."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.store import books
from shared.disputes import MeterKind, moved_by
from shared.messages import MeterMoved, SettingsBook
from shared.sale import SaleStatus
from shared.site import SiteSettings
from tests.edge.forecourt.yard import QUICK, Yard, two_pumps
from tests.fakes.pump import FakePump

DRIPPING = replace(QUICK, drip=40)


async def moved(yard: Yard) -> list[MeterMoved]:
    return [fact for fact in await yard.facts(MeterMoved) if isinstance(fact, MeterMoved)]


def sell_by_hand(pump: FakePump, nozzle: int, volume: int) -> None:
    """The pump runs alone, as when the controller is dead."""
    pump.release_itself()
    pump.lift(nozzle)
    pump.fill(volume)


async def test_f13_three_sales_without_the_agent_are_one_line_a_nozzle(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.serve(1, 5_000)
    for volume in (10_000, 20_000, 7_770):
        sell_by_hand(pumps[1], 1, volume)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        (line,) = await moved(yard)
        assert (line.kind, line.point, line.nozzle, line.volume) == (MeterKind.FALLBACK, 1, 1, 37_770)
        assert line.after - line.before == 37_770
        assert line.since > 0
        assert len(await yard.sales()) == 1, "no sale is invented of them"
        assert (await yard.forecourt.view()).unexplained == 1, "and the day can't be closed before they are explained"
        assert (await yard.serve(1, 5_000)).sale.status is SaleStatus.SETTLED
    async with Yard(tmp_path / "s.db", pumps) as yard:
        assert len(await moved(yard)) == 1


async def test_f13_the_last_of_them_on_another_nozzle_is_a_sale_and_the_rest_a_line(tmp_path: Path) -> None:
    """The display proves what nozzle 2 has delivered; of nozzle 1 nobody knows but the meter."""
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.serve(1, 5_000)
    sell_by_hand(pumps[1], 1, 30_000)
    sell_by_hand(pumps[1], 2, 12_340)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        away = (await yard.sold(2))[1].sale
        assert (away.authorised_by, away.delivery.nozzle, away.delivery.volume) == ("pump", 2, 12_340)
        assert [(line.nozzle, line.volume) for line in await moved(yard)] == [(1, 30_000)]


async def test_drops_after_the_nozzle_was_hung_up_go_to_no_customer(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps, patience=DRIPPING) as yard:
        await yard.serve(1, 10_000)
        pumps[1].totalisers[1] += 40
        await yard.until(lambda: yard.store.call(_lines), 5)
        (drip,) = await moved(yard)
        assert (drip.kind, drip.volume) == (MeterKind.DRIP, 40)
        assert await yard.forecourt.unexplained() == [], "drops need no explanation"
        following = (await yard.serve(1, 5_000)).sale
        assert following.status is SaleStatus.SETTLED
        assert following.proof.before == drip.after, "and the next customer does not pay for them"


async def test_more_than_drops_must_be_explained(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps, patience=DRIPPING) as yard:
        await yard.serve(1, 10_000)
        pumps[1].totalisers[1] += 101
        await yard.until(lambda: yard.store.call(_lines), 5)
        assert [line.moved.kind for line in await yard.forecourt.unexplained()] == [MeterKind.FALLBACK]


async def test_head_office_may_set_what_counts_as_drops_and_it_holds_at_once(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps, patience=DRIPPING) as yard:
        await yard.serve(1, 10_000)
        await yard.store.run(books.keep_settings, SettingsBook(1, SiteSettings(drip_limit=30)))
        await yard.forecourt.settings_changed()
        pumps[1].totalisers[1] += 40
        await yard.until(lambda: yard.store.call(_lines), 5)
        assert [line.moved.kind for line in await yard.forecourt.unexplained()] == [MeterKind.FALLBACK]
    async with Yard(tmp_path / "s.db", pumps) as yard:
        assert yard.forecourt._grounds.site == SiteSettings(drip_limit=30), "and after a restart"


async def test_f07_a_meter_that_was_set_back_is_told_and_nothing_is_invented(tmp_path: Path) -> None:
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.serve(1, 5_000)
    pumps[1].totalisers[1] = 120
    async with Yard(tmp_path / "s.db", pumps) as yard:
        (line,) = await moved(yard)
        assert (line.kind, line.volume, line.after) == (MeterKind.BACKWARDS, 0, 120)
        sale = (await yard.serve(1, 5_000)).sale
        assert (sale.status, sale.proof.before) == (SaleStatus.SETTLED, 120)


async def test_f07_a_meter_that_starts_again_at_its_end_proves_the_sale(tmp_path: Path) -> None:
    pumps = two_pumps()
    pumps[1].totalisers[1] = 10**11 - 3_000
    async with Yard(tmp_path / "s.db", pumps) as yard:
        sale = (await yard.serve(1, 5_000)).sale
        assert (sale.status, sale.proof.after) == (SaleStatus.SETTLED, 2_000)
        assert await moved(yard) == []


@pytest.mark.parametrize(
    ("before", "after", "modulus", "said"),
    [
        (1_000, 1_000, 10**6, (MeterKind.DRIP, 0)),
        (1_000, 1_100, 10**6, (MeterKind.DRIP, 100)),
        (1_000, 1_101, 10**6, (MeterKind.FALLBACK, 101)),
        (999_990, 50, 10**6, (MeterKind.DRIP, 60)),
        (999_000, 4_000, 10**6, (MeterKind.FALLBACK, 5_000)),
        (5_000, 4_000, 10**6, (MeterKind.BACKWARDS, 0)),
        (5_000, 4_000, 0, (MeterKind.BACKWARDS, 0)),
        (5_000, 10**9, 0, (MeterKind.FALLBACK, 10**9 - 5_000)),
    ],
)
def test_what_became_of_a_meter(before: int, after: int, modulus: int, said: tuple[MeterKind, int]) -> None:
    assert moved_by(before, after, modulus, 100) == said


def _lines(db) -> int:  # type: ignore[no-untyped-def]
    return int(db.execute("SELECT count(*) FROM meter_line").fetchone()[0])


async def test_drops_of_one_hose_do_not_pass_for_a_short_filling_of_the_other(tmp_path: Path) -> None:
    """Both meters have moved by the same; the nozzle that was in the customer's hand is the one that sold."""
    pumps = two_pumps()
    async with Yard(tmp_path / "s.db", pumps) as yard:
        await yard.rest()
        pumps[1].totalisers[1] += 10
        await yard.forecourt.authorise(1, "attendant:小李")
        await yard.phase(1, "authorised")
    pumps[1].lift(2)
    pumps[1].fill(10)
    async with Yard(tmp_path / "s.db", pumps) as yard:
        sale = (await yard.sold(1))[0].sale
        assert (sale.delivery.nozzle, sale.delivery.volume, sale.status) == (2, 10, SaleStatus.SETTLED)
        assert [(line.nozzle, line.volume, line.kind) for line in await moved(yard)] == [(1, 10, MeterKind.DRIP)]
