"""Taking money in a real browser."""

from playwright.sync_api import Page, expect

from tests.edge.attendant.browser.conftest import open_sheet
from tests.edge.attendant.conftest import Served, Station


def test_cash_is_taken_with_a_finger_and_the_change_is_read_at_arm_s_length(
    kiosk: Page, served: Served, station: Station
) -> None:
    straw = station.forecourt
    straw.at_the_till = True
    served.happen("lift", 3)
    served.happen("flow", 3, 42_150)
    served.happen("finish", 3)
    waiting = kiosk.locator(".owing .calling-one")
    expect(waiting).to_contain_text("¥330.88")
    open_sheet(kiosk, ".owing .calling-one")
    kiosk.get_by_role("button", name="¥400").tap()
    expect(kiosk.locator("#pay-given")).to_have_value("400")
    for key in ("erase", "5"):
        kiosk.locator(f'[data-key="{key}"]').tap()
    expect(kiosk.locator("#pay-given")).to_have_value("405")
    kiosk.get_by_role("button", name="现金 收款 ¥330.88").tap()
    expect(kiosk.locator(".pay-money")).to_have_text("¥74.12")
    kiosk.get_by_role("button", name="好了").tap()
    expect(kiosk.locator("dialog[open]")).to_have_count(0)
    expect(waiting).to_have_count(0)
    assert len(straw.done) == 1
