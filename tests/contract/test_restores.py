"""A station whose books were put back, over the real line: what each end has, the other gets to know, once."""

import shutil
from pathlib import Path

import pytest

from cloud.store.database import Books
from cloud.store.tables import CaseRow, DeadLetterRow, SaleRow, SecurityEventRow, StationEventRow
from cloud.sync import identity
from edge.store import epochs
from edge.store.backup import backup, restore
from edge.store.database import Store
from edge.store.epochs import Former
from edge.store.salvage import rebuild
from shared.station import Key
from tests.company.servers import BrokerServer
from tests.contract.conftest import STATIONS
from tests.fakes.ends import StationEnd, company_end, sell, station_end
from tests.fakes.waiting import until

A, B = STATIONS


async def settled(station: StationEnd) -> list[Former]:
    """Once the former epochs were compared with head office."""
    await until(lambda: station.link.uplink.former.asks == () and station.link.uplink.accepted, 20.0)
    return await station.store.read(epochs.all_former)


def offline(path: Path, count: int) -> int:
    """An agent with no network sells so often; its epoch."""
    store = Store.open(path, A)
    store.call(sell, store, count)
    store.close()
    return store.epoch


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Head office takes a store for silent at once: nobody wants to wait until the former one has been so for 45 s."""
    monkeypatch.setattr(identity, "ALIVE", 0)


async def test_a_restored_station_and_head_office_have_each_sale_once(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    """Sold 20, told 12, backed up, sold 6 more without a network; then the backup was put back."""
    path, copy = tmp_path / "store", tmp_path / "backup"
    async with company_end(books, broker.company()) as company:
        async with station_end(path, A, broker.station(A)) as station:
            await station.sell(12)
            await station.emptied()
            epoch = station.store.epoch
        offline(path, 8)
        backup(path, A, copy)
        offline(path, 6)
        done = restore(copy, path, A)
        assert (done.former_epoch, done.upto) == (epoch, 20)
        async with station_end(path, A, broker.station(A)) as station:
            await station.sell(2)
            await station.emptied()
            (former,) = await settled(station)
            assert (former.epoch, former.settled, former.upto, former.elsewhere) == (epoch, True, 20, 0)
            new = station.store.epoch
        assert company.sales() == [Key(A, epoch, n) for n in range(1, 21)] + [Key(A, new, 2), Key(A, new, 3)]
        assert "store_renewed" in {row.kind for row in company.rows(StationEventRow)}
        assert "store_restored" in {row.kind for row in company.rows(SecurityEventRow)}, "head office is told"


async def test_sales_that_only_head_office_has_are_known_at_the_station(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    path, copy = tmp_path / "store", tmp_path / "backup"
    async with company_end(books, broker.company()) as company:
        offline(path, 4)
        backup(path, A, copy)
        async with station_end(path, A, broker.station(A)) as station:
            await station.sell(5)
            await station.emptied()
        restore(copy, path, A)
        async with station_end(path, A, broker.station(A)) as station:
            (former,) = await settled(station)
            assert (former.upto, former.elsewhere) == (4, 5)
        assert len(company.rows(SaleRow)) == 9


async def test_an_old_copy_sells_on_without_a_network_and_nothing_is_taken_for_something_else(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    """Head office has sale 5 of the true store; sale 5 of the copy is another one, and both are kept."""
    path = tmp_path / "store"
    epoch = offline(path, 4)
    shutil.copyfile(path, tmp_path / "copy")
    async with company_end(books, broker.company()) as company:
        async with station_end(path, A, broker.station(A)) as station:
            await station.sell(3)
            await station.emptied()
        shutil.copyfile(tmp_path / "copy", path)
        new = offline(path, 3)
        async with station_end(path, A, broker.station(A)) as station:
            await station.emptied()
            (former,) = await settled(station)
        assert (former.reason, former.elsewhere) == ("older", 3)
        assert company.sales() == [Key(A, epoch, n) for n in range(1, 8)] + [Key(A, new, n) for n in (2, 3, 4)]


async def test_unsent_letters_of_a_damaged_store_arrive_under_their_old_keys(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    path = tmp_path / "store"
    epoch = offline(path, 300)
    data = bytearray(path.read_bytes())
    page = len(data) // 4096 // 2 * 4096
    data[page : page + 4096] = bytes(4096)
    path.write_bytes(data)
    done = rebuild(path, A)
    async with company_end(books, broker.company()) as company, station_end(path, A, broker.station(A)) as station:
        await settled(station)
        arrived = {key for key in company.letters() if key.epoch == epoch}
        assert len(arrived) == done.saved == 300 - done.lost


async def test_the_image_of_a_disk_put_back_loses_no_sale_although_its_numbers_were_given_already(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    """The words beside the store went back with it, so that nothing here can tell; head office has other letters under
    the same numbers, and more of them than the image knew. Every sale of both lives is kept: in the books, or as
    evidence beside a case."""
    disk, image = tmp_path / "disk", tmp_path / "image"
    disk.mkdir()
    path = disk / "store"
    async with company_end(books, broker.company()) as company:
        async with station_end(path, A, broker.station(A)) as station:
            await station.sell(4)
            await station.emptied()
            epoch = station.store.epoch
        shutil.copytree(disk, image)
        async with station_end(path, A, broker.station(A)) as station:
            await station.sell(3)
            await station.emptied()
        shutil.rmtree(disk)
        shutil.copytree(image, disk)
        for count in (3, 3):
            offline(path, count)
        async with station_end(path, A, broker.station(A)) as station:
            await until(lambda: station.link.uplink.accepted or station.link.uplink.refused)
            if station.link.uplink.accepted:
                await station.emptied()
        if not company.rows(CaseRow):
            restore(path, path, A)
            async with station_end(path, A, broker.station(A)) as station:
                await station.emptied()
                await settled(station)
        kept = {(row.epoch, row.seq) for row in company.rows(SaleRow)}
        evidence = {row.seq for row in company.rows(DeadLetterRow)}
        assert {(epoch, seq) for seq in range(1, 11)} <= kept
        assert evidence == {5, 6, 7}, "what came under numbers that were given"
        assert {(row.kind, row.seq) for row in company.rows(CaseRow)} == {("letter_differs", seq) for seq in evidence}


async def test_a_store_that_was_refused_as_an_old_backup_tells_everything_once_it_has_a_new_epoch(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    """As the refusal says: put back with its own file. What it has sold meanwhile is told, whatever has its number."""
    disk, image = tmp_path / "disk", tmp_path / "image"
    disk.mkdir()
    path = disk / "store"
    async with company_end(books, broker.company()) as company:
        async with station_end(path, A, broker.station(A)) as station:
            await station.sell(4)
            await station.emptied()
        shutil.copytree(disk, image)
        for _ in range(4):
            offline(path, 1)
        async with station_end(path, A, broker.station(A)) as station:
            await station.emptied()
        shutil.rmtree(disk)
        shutil.copytree(image, disk)
        async with station_end(path, A, broker.station(A)) as station:
            await until(lambda: bool(station.link.uplink.refused))
            assert "jiayou-edge restore" in station.link.uplink.refused
            await station.sell(2)
        restore(path, path, A)
        async with station_end(path, A, broker.station(A)) as station:
            await station.emptied()
            await settled(station)
        assert {row.seq for row in company.rows(DeadLetterRow)} == {5, 6}
        assert {row.kind for row in company.rows(CaseRow)} == {"letter_differs"}
