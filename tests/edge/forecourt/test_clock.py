"""Sales under a clock that is wrong."""

from pathlib import Path

from edge.store.timepiece import MachineClock, Timepiece
from shared.clock import Stamp, TimeQuality, restored
from shared.messages import Letter, SaleRecorded
from tests.edge.forecourt.yard import Yard, two_pumps

DAY = 86_400_000
HOUR = 3_600_000
TODAY = 1_800_000_000_000


class WrongClock(MachineClock):
    """A wall clock that shows what it likes; the monotonic one is the machine's."""

    def __init__(self, wall: int) -> None:
        self.shows = wall
        self._from = self.mono()

    def wall(self) -> int:
        return self.shows + self.mono() - self._from


async def test_f60_sales_under_a_clock_of_1970_keep_their_order_and_get_their_time_back(tmp_path: Path) -> None:
    """Booted in 1970, a day ahead, an hour behind: three sales, then head office is met."""
    pumps, days = two_pumps(), (1_000, TODAY + DAY, TODAY - HOUR)
    for shows in days:
        async with Yard(tmp_path / "s.db", pumps, clock=WrongClock(shows)) as yard:
            await yard.serve(1, 5_000)
    async with Yard(tmp_path / "s.db", pumps, clock=WrongClock(TODAY)) as yard:
        sales = [letter for letter in await yard.letters() if isinstance(letter.body, SaleRecorded)]
    stamps = [letter.stamp for letter in sales]
    assert [stamp.quality for stamp in stamps] == [TimeQuality.OFF, TimeQuality.UNCHECKED, TimeQuality.FLOOR]
    assert [stamp.boot for stamp in stamps] == [1, 2, 3]
    times = [stamp.at for stamp in stamps]
    assert times == sorted(times)
    for letter, boot in zip(sales, (1, 2, 3), strict=True):
        started_really = TODAY + boot * HOUR
        put_right = restored(letter.stamp, boot, started_really)
        assert put_right.quality is TimeQuality.RESTORED
        assert 0 <= put_right.at - started_really < 60_000


async def test_f60_once_head_office_was_met_a_sale_knows_whether_its_clock_is_right(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps(), clock=WrongClock(1_000)) as yard:
        assert "clock_never_set" in await troubles(yard)
        clock = yard.store.clock
        clock.compared(clock.wall() - TODAY)
        assert (await sale(yard)).stamp.quality is TimeQuality.OFF
        assert abs(clock.now() - TODAY) < 60_000
        assert "clock_off" in await troubles(yard)
    async with Yard(tmp_path / "s.db", two_pumps(), clock=WrongClock(TODAY)) as yard:
        yard.store.clock.compared(300)
        assert (await sale(yard)).stamp.quality is TimeQuality.SYNCED
        assert await troubles(yard) == set()


def test_the_companys_time_goes_on_when_the_wall_clock_is_moved() -> None:
    clock = WrongClock(TODAY)
    piece = Timepiece(clock, 0, 1)
    piece.compared(300_000)
    clock.shows -= DAY
    assert 0 <= piece.now() - (TODAY - 300_000) < 5_000


def test_stamps_never_run_backwards_from_one_boot_to_the_next() -> None:
    first = Timepiece(WrongClock(TODAY), 0, 1).stamp()
    second = Timepiece(WrongClock(TODAY - DAY), first.at, 2).stamp()
    assert second.at >= first.at
    assert second == Stamp(second.at, TimeQuality.FLOOR, 2, second.mono)


async def sale(yard: Yard) -> Letter:
    """The letter of one more sale."""
    await yard.serve(1, 1_000)
    return next(letter for letter in reversed(await yard.letters()) if isinstance(letter.body, SaleRecorded))


async def troubles(yard: Yard) -> set[str]:
    """What the station complains of, a second later."""
    await yard.forecourt.each_second()
    return {trouble.reason for trouble in (await yard.forecourt.view()).troubles}
