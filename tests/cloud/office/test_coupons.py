"""Campaigns, codes, leases and the allowance."""

import re

from tests.cloud.office.stage import OWNER, Browser, Stage, acts
from tests.cloud.scene import STATIONS

CAMPAIGN = {
    "name": "国庆券", "kind": "amount", "value": "15", "min_spend": "200", "uses": "1",
    "not_before": "2026-11-22T00:00", "not_after": "2026-12-22T00:00", "where": "all", "grade": ["92#", "95#"],
}  # fmt: skip


async def test_a_campaign_is_made_and_its_coupons_issued(owner: Browser, busy: Stage) -> None:
    await owner.look("/coupons/new")
    page = await owner.send("/coupons/new", CAMPAIGN)
    assert owner.path.startswith("/coupons/campaign?name=")
    assert "减 15.00 元" in page
    page = await owner.send("/coupons/issue", {"name": "国庆券", "count": "3", "typed": "1"})
    codes = re.findall(r'class="typed">([\d ]{19})<', page)
    assert len(set(codes)) == 3
    assert page.count("<svg") >= 3
    assert busy.asked == [("coupons", None)]
    (one, *_) = re.findall(r"/coupons/codes/(\w{12})\.png", page)
    again = await owner.look("/coupons/sheet", params={"name": "国庆券"})
    assert one in again
    assert codes[0] not in again, "a typed code is shown once"


async def test_a_campaign_that_makes_no_sense_is_sent_back_with_sentences(owner: Browser) -> None:
    await owner.look("/coupons/new")
    page = await owner.send(
        "/coupons/new",
        {**CAMPAIGN, "kind": "percent", "value": "130", "not_after": "2026-11-01T00:00", "where": "some"},
    )
    assert owner.status == 400
    assert "请输入 1 到 100 之间的值" in page
    page = await owner.send("/coupons/new", {**CAMPAIGN, "not_after": "2026-11-01T00:00"})
    assert "结束时间必须晚于开始时间" in page
    page = await owner.send("/coupons/new", {**CAMPAIGN, "name": "周末满减券"})
    assert "已被使用" in page


async def test_a_coupon_is_held_for_a_station_released_and_called_back(owner: Browser, busy: Stage) -> None:
    coupon = busy.scene.rows_of("coupon")[-1].id
    await owner.look(f"/coupons/one/{coupon}")
    fields = {"station": STATIONS[1], "until": "2026-11-22T20:00"}
    page = await owner.send(f"/coupons/one/{coupon}/lease", fields)
    assert "锁定中" in page
    page = await owner.send(f"/coupons/one/{coupon}/lease", {**fields, "station": STATIONS[0]})
    assert (owner.status, "已为另一座油站锁定" in page) == (409, True)
    (number,) = {row.id for row in busy.scene.rows_of("coupon_lease") if row.coupon == coupon}
    page = await owner.send(f"/coupons/leases/{number}/release")
    assert "已解除" in page
    page = await owner.send(f"/coupons/one/{coupon}/revoke")
    assert "已作废" in page
    assert {("coupons", None)} == set(busy.asked)


async def test_a_code_is_a_picture_to_download(owner: Browser, busy: Stage) -> None:
    coupon = busy.scene.rows_of("coupon")[0].id
    assert owner.client is not None
    png = await owner.client.get(f"/coupons/codes/{coupon}.png")
    assert (await png.read()).startswith(b"\x89PNG")
    svg = await owner.client.get(f"/coupons/codes/{coupon}.svg")
    assert svg.content_type == "image/svg+xml"


async def test_the_allowance_says_who_changed_it(owner: Browser, busy: Stage) -> None:
    assert "还没有人修改过" in await owner.look("/coupons/allowance")
    fields = {"per_coupon": "80", "per_member_day": "150.50", "per_station_day": "1500", "book_hours": "48"}
    page = await owner.send("/coupons/allowance", fields)
    assert f"{OWNER} 于" in page
    assert 'value="150.50"' in page
    assert (OWNER, "allowance_set", "coupons") in acts(busy)
