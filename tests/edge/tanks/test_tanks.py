"""What a gauge reads becomes a fact once: levels now and then, deliveries and alarms at once, whatever is repeated."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.settings import GaugeSettings, TankSettings
from edge.store import outbox
from edge.store.database import Database, Store
from edge.tanks.tanks import Tanks
from edge.tanks.views import TankView
from hardware.gauges.ports import (
    AlarmsRead,
    DeliveriesRead,
    Delivery,
    GaugeAnswered,
    GaugeEvent,
    GaugeSilent,
    InventoryRead,
    Silence,
    TankAlarm,
    TankReading,
)
from shared.messages import Fact, GaugeState, TankAlarmed, TankDelivered, TankRead
from shared.tanks import TankLevel
from shared.wire import read_letter

GAUGE = "液位仪"
TANKS = (
    TankSettings(1, "92#", "1 号罐", 30_000, low=3_000, high_water=50),
    TankSettings(2, "0#", "2 号罐", 20_000),
)
SETTINGS = GaugeSettings(GAUGE, "socket://127.0.0.1:9", TANKS)
MINUTE = 60_000


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1_795_305_600_000

    def wall(self) -> int:
        return self.at

    def mono(self) -> int:
        return self.at


class Station:
    """The tanks of a station on a store, for one life of the agent."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.clock = clock
        self.store = Store.open(path, "s1", clock)
        self.troubles: dict[str, str] = {}
        self.tanks = Tanks(self.store, [SETTINGS], lambda gauge, word, _: self.troubles.update({gauge: word}))

    async def hear(self, *events: GaugeEvent) -> None:
        self.tanks.receive(GAUGE, list(events))
        await self.tanks.written()

    async def told(self) -> list[Fact]:
        return await self.store.read(_letters)

    async def tank(self, number: int = 1) -> TankView:
        view = await self.tanks.view()
        return next(tank for tank in view.gauges[0].tanks if tank.number == number)


def _letters(db: Database) -> list[Fact]:
    return [read_letter(body, seq).body for seq, body in outbox.waiting(db, 0, 10**9)]


@asynccontextmanager
async def living(path: Path, clock: Clock) -> AsyncIterator[Station]:
    station = Station(path, clock)
    task = asyncio.create_task(station.tanks.run())
    try:
        yield station
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await asyncio.to_thread(station.store.close)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store"


def inventory(litres: int = 18_000, water: int = 0, number: int = 1, **more: Any) -> InventoryRead:
    level = TankLevel(volume=litres * 1_000, water_height=water * 1_000, temperature=15_000)
    return InventoryRead((TankReading(number, level, **more),))


def delivery(started: str = "2026-11-21 06:10") -> Delivery:
    return Delivery(1, started, "2026-11-21 06:42", TankLevel(3_000_000), TankLevel(15_000_000))


async def test_a_level_is_told_at_first_then_each_quarter_of_an_hour(path: Path, clock: Clock) -> None:
    async with living(path, clock) as station:
        for _ in range(40):
            await station.hear(inventory())
            clock.at += 30_000
        told = await station.told()
        assert [type(fact) for fact in told] == [TankRead, TankRead]
        level = TankLevel(volume=18_000_000, water_height=0, temperature=15_000)
        assert told[0] == TankRead(GAUGE, 1, level, "1 号罐", "92#", 30_000_000)


async def test_a_level_that_moves_is_told_before_its_time(path: Path, clock: Clock) -> None:
    async with living(path, clock) as station:
        for litres in (18_000, 17_900, 17_801, 17_800, 17_790):
            await station.hear(inventory(litres))
            clock.at += 30_000
        volumes = [fact.level.volume for fact in await station.told() if isinstance(fact, TankRead)]
        assert volumes == [18_000_000, 17_800_000]
        assert (await station.tank()).level.volume == 17_790_000
        await station.hear(inventory(17_790, water=2))
        assert len(await station.told()) == 3


async def test_a_delivery_that_the_console_repeats_is_one_fact_also_after_a_restart(path: Path, clock: Clock) -> None:
    async with living(path, clock) as station:
        await station.hear(inventory(), DeliveriesRead((delivery(),)), DeliveriesRead((delivery(),)))
        assert [type(fact) for fact in await station.told()] == [TankRead, TankDelivered, TankRead]
    async with living(path, clock) as station:
        await station.hear(DeliveriesRead((delivery(), delivery("2026-11-22 06:00"))))
        told = [fact for fact in await station.told() if isinstance(fact, TankDelivered)]
        assert [fact.started for fact in told] == ["2026-11-21 06:10", "2026-11-22 06:00"]
        view = await station.tanks.view()
        assert [one.delivered.started for one in view.deliveries] == ["2026-11-22 06:00", "2026-11-21 06:10"]


