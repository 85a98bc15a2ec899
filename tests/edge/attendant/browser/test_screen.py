"""The touchscreen in Chromium, as a hand or a keyboard meets it."""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.edge.attendant.browser.conftest import listening, open_sheet
from tests.edge.attendant.conftest import Served
from tests.edge.attendant.fake_forecourt import GOOD_CODE
from tests.edge.attendant.scene import busy, troubled

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[4] / "node_modules" / "axe-core" / "axe.min.js"


def fuel(served: Served, point: int, litres: int) -> None:
    served.happen("lift", point)
    served.happen("flow", point, litres)


def test_fuel_flows_on_the_screen_as_it_flows_at_the_pump(screen: Page, served: Served) -> None:
    card = screen.locator("#point-3")
    expect(card).to_contain_text("空闲")
    served.happen("lift", 3)
    expect(card).to_contain_text("请求加油")
    expect(screen.locator(".calling-one")).to_contain_text("3")
    served.happen("flow", 3, 12_340)
    expect(card).to_contain_text("加油中")
    expect(card.locator(".run-money")).to_have_text("¥96.87")
    screen.evaluate("document.querySelector('#point-3 .card-number').dataset.mine = 'kept'")
    served.happen("flow", 3, 1_000)
    expect(card.locator(".run-litres")).to_contain_text("13.34")
    kept = screen.locator("#point-3 .card-number").get_attribute("data-mine")
    assert kept == "kept", "only the figures were drawn anew, not the card"
    served.happen("finish", 3)
    expect(card).to_contain_text("上一笔")


def test_a_customer_is_released_with_two_hundred_yuan_in_two_taps(kiosk: Page, served: Served) -> None:
    served.happen("lift", 2)
    open_sheet(kiosk, ".calling-one")
    kiosk.locator("#sheet button", has_text="¥200").click()
    expect(kiosk.locator("#toasts")).to_contain_text("2 号位已授权，定量 ¥200.00。")
    expect(kiosk.locator("#point-2")).to_contain_text("定量 ¥200.00")
    assert [done[0] for done in served.forecourt.done] == ["authorise"]


def test_a_limit_is_typed_on_the_keypad_in_money_or_litres(kiosk: Page, served: Served) -> None:
    served.happen("lift", 1)
    open_sheet(kiosk, "#point-1")
    kiosk.locator("#sheet [hx-get*=preset]").click()
    kiosk.locator("#sheet button", has_text="按升数").click()
    expect(kiosk.locator("#sheet .readout-unit")).to_have_text("升")
    for key in ("2", "5", "erase", "6", ".", "5"):
        kiosk.locator(f"#sheet [data-key='{key}']").click()
    expect(kiosk.locator("#preset-value")).to_have_value("26.5")
    kiosk.locator("#sheet .button-primary").click()
    expect(kiosk.locator("#toasts")).to_contain_text("定量 26.50 L")


def test_hammering_a_button_with_wet_gloves_is_one_wish(kiosk: Page, served: Served) -> None:
    served.happen("lift", 2)
    open_sheet(kiosk, "#point-2")
    kiosk.evaluate(
        "const main = document.querySelector('#sheet .favourite-main'); for (let i = 0; i < 10; i += 1) main.click();"
    )
    expect(kiosk.locator("#point-2")).to_contain_text("待出油")
    assert len(served.forecourt.done) == 1


def test_everything_stops_by_one_tap_whatever_lies_open(kiosk: Page, served: Served) -> None:
    fuel(served, 1, 5_000)
    fuel(served, 4, 9_000)
    open_sheet(kiosk, "#point-2")
    expect(kiosk.locator("#sheet")).to_be_visible()
    kiosk.locator("#stop-all").click()
    expect(kiosk.locator("#toasts")).to_contain_text("已向全部加油位发出停止")
    expect(kiosk.locator("#point-1")).to_contain_text("空闲")
    expect(kiosk.locator("#point-4")).to_contain_text("空闲")


def test_a_filling_is_paused_and_goes_on(kiosk: Page, served: Served) -> None:
    fuel(served, 1, 5_000)
    open_sheet(kiosk, "#point-1")
    kiosk.locator("#sheet button", has_text="暂停").click()
    expect(kiosk.locator("#point-1")).to_contain_text("已暂停")
    open_sheet(kiosk, "#point-1")
    kiosk.locator("#sheet button", has_text="继续").click()
    expect(kiosk.locator("#point-1")).to_contain_text("加油中")


