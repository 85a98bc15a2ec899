"""A station that goes on with a backup: litres are told by the totalisers, and no sale is made of them once more."""

import shutil
from pathlib import Path

from edge.store.backup import backup, restore
from shared.disputes import MeterKind
from shared.messages import MeterMoved
from shared.sale import SaleStatus
from tests.edge.forecourt.test_meter import sell_by_hand
from tests.edge.forecourt.yard import STATION, Yard, two_pumps


async def test_what_was_sold_after_the_backup_is_litres_at_the_meter_and_not_a_sale_again(tmp_path: Path) -> None:
    """The display still shows the last sale, and the meter has moved by just as much; but head office may have it."""
    path, copy, pumps = tmp_path / "s.db", tmp_path / "b.db", two_pumps()
    async with Yard(path, pumps) as yard:
        await yard.serve(1, 5_000)
        await yard.serve(2, 7_000)
        backup(path, STATION, copy)
        await yard.serve(1, 11_000)
        for volume in (3_000, 4_000):
            await yard.serve(2, volume)
    restore(copy, path, STATION)
    async with Yard(path, pumps) as yard:
        assert [view.sale.delivery.volume for view in await yard.sales()] == [5_000, 7_000]
        moved = [fact for fact in await yard.facts(MeterMoved) if isinstance(fact, MeterMoved)]
        assert {(line.point, line.volume, line.kind) for line in moved} == {
            (1, 11_000, MeterKind.FALLBACK),
            (2, 7_000, MeterKind.FALLBACK),
        }
        assert (await yard.serve(1, 6_000)).sale.status is SaleStatus.SETTLED, "and then it sells as ever"
    async with Yard(path, pumps) as yard:
        assert len(await yard.sales()) == 3
        assert len(await yard.facts(MeterMoved)) == 2


async def test_a_filling_that_was_open_in_an_old_copy_is_not_sold_once_more(tmp_path: Path) -> None:
    path, copy, pumps = tmp_path / "s.db", tmp_path / "b.db", two_pumps()
    async with Yard(path, pumps) as yard:
        await yard.serve(1, 5_000)
        pumps[1].lift(1)
        await yard.phase(1, "calling")
        await yard.forecourt.authorise(1, "attendant:小李")
        await yard.phase(1, "authorised", "started")
        backup(path, STATION, copy)
        pumps[1].fill(9_000)
        assert len(await yard.sold(2)) == 2
        await yard.phase(1, "idle")
    restore(copy, path, STATION)
    async with Yard(path, pumps) as yard:
        assert [view.sale.delivery.volume for view in await yard.sales()] == [5_000]
        (line,) = await yard.facts(MeterMoved)
        assert isinstance(line, MeterMoved)
        assert line.volume == 9_000


async def test_an_old_copy_of_the_file_is_treated_like_a_backup(tmp_path: Path) -> None:
    path, copy, pumps = tmp_path / "s.db", tmp_path / "b.db", two_pumps()
    async with Yard(path, pumps) as yard:
        await yard.serve(1, 5_000)
    shutil.copyfile(path, copy)
    async with Yard(path, pumps) as yard:
        await yard.serve(1, 11_000)
    shutil.copyfile(copy, path)
    async with Yard(path, pumps) as yard:
        assert len(await yard.sales()) == 1
        (line,) = await yard.facts(MeterMoved)
        assert isinstance(line, MeterMoved)
        assert line.volume == 11_000


async def test_a_display_that_still_shows_a_sale_from_after_the_backup_makes_no_sale_of_it(tmp_path: Path) -> None:
    """Display and meter prove each other, but only the lost books could say whether it was sold already."""
    path, copy, pumps = tmp_path / "s.db", tmp_path / "b.db", two_pumps()
    async with Yard(path, pumps) as yard:
        await yard.serve(1, 5_000)
        backup(path, STATION, copy)
    restore(copy, path, STATION)
    sell_by_hand(pumps[1], 1, 12_340)
    async with Yard(path, pumps) as yard:
        assert len(await yard.sales()) == 1
        (line,) = await yard.facts(MeterMoved)
        assert isinstance(line, MeterMoved)
        assert line.volume == 12_340
    sell_by_hand(pumps[1], 2, 7_000)
    async with Yard(path, pumps) as yard:
        assert len(await yard.sold(2)) == 2, "once the meters were read a proved filling is a sale again"
