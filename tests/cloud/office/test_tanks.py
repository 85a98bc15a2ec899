"""The tanks at head office: every station's levels, one station's story, and the drawing of a level."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.office.level_chart import HEIGHT, WIDTH, level_chart
from shared.messages import TankAlarmed, TankDelivered, TankRead
from shared.tanks import TankLevel
from tests.cloud.office.stage import Browser, Stage
from tests.cloud.scene import HOUR, MINUTE, STATIONS

GAUGE = "液位仪"
HERE = f"/stations/{STATIONS[0]}/tanks"


def level(litres: int) -> TankLevel:
    return TankLevel(litres * 1_000, litres * 999, (30_000 - litres) * 1_000, 1_000_000, 2_100, 4_000, 15_250)


def read(litres: int, tank: int = 1, **more: Any) -> TankRead:
    return TankRead(GAUGE, tank, level(litres), f"{tank} 号罐", "92#", 30_000_000, **more)


def measured(stage: Stage) -> None:
    """A morning of a station with a gauge."""
    for hour in range(8):
        stage.tell(STATIONS[0], read(18_000 - hour * 900), at=stage.clock - (9 - hour) * HOUR)
    stage.tell(STATIONS[0], TankAlarmed(GAUGE, 1, "high_water", 3, True, "92#"), at=stage.clock - 50 * MINUTE)
    delivered = TankDelivered(GAUGE, 1, "2026-11-21 06:10", "2026-11-21 06:42", level(6_000), level(18_900), "92#")
    stage.tell(STATIONS[0], delivered, TankRead(GAUGE, 7, level(500)), at=stage.clock - 40 * MINUTE)


@pytest.mark.parametrize("path", [HERE, f"/live{HERE}", f"{HERE}?days=7", f"{HERE}?days=999"])
async def test_a_stations_tanks_stand_with_their_levels_deliveries_and_alarms(
    owner: Browser, busy: Stage, path: str
) -> None:
    measured(busy)
    page = await owner.look(path)
    assert owner.status == 200
    for words in ("1 号罐", "11,700 升", "18,300 升", "2.1 毫米", "15.3 ℃", "水位过高", "12,900 升", "未在配置中登记"):
        assert words in page, words
    assert "level-line" in page


async def test_every_station_with_a_gauge_is_in_the_list(owner: Browser, busy: Stage) -> None:
    assert "还没有油站上报液位" in await owner.look("/tanks")
    measured(busy)
    page = await owner.look("/tanks")
    assert (f"{STATIONS[0]}/tanks" in page, f"{STATIONS[1]}/tanks" in page) == (True, False)
    assert "11,700 升" in await owner.look("/live/tanks")
    assert "11,700 升" in await owner.look(f"/stations/{STATIONS[0]}")


async def test_who_may_only_look_sees_the_tanks_too(viewer: Browser, busy: Stage) -> None:
    measured(busy)
    assert "11,700 升" in await viewer.look(HERE)
    assert await viewer.look("/stations/no-such-station/tanks")
    assert viewer.status == 409


# ── The drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_level_that_falls_is_a_line_that_falls() -> None:
    chart = level_chart([(0, 18_000_000), (50, 12_000_000), (100, 0)], 0, 100)
    assert [tick.value for tick in chart.ticks] == [0, 5_000, 10_000, 15_000, 20_000]
    heights = [int(point.partition(",")[2]) for point in chart.line.split()]
    assert heights == sorted(heights)
    assert heights[-1] == chart.floor
    assert level_chart([], 0, 100).empty


@given(
    st.lists(st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 10**10)), max_size=40),
    st.integers(-(10**6), 10**6),
    st.integers(0, 10**6),
)
def test_no_level_leaves_the_drawing(levels: list[tuple[int, int]], since: int, span: int) -> None:
    chart = level_chart(sorted(levels), since, since + span)
    for point in f"{chart.line} {chart.area}".split():
        x, y = map(int, point.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
