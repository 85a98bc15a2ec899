"""What people at head office see and do, page by page, on a busy day."""

import csv
import io
import re

import pytest

from cloud.access import auditing
from cloud.stations import commands
from cloud.tariffs import deciding
from cloud.tariffs.deciding import TariffState
from shared.messages import AuthorisePoint, ReprintSlip, SaleRecorded, StopPoint
from shared.sale import Preset, PresetKind
from tests.cloud.office.stage import OWNER, PASSWORD, VIEWER, Browser, Stage
from tests.cloud.scene import EPOCH, MINUTE, STATIONS, a_sale


def acts(stage: Stage) -> list[tuple[str, str, str]]:
    """The audit: who did what to what, the newest last."""
    entries = stage.scene.read(auditing.page, 200)
    return [(entry.by, entry.act, entry.subject) for entry in reversed(entries)]


# ── Coming in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_first_login_is_by_code_and_ends_with_a_password_of_one_s_own(stage: Stage) -> None:
    async with stage.browser("") as stranger:
        page = await stranger.send("/login", {"name": OWNER, "password": stage.codes[OWNER]})
        assert "设置您的密码" in page
        fields = {"name": OWNER, "password": stage.codes[OWNER], "own": "short", "again": "short"}
        page = await stranger.send("/first-login", fields)
        assert (stranger.status, "密码至少 10 位" in page) == (400, True)
        await stranger.send("/first-login", {**fields, "own": PASSWORD, "again": PASSWORD})
        assert (stranger.status, stranger.path) == (200, "/")
        await stranger.send("/logout")
        page = await stranger.send("/login", {"name": OWNER, "password": stage.codes[OWNER]})
        assert stranger.status == 400, "the code is worth nothing any more"
        await stranger.send("/login", {"name": OWNER, "password": PASSWORD, "next": "/sales"})
        assert (stranger.status, stranger.path) == (200, "/sales")


async def test_a_login_never_leads_to_a_foreign_site(stage: Stage) -> None:
    stage.token(OWNER)
    async with stage.browser("") as stranger:
        for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
            await stranger.look("/login")
            await stranger.send("/login", {"name": OWNER, "password": PASSWORD, "next": elsewhere}, follow=False)
            assert stranger.location == "/"


async def test_guessing_a_password_locks_the_account_for_a_while(stage: Stage) -> None:
    stage.token(OWNER)
    async with stage.browser("") as stranger:
        for _ in range(6):
            page = await stranger.send("/login", {"name": OWNER, "password": "wrong password"})
        assert (stranger.status, "账号已锁定" in page) == (429, True)
        page = await stranger.send("/login", {"name": OWNER, "password": PASSWORD})
        assert stranger.status == 429, "the right password does not help now"
        stage.clock += 2 * MINUTE
        await stranger.send("/login", {"name": OWNER, "password": PASSWORD})
        assert stranger.path == "/"


async def test_one_s_sessions_are_listed_and_ended_one_by_one(stage: Stage) -> None:
    async with stage.browser() as here, stage.browser() as there:
        page = await here.look("/account")
        (other,) = re.findall(r"/account/sessions/([0-9a-f]+)/end", page)
        await here.send(f"/account/sessions/{other}/end")
        assert here.status == 200
        await there.look("/account")
        assert there.path.startswith("/login")
        await here.look("/account")
        assert here.path == "/account"


async def test_another_password_ends_every_other_session(stage: Stage) -> None:
    async with stage.browser() as here, stage.browser() as there:
        await here.look("/account")
        new = "another fine 98 password"
        await here.send("/account/password", {"old": PASSWORD, "own": new, "again": new})
        assert (here.status, here.path) == (200, "/account")
        await there.look("/")
        assert there.path.startswith("/login")


async def test_a_session_that_nobody_used_is_over_and_a_page_that_renews_itself_is_no_use(stage: Stage) -> None:
    async with stage.browser() as browser:
        for _ in range(5):
            stage.clock += 10 * MINUTE
            await browser.look("/live/overview", headers={"HX-Request": "true"})
        assert browser.status == 401
        await browser.look("/")
        assert browser.path.startswith("/login")


