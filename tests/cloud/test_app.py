"""The whole company as it is built, with a real broker and a station that writes to it."""

import asyncio
import contextlib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, get_args

import aiohttp
import msgspec
import pytest

from cloud import app, broker, founding, live
from cloud.access.sessions import open_session
from cloud.app import Company
from cloud.console.acts import add_station
from cloud.coupons import claims, issuing
from cloud.coupons.issuing import NewCampaign
from cloud.founding import now
from cloud.sales import listing
from cloud.settings import BrokerListener, Line, Office, Settings
from cloud.stations import commands, register, site_settings, states
from cloud.stations.register import Admission
from cloud.store.tables import SessionRow, WrongCodeRow, table_of
from cloud.sync.posting import Result
from cloud.tariffs.deciding import NewTariff, make
from shared import topics
from shared.coupon import CouponKind, Filling
from shared.errors import Unavailable
from shared.messages import (
    ClaimAnswer,
    Command,
    CommandKeys,
    CouponBook,
    CouponClaim,
    Fact,
    Hello,
    Letter,
    SaleRecorded,
    SettingsBook,
    StopPoint,
    Stored,
    TariffBook,
    Welcome,
)
from shared.mqtt import Broker, Pipe
from shared.orders import open_frame
from shared.site import SiteSettings
from shared.wire import batch_of, letter_bytes, pack, unpack
from tests.cloud.scene import DAY, a_sale, arrived, stamp
from tests.company.servers import Server, free_port
from tests.fakes.waiting import until

EPOCH = 1_795_000_000
KINDS: dict[str, type[msgspec.Struct]] = {
    topics.WELCOME: Welcome,
    topics.STORED: Stored,
    topics.TARIFFS: TariffBook,
    topics.COUPONS: CouponBook,
    topics.COMMAND: Command,
    topics.KEYS: CommandKeys,
    topics.SETTINGS: SettingsBook,
    topics.ANSWER: ClaimAnswer,
}


