"""Letters up, seen from the station alone: the company is a list of what was said to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event

import pytest

from edge.store import books, outbox
from edge.store.database import Store
from edge.store.errors import StoreUnavailable
from edge.sync.pace import Pace, Presence
from edge.sync.uplink import Uplink
from shared import topics
from shared.messages import Batch, Hello, Stored, Welcome
from shared.wire import BATCH_BYTES, unpack
from tests.fakes.ends import HASTY, sell
from tests.fakes.waiting import until

STATION = "pudong-1"


class Listener:
    """A pipe at whose other end somebody only listens."""

    def __init__(self) -> None:
        self.connected = False
        self.room = True
        self.hellos: list[Hello] = []
        self.batches: list[Batch] = []
        self.sizes: list[int] = []
        self.dropped: list[str] = []

    def publish(self, topic: str, data: bytes) -> bool:
        if not (self.connected and self.room):
            return False
        if topic == topics.up(STATION, topics.HELLO):
            self.hellos.append(unpack(data, Hello))
        if topic == topics.up(STATION, topics.LETTERS):
            self.batches.append(unpack(data, Batch))
        return True

    def drop(self, why: str) -> None:
        self.dropped.append(why)

    @property
    def letters(self) -> list[int]:
        """The sequences of all letters that left, in order."""
        return [seq for batch in self.batches for seq in range(batch.first, batch.first + len(batch.letters))]


class Desk:
    """One station's uplink, and the listener at the other end."""

    def __init__(self, store: Store, pace: Pace) -> None:
        self.store = store
        self.pipe = Listener()
        self.changes = 0
        self.uplink = Uplink(store, self.pipe, "test", self._presence, self._changed, pace)

    def connect(self) -> None:
        self.pipe.connected = True
        self.uplink.line_changed(True)

    def disconnect(self) -> None:
        self.pipe.connected = False
        self.uplink.line_changed(False)

    def welcome(self, stored_upto: int = 0, refused: str = "", ahead: int = 0) -> None:
        """The company's answer to the last hello; its clock is so many milliseconds ahead of the station's."""
        hello = self.pipe.hellos[-1]
        wall = self.store.clock.wall() + ahead
        self.uplink.welcomed(Welcome(wall, hello.wall, hello.mono, stored_upto, refused))

    async def greeted(self) -> None:
        self.connect()
        await until(lambda: self.pipe.hellos)
        self.welcome()

    async def sell(self, count: int) -> None:
        await self.store.run(sell, self.store, count)
        self.uplink.wake()

    async def stored(self) -> int:
        return await self.store.read(outbox.stored_upto)

    async def _presence(self) -> Presence:
        return Presence(printer="ok")

    def _changed(self) -> None:
        self.changes += 1


OpenDesk = Callable[..., Awaitable[Desk]]


@asynccontextmanager
async def desk_on(path: Path, pace: Pace = HASTY) -> AsyncIterator[Desk]:
    store = Store.open(path, STATION)
    desk = Desk(store, pace)
    work = asyncio.create_task(desk.uplink.run())
    try:
        yield desk
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        store.close()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_on(tmp_path / "store.sqlite") as opened:
        yield opened


async def test_f40_hello_comes_first_and_letters_only_after_the_welcome(desk: Desk) -> None:
    await desk.sell(3)
    desk.connect()
    await until(lambda: desk.pipe.hellos)
    await asyncio.sleep(0.3)
    assert desk.pipe.letters == []
    hello = desk.pipe.hellos[0]
    assert (hello.station, hello.next_seq, hello.stored_upto, hello.live) == (STATION, 4, 0, False)
    assert hello.printer == "ok"
    desk.welcome()
    await until(lambda: desk.pipe.letters == [1, 2, 3])


async def test_a_backlog_leaves_in_full_batches_and_in_order(desk: Desk) -> None:
    await desk.sell(1_000)
    await desk.greeted()
    while desk.pipe.letters[-1:] != [1_000]:
        await until(lambda: desk.uplink._window.sent > desk.uplink._window.stored)
        desk.uplink.stored(Stored(desk.store.epoch, desk.uplink._window.sent))
        await asyncio.sleep(0.01)
    assert desk.pipe.letters == list(range(1, 1_001))
    sizes = [sum(len(bytes(letter)) for letter in batch.letters) for batch in desk.pipe.batches]
    assert max(sizes) <= BATCH_BYTES
    assert min(sizes[:-1]) > BATCH_BYTES * 0.9