async def test_an_alarm_is_told_when_it_is_raised_and_when_it_is_over(path: Path, clock: Clock) -> None:
    leak = AlarmsRead((TankAlarm(1, "leak", 2),))
    async with living(path, clock) as station:
        await station.hear(inventory(), leak, leak)
        assert [one.alarm for one in (await station.tank()).alarms] == ["leak"]
    async with living(path, clock) as station:
        await station.hear(leak)
        assert [one.alarm for one in (await station.tank()).alarms] == ["leak"], "the page knows it before the console"
        await station.hear(AlarmsRead(()))
        told = await station.told()
        assert [fact for fact in told if isinstance(fact, TankAlarmed)] == [
            TankAlarmed(GAUGE, 1, "leak", 2, True, "92#"),
            TankAlarmed(GAUGE, 1, "leak", 2, False, "92#"),
        ]
        assert [type(fact) for fact in told] == [TankRead, TankAlarmed, TankRead, TankAlarmed, TankRead]
        assert (await station.tank()).alarms == ()


async def test_the_stations_own_limits_raise_alarms_that_do_not_tremble(path: Path, clock: Clock) -> None:
    async with living(path, clock) as station:
        for litres in (3_100, 2_999, 3_001, 2_998, 3_061):
            await station.hear(inventory(litres))
        told = [fact.raised for fact in await station.told() if isinstance(fact, TankAlarmed)]
        assert told == [True, False]
        await station.hear(inventory(10_000, water=51), AlarmsRead(()), inventory(10_000, water=50))
        assert [one.alarm for one in (await station.tank()).alarms] == ["water_limit"]


async def test_a_level_that_is_not_known_raises_nothing_and_ends_nothing(path: Path, clock: Clock) -> None:
    async with living(path, clock) as station:
        await station.hear(inventory(2_000))
        await station.hear(InventoryRead((TankReading(1, TankLevel()),)))
        view = await station.tank()
        assert (view.level, [one.alarm for one in view.alarms]) == (TankLevel(), ["low_limit"])


async def test_a_tank_that_nobody_has_configured_is_read_and_told_without_a_grade(path: Path, clock: Clock) -> None:
    async with living(path, clock) as station:
        await station.hear(inventory(500, number=9))
        [told] = await station.told()
        assert isinstance(told, TankRead)
        assert (told.tank, told.grade, told.capacity) == (9, "", 0)
        assert [tank.number for tank in (await station.tanks.view()).gauges[0].tanks] == [1, 2, 9]


async def test_a_silent_gauge_is_a_trouble_until_it_answers(path: Path, clock: Clock) -> None:
    async with living(path, clock) as station:
        await station.hear(GaugeAnswered(), inventory(), GaugeSilent(Silence.UNREADABLE))
        assert station.troubles == {GAUGE: "gauge_unreadable"}
        assert station.tanks.states() == (GaugeState(GAUGE, "gauge_unreadable"),)
        assert (await station.tank()).level.volume == 18_000_000, "the last level still stands, with its time"
        await station.hear(GaugeAnswered())
        assert station.troubles == {GAUGE: ""}


async def test_a_lost_line_outshouts_silence_and_gives_way_to_it(path: Path, clock: Clock) -> None:
    async with living(path, clock) as station:
        await station.hear(GaugeSilent(Silence.NO_ANSWER), GaugeSilent(Silence.LINE_LOST))
        station.tanks.line_trouble(GAUGE, "The serial server can't be reached.")
        assert station.troubles == {GAUGE: "gauge_line_lost"}
        station.tanks.line_trouble(GAUGE, None)
        assert station.troubles == {GAUGE: "gauge_no_answer"}


async def test_the_page_knows_the_last_level_before_the_console_is_asked(path: Path, clock: Clock) -> None:
    async with living(path, clock) as station:
        await station.hear(inventory(12_345))
    async with living(path, clock) as station:
        await station.hear()
        view = await station.tank()
        assert (view.level.volume, view.filled, view.read_at) == (12_345_000, 411, clock.at)
        assert [one.volume for one in view.past] == [12_345_000]


@pytest.mark.parametrize("where", ["INSERT INTO tank_delivery", "INSERT INTO letter"])
async def test_a_power_cut_in_the_middle_leaves_neither_half_a_delivery_nor_half_a_letter(
    path: Path, clock: Clock, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with living(path, clock) as station:
        await station.hear(inventory())
        with monkeypatch.context() as patch:
            patch.setattr(Database, "execute", _dying(where))
            station.tanks.receive(GAUGE, [DeliveriesRead((delivery(),))])
            await asyncio.sleep(0.05)
        assert [type(fact) for fact in await station.told()] == [TankRead]
    async with living(path, clock) as station:
        await station.hear(DeliveriesRead((delivery(),)))
        assert [type(fact) for fact in await station.told()] == [TankRead, TankDelivered, TankRead]


def _dying(where: str) -> Callable[..., Any]:
    real = Database.execute

    def execute(self: Database, sql: str, parameters: Any = None) -> Any:
        if sql.startswith(where):
            raise RuntimeError("the power went")
        return real(self, sql, parameters)

    return execute


async def test_levels_older_than_five_weeks_are_let_go_and_their_letters_stay(path: Path, clock: Clock) -> None:
    async with living(path, clock) as station:
        await station.hear(inventory())
        clock.at += 36 * 24 * 60 * MINUTE
        await station.hear(inventory())
        assert len(await station.store.read(_levels)) == 1
        assert len(await station.told()) == 2


def _levels(db: Database) -> list[Any]:
    return list(db.execute("SELECT * FROM tank_level"))


def test_a_level_with_nothing_known_is_short_in_its_letter() -> None:
    assert msgspec.json.encode(TankLevel()) == b"{}"