def test_an_open_sheet_follows_its_point(kiosk: Page, served: Served) -> None:
    open_sheet(kiosk, "#point-1")
    expect(kiosk.locator("#sheet")).to_contain_text("空闲")
    fuel(served, 1, 5_000)
    expect(kiosk.locator("#sheet .sheet-head")).to_contain_text("加油中")
    expect(kiosk.locator("#sheet")).to_contain_text("停止")


def test_a_code_is_typed_and_told_in_words(kiosk: Page, served: Served) -> None:
    fuel(served, 2, 40_000)
    kiosk.goto(served.address + "/verify")
    kiosk.locator(".code-point", has_text="加油中").click()
    kiosk.locator("#code").fill("1234567890123456")
    kiosk.locator("#verify .button-primary").click()
    expect(kiosk.locator("#verdict")).to_contain_text("这不是有效的券码")
    kiosk.locator("#code").fill(GOOD_CODE)
    kiosk.locator("#verify .button-primary").click()
    expect(kiosk.locator("#verdict")).to_contain_text("本次优惠 ¥15.00")
    expect(kiosk.locator("#code")).to_have_value("")


def test_a_code_is_scanned_wherever_the_page_is(kiosk: Page, served: Served) -> None:
    fuel(served, 2, 40_000)
    kiosk.goto(served.address + "/sales")
    listening(kiosk)
    scan(kiosk, "JY1 Q0K$9%A+B-C")
    expect(kiosk.locator("#sheet")).to_contain_text("这张券用在哪个加油位")
    kiosk.wait_for_selector("#sheet[data-calm]")
    kiosk.locator("#sheet .scan-points button[value='2']").click()
    expect(kiosk.locator("#scan-verdict")).to_contain_text("本次优惠 ¥15.00")
    assert served.forecourt.done == [("present", 2, "JY1 Q0K$9%A+B-C", "attendant:李明")]


def test_a_code_scanned_over_an_open_point_belongs_to_it(kiosk: Page, served: Served) -> None:
    fuel(served, 5, 40_000)
    open_sheet(kiosk, "#point-5")
    expect(kiosk.locator("#sheet")).to_contain_text("停止")
    scan(kiosk, "JY1SCANNED42")
    expect(kiosk.locator("#sheet")).to_contain_text("周五会员日")
    assert served.forecourt.done == [("present", 5, "JY1SCANNED42", "attendant:李明")]


def scan(page: Page, code: str) -> None:
    """As fast as a scanner types."""
    page.evaluate(
        """code => { for (const key of [...code, "Enter"]) {
             const init = { key, bubbles: true, cancelable: true };
             document.activeElement.dispatchEvent(new KeyboardEvent("keydown", init));
           } }""",
        code,
    )


def test_a_wrong_pin_a_right_one_and_out_again(screen: Page, served: Served) -> None:
    open_sheet(screen, ".bar-person")
    screen.locator("#sheet label", has_text="李明").click()
    screen.locator("#pin").press_sequentially("000000")
    expect(screen.locator("#pin-error")).to_have_text("密码不对，请重新输入。")
    for digit in served.station.pin:
        screen.locator(f"#sheet [data-key='{digit}']").click()
    expect(screen.locator(".bar-person")).to_contain_text("李明")
    listening(screen)
    open_sheet(screen, ".bar-person")
    screen.locator("#sheet .login-leave button").click()
    expect(screen.locator(".bar-person")).to_contain_text("登录")
    expect(screen.locator("#point-1")).to_be_visible()


def test_the_language_is_switched_and_stays(screen: Page, served: Served) -> None:
    screen.locator("button[name=language]").click()
    expect(screen.locator("#point-1")).to_contain_text("Idle")
    served.happen("lift", 1)
    expect(screen.locator("#point-1")).to_contain_text("Calling")
    screen.reload()
    expect(screen.locator("#stop-all")).to_have_text("Stop all")


def test_night_is_dark_by_itself_and_by_choice(screen: Page) -> None:
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = screen.evaluate(ground)
    screen.emulate_media(color_scheme="dark")
    dark = screen.evaluate(ground)
    assert light != dark
    screen.emulate_media(color_scheme="light")
    screen.locator("button[name=theme]").click()
    expect(screen.locator("button[name=theme]")).to_have_attribute("value", "light")
    assert screen.evaluate(ground) == dark
    screen.locator("button[name=theme]").click()
    expect(screen.locator("button[name=theme]")).to_have_attribute("value", "auto")
    assert screen.evaluate(ground) == light