async def test_a_live_sale_leaves_at_once(desk: Desk) -> None:
    await desk.greeted()
    await desk.sell(1)
    await until(lambda: desk.pipe.letters == [1], 0.2)


async def test_only_stored_empties_the_outbox(desk: Desk) -> None:
    await desk.sell(5)
    await desk.greeted()
    await until(lambda: desk.pipe.letters)
    assert await desk.stored() == 0
    desk.uplink.stored(Stored(desk.store.epoch, 5))
    await until(lambda: desk.uplink._marked == 5)
    assert await desk.stored() == 5


@pytest.mark.slow
async def test_f26_a_company_that_answers_nothing_never_empties_the_outbox(desk: Desk) -> None:
    await desk.sell(3_000)
    await desk.greeted()
    for _ in range(10):  # it says hello, again and again, and is silent about the letters
        await asyncio.sleep(0.15)
        desk.welcome()
    assert desk.pipe.letters.count(1) >= 2, "asked again"
    assert (await desk.store.read(outbox.backlog)).count == 3_000
    assert await desk.stored() == 0


async def test_f26_answers_about_other_epochs_or_letters_never_written_empty_nothing(desk: Desk) -> None:
    await desk.sell(10)
    await desk.greeted()
    for epoch, upto in ((desk.store.epoch + 1, 10), (desk.store.epoch, 11), (desk.store.epoch, 2**70), (0, 10)):
        desk.uplink.stored(Stored(epoch, upto))
        await asyncio.sleep(0.05)
        assert await desk.stored() == 0
    desk.uplink.stored(Stored(desk.store.epoch, 10))
    await until(lambda: desk.uplink._marked == 10)
    assert await desk.stored() == 10


async def test_f28_what_was_on_its_way_leaves_again_on_a_new_connection_without_waiting_for_patience(
    tmp_path: Path,
) -> None:
    async with desk_on(tmp_path / "store.sqlite", Pace(first_patience=3_600.0, heartbeat=0.5)) as desk:
        await desk.sell(4)
        await desk.greeted()
        await until(lambda: desk.pipe.letters == [1, 2, 3, 4])
        desk.uplink.stored(Stored(desk.store.epoch, 2))
        await until(lambda: desk.uplink._marked == 2)
        desk.disconnect()
        desk.connect()
        await until(lambda: len(desk.pipe.hellos) >= 2 and not desk.pipe.hellos[-1].live)
        desk.welcome(stored_upto=2)
        await until(lambda: desk.pipe.letters[4:] == [3, 4])


async def test_f28_a_process_that_died_with_letters_on_their_way_sends_them_again(tmp_path: Path) -> None:
    """Nothing on the disk says that a letter is under way: there is nothing that could stay set for ever."""
    for _ in range(3):
        async with desk_on(tmp_path / "store.sqlite", Pace(first_patience=3_600.0)) as desk:
            if not desk.store.boot > 1:
                await desk.sell(3)
            await desk.greeted()
            await until(lambda desk=desk: desk.pipe.letters == [1, 2, 3])  # type: ignore[misc]
            assert await desk.stored() == 0


@pytest.mark.slow
async def test_silence_on_the_letters_sends_them_again(desk: Desk) -> None:
    await desk.sell(2)
    await desk.greeted()
    await until(lambda: desk.pipe.letters.count(1) >= 3, 10)


async def test_a_full_network_is_tried_again(desk: Desk) -> None:
    await desk.greeted()
    desk.pipe.room = False
    await desk.sell(2)
    await asyncio.sleep(0.2)
    assert desk.pipe.letters == []
    desk.pipe.room = True
    await until(lambda: desk.pipe.letters == [1, 2], 1.0)


async def test_a_refused_store_keeps_its_letters_and_the_station_goes_on_selling(desk: Desk) -> None:
    desk.connect()
    await until(lambda: desk.pipe.hellos)
    desk.welcome(refused="Another machine is running as this station.")
    await desk.sell(2)
    await asyncio.sleep(0.3)
    assert desk.pipe.letters == []
    assert not desk.uplink.heard
    assert desk.uplink.refused == "Another machine is running as this station."
    await until(lambda: len(desk.pipe.hellos) >= 2)  # it asks again
    desk.welcome()
    await until(lambda: desk.pipe.letters == [1, 2])
    assert desk.uplink.heard


