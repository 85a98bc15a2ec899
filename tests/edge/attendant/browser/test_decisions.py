"""What a person decides at the touchscreen: disputes, and litres that no sale explains."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.edge.attendant.browser.conftest import open_sheet
from tests.edge.attendant.conftest import Served
from tests.edge.attendant.scene import busy

pytestmark = pytest.mark.browser


def test_a_dispute_is_settled_with_both_figures_before_the_eyes(kiosk: Page, served: Served) -> None:
    served.happen(busy)
    key = next(view.key for view in served.forecourt.sold if view.waits)
    kiosk.goto(f"{served.address}/sales/{key}")
    open_sheet(kiosk, "button[hx-get$='/settle']")
    shown = kiosk.locator(".settle-figure")
    expect(shown).to_have_count(2)
    expect(shown.nth(1)).to_have_class(re.compile("is-chosen"))
    kiosk.locator("#sheet button", has_text="按机显").first.click()
    expect(kiosk.locator(".settle-figure").nth(0)).to_have_class(re.compile("is-chosen"))
    kiosk.locator("#sheet .button-primary").click()
    expect(kiosk.locator(".page-head .pill").first).to_contain_text("已按机显结算")
    assert [wish[0] for wish in served.forecourt.done if wish[0] == "settle"] == ["settle"]


def test_litres_without_a_sale_are_explained_by_keyboard(kiosk: Page, served: Served) -> None:
    served.happen(busy)
    kiosk.goto(f"{served.address}/meters")
    rows = kiosk.locator("#meters table").first.locator("tbody tr")
    expect(rows).to_have_count(2)
    kiosk.locator("#meters button").first.focus()
    kiosk.keyboard.press("Enter")
    kiosk.wait_for_selector("#sheet[data-calm]")
    kiosk.locator("#sheet label", has_text="手工销售").click()
    kiosk.locator("#amount").fill("296.49")
    kiosk.locator("#sheet .button-primary").focus()
    kiosk.keyboard.press("Enter")
    expect(kiosk.locator("#meters table").first.locator("tbody tr")).to_have_count(1)
    assert served.forecourt.done[-1][3] == 29_649