class Station:
    """A station that is nothing but its line."""

    def __init__(self, name: str, place: Broker) -> None:
        self.name = name
        self.heard: list[Any] = []
        self.pipe = Pipe(place, [topics.down(name, "+")], self._hear, lambda *_: None, patience=0.3)

    def say(self, kind: str, data: bytes) -> None:
        """Sends something up."""
        assert self.pipe.publish(topics.up(self.name, kind), data)

    def hello(self, **changes: Any) -> None:
        """Says hello, holding nothing."""
        base = Hello(self.name, EPOCH, "store", 1, 1_000, now(), 1, 0, 0, 0, 0, "test")
        self.say(topics.HELLO, pack(msgspec.structs.replace(base, **changes)))

    def last(self, kind: type[msgspec.Struct]) -> Any:
        """The last letter of this kind that came down."""
        return next((one for one in reversed(self.heard) if isinstance(one, kind)), None)

    def _hear(self, topic: str, data: bytes) -> None:
        self.heard.append(unpack(open_frame(data).message, KINDS[topics.kind_of(topic)]))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A founded head office on ports of its own."""
    ports = free_port(), free_port()
    found = Settings(
        str(tmp_path / "data"),
        broker=BrokerListener(port=ports[0]),
        line=Line(port=ports[0]),
        office=Office(port=ports[1]),
    )
    founding.found(found, "王总")
    books = founding.open_books(found)
    with books.begin() as connection:
        register.add_dealer(connection, "东方石油", "王总", now())
        register.add_region(connection, "华东", "王总", now())
    books.close()
    return found


@pytest.fixture
def running_broker(settings: Settings) -> Iterator[Server]:
    """The broker that this head office has configured."""
    server = Server(broker.command(settings.place), settings.broker.port, settings.directory / "broker.log")
    server.start()
    yield server
    server.stop()


def let_in(settings: Settings, name: str) -> Broker:
    """A station let in from the command line, while everything runs; how it connects."""

    class Words:
        id, dealer, region, by = name, "东方石油", "华东", "王总"

    Words.name = name  # type: ignore[attr-defined] # argparse gives such a bag of words
    admitted = add_station(settings, Words)  # type: ignore[arg-type]
    assert isinstance(admitted, Admission)
    return Broker("127.0.0.1", settings.broker.port, name, admitted.password)


@contextlib.asynccontextmanager
async def on_the_line(name: str, place: Broker) -> AsyncIterator[Station]:
    station = Station(name, place)
    station.pipe.start()
    try:
        await until(lambda: station.pipe.connected)
        yield station
    finally:
        await station.pipe.stop()


async def test_a_station_let_in_while_all_runs_sells_and_hears(settings: Settings, running_broker: Server) -> None:
    notices: list[live.Notice] = []
    async with app.build(settings) as company:
        company.live.listen(notices.append)
        await until(lambda: company.line.connected)
        place = await asyncio.to_thread(let_in, settings, "pudong-1")
        async with on_the_line("pudong-1", place) as station:
            await prices_come_down(company, station)
            await settings_come_down(company, station)
            await sales_go_up(company, station)
            await commands_come_down(company, station)
            await coupons_are_claimed(company, station)
    kinds = {type(notice) for notice in notices}
    assert {live.SalesArrived, live.StationsHeard, live.LineChanged, live.CasesOpened} <= kinds


async def prices_come_down(company: Company, station: Station) -> None:
    """What is missing comes with the hello, what is new at once."""
    station.hello()
    await until(lambda: station.last(Welcome) and station.last(CouponBook))
    assert station.last(Welcome).refused == ""
    with company.books.begin() as connection:
        make(connection, NewTariff({"92#": 7_850}), "王总", now())
    await company.line.dispatch.tariffs_changed()
    await until(lambda: station.last(TariffBook))
    assert station.last(TariffBook).tariffs[0].prices == {"92#": 7_850}


async def settings_come_down(company: Company, station: Station) -> None:
    """What is set for all, with what is set for this station; pushed, and again with a hello that lacks it."""
    with company.books.begin() as connection:
        site_settings.decide(connection, SiteSettings(drip_limit=80, receipts=False), "王总", now())
        site_settings.decide(connection, SiteSettings(drip_limit=50), "王总", now(), station.name)
    wanted = SettingsBook(2, SiteSettings(drip_limit=50, receipts=False))
    await company.line.dispatch.settings_changed([station.name])
    await until(lambda: station.last(SettingsBook) == wanted)
    station.heard.clear()
    station.hello(versions={topics.SETTINGS: 1})
    await until(lambda: station.last(SettingsBook) == wanted)


async def sales_go_up(company: Company, station: Station) -> None:
    """They are answered once they are in the books."""
    bodies = [
        letter_bytes(Letter(seq, stamp(now()), SaleRecorded(a_sale(now(), volume=1_000 * seq)))) for seq in (1, 2, 3)
    ]
    station.say(topics.LETTERS, batch_of("pudong-1", EPOCH, 1, bodies))
    await until(lambda: station.last(Stored))
    assert station.last(Stored) == Stored(EPOCH, 3)
    with company.books.read() as connection:
        assert listing.company_sums(connection).volume == 6_000


async def commands_come_down(company: Company, station: Station) -> None:
    with company.books.begin() as connection:
        given = commands.create(connection, "pudong-1", StopPoint(3), "王总", now())
    await company.line.dispatch.commands_given(["pudong-1"])
    await until(lambda: station.last(Command))
    assert station.last(Command) == given


async def coupons_are_claimed(company: Company, station: Station) -> None:
    at = now()
    campaign = NewCampaign("满减券", CouponKind.AMOUNT, 1_500, at - 1, at + DAY)
    with company.books.begin() as connection:
        issuing.create_campaign(connection, campaign, "王总", at)
    (coupon,) = issuing.issue(company.books, company.seal, "满减券", 1, "王总", at, typed=True)
    station.say(topics.ASK, pack(CouponClaim("a1", Filling("pudong-1", "", 0, 0), code=coupon.code)))
    await until(lambda: station.last(ClaimAnswer))
    answer = station.last(ClaimAnswer)
    assert (answer.ask, answer.reason, answer.lease.until > at) == ("a1", "accepted", True)


async def test_a_station_shut_out_is_thrown_off_the_line(settings: Settings, running_broker: Server) -> None:
    async with app.build(settings) as company:
        place = await asyncio.to_thread(let_in, settings, "pudong-1")
        async with on_the_line("pudong-1", place) as station:
            with company.books.begin() as connection:
                register.revoke(connection, "pudong-1", "王总", now())
            await company.stations_changed()
            await until(lambda: not station.pipe.connected)


async def test_the_pages_are_there_though_the_broker_is_not(settings: Settings) -> None:
    async with app.build(settings) as company, aiohttp.ClientSession() as browser:
        assert not company.line.connected
        async with browser.get(f"http://127.0.0.1:{settings.office.port}/login") as answer:
            assert answer.status == 200


async def test_an_address_that_is_taken_is_said_in_words(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", settings.office.port)), pytest.raises(Unavailable, match="can't be opened"):
        await app.build(settings).__aenter__()


async def test_what_is_over_is_forgotten(settings: Settings) -> None:
    async with app.build(settings) as company:
        with company.books.begin() as connection:
            open_session(connection, "王总", now() - 2 * DAY)
            claims.claim(connection, "pudong-1", CouponClaim("a", Filling("pudong-1", "", 0, 0), "c"), now() - DAY)
        await asyncio.to_thread(company.forget)
        with company.books.read() as connection:
            left = [connection.execute(table_of(model).select()).all() for model in (SessionRow, WrongCodeRow)]
    assert left == [[], []]


def test_books_that_are_not_there_are_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="jiayou-cloud migrate"):
        app.build(Settings(str(tmp_path)))


def test_a_lost_key_file_is_said_in_words(settings: Settings) -> None:
    founding.key_file(settings).unlink()
    with pytest.raises(Unavailable, match="restore it from the backup"):
        app.build(settings)


@pytest.mark.slow
def test_the_process_ends_cleanly_when_told(settings: Settings, tmp_path: Path) -> None:
    config = tmp_path / "cloud.toml"
    config.write_text(f'data = "{settings.data}"\n[office]\nport = {settings.office.port}\n', encoding="utf-8")
    program = ["-m", "cloud", "run", "--config", str(config)]
    with subprocess.Popen([sys.executable, *program], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "company_open" in line:
                break
        process.terminate()
        assert process.wait(15) == 0
        assert "company_closed" in process.stderr.read()


def test_every_kind_of_fact_has_a_handler() -> None:
    assert set(get_args(Fact)) == app.handlers(Settings("x")).keys()


def test_what_arrived_is_told_in_words_that_pages_understand() -> None:
    nothing = Result()
    assert app.notices_of(nothing) == []
    sold = Result(facts=[arrived(SaleRecorded(a_sale()))])
    assert {type(notice) for notice in app.notices_of(sold)} == {live.SalesArrived, live.CasesOpened}


def failing(_notice: live.Notice) -> None:
    raise RuntimeError


def test_a_listener_that_fails_holds_up_no_other() -> None:
    told: list[live.Notice] = []
    hub = live.Live()
    hub.listen(failing)
    stop = hub.listen(told.append)
    hub.tell(live.LettersDied())
    stop()
    hub.tell(live.LettersDied())
    assert told == [live.LettersDied()]


def test_states_are_read_while_letters_are_written(settings: Settings) -> None:
    books = founding.open_books(settings)
    with books.begin() as writer, books.read() as reader:
        register.add_region(writer, "华南", "王总", now())
        assert states.states(reader, now()) == ()
    books.close()