def test_a_sale_is_found_read_and_printed_again(kiosk: Page, served: Served) -> None:
    fuel(served, 1, 20_000)
    served.happen("finish", 1)
    kiosk.locator(".nav a", has_text="订单").click()
    kiosk.locator("tbody tr").first.click()
    expect(kiosk.locator(".sale")).to_contain_text("泵码核对")
    width = kiosk.locator(".paper").evaluate("image => image.decode().then(() => image.naturalWidth)")
    assert width > 300
    kiosk.locator("button", has_text="补打小票").click()
    expect(kiosk.locator("#toasts")).to_contain_text("补打小票 #2 已送打印。")
    expect(kiosk.locator("#slips")).to_contain_text("重打 #2")
    kiosk.locator(".nav a", has_text="小票").click()
    expect(kiosk.locator(".papers figure")).to_have_count(2)


def test_a_new_sale_appears_in_the_list_by_itself(screen: Page, served: Served) -> None:
    screen.goto(served.address + "/sales")
    listening(screen)
    expect(screen.locator("#sales")).to_contain_text("还没有订单")
    fuel(served, 1, 20_000)
    served.happen("finish", 1)
    expect(screen.locator("tbody tr")).to_have_count(1)


def test_a_browser_wiped_in_mid_sale_has_lost_nothing(
    kiosk: Page, profile: BrowserContext, chromium: Browser, served: Served
) -> None:
    served.happen("lift", 2)
    open_sheet(kiosk, "#point-2")
    kiosk.locator("#sheet button", has_text="¥300").click()
    expect(kiosk.locator("#point-2")).to_contain_text("待出油")
    served.happen("flow", 2, 10_000)
    profile.close()
    served.happen("flow", 2, 10_000)
    wiped = chromium.new_context()
    page = wiped.new_page()
    page.goto(served.address)
    expect(page.locator("#point-2")).to_contain_text("189.60")
    expect(page.locator("#point-2")).to_contain_text("定量 ¥300.00")
    served.happen("finish", 2)
    page.goto(served.address + "/sales")
    expect(page.locator("tbody tr")).to_have_count(1)
    wiped.close()


def test_a_page_that_hears_nothing_says_that_its_figures_are_old(screen: Page, served: Served) -> None:
    expect(screen.locator(".stale-banner")).to_be_hidden()
    screen.evaluate("performance.now = () => 1e9")
    expect(screen.locator(".stale-banner")).to_be_visible()
    expect(screen.locator(".stale-banner")).to_contain_text("画面已停止更新")


def test_the_whole_job_is_done_by_keyboard_alone(screen: Page, served: Served) -> None:
    screen.locator("body").press("Tab")
    expect(screen.locator(".skip")).to_be_focused()
    tab_to(screen, ".bar-person")
    screen.keyboard.press("Enter")
    expect(screen.locator("#pin")).to_be_focused()
    screen.keyboard.type(served.station.pin)
    expect(screen.locator(".bar-person")).to_contain_text("李明")
    listening(screen)
    served.happen("lift", 7)
    screen.keyboard.press("7")
    expect(screen.locator("#sheet .favourite-main")).to_be_focused()
    screen.wait_for_selector("#sheet[data-calm]")
    screen.keyboard.press("Tab")
    screen.keyboard.press("Enter")
    expect(screen.locator("#point-7")).to_contain_text("定量 ¥100.00")
    screen.keyboard.press("3")
    expect(screen.locator("#sheet")).to_be_visible()
    screen.keyboard.press("Escape")
    expect(screen.locator("#sheet")).to_be_hidden()
    expect(screen.locator("#point-3")).to_be_focused()
    screen.keyboard.press("F8")
    expect(screen.locator("#toasts")).to_contain_text("已向全部加油位发出停止")
    screen.keyboard.press("Alt+3")
    expect(screen.locator("h1")).to_have_text("今日订单")


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is there."""
    for _ in range(40):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard never comes to {selector}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_stands_in_anybody_s_way(kiosk: Page, served: Served, theme: Any) -> None:
    served.happen(busy)
    served.happen(troubled)
    kiosk.emulate_media(color_scheme=theme, reduced_motion="reduce")
    for path in (
        "/",
        "/verify",
        "/sales",
        f"/sales/{served.forecourt.sold[0].key}",
        "/prices",
        "/slips",
        "/station",
        "/meters",
    ):
        kiosk.goto(served.address + path)
        assert serious(kiosk) == [], path
    kiosk.goto(served.address)
    listening(kiosk)
    for point in (1, 2, 6, 8):
        open_sheet(kiosk, f"#point-{point}")
        assert serious(kiosk) == [], f"sheet of point {point}"
        kiosk.keyboard.press("Escape")


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


def test_a_screen_left_alone_logs_itself_out(kiosk: Page) -> None:
    kiosk.evaluate("performance.now = () => 1e9")
    expect(kiosk.locator(".bar-person")).to_contain_text("登录")
    expect(kiosk.locator("#point-1")).to_be_visible()
