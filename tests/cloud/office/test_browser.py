"""Head office in Chromium, as a person meets it."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from cloud.coupons import issuing, keys
from shared.codes import read_scanned
from shared.messages import PriceClimbed, Rung, SaleRecorded
from tests.cloud.office.conftest import Served
from tests.cloud.office.day import NOZZLES
from tests.cloud.office.stage import OWNER, PASSWORD, Stage
from tests.cloud.scene import STATIONS, a_sale

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[3] / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = (
    "/", "/stations", f"/stations/{STATIONS[0]}", f"/stations/{STATIONS[2]}", "/new-station", "/owners", "/sales",
    "/station-settings", f"/stations/{STATIONS[0]}/settings",
    "/sales?q=A6D90X", "/prices", "/prices/tariffs", "/prices/2", "/prices/new", "/coupons", "/coupons/new",
    "/coupons/campaign?name=周末满减券", "/coupons/sheet?name=周末满减券", "/coupons/allowance", "/cases", "/cases/1",
    "/letters", "/letters/1", "/security", "/audit?check=1", "/people", "/account",
)  # fmt: skip


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def profile(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh profile on a plain office screen."""
    profile = chromium.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    profile.set_default_timeout(8_000)
    yield profile
    profile.close()


@pytest.fixture
def stranger(profile: BrowserContext) -> Iterator[Page]:
    """A page of somebody who is not logged in. What it complains of in its console fails the test."""
    page = profile.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    yield page
    assert [said for said in complaints if not re.search(r"status of 4\d\d", said)] == []


@pytest.fixture
def screen(stranger: Page, served: Served) -> Page:
    """The overview of somebody who may change everything."""
    enter(stranger, served)
    return stranger


def enter(page: Page, served: Served) -> None:
    """With a session made at the server: the log-in itself has a story of its own."""
    token = served.stage.token(OWNER)
    page.context.add_cookies([{"name": "jiayou_office_session", "value": token, "url": served.address}])
    page.goto(served.address)
    listening(page)


def listening(page: Page) -> None:
    """Until the page hears news."""
    expect(page.locator("[sse-connect]").first).to_be_attached()
    page.wait_for_timeout(150)


def test_a_person_comes_in_for_the_first_time(stranger: Page, stage: Stage) -> None:
    served = Served(stage)
    try:
        stranger.goto(served.address + "/sales")
        stranger.get_by_label("姓名").fill(OWNER)
        stranger.get_by_label("密码", exact=True).fill(stage.codes[OWNER])
        stranger.get_by_role("button", name="登录", exact=True).click()
        expect(stranger.get_by_role("heading")).to_have_text("设置您的密码")
        stranger.get_by_label("新密码").fill(PASSWORD)
        stranger.get_by_label("再输一次").fill(PASSWORD + "!")
        stranger.get_by_role("button", name="设置并登录").click()
        expect(stranger.get_by_text("两次输入的密码不一致")).to_be_visible()
        stranger.get_by_label("新密码").fill(PASSWORD)
        stranger.get_by_label("再输一次").fill(PASSWORD)
        stranger.get_by_role("button", name="设置并登录").click()
        expect(stranger).to_have_url(served.address + "/sales")
        expect(stranger.get_by_text("没有订单")).to_be_visible()
        stranger.get_by_role("button", name="退出登录").click()
        expect(stranger).to_have_url(served.address + "/login")
    finally:
        served.close()


def test_a_price_is_made_and_seen_climbing_to_the_nozzles(screen: Page, served: Served) -> None:
    screen.goto(served.address + "/prices/new")
    screen.get_by_label("95#").fill("8.45")
    screen.get_by_role("button", name="下一步").click()
    expect(screen.locator("table")).to_contain_text("8.36")
    expect(screen.locator("table")).to_contain_text("+0.09")
    screen.get_by_role("button", name="确认并下发").click()
    expect(screen).to_have_url(served.address + "/prices/4")
    expect(screen.locator(".toast")).to_contain_text("正在下发")
    expect(screen.get_by_text("6 把油枪中 0 把已显示新价")).to_be_visible()
    listening(screen)
    of_95 = [(point, nozzle) for point, nozzle, grade in NOZZLES if grade == "95#"]
    for count, (point, nozzle) in enumerate(of_95, 1):
        there = (point, nozzle, "95#", 8_450)
        told = served.stage.tell(
            STATIONS[0], PriceClimbed(4, Rung.RECEIVED), *[PriceClimbed(4, rung, *there) for rung in climb()]
        )
        served.happen(lambda told=told: served.stage.announce(told))  # type: ignore[misc]
        expect(screen.get_by_text(f"6 把油枪中 {count} 把已显示新价")).to_be_visible()
    expect(screen.locator("details", has_text=STATIONS[0]).locator("summary")).to_contain_text("2/2 枪")


def climb() -> tuple[Rung, Rung]:
    return Rung.APPLIED, Rung.READ_BACK


def test_a_large_step_must_be_confirmed_twice(screen: Page, served: Served) -> None:
    screen.goto(served.address + "/prices/new")
    screen.get_by_label("92#").fill("9.92")
    screen.get_by_role("button", name="下一步").click()
    screen.get_by_role("button", name="确认并下发").click()
    expect(screen).to_have_url(served.address + "/prices/check")
    screen.get_by_label("我已核对，变动无误").check()
    screen.get_by_role("button", name="返回修改").click()
    expect(screen.get_by_label("92#")).to_have_value("9.92")