async def test_a_new_person_gets_a_code_that_is_shown_once(stage: Stage) -> None:
    async with stage.browser() as owner:
        await owner.look("/people")
        page = await owner.send("/people", {"name": "小赵", "role": "viewer"})
        (code,) = re.findall(r'id="first-code">([^<]+)<', page)
        page = await owner.look("/people")
        assert code not in page
        assert "待首次登录" in page
    async with stage.browser("") as stranger:
        page = await stranger.send("/login", {"name": "小赵", "password": code})
        assert "设置您的密码" in page


# ── Overview, stations ────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── Sales ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_sales_are_found_by_plate_status_and_day(owner: Browser, busy: Stage) -> None:
    page = await owner.look("/sales", params={"q": "川A6D90X"})
    assert "共 1 笔" in page
    page = await owner.look("/sales?status=disputed")
    assert "67.96" in page
    assert "共 1 笔" in page
    page = await owner.look("/sales?status=flagged&first=2026-11-22")
    assert "油价版本未知" in page
    assert "没有符合条件的订单" in await owner.look("/sales?day=2026-01-01")


async def test_every_sale_is_on_exactly_one_page(owner: Browser, busy: Stage) -> None:
    seen: list[str] = []
    path = "/sales"
    while True:
        page = await owner.look(path)
        seen += re.findall(r'class="plain strong" href="/sales/([^"]+)"', page)
        following = re.findall(r'href="(/sales\?before=[^"]+)"', page)
        if not following:
            break
        path = following[0].replace("&amp;", "&")
    assert len(seen) == len(set(seen)) == len(busy.scene.rows_of("sale"))


async def test_the_trace_runs_from_the_nozzle_to_the_letter(owner: Browser, busy: Stage) -> None:
    (row,) = [row for row in busy.scene.rows_of("sale") if row.plate == "川A6D90X"]
    page = await owner.look(f"/sales/{row.station}-{row.epoch}-{row.seq}")
    for words in ("67.96", "40.78", "81,234.56", "不符", "争议订单", "№ 1", bytes(row.letter_sha256).hex(), "暂不收款"):
        assert words in page, words


async def test_a_sale_that_is_not_there_is_said_in_a_sentence(owner: Browser) -> None:
    page = await owner.look(f"/sales/{STATIONS[0]}-{EPOCH}-999999")
    assert (owner.status, "可能还在路上" in page) == (409, True)


async def test_the_file_holds_every_sale_and_no_formula(owner: Browser, busy: Stage) -> None:
    busy.tell(STATIONS[0], SaleRecorded(a_sale(busy.clock, plate="=cmd|' /C calc'!A0")))
    text = await owner.look("/sales.csv")
    assert owner.response is not None
    assert owner.response.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 1 + len(busy.scene.rows_of("sale"))
    assert rows[0][:3] == ["订单号", "油站", "营业日"]
    assert not [cell for row in rows[1:] for cell in row if cell.startswith(("=", "+", "@"))]
    text = await owner.look("/sales.csv?status=disputed")
    assert len(text.splitlines()) == 2


async def test_a_receipt_is_asked_for_once_more(owner: Browser, busy: Stage) -> None:
    (row,) = [row for row in busy.scene.rows_of("sale") if row.plate == "川A6D90X"]
    key = f"{row.station}-{row.epoch}-{row.seq}"
    await owner.look(f"/sales/{key}")
    await owner.send(f"/sales/{key}/reprint", {"seconds": "60"})
    assert busy.scene.read(commands.latest, row.station, busy.clock)[0].action == ReprintSlip(row.epoch, row.seq)


# ── Prices ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_tariff_is_made_after_its_change_was_seen(owner: Browser, busy: Stage) -> None:
    await owner.look("/prices/new")
    wish = {"price:95#": "9.99", "price:92#": "", "when": "now", "where": "all"}
    page = await owner.send("/prices/check", wish)
    assert owner.status == 200
    for words in ("8.36", "9.99", "+1.63", "变动超过 10%"):
        assert words in page, words
    made = len(busy.scene.rows_of("tariff"))
    page = await owner.send("/prices", wish)
    assert owner.path == f"/prices/{made + 1}"
    newest = busy.scene.read(deciding.view, made + 1, busy.clock)
    assert (newest.prices, newest.stations, newest.made_by) == ({"95#": 9_990}, (), OWNER)
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


# ── Coupons ───────────────────────────────────────────────────────────────────────────────────────────────────────────

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


# ── The desk ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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
