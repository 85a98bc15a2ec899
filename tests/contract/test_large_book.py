"""A coupon book of thousands of typed codes, from head office's tables to a station's shelf."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from cloud.coupons import book as cloud_book
from cloud.coupons.book import Lists, book_of, parts_of
from cloud.coupons.sealing import Seal
from cloud.store import counters, coupons
from cloud.store.database import Books, Connection
from cloud.store.migrate import migrate
from cloud.sync.line import Line
from edge.store import books as held_books
from edge.store.database import Store
from shared import topics
from shared.coupon import CouponTerms
from shared.messages import PartsWanted
from shared.wire import pack
from tests.cloud.scene import DAY, NOW, STATIONS, Scene
from tests.company.servers import BrokerServer
from tests.contract.conftest import STATIONS as ON_THE_LINE
from tests.edge.store.test_parts import HEAD, NEW, OLD, PARTS
from tests.fakes.ends import company_end, station_end
from tests.fakes.waiting import until

STATION = STATIONS[0]
A = next(iter(ON_THE_LINE))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """A founded company with 3,000 typed codes, made without the work of deriving them."""
    made = Books(f"sqlite:///{tmp_path / 'company.sqlite'}")
    migrate(made)
    scene = Scene.founded(made, Seal(bytes(32)))
    issued = scene.coupon(typed=True, name="中秋")
    with made.begin() as connection:
        like = coupons.one(connection, issued.coupon)
        assert like is not None
        terms = msgspec.json.decode(like.terms_json, type=CouponTerms)
        coupons.add_coupons(connection, [_row(like, terms, n) for n in range(3_000)], ())
        counters.bump(connection, "coupons")
    return scene


def _row(like: object, terms: CouponTerms, n: int) -> dict[str, object]:
    mine = msgspec.structs.replace(terms, coupon=f"{n:08x}")
    row = {**like._mapping, "id": mine.coupon, "fingerprint": os.urandom(32)}  # type: ignore[attr-defined]
    row.pop("every_station")
    return row | {"terms_json": msgspec.json.encode(mine).decode()}


def test_every_message_stays_small_and_every_code_arrives(scene: Scene, tmp_path: Path) -> None:
    lists, store = Lists(), Store.open(tmp_path / "store.sqlite", STATION)
    head = scene.read(book_of, STATION, NOW, lists)
    assert head.parts > 1
    assert head.listed == ()
    store.call(held_books.keep_coupons, head)
    while asked := store.call(held_books.parts_wanted):
        for part in scene.read(parts_of, STATION, asked, NOW + 60_000, lists):
            assert len(msgspec.json.encode(part)) < 256 * 1024
            assert len(pack(part)) < 256 * 1024
            store.call(held_books.keep_part, part)
    held = store.call(held_books.coupon_book)
    assert held is not None
    assert len({one.fingerprint for one in held.listed}) == 3_001
    assert held.version == head.version
    store.close()


def test_parts_of_yesterdays_list_are_not_mixed_with_todays(scene: Scene) -> None:
    lists = Lists()
    head = scene.read(book_of, STATION, NOW, lists)
    asked = PartsWanted(head.version, head.whole, (0, 1))
    assert len(scene.read(parts_of, STATION, asked, NOW, lists)) == 2
    scene.write(lambda connection: coupons.revoke(connection, "00000007", "王总", NOW))
    scene.write(lambda connection: counters.bump(connection, "coupons"))
    assert scene.read(parts_of, STATION, asked, NOW, lists) == []
    again = scene.read(book_of, STATION, NOW, lists)
    assert "00000007" in again.revoked
    assert (again.version > head.version, again.whole) == (True, head.whole), "and no code has to travel again"
    assert scene.read(parts_of, STATION, asked, NOW + 40 * DAY, lists) == []


async def test_a_large_book_survives_a_line_that_is_cut_after_every_other_part(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    """Only what is missing is asked for again; the forecourt hears of the revocations first and of the list last."""
    sent: list[str] = []
    async with company_end(books, broker.company()) as company:
        company.shelf.coupon_book = OLD
        async with station_end(tmp_path / "store", A, broker.station(A)) as station:
            await until(lambda: station.forecourt.told == ["coupons"])
            company.shelf.coupon_book, company.shelf.coupon_parts = HEAD, PARTS
            _lose_parts(company.line, sent, lambda count: count % 2 == 0)
            await until(lambda: station.forecourt.told == ["coupons"] * 3, 20)
            assert await station.store.read(held_books.coupon_book) == NEW
    assert len(PARTS) < len(sent) < 4 * len(PARTS), "only what is missing is asked for again"


async def test_an_urgent_revocation_is_in_force_before_the_large_book_that_is_on_its_way(
    books: Books, broker: BrokerServer, tmp_path: Path
) -> None:
    """The parts of 200,000 codes crawl over a slow line; a stolen coupon is called back meanwhile."""
    async with company_end(books, broker.company()) as company:
        company.shelf.coupon_book = OLD
        async with station_end(tmp_path / "store", A, broker.station(A)) as station:
            await until(lambda: station.forecourt.told == ["coupons"])
            company.shelf.coupon_book, company.shelf.coupon_parts = HEAD, PARTS
            _lose_parts(company.line, [], lambda _: False)
            await until(lambda: station.forecourt.told == ["coupons"] * 2)
            company.shelf.coupon_book = replace(HEAD, version=HEAD.version + 1, revoked=(*HEAD.revoked, "stolen"))
            await company.line.dispatch.coupons_changed([A])
            await until(lambda: station.forecourt.told == ["coupons"] * 3)
            held = await station.store.read(held_books.coupon_book)
            assert held is not None
            assert "stolen" in held.revoked
            assert held.listed == OLD.listed, "and the old list holds, whole"


def _lose_parts(line: Line, sent: list[str], arrives: Callable[[int], bool]) -> None:
    right = line.dispatch._publish

    def lossy(topic: str, data: bytes) -> bool:
        if topics.kind_of(topic) != topics.COUPON_PART:
            return right(topic, data)
        sent.append(topic)
        return not arrives(len(sent)) or right(topic, data)

    line.dispatch._publish = lossy


def test_a_list_is_drawn_up_once_for_all_stations(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    lists, drawn = Lists(), []
    right = cloud_book._parts

    def counted(connection: Connection, station: str, day: int) -> Iterator[bytes]:
        drawn.append(station)
        return right(connection, station, day)

    monkeypatch.setattr(cloud_book, "_parts", counted)
    for station in STATIONS:
        scene.read(book_of, station, NOW, lists)
    assert len(drawn) == 1
