"""Days at head office: calm where all is well, in words where it is not."""

from datetime import date

from cloud.days import keeping
from cloud.days.listing import DateSum
from cloud.office.days import CHARTED, charted
from cloud.store.days import Totals
from tests.cloud.office.stage import OWNER, Browser, Stage, acts

TODAY = "2026-11-22"


def kept(busy: Stage) -> None:
    """Added up, and then judged."""
    for _ in range(2):
        keeping.keep(busy.scene.books, busy.now())


async def test_days_stand_in_a_list_with_their_state_in_words(owner: Browser, busy: Stage) -> None:
    kept(busy)
    page = await owner.look("/days")
    assert "未定稿" in page
    assert "最近 31 天实收" in page
    station = busy.scene.rows_of("station_day")[0].station
    assert "没有销售" in await owner.look("/days?state=restated")
    assert f"/days/{station}/" in await owner.look(f"/days?station={station}&state=provisional")
    assert "未定稿" in await owner.look("/live/days")


async def test_one_day_tells_its_grades_and_why_it_is_not_final(owner: Browser, busy: Stage) -> None:
    kept(busy)
    row = next(row for row in busy.scene.rows_of("station_day") if row.sales)
    page = await owner.look(f"/days/{row.station}/{row.day}")
    assert "各油品" in page
    assert "定稿后没有变动" in page
    assert f"/sales?station={row.station}&amp;day={row.day}" in page
    await owner.look("/days/nowhere/2020-01-01")
    assert owner.status == 409


async def test_a_day_whose_letters_never_come_is_closed_with_a_reason(owner: Browser, busy: Stage) -> None:
    kept(busy)
    row = next(row for row in busy.scene.rows_of("station_day") if row.day < TODAY and row.why != "not_over")
    page = await owner.look(f"/days/{row.station}/{row.day}")
    assert "人工定稿" in page
    await owner.send(f"/days/{row.station}/{row.day}/close", {"why": ""})
    assert owner.status == 400
    page = await owner.send(f"/days/{row.station}/{row.day}/close", {"why": "硬盘坏了"})
    assert "硬盘坏了" in page
    assert (OWNER, "day_closed", f"{row.station} {row.day}") in acts(busy)


def test_the_chart_has_a_bar_for_each_day_and_none_is_left_out() -> None:
    sums = [DateSum("2026-11-01", Totals(1, 1, 1, 0, 700, 0), 0), DateSum(TODAY, Totals(payable=9), 1)]
    chart = charted(sums, date.fromisoformat(TODAY))
    assert len(chart["names"]) == len(chart["payable"]) == CHARTED
    assert (chart["names"][-1], chart["payable"][-1]) == ("11-22", 9)
    assert chart["payable"][chart["names"].index("11-01")] == 700
    assert sum(chart["payable"]) == 709
