"""The pages on which head office sets something for its stations."""

from tests.cloud.office.stage import OWNER, Browser, Stage, acts
from tests.cloud.scene import STATIONS

WANTED = {
    "receipt_top": "世纪大道 1 号\r\n\r\n  电话  021-5555 0000 ",
    "receipt_bottom": "",
    "receipts": "no",
    "drip_limit": "150",
}


async def test_settings_for_all_are_sent_to_all_and_bear_a_name(owner: Browser, busy: Stage) -> None:
    assert "还没有人设定过" in await owner.look("/station-settings")
    page = await owner.send("/station-settings", WANTED)
    assert f"{OWNER} 于" in page
    assert "世纪大道 1 号\n电话 021-5555 0000</textarea>" in page
    assert busy.asked == [("settings", None)]
    assert (OWNER, "site_settings_set", "stations") in acts(busy)


async def test_a_station_alone_has_its_own_and_shows_what_all_have(owner: Browser, busy: Stage) -> None:
    await owner.send("/station-settings", WANTED)
    here = f"/stations/{STATIONS[0]}/settings"
    page = await owner.look(here)
    assert 'placeholder="世纪大道 1 号' in page
    assert "全部油站：按需打印" in page
    await owner.send(here, {**WANTED, "receipt_top": "南京路 2 号", "receipts": "", "drip_limit": ""})
    assert busy.asked[-1] == ("settings", [STATIONS[0]])
    assert "南京路 2 号</textarea>" in await owner.look(here)


async def test_the_station_page_tells_which_version_is_held(owner: Browser, busy: Stage) -> None:
    await owner.send("/station-settings", WANTED)
    page = f"/stations/{STATIONS[0]}"
    busy.greet(STATIONS[0])
    assert "程序较旧，不支持" in await owner.look(page)
    busy.greet(STATIONS[0], versions={"settings": 0})
    assert "站内 0 / 最新 1" in await owner.look(page)
    busy.greet(STATIONS[0], versions={"settings": 1})
    assert "站内 1 / 最新 1" in await owner.look(page)


async def test_what_makes_no_sense_is_sent_back_with_sentences(owner: Browser, busy: Stage) -> None:
    wrong = {"receipt_top": "一\n" * 7, "receipt_bottom": "长" * 97, "receipts": "x", "drip_limit": "1001"}
    page = await owner.send("/station-settings", wrong)
    assert owner.status == 400
    for sentence in ("最多 6 行", "最多 96 个字", "0 到 1000 之间"):
        assert sentence in page
    page = await owner.send("/station-settings", {**WANTED, "receipt_top": "a\x1b@b"})
    assert owner.status == 400
    assert not busy.asked
    page = await owner.look("/stations/atlantis-1/settings")
    assert owner.status == 404 or "没有" in page
