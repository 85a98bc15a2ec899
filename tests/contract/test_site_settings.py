"""What head office sets for a station, over the real line: pushed, pulled after an outage, kept as it was signed."""

from pathlib import Path

from cloud.store.database import Books
from cloud.store.tables import StationEventRow
from edge.store import books as held_books
from edge.store import command_keys
from shared import topics
from shared.messages import SettingsBook
from shared.orders import open_frame
from shared.site import SiteSettings
from shared.wire import unpack
from tests.company.servers import BrokerServer
from tests.contract.conftest import STATIONS
from tests.fakes.ends import company_end, station_end
from tests.fakes.waiting import until

A = next(iter(STATIONS))
FIRST, SECOND = SiteSettings(drip_limit=150), SiteSettings(receipt_top=("世纪大道 1 号",))


async def test_settings_are_pushed_and_what_was_missed_comes_with_the_next_hello(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    async with company_end(books, broker.company()) as company:
        async with station_end(tmp_path / "store", A, broker.station(A)) as station:
            await until(lambda: station.link.uplink.accepted)
            company.shelf.settings_book = SettingsBook(1, FIRST)
            await company.line.dispatch.settings_changed([A])
            await until(lambda: station.forecourt.told == ["settings"])
            assert await station.store.read(held_books.site_settings) == FIRST
        company.shelf.settings_book = SettingsBook(3, SECOND)
        async with station_end(tmp_path / "store", A, broker.station(A)) as station:
            await until(lambda: station.forecourt.told == ["settings"])
            assert await station.store.read(held_books.site_settings) == SECOND
            frames = [open_frame(frame) for frame in await station.store.read(command_keys.obeyed, topics.SETTINGS)]
            assert [unpack(frame.message, SettingsBook).settings for frame in frames] == [FIRST, SECOND]
            assert {(frame.head.kind, frame.head.target) for frame in frames} == {(topics.SETTINGS, A)}


async def test_what_no_station_should_obey_is_refused_and_head_office_is_told(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    """A thief of head office's own screen, or a slip in its program."""
    async with company_end(books, broker.company()) as company:
        company.shelf.settings_book = SettingsBook(9, SiteSettings(drip_limit=1_000_000))
        async with station_end(tmp_path / "store", A, broker.station(A)) as station:
            await until(lambda: "order_refused" in {row.kind for row in company.rows(StationEventRow)})
            assert await station.store.read(held_books.site_settings) == SiteSettings()
        (told,) = [row.body_json for row in company.rows(StationEventRow) if row.kind == "order_refused"]
        assert '"out_of_bounds"' in told
        assert "0 to 1000 millilitres" in told
