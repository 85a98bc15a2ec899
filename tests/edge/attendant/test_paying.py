"""Taking the money at the touchscreen: nobody types what is due, and ten taps are one."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.attendant.paying import favourites
from edge.forecourt.views import SaleView
from edge.store import attendants
from edge.store.attendants import Role
from shared.face import token_hash
from shared.payment import BackReason, Tender, TenderKind
from tests.edge.attendant.conftest import PIN_HASH, SALT, Station
from tests.shared.face.stage import Browser

CASH, CARD, WECHAT = TenderKind.CASH, TenderKind.CARD, TenderKind.WECHAT


@pytest.fixture
def owed(station: Station) -> SaleView:
    """A filling of 30 litres that waits for its money."""
    station.forecourt.at_the_till = True
    station.forecourt.lift(1)
    station.forecourt.flow(1, 30_000)
    station.forecourt.finish(1)
    return station.forecourt.sold[-1]


def asked(station: Station) -> list[object]:
    return [list(done) for done in station.forecourt.done]


async def test_a_filling_that_waits_for_its_money_stands_on_the_board_and_in_the_list(
    station: Station, attendant: Browser, owed: SaleView
) -> None:
    await attendant.look("/")
    assert f'hx-get="/sales/{owed.key}/pay"' in attendant.text
    await attendant.look("/sales?show=owing")
    assert str(owed.key) in attendant.text
    assert await attendant.look(f"/sales/{owed.key}") == 200
    assert "待收 ¥235.50" in attendant.text


async def test_one_tap_pays_it_all(station: Station, attendant: Browser, owed: SaleView) -> None:
    await attendant.look(f"/sales/{owed.key}/pay?with=wechat")
    assert "微信支付 收款 ¥235.50" in attendant.text
    assert await attendant.post(f"/sales/{owed.key}/pay", **{"with": "wechat"}) == 200
    assert asked(station) == [["pay", owed.key, (Tender(WECHAT, 23_550),), "attendant:李明", 0]]
    assert "1 号位已收款" in attendant.text


async def test_change_stands_large_until_it_was_seen(station: Station, attendant: Browser, owed: SaleView) -> None:
    await attendant.look(f"/sales/{owed.key}/pay")
    assert [f"¥{yuan}" in attendant.text for yuan in (250, 300, 400)] == [True, True, True]
    assert await attendant.post(f"/sales/{owed.key}/pay", **{"with": "cash", "given": "300"}) == 200
    assert "¥64.50" in attendant.text
    assert asked(station)[0][4] == 30_000  # type: ignore[index]


async def test_two_tenders_share_a_sum(station: Station, attendant: Browser, owed: SaleView) -> None:
    path = f"/sales/{owed.key}/pay"
    await attendant.look(f"{path}?with=card&split=1")
    await attendant.look(f"{path}?with=card&add=1&amount=100&reference=6222+7788")
    assert "¥135.50" in attendant.text
    part = json.dumps([{"kind": "card", "amount": 10_000, "reference": "6222 7788"}])
    await attendant.look(f"{path}?parts={part}&drop=0")
    assert "¥235.50" in attendant.text
    assert await attendant.post(path, parts=part, **{"with": "cash", "given": "150"}) == 200
    assert "¥14.50" in attendant.text
    tenders = (Tender(CARD, 10_000, "6222 7788"), Tender(CASH, 13_550))
    assert asked(station) == [["pay", owed.key, tenders, "attendant:李明", 15_000]]


async def test_f97_ten_taps_in_a_second_take_the_money_once(
    station: Station, attendant: Browser, owed: SaleView
) -> None:
    form = {"csrf": attendant.csrf, "once": "one-drawing-of-the-sheet", "with": "alipay"}
    answers = await asyncio.gather(*(attendant.client.post(f"/sales/{owed.key}/pay", data=form) for _ in range(10)))
    assert {answer.status for answer in answers} == {200}
    assert len(asked(station)) == 1


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({}, 400, ""),
        ({"with": "gold"}, 400, ""),
        ({"with": "cash", "given": "abc"}, 400, ""),
        ({"with": "cash", "given": "100"}, 409, "收到的现金不够"),
        ({"with": "card"}, 409, "凭证号"),
        ({"with": "cash", "parts": "[{"}, 400, ""),
        ({"with": "cash", "parts": '[{"kind": "cash", "amount": 99999999}]'}, 409, "请填写每种支付方式的金额"),
    ],
)
async def test_what_can_not_be_a_payment_is_refused_in_a_sentence(
    attendant: Browser, owed: SaleView, fields: dict[str, str], status: int, sentence: str
) -> None:
    assert await attendant.post(f"/sales/{owed.key}/pay", **fields) == status
    assert sentence in attendant.text


async def test_money_goes_back_only_by_a_manager_s_hand(station: Station, attendant: Browser, owed: SaleView) -> None:
    await attendant.post(f"/sales/{owed.key}/pay", **{"with": "wechat"})
    assert await attendant.look(f"/sales/{owed.key}") == 200
    assert "由站长办理" in attendant.text
    for what in ("take_back", "refund"):
        assert await attendant.look(f"/sales/{owed.key}/{what}") == 403
        assert await attendant.post(f"/sales/{owed.key}/{what}", reason="customer") == 403
    manager(station, attendant)
    await attendant.look("/")
    await attendant.look(f"/sales/{owed.key}/refund")
    assert "最多 ¥235.50" in attendant.text
    fields = {"with": "cash", "amount": "12.5", "reason": "customer", "note": "少加"}
    assert await attendant.post(f"/sales/{owed.key}/refund", **fields) == 303
    assert await attendant.post(f"/sales/{owed.key}/refund", **fields | {"amount": "999"}) == 409
    assert "退款不能超过" in attendant.text
    given = Tender(CASH, 1_250)
    assert ["refund", owed.key, given, BackReason.CUSTOMER, "attendant:王站长", "少加"] in asked(station)
    assert await attendant.post(f"/sales/{owed.key}/take_back", reason="wrong_tender") == 303


async def test_a_car_that_left_is_written_down(station: Station, attendant: Browser, owed: SaleView) -> None:
    await attendant.look(f"/sales/{owed.key}/drive_off")
    assert "¥235.50" in attendant.text
    assert await attendant.post(f"/sales/{owed.key}/drive_off", note="白色越野车") == 303
    assert asked(station) == [["drive_off", owed.key, "attendant:李明", "白色越野车"]]
    assert await attendant.look(f"/sales/{owed.key}") == 200
    assert "逃单" in attendant.text


async def test_a_stranger_takes_no_money(browser: Browser, owed: SaleView) -> None:
    assert await browser.look(f"/sales/{owed.key}/pay") == 303
    assert await browser.post(f"/sales/{owed.key}/pay", **{"with": "cash"}) in (303, 401, 403)


@given(st.integers(1, 10**7))
def test_what_is_likely_to_be_handed_over_is_more_than_is_due(rest: int) -> None:
    offered = favourites(rest)
    assert list(offered) == sorted(set(offered))
    assert all(one > rest and one % 5_000 == 0 for one in offered)


def manager(station: Station, browser: Browser) -> None:
    """王站长 takes over."""
    assert station.store.call(attendants.add, "王站长", PIN_HASH, SALT, 0, Role.MANAGER)
    now = station.store.clock.wall()
    assert station.store.call(attendants.enter, "王站长", token_hash("0123456789abcdef"), now, 0)
    cookies = {"jiayou_edge_session": "0123456789abcdef"}
    browser.client.session.cookie_jar.update_cookies(cookies, browser.client.make_url("/"))
