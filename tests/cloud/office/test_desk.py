"""Cases decided, dead letters mended, records read."""

import re

from tests.cloud.office.stage import OWNER, VIEWER, Browser, Stage, acts
from tests.cloud.scene import STATIONS


async def test_a_double_use_shows_both_facts_and_is_decided_with_a_reason(owner: Browser, busy: Stage) -> None:
    page = await owner.look("/cases")
    (number, *_) = re.findall(r'href="/cases/(\d+)">券被重复使用', page)
    page = await owner.look(f"/cases/{number}")
    for words in ("先用者有效", f"{STATIONS[0]}站", f"{STATIONS[2]}站", "¥20.00", "还剩 6 天"):
        assert words in page, words
    page = await owner.send(f"/cases/{number}/decide", {"decision": "head_office_bears", "note": " "})
    assert (owner.status, "请填写此项" in page) == (400, True)
    page = await owner.send(f"/cases/{number}/decide", {"decision": "head_office_bears", "note": "两站都离线"})
    assert "两站都离线" in page
    assert (OWNER, "case_decided", number) in acts(busy)
    page = await owner.send(f"/cases/{number}/decide", {"decision": "dismissed", "note": "再来"})
    assert (owner.status, "已经有人裁决过了" in page) == (409, True)


async def test_a_case_is_found_talked_about_handed_over_and_opened_again(owner: Browser, busy: Stage) -> None:
    page = await owner.look("/cases?kind=coupon_used_twice&with=-")
    assert "券被重复使用" in page
    assert "争议订单</a>" not in page
    assert "没有符合条件的案件" in await owner.look("/cases?station=minhang-1&late=1")
    number = next(row.id for row in busy.scene.rows_of("case") if row.kind == "disputed_sale")
    await owner.look(f"/cases/{number}")
    page = await owner.send(f"/cases/{number}/note", {"said": ""})
    assert (owner.status, "请填写此项" in page) == (400, True)
    assert "泵已送检" in await owner.send(f"/cases/{number}/note", {"said": "泵已送检"})
    assert f"交给 {OWNER}" in await owner.send(f"/cases/{number}/assign", {"to": OWNER})
    assert "重新立案" not in await owner.look(f"/cases/{number}")
    await owner.send(f"/cases/{number}/reopen", {"why": "早了"})
    assert owner.status == 409
    await owner.look(f"/cases/{number}")
    await owner.send(f"/cases/{number}/decide", {"decision": "settled", "note": "按累计"})
    page = await owner.send(f"/cases/{number}/reopen", {"why": "顾客又来电话"})
    assert "重新立案：顾客又来电话" in page
    done = [row.act for row in busy.scene.rows_of("audit") if row.act.startswith("case_")]
    assert done == ["case_noted", "case_assigned", "case_decided", "case_reopened"]


async def test_a_dead_letter_is_mended_and_replayed_into_the_books(owner: Browser, busy: Stage) -> None:
    page = await owner.look("/letters/1")
    assert "3O.25" in page
    before = len(busy.scene.rows_of("sale"))
    page = await owner.send("/letters/1/replay", {"text": '{"seq": 1}'})
    assert (owner.status, "还不能读" in page) == (400, True)
    raw = busy.scene.rows_of("dead_letter")[0].raw.decode().replace('"3O.25"', "30250")
    page = await owner.send("/letters/1/replay", {"text": raw})
    assert "已重放" in page
    sold = busy.scene.rows_of("sale")
    assert len(sold) == before + 1
    assert 30_250 in {row.volume for row in sold}
    assert (OWNER, "dead_letter_replayed", "1") in acts(busy)


async def test_letters_that_nobody_can_read_yet_go_on_waiting_together(owner: Browser, busy: Stage) -> None:
    assert "同因重放" in await owner.look("/letters/1")
    page = await owner.send("/letters/1/alike", {})
    assert (owner.status, "一封也读不懂" in page) == (409, True)
    assert busy.scene.rows_of("dead_letter")[0].state == "waiting"


async def test_a_dead_letter_is_waived_with_a_reason(owner: Browser, busy: Stage) -> None:
    await owner.look("/letters/1")
    await owner.send("/letters/1/waive", {"reason": ""})
    assert owner.status == 400
    page = await owner.send("/letters/1/waive", {"reason": "测试信件"})
    assert "测试信件" in page
    page = await owner.look("/letters?state=waived")
    assert f"{OWNER}" in page


async def test_the_audit_is_searched_and_its_chain_followed(owner: Browser, busy: Stage) -> None:
    page = await owner.look("/audit", params={"q": "campaign_created"})
    assert "周末满减券" in page
    assert "制作调价单" not in page
    page = await owner.look("/audit", params={"q": "创建活动"})
    assert "周末满减券" in page, "an act is found by its name in this language, too"
    assert "制作调价单" not in page
    assert "链条完整" in await owner.look("/audit?check=1")


async def test_dealers_and_regions_are_added(owner: Browser, busy: Stage) -> None:
    await owner.look("/owners")
    page = await owner.send("/owners/dealer", {"name": "长江能源"})
    assert "长江能源" in page
    page = await owner.send("/owners/dealer", {"name": "长江能源"})
    assert (owner.status, "已被使用" in page) == (400, True)
    page = await owner.send("/owners/region", {"name": ""})
    assert (owner.status, "请填写此项" in page) == (400, True)


async def test_english_stands_beside_chinese(owner: Browser) -> None:
    await owner.look("/")
    page = await owner.send("/face/choose", {"language": "en", "back": "/prices"})
    assert owner.path == "/prices"
    assert "What every nozzle shows now" in page


async def test_a_viewer_reads_the_audit(viewer: Browser) -> None:
    assert VIEWER in await viewer.look("/audit")
