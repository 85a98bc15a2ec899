"""A backup put back at a station that has sold on: both houses, the dispensers' totalisers, first without a network."""

from pathlib import Path

import pytest

from cloud.sync import identity
from edge.store import epochs
from edge.store.backup import backup, restore
from shared.disputes import MeterKind
from shared.station import Key
from tests.flow.chain import PRICES, A, Station, chain, eventually
from tests.flow.island import island

pytestmark = pytest.mark.flow


async def test_a_restored_station_sells_offline_and_head_office_ends_with_each_sale_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sold after the backup is at head office as sales, at the station as litres, and nowhere twice."""
    monkeypatch.setattr(identity, "ALIVE", 0)  # nobody waits 45 s until the store of before counts as silent
    copy = tmp_path / "backup.sqlite"
    with island() as pumps:
        async with chain(tmp_path) as company:
            async with company.office() as office:
                version = await office.price(PRICES)
                async with company.station(pumps) as station:
                    await station.priced(version)
                    first, second = await station.serve(1, 5_000), await station.serve(2, 6_000)
                    backup(company.store_of(A), A, copy)
                    last = await station.serve(1, 7_000)
                    await station.emptied()
            company.broker.stop()
            done = restore(copy, company.store_of(A), A)
            async with company.station(pumps) as station:
                after = await station.serve(1, 8_000)
                assert after.sale.proof.before == last.sale.proof.after, "the meters are read before anything is sold"
                (line,) = await station.forecourt.unexplained()
                assert (line.moved.kind, line.moved.volume) == (MeterKind.FALLBACK, 7_000)
                company.broker.start()
                async with company.office() as office:
                    await station.emptied()
                    await compared(station)
                    found = [Key(row.station, row.epoch, row.seq) for row in office.sales()]
            assert found == [first.key, second.key, last.key, after.key]
            assert [key.epoch for key in found] == [done.former_epoch] * 3 + [done.epoch]
            assert done.epoch > done.former_epoch


async def compared(station: Station) -> None:
    """Once the books of before are compared with head office."""

    async def look() -> bool:
        (former,) = await station.agent.store.read(epochs.all_former)
        return former.settled and former.elsewhere > 0

    await eventually(look, 20, "the former epoch to be compared")
