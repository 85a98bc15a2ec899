"""The overview, and what is known and wished of a station."""

import re

import pytest

from cloud.stations import commands
from shared.messages import AuthorisePoint, StopPoint
from shared.sale import Preset, PresetKind
from tests.cloud.office.stage import OWNER, Browser, Stage
from tests.cloud.scene import STATIONS


async def test_the_overview_adds_up_today(owner: Browser, busy: Stage) -> None:
    page = await owner.look("/")
    assert owner.status == 200
    sold = [row for row in busy.scene.rows_of("sale") if row.business_day == "2026-11-22"]
    litres, fen = sum(row.volume for row in sold), sum(row.amount for row in sold)
    assert f"{litres // 1000:,}.{litres % 1000 // 10:02d}" in page
    assert f"{fen // 100:,}.{fen % 100:02d}" in page
    assert "缺 3 封信" in page


async def test_a_gap_a_backlog_and_a_wrong_clock_stand_in_words(owner: Browser, busy: Stage) -> None:
    page = await owner.look("/stations")
    assert re.search(r"起缺 3 封", page)
    assert "快 8 秒" in page
    assert "缺纸" in page
    page = await owner.look(f"/stations/{STATIONS[2]}")
    assert re.search(r"缺第 \d+–\d+ 号，共 3 封", page)
    assert "离线 14 分钟" in page


async def test_a_new_station_gets_a_password_that_is_shown_once(owner: Browser, busy: Stage) -> None:
    await owner.look("/new-station")
    fields = {"id": "xuhui-1", "name": "徐汇一站", "dealer": "东方石油", "region": "华东"}
    page = await owner.send("/new-station", {**fields, "id": "徐汇"})
    assert (owner.status, "小写字母" in page) == (400, True)
    page = await owner.send("/new-station", fields)
    (password,) = re.findall(r'id="password">([^<]+)<', page)
    assert len(password) >= 32
    assert busy.broker_told == 1
    assert password not in await owner.look("/stations/xuhui-1")
    await owner.look("/new-station")
    page = await owner.send("/new-station", fields)
    assert (owner.status, "已被使用" in page) == (400, True)


async def test_a_revoked_station_is_shut_out_and_stays_in_the_books(owner: Browser, busy: Stage) -> None:
    await owner.look(f"/stations/{STATIONS[0]}")
    page = await owner.send(f"/stations/{STATIONS[0]}/revoke")
    assert "已于" in page
    assert busy.broker_told == 1
    count = sum(row.station == STATIONS[0] for row in busy.scene.rows_of("sale"))
    assert f"共 {count} 笔" in await owner.look(f"/sales?station={STATIONS[0]}")
    await owner.send(f"/stations/{STATIONS[0]}/command", {"act": "stop", "point": "0", "seconds": "60"})
    assert owner.status == 409


@pytest.mark.parametrize(
    ("fields", "action"),
    [
        ({"act": "stop", "point": "0"}, StopPoint(0)),
        (
            {"act": "authorise", "point": "3", "limit": "amount", "value": "200"},
            AuthorisePoint(3, Preset(PresetKind.AMOUNT, 20_000)),
        ),
        ({"act": "authorise", "point": "3", "limit": "", "value": ""}, AuthorisePoint(3)),
    ],
)
async def test_a_command_goes_out_with_a_name_and_a_deadline(
    owner: Browser, busy: Stage, fields: dict[str, str], action: object
) -> None:
    await owner.look(f"/stations/{STATIONS[0]}")
    await owner.send(f"/stations/{STATIONS[0]}/command", {**fields, "seconds": "30"})
    newest = busy.scene.read(commands.latest, STATIONS[0], busy.clock)[0]
    assert (newest.action, newest.by, newest.deadline) == (action, OWNER, busy.clock + 30_000)
    assert busy.asked == [("commands", [STATIONS[0]])]


async def test_a_button_hit_twice_commands_once(owner: Browser, busy: Stage) -> None:
    await owner.look(f"/stations/{STATIONS[0]}")
    before = len(busy.scene.read(commands.latest, STATIONS[0], busy.clock))
    for _ in range(2):
        await owner.send(f"/stations/{STATIONS[0]}/command", {"act": "stop", "point": "0"}, once="one tap")
    assert len(busy.scene.read(commands.latest, STATIONS[0], busy.clock)) == before + 1


async def test_the_broker_that_is_away_is_seen_on_every_page(owner: Browser, busy: Stage) -> None:
    busy.line.connected = False
    assert "通信线路中断" in await owner.look("/sales")
