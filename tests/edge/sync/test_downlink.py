"""What comes from head office, and what only looks as if it did."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.store import books, command_keys
from edge.store.database import Store
from edge.sync.claims import Claims
from edge.sync.downlink import KINDS, Downlink
from edge.sync.pace import Presence
from edge.sync.uplink import Uplink
from shared import topics
from shared.coupon import Allowance
from shared.messages import Command, CouponBook, SettingsBook, Stored, SwitchStation, TariffBook, Welcome
from shared.site import MOST_LINES, SiteSettings
from shared.tariff import Tariff
from shared.wire import pack
from tests.edge.sync.test_uplink import STATION, Listener
from tests.fakes.ends import Forecourt
from tests.fakes.waiting import until


class Desk:
    """One station's downlink."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.forecourt = Forecourt()
        self.uplink = Uplink(store, Listener(), "test", _presence, lambda: None)
        self.downlink = Downlink(store, self.uplink, Claims(lambda _: True), self.forecourt)

    def hear(self, kind: str, message: object) -> None:
        self.downlink.hear(topics.down(STATION, kind), pack(message))  # type: ignore[arg-type]


async def _presence() -> Presence:
    return Presence()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = Store.open(tmp_path / "store.sqlite", STATION)
    desk = Desk(store)
    work = asyncio.create_task(desk.downlink.run())
    desk.uplink._greeted = True
    yield desk
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    store.close()


def tariffs(version: int) -> TariffBook:
    return TariffBook(version, (Tariff(version, 0, {"92#": 7_000 + version}, "王"),))


async def test_a_newer_book_is_kept_and_the_forecourt_told(desk: Desk) -> None:
    desk.hear(topics.TARIFFS, tariffs(4))
    await until(lambda: desk.forecourt.told == ["tariffs"])
    assert await desk.store.read(books.tariff_book) == tariffs(4)


async def test_an_older_book_that_was_late_on_the_road_changes_nothing(desk: Desk) -> None:
    desk.hear(topics.TARIFFS, tariffs(4))
    desk.hear(topics.TARIFFS, tariffs(3))
    desk.hear(topics.TARIFFS, tariffs(4))
    desk.hear(topics.COUPONS, CouponBook(1, {}, b"salt", Allowance()))
    await until(lambda: desk.forecourt.told == ["tariffs", "coupons"])
    assert await desk.store.read(books.versions) == (4, 1)


async def test_head_offices_settings_are_kept_with_their_order_and_an_older_book_changes_nothing(desk: Desk) -> None:
    for version, drips in ((3, 150), (2, 20), (3, 30)):
        book = pack(SettingsBook(version, SiteSettings(drip_limit=drips)))
        desk.downlink.hear(topics.down(STATION, topics.SETTINGS), book, b"frame %d" % drips)
    desk.hear(topics.TARIFFS, tariffs(1))
    await until(lambda: desk.forecourt.told == ["settings", "tariffs"])
    assert await desk.store.read(books.site_settings) == SiteSettings(drip_limit=150)
    assert (await desk.uplink._hello()).versions[topics.SETTINGS] == 3
    assert await desk.store.read(command_keys.obeyed, topics.SETTINGS) == [b"frame 150"], (
        "verbatim, for later questions"
    )


@pytest.mark.parametrize(
    "site",
    [
        SiteSettings(drip_limit=1_001),
        SiteSettings(drip_limit=-1),
        SiteSettings(receipt_top=("x",) * (MOST_LINES + 1)),
        SiteSettings(receipt_bottom=("x" * 97,)),
        SiteSettings(receipt_top=("",)),
        SiteSettings(receipt_bottom=("\x1b@",)),
    ],
)
async def test_settings_beyond_their_bounds_are_refused_whoever_signed_them(desk: Desk, site: SiteSettings) -> None:
    refused: list[tuple[str, str]] = []
    desk.downlink.on_refused = lambda kind, why: refused.append((kind, why.reason))
    desk.hear(topics.SETTINGS, SettingsBook(9, site))
    await until(lambda: refused == [(topics.SETTINGS, "out_of_bounds")])
    assert await desk.store.read(books.settings_version) == 0
    assert not desk.forecourt.told


async def test_a_command_reaches_the_forecourt(desk: Desk) -> None:
    command = Command("c1", 2_000_000_000_000, "王", SwitchStation(False))
    desk.hear(topics.COMMAND, command)
    await until(lambda: desk.forecourt.commands == [command])