def test_a_sale_arrives_on_the_page_by_itself(screen: Page, served: Served) -> None:
    stage = served.stage
    told = stage.tell(STATIONS[1], SaleRecorded(a_sale(stage.clock, amount=12_345, plate="粤B0NEW1")))
    served.happen(lambda: stage.announce(told))
    expect(screen.locator("table tbody tr").first).to_contain_text("¥123.45")
    screen.goto(served.address + "/sales")
    listening(screen)
    told = stage.tell(STATIONS[1], SaleRecorded(a_sale(stage.clock, plate="粤B0NEW2")))
    served.happen(lambda: stage.announce(told))
    first = screen.locator("table tbody tr").first
    expect(first).to_contain_text("粤B0NEW2")
    first.click()
    expect(screen.get_by_role("heading", name="泵码核对")).to_be_visible()


def test_a_page_that_lost_its_server_says_so(screen: Page, served: Served) -> None:
    expect(screen.locator(".stale-banner")).to_be_hidden()
    screen.evaluate("document.body.classList.add('stale')")
    expect(screen.locator(".stale-banner")).to_be_visible()


def test_coupons_are_issued_and_their_qr_codes_can_be_read(screen: Page, served: Served) -> None:
    screen.goto(served.address + "/coupons/campaign?name=周末满减券")
    screen.get_by_label("数量").fill("2")
    screen.get_by_role("button", name="发券").click()
    expect(screen.locator(".typed")).to_have_count(2)
    expect(screen.locator(".typed").first).to_have_text(re.compile(r"\d{4} \d{4} \d{4} \d{4}"))
    id = screen.locator(".slip-card").first.locator(".code").inner_text()
    shown = Image.open(io.BytesIO(screen.locator(".slip-card svg").first.screenshot()))
    books, seal = served.stage.books, served.stage.seal
    with books.read() as connection:
        text = issuing.scanned_text(connection, seal, id)
        public = keys.public(connection)
    assert modules(shown, segno.make_qr(text, error="m", boost_error=False)) == "as issued"
    assert read_scanned(text, public).coupon == id


def modules(picture: Image.Image, code: segno.QRCode) -> str:
    """Whether the picture shows exactly this code, with its white border."""
    grey = picture.convert("L")
    pixels = grey.tobytes()
    matrix = [list(row) for row in code.matrix_iter(border=4)]
    size = grey.width / len(matrix)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            seen = pixels[int((y + 0.5) * size) * grey.width + int((x + 0.5) * size)]
            if (seen < 128) != bool(dark):
                return f"another module at {x}, {y}"
    return "as issued"


def test_a_case_is_decided(screen: Page, served: Served) -> None:
    expect(screen.get_by_role("link", name="待裁决 3")).to_be_visible()
    screen.goto(served.address + "/cases")
    screen.locator("tr", has_text="券被重复使用").click()
    expect(screen.get_by_text("先用的一笔（有效）")).to_be_visible()
    expect(screen.get_by_label("总部承担（建议）")).to_be_checked()
    screen.get_by_label("经销商承担").check()
    screen.get_by_label("说明").fill("已与站长核实")
    screen.get_by_role("button", name="裁决").click()
    expect(screen.locator(".toast")).to_contain_text("已裁决")
    expect(screen.get_by_text("裁决：经销商承担。已与站长核实")).to_be_visible()
    expect(screen.get_by_role("link", name="待裁决 2")).to_be_visible()
    screen.get_by_label("重新立案的原因").fill("站长又来电话")
    screen.get_by_role("button", name="重新立案").click()
    expect(screen.get_by_text("重新立案：站长又来电话")).to_be_visible()
    screen.get_by_label("经办人").select_option("王总")
    screen.get_by_role("button", name="交给他").click()
    expect(screen.get_by_text("交给 王总")).to_be_visible()


def test_a_dead_letter_is_mended_and_its_count_falls(screen: Page, served: Served) -> None:
    screen.goto(served.address + "/letters/1")
    area = screen.get_by_label("原文")
    area.fill(area.input_value().replace('"3O.25"', '"30.25"'))
    screen.get_by_role("button", name="改正并重放").click()
    expect(screen.locator(".field-error")).to_contain_text("还不能读")
    area.fill(area.input_value().replace('"30.25"', "30250"))
    screen.get_by_role("button", name="改正并重放").click()
    expect(screen.locator(".toast")).to_contain_text("已重放")
    expect(screen.get_by_role("navigation").get_by_role("link", name="死信", exact=True)).to_be_visible()


def test_a_station_is_stopped_after_a_question(screen: Page, served: Served) -> None:
    screen.goto(served.address + f"/stations/{STATIONS[0]}")
    screen.get_by_role("button", name="全部停止").first.click()
    dialog = screen.locator("dialog[open]")
    expect(dialog).to_contain_text("立即停止出油")
    dialog.get_by_label("时限").select_option("30")
    screen.wait_for_timeout(400)
    dialog.get_by_role("button", name="全部停止").click()
    expect(screen.locator(".toast")).to_contain_text("指令已下达")
    assert served.stage.asked == [("commands", [STATIONS[0]])]


@pytest.mark.parametrize(("theme", "language"), [("light", "zh"), ("dark", "en")])
def test_nothing_serious_stands_in_anybody_s_way(screen: Page, served: Served, theme: str, language: str) -> None:
    for name, value in (("theme", theme), ("language", language)):
        screen.context.add_cookies([{"name": f"jiayou_office_{name}", "value": value, "url": served.address}])
    for path in PAGES:
        screen.goto(served.address + path)
        assert serious(screen) == [], path
        assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the screen"
    screen.context.clear_cookies()
    screen.goto(served.address + "/login")
    assert serious(screen) == []


def serious(page: Page) -> list[str]:
    """What axe finds serious or worse."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = json.loads(page.evaluate("axe.run().then(result => JSON.stringify(result.violations))"))
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]