async def test_f50_who_was_refused_says_hello_like_a_newcomer_and_is_judged_as_one(desk: Desk) -> None:
    """An old backup that called its next hello a heartbeat would be let in, and number new sales like old ones."""
    desk.connect()
    await until(lambda: desk.pipe.hellos)
    desk.welcome(refused="It is an old backup: open it with a new epoch.")
    before = len(desk.pipe.hellos)
    await until(lambda: len(desk.pipe.hellos) > before + 1)
    assert not any(hello.live for hello in desk.pipe.hellos[before + 1 :])
    desk.welcome()
    await until(lambda: desk.pipe.hellos[-1].live)


async def test_the_clock_is_compared_over_half_of_the_round_trip(desk: Desk) -> None:
    desk.connect()
    await until(lambda: desk.pipe.hellos)
    desk.welcome(ahead=90_000)
    difference = desk.store.clock.difference
    assert difference is not None
    assert abs(difference + 90_000) < 200
    assert abs(desk.store.clock.now() - desk.store.clock.wall() - 90_000) < 200
    async with asyncio.timeout(10):
        while not await desk.store.read(books.heard_at):  # noqa: ASYNC110 - the books tell nobody
            await asyncio.sleep(0.01)
    assert abs(await desk.store.read(books.heard_at) - desk.store.clock.now()) < 5_000


async def test_a_slow_answer_says_nothing_about_the_clock(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.connect()
    await until(lambda: desk.pipe.hellos)
    hello = desk.pipe.hellos[0]
    monkeypatch.setattr(desk.store.clock, "mono", lambda: hello.mono + 6_000)
    desk.uplink.welcomed(Welcome(1_900_000_000_000, hello.wall, hello.mono, 0))
    assert desk.uplink.heard
    assert desk.store.clock.difference is None


async def test_f50_what_is_meant_for_a_double_on_the_same_topics_is_not_for_us(desk: Desk) -> None:
    await desk.sell(3)
    desk.connect()
    await until(lambda: desk.pipe.hellos)
    hello = desk.pipe.hellos[0]
    desk.uplink.welcomed(Welcome(hello.wall, hello.wall - 7, hello.mono - 7_000, 3))  # the double's welcome
    desk.uplink.stored(Stored(desk.store.epoch, 3))  # and its letters
    assert not desk.uplink.heard
    desk.welcome(refused="Another machine is running as this station.")
    desk.uplink.stored(Stored(desk.store.epoch, 3))
    await asyncio.sleep(0.1)
    assert await desk.stored() == 0


@pytest.mark.slow
async def test_a_company_that_falls_silent_is_away_and_the_connection_is_renewed(desk: Desk) -> None:
    await desk.greeted()
    assert desk.uplink.heard
    await until(lambda: not desk.uplink.heard, 5.0)
    await until(lambda: desk.pipe.dropped, 8.0)


@pytest.mark.slow
async def test_greetings_that_nobody_answers_get_rarer(tmp_path: Path) -> None:
    async with desk_on(tmp_path / "store.sqlite", Pace(greeting_again=0.1, heartbeat=5.0)) as desk:
        desk.connect()
        await asyncio.sleep(1.2)
        assert 3 <= len(desk.pipe.hellos) <= 5  # at 0, 0.1, 0.3, 0.7, 1.5 …


async def test_what_is_stored_makes_room_for_the_next_letters_before_the_disk_has_noted_it(tmp_path: Path) -> None:
    """On a busy disk a commit takes its time, and a far road must not stand empty meanwhile."""
    async with desk_on(tmp_path / "store.sqlite", Pace(first_patience=30.0)) as desk:
        await desk.sell(1_000)
        await desk.greeted()
        await until(lambda: desk.pipe.letters)
        busy = Event()
        note = asyncio.create_task(desk.store.run(lambda _: busy.wait(10) and None))
        for sent in (3, 7):  # two more, then four more
            desk.uplink.stored(Stored(desk.store.epoch, desk.pipe.letters[-1]))
            await until(lambda sent=sent: len(desk.pipe.batches) == sent)  # type: ignore[misc]
        assert await desk.stored() == 0, "the disk was busy all the time"
        busy.set()
        await note
        await until(lambda: desk.uplink._marked > 300)


@pytest.mark.slow
async def test_a_disk_that_fails_stops_neither_sending_nor_listening(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.sell(200)
    await desk.greeted()
    await until(lambda: desk.pipe.letters)
    right = desk.store.run

    async def full(*_: object) -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(desk.store, "run", full)
    desk.uplink.stored(Stored(desk.store.epoch, desk.uplink._window.sent))
    await until(lambda: desk.pipe.letters[-1] == 200)
    monkeypatch.setattr(desk.store, "run", right)
    await until(lambda: desk.uplink._marked > 0)
    assert await desk.stored() > 0
