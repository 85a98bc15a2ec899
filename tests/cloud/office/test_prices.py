"""A price from the wish to the nozzles."""

import pytest

from cloud.access import accounts
from cloud.access.accounts import Role
from cloud.tariffs import deciding
from cloud.tariffs.deciding import TariffState
from tests.cloud.office.stage import OWNER, Browser, Stage, acts
from tests.cloud.scene import STATIONS


async def test_a_tariff_is_made_after_its_change_was_seen(owner: Browser, busy: Stage) -> None:
    await owner.look("/prices/new")
    wish = {"price:95#": "8.99", "price:92#": "", "when": "now", "where": "all"}
    page = await owner.send("/prices/check", wish)
    assert owner.status == 200
    for words in ("8.36", "8.99", "+0.63"):
        assert words in page, words
    assert "超出一人可调幅度" not in page
    made = len(busy.scene.rows_of("tariff"))
    page = await owner.send("/prices", wish)
    assert owner.path == f"/prices/{made + 1}"
    newest = busy.scene.read(deciding.view, made + 1, busy.clock)
    assert (newest.prices, newest.stations, newest.made_by) == ({"95#": 8_990}, (), OWNER)
    assert busy.asked == [("tariffs", None)]
    assert (OWNER, "price_made", str(made + 1)) in acts(busy)


async def test_a_tariff_for_one_station_at_a_local_time(owner: Browser, busy: Stage) -> None:
    await owner.look("/prices/new")
    wish = {
        "price:0#": "7.60",
        "when": "later",
        "starts_at": "2026-11-23T06:30",
        "where": "some",
        "station": STATIONS[1],
    }
    await owner.send("/prices", {**wish, "station": STATIONS[1]})
    newest = busy.scene.read(deciding.page, busy.clock, 1)[0]
    assert newest.stations == (STATIONS[1],)
    assert newest.starts_at == 1_795_386_600_000
    assert busy.asked == [("tariffs", (STATIONS[1],))]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "请至少填写一种油品的价格"),
        ({"price:92#": "cheap"}, "请输入数字"),
        ({"price:92#": "78.5"}, "请输入 1 到 30 之间的值"),
        ({"price:92#": "7.85", "when": "later", "starts_at": "2026-11-22T01:00"}, "这个时间已经过去"),
        ({"price:92#": "7.85", "when": "later"}, "请填写此项"),
        ({"price:92#": "7.85", "where": "some"}, "请至少选择一座油站"),
    ],
)
async def test_what_is_wrong_with_a_tariff_is_said_beside_it(
    owner: Browser, busy: Stage, fields: dict[str, str], sentence: str
) -> None:
    await owner.look("/prices/new")
    for path in ("/prices/check", "/prices"):
        page = await owner.send(path, fields)
        assert (owner.status, sentence in page) == (400, True), path
    assert busy.asked == []


async def test_a_coming_tariff_is_replaced_and_cancelled(owner: Browser, busy: Stage) -> None:
    page = await owner.look("/prices/new?instead=3")
    assert 'value="8.41"' in page
    wish = {"price:95#": "8.40", "when": "later", "starts_at": "2026-11-23T06:30", "where": "all", "instead": "3"}
    await owner.send("/prices", wish)
    assert busy.scene.read(deciding.view, 3, busy.clock).state is TariffState.SUPERSEDED
    await owner.look("/prices/4")
    page = await owner.send("/prices/4/cancel")
    assert "已撤回" in page
    page = await owner.send("/prices/2/cancel")
    assert (owner.status, "已经生效" in page) == (409, True)


async def test_the_ladder_counts_stations_and_nozzles(owner: Browser, busy: Stage) -> None:
    page = await owner.look("/prices/2")
    assert "6 把油枪中 1 把已显示新价" in page
    assert "1 把枪失败" in page
    page = await owner.look("/prices?show=differing")
    assert "7.92" in page
    assert "1/6 枪一致" in page


async def test_a_price_beyond_the_bounds_waits_for_a_second_person_with_a_login_of_his_own(
    owner: Browser, busy: Stage
) -> None:
    await owner.look("/prices/new")
    wish = {"price:95#": "9.99", "when": "now", "where": "all"}
    assert "先撤回那一张" in await owner.send("/prices", wish), "tomorrow's 8.41 would be a large step down"
    wish = {"price:92#": "9.20", "when": "now", "where": "all"}
    assert "超出一人可调幅度" in await owner.send("/prices/check", wish)
    page = await owner.send("/prices", wish)
    path = owner.path
    version = int(path.rpartition("/")[2])
    assert "须由另一人批准" in page
    assert "ask-approve" not in page
    assert busy.asked == [], "it goes nowhere"
    assert "须由另一人批准" in await owner.send(f"{path}/approve")
    assert owner.status == 409
    assert busy.scene.read(deciding.view, version, busy.clock).state is TariffState.WAITING
    assert "待批准" in await owner.look("/prices/tariffs")
    with busy.books.begin() as connection:
        busy.codes["李经理"] = accounts.add(connection, "李经理", Role.OWNER, OWNER, busy.clock).code
    async with busy.browser("李经理") as second:
        page = await second.look(path)
        assert "ask-approve" in page
        assert f"{OWNER} 制作了这张调价单" in page
        page = await second.send(f"{path}/approve")
        assert "李经理 于" in page
    made = busy.scene.read(deciding.view, version, busy.clock)
    assert (made.state, made.made_by, made.approved_by) == (TariffState.STARTED, OWNER, "李经理")
    assert busy.asked == [("tariffs", None)]
    assert ("李经理", "price_approved", str(version)) in acts(busy)