async def test_f50_a_refused_double_acts_on_nothing_that_it_overhears(desk: Desk) -> None:
    desk.uplink.refused = "Another machine is running as this station."
    desk.hear(topics.COMMAND, Command("c1", 2_000_000_000_000, "王", SwitchStation(False)))
    desk.hear(topics.TARIFFS, tariffs(4))
    await asyncio.sleep(0.1)
    assert not desk.forecourt.commands
    assert not desk.forecourt.told


async def test_a_command_that_fails_holds_up_neither_the_next_nor_the_prices(desk: Desk) -> None:
    right, failures = desk.forecourt.execute, iter([ValueError("a bug")])

    async def execute(command: Command) -> object:
        for failure in failures:
            raise failure
        return await right(command)

    desk.forecourt.execute = execute  # type: ignore[method-assign, assignment]
    desk.hear(topics.COMMAND, Command("c1", 1, "王", SwitchStation(True)))
    desk.hear(topics.COMMAND, Command("c2", 1, "王", SwitchStation(True)))
    desk.hear(topics.TARIFFS, tariffs(1))
    await until(lambda: [c.id for c in desk.forecourt.commands] == ["c2"] and desk.forecourt.told)


async def test_f26_garbage_is_counted_and_changes_nothing(desk: Desk) -> None:
    for kind in (*KINDS, "nonsense"):
        for data in (
            b"",
            b"\0",
            b"\1\0{",
            b"\1\1nonsense",
            b'\1\0{"epoch":1}',
            b"\xff" * 5_000,
            pack(Stored(1, 1))[:-1],
        ):
            desk.downlink.hear(topics.down(STATION, kind), data)
    assert sum(desk.downlink.misread.values()) == 7 * (len(KINDS) + 1)
    assert not desk.forecourt.told
    assert not desk.forecourt.commands


async def test_too_many_books_at_once_are_let_go(desk: Desk) -> None:
    for version in range(1, 1_000):
        desk.hear(topics.TARIFFS, tariffs(version))
    assert desk.downlink.misread["tariffs"] > 0
    await until(lambda: desk.forecourt.told)


@settings(max_examples=300)
@given(st.sampled_from([*KINDS, "x"]), st.binary(max_size=300), st.booleans())
def test_any_bytes_at_all_do_no_harm(kind: str, data: bytes, ours: bool) -> None:
    heard: list[object] = []

    class Ear:
        accepted = True

        def stored(self, answer: Stored) -> None:
            heard.append(answer)

        def welcomed(self, welcome: Welcome) -> None:
            heard.append(welcome)

    downlink = Downlink(None, Ear(), Claims(lambda _: True), Forecourt())  # type: ignore[arg-type]
    downlink.hear(topics.down(STATION, kind), b"\1\0" + data if ours else data)
    assert sum(downlink.misread.values()) + len(heard) <= 1


async def test_a_price_beyond_the_bounds_with_one_name_is_not_kept_and_head_office_hears_of_it(desk: Desk) -> None:
    refused: list[str] = []
    desk.downlink.on_refused = lambda kind, why: refused.append(f"{kind} {why.reason}: {why}")
    desk.hear(topics.TARIFFS, tariffs(4))
    dear = Tariff(5, 0, {"92#": 9_990}, "王")
    desk.hear(topics.TARIFFS, TariffBook(5, (dear,)))
    await until(lambda: refused)
    assert "tariffs out_of_bounds" in refused[0]
    assert "from 7.004 to 9.99" in refused[0]
    assert await desk.store.read(books.tariff_book) == tariffs(4)
    desk.hear(topics.TARIFFS, TariffBook(6, (replace(dear, approved_by="李"),)))
    await until(lambda: len(desk.forecourt.told) == 2)


async def test_what_was_obeyed_is_kept_as_it_was_signed(desk: Desk) -> None:
    for kind, message in (
        (topics.TARIFFS, tariffs(4)),
        (topics.TARIFFS, tariffs(3)),
        (topics.COMMAND, Command("c1", 2_000_000_000_000, "王", SwitchStation(False))),
        (topics.COMMAND, Command("c1", 2_000_000_000_000, "王", SwitchStation(False))),
    ):
        desk.downlink.hear(topics.down(STATION, kind), pack(message), b"as signed")
    await until(lambda: len(desk.forecourt.commands) == 2 and desk.forecourt.told)
    assert await desk.store.read(command_keys.obeyed, topics.TARIFFS) == [b"as signed"]
