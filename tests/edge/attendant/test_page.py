"""The pages and acts of the touchscreen, by their addresses."""

import asyncio
import re

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.attendant.site import build, hosts
from edge.forecourt.day import DAY, day_start, local_day
from edge.forecourt.views import CouponView, PointPhase, SlipView, Trouble
from edge.settings import PageSettings
from shared.coupon import Reason, Verdict
from shared.errors import Refused
from shared.messages import SlipState
from shared.sale import Preset, PresetKind
from tests.edge.attendant.conftest import Station
from tests.edge.attendant.fake_forecourt import GOOD_CODE, StrawForecourt
from tests.edge.attendant.scene import busy, settings, troubled
from tests.shared.face.stage import Browser

PAGES = ("/", "/verify", "/sales", "/prices", "/slips", "/station", "/login")
PARTS = (
    "/points/1", "/points/2", "/points/6", "/verify/points", "/sales/rows?show=coupon&point=3", "/slips/rows",
    "/prices/rows", "/station/rows",
)  # fmt: skip
GUARDED = ("/points/1/preset", "/points/1/preset?limit=volume", "/points/1/plate", "/station/switch")
ACTS = (
    "/points/1/authorise", "/points/1/stop", "/points/1/suspend", "/points/1/resume", "/points/1/withdraw",
    "/points/1/identify", "/stop-all", "/verify", "/scanned", "/station/switch", "/login", "/face/choose",
)  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_is_drawn_in_a_busy_moment(station: Station, attendant: Browser, language: str) -> None:
    busy(station.forecourt)
    troubled(station.forecourt)
    await attendant.post("/face/choose", language=language)
    for path in (*PAGES, *PARTS, *GUARDED, f"/sales/{station.forecourt.sold[0].key}"):
        assert await attendant.look(path) == 200, path
        assert "Undefined" not in attendant.text, path


@pytest.mark.parametrize("path", [*PAGES, *PARTS])
async def test_a_stranger_sees_everything_and_may_do_nothing(browser: Browser, path: str) -> None:
    assert await browser.look(path) == 200
    assert '/authorise"' not in browser.text
    assert '/suspend"' not in browser.text


@pytest.mark.parametrize("path", GUARDED)
async def test_sheets_that_only_serve_to_act_ask_who_you_are(browser: Browser, path: str) -> None:
    assert await browser.look(path) == 303
    assert browser.headers["Location"].startswith("/login")


@pytest.mark.parametrize("phase", PointPhase)
async def test_a_sheet_offers_what_may_be_done_now_and_nothing_else(
    station: Station, attendant: Browser, phase: PointPhase
) -> None:
    for can in ((), ("authorise",), ("stop", "suspend"), ("stop", "resume", "present")):
        station.forecourt.put(replace(station.forecourt.board[1], phase=phase), *can)
        await attendant.look("/points/1")
        offered = {act for act in ("authorise", "stop", "suspend", "resume") if f'/points/1/{act}"' in attendant.text}
        assert offered == set(can) - {"present"}


async def test_releasing_with_a_favourite_a_typed_limit_or_none(station: Station, attendant: Browser) -> None:
    for fields in ({"limit": ""}, {"limit": "amount:200"}, {"limit": "volume", "value": "25.5", "nozzle": "2"}):
        station.forecourt.lift(1)
        assert await attendant.post("/points/1/authorise", **fields) == 200
    assert [(done[3], done[4]) for done in station.forecourt.done] == [
        (None, 0),
        (Preset(PresetKind.AMOUNT, 20_000), 0),
        (Preset(PresetKind.VOLUME, 25_500), 2),
    ]


async def test_ten_taps_in_a_second_release_once(station: Station, attendant: Browser) -> None:
    station.forecourt.lift(1)
    form = {"csrf": attendant.csrf, "once": "one-drawing-of-the-sheet", "limit": "amount:200"}
    answers = await asyncio.gather(*(attendant.client.post("/points/1/authorise", data=form) for _ in range(10)))
    assert {answer.status for answer in answers} == {200}
    assert len(station.forecourt.done) == 1


async def test_the_same_sheet_with_another_wish_is_another_wish(station: Station, attendant: Browser) -> None:
    await attendant.post("/verify", once="x", code="1", point="1")
    await attendant.post("/verify", once="x", code=GOOD_CODE, point="2")
    await attendant.post("/verify", once="x", code=GOOD_CODE, point="2")
    assert [done[1] for done in station.forecourt.done] == [1, 2]


async def test_a_refusal_is_a_sentence_in_the_reader_s_language(station: Station, attendant: Browser) -> None:
    station.forecourt.refuses = Refused("price_pending", "The dispenser does not show the new price yet.")
    assert await attendant.post("/points/1/authorise") == 409
    assert "还没有换好新油价" in attendant.text
    station.forecourt.refuses = Refused("brand_new_reason", "A sentence from a newer forecourt.")
    assert await attendant.post("/points/1/authorise") == 409
    assert "A sentence from a newer forecourt." in attendant.text


async def test_whoever_sees_danger_stops_everything(station: Station, browser: Browser) -> None:
    station.forecourt.lift(1)
    station.forecourt.flow(1, 5_000)
    assert await browser.post("/stop-all") == 200
    assert station.forecourt.done == [("stop_all", 0, "touchscreen")]
    assert station.forecourt.board[1].phase is PointPhase.IDLE


async def test_a_good_code_says_what_it_gives_and_a_bad_one_why_not(station: Station, attendant: Browser) -> None:
    station.forecourt.lift(1)
    station.forecourt.flow(1, 30_000)
    assert await attendant.post("/verify", point="1", code=GOOD_CODE) == 200
    assert "本次优惠 ¥15.00" in attendant.text
    assert attendant.headers["HX-Trigger"] == '{"clear": "code"}'
    assert await attendant.post("/verify", point="2", code="1234") == 200
    assert "不是有效的券码" in attendant.text
    assert await attendant.post("/verify", code=GOOD_CODE) == 200
    assert "请先选择加油位" in attendant.text


@pytest.mark.parametrize("reason", Reason)
async def test_every_verdict_has_its_words(station: Station, attendant: Browser, reason: Reason) -> None:
    coupon = CouponView("c", "周五会员日", Verdict(reason), False)
    station.forecourt.put(replace(station.forecourt.board[1], coupon=coupon), "present", "stop")
    assert await attendant.look("/points/1") == 200
    assert f"{reason.value}" not in re.sub(r"<[^>]+>", "", attendant.text)
    assert "周五会员日" in attendant.text


async def test_a_code_scanned_on_another_page_asks_for_its_point(station: Station, attendant: Browser) -> None:
    assert await attendant.post("/scanned", code="JY1ABC") == 200
    assert 'value="JY1ABC"' in attendant.text
    assert attendant.headers["HX-Retarget"] == "#sheet"


async def test_a_sale_shows_its_whole_trace_and_its_receipt(station: Station, attendant: Browser) -> None:
    busy(station.forecourt)
    disputed = next(view for view in station.forecourt.sold if view.sale.status == "disputed")
    assert await attendant.look(f"/sales/{disputed.key}") == 200
    assert "泵码与油量对不上" in attendant.text
    async with attendant.client.get(f"/sales/{disputed.key}/receipt.png") as picture:
        assert (await picture.read()).startswith(b"\x89PNG")
    assert await attendant.look(f"/sales/{disputed.key}9") == 409
    assert await attendant.look("/sales/no-sale-at-all") == 400


async def test_another_slip_is_asked_for_in_a_name(station: Station, attendant: Browser) -> None:
    busy(station.forecourt)
    key = station.forecourt.sold[0].key
    assert await attendant.post(f"/sales/{key}/reprint") == 200
    assert station.forecourt.done == [("reprint", key, "attendant:李明")]
    await attendant.look(f"/sales/{key}/slips")
    assert "重打 #2" in attendant.text


@pytest.mark.parametrize("state", [*SlipState, "printing"])
async def test_every_state_of_a_slip_has_its_word(station: Station, browser: Browser, state: str) -> None:
    busy(station.forecourt)
    view = station.forecourt.sold[-1]
    station.forecourt.sold[-1] = replace(view, slips=(SlipView(1, 1, str(state), "paper_out", 0),))
    for path in ("/sales", "/slips", f"/sales/{view.key}"):
        assert await browser.look(path) == 200


async def test_papers_in_the_tray_are_shown_as_pictures(station: Station, browser: Browser) -> None:
    station.forecourt.tray = station.folder / "tray"
    busy(station.forecourt)
    await browser.look("/slips")
    assert 'src="/slips/5.png"' in browser.text
    async with browser.client.get("/slips/5.png") as picture:
        assert picture.content_type == "image/png"
    assert await browser.look("/slips/999999.png") == 404


async def test_opening_and_closing_asks_first_and_names_who_is_busy(station: Station, attendant: Browser) -> None:
    station.forecourt.lift(3)
    station.forecourt.flow(3, 1_000)
    await attendant.look("/station/switch")
    assert "3 号位还在使用" in attendant.text
    assert await attendant.post("/station/switch", open="no") == 200
    assert station.forecourt.done == [("switch", False, "attendant:李明")]


async def test_trouble_is_told_in_plain_words_with_what_to_do(station: Station, browser: Browser) -> None:
    since = station.forecourt.now
    troubles = (Trouble("disk", "disk_full", "", since), Trouble("store", "brand_new", "The disk is on fire.", since))
    station.forecourt.tell(replace(station.forecourt.station, troubles=troubles))
    await browser.look("/station")
    assert "磁盘快满了" in browser.text
    assert "请清理磁盘" in browser.text
    assert "The disk is on fire." in browser.text


async def test_what_people_typed_is_text_and_nothing_else(station: Station, attendant: Browser) -> None:
    mark = "<script>alert(1)</script>"
    station.forecourt.put(replace(station.forecourt.board[1], plate=mark, member=mark), "present")
    station.forecourt.tell(replace(station.forecourt.station, troubles=(Trouble("store", mark, mark, 0),)))
    for path in ("/", "/points/1", "/points/1/plate", "/station"):
        await attendant.look(path)
        assert mark not in attendant.text


async def test_a_station_without_points_says_so(station: Station) -> None:
    client = TestClient(TestServer(build(StrawForecourt(0), station.store, settings(station.folder))))
    await client.start_server()
    async with client.get("/") as answer:
        assert "还没有配置加油位" in await answer.text()
    await client.close()


async def test_news_tells_a_page_the_cards_first_and_then_only_what_moves(station: Station, browser: Browser) -> None:
    station.forecourt.lift(1)
    async with browser.client.get("/events") as news:
        text = ""
        while "event: sales" not in text:
            text += (await news.content.readuntil(b"\n\n")).decode()
        assert text.count("event: point-") == 8
        station.forecourt.flow(1, 1_000)
        assert "event: point-1" in await _heard(news, "point-1")
        station.forecourt.flow(1, 1_000)
        told = await _heard(news, "run-1")
        assert "¥</small>15.70" in told
        assert "card-face" not in told


async def _heard(news: object, topic: str) -> str:
    while True:
        text: str = (await news.content.readuntil(b"\n\n")).decode()  # type: ignore[attr-defined]
        if text.startswith(f"event: {topic}\n"):
            return text


def test_the_page_goes_by_the_names_it_was_given(station: Station) -> None:
    page = PageSettings(host="::1", allowed_hosts=("Kiosk.local", "192.168.1.7", "fe80::1"))
    names = hosts(replace(settings(station.folder), page=page))
    assert names == {"127.0.0.1", "localhost", "[::1]", "Kiosk.local", "192.168.1.7", "[fe80::1]"}
    assert "0.0.0.0" not in hosts(replace(settings(station.folder), page=PageSettings(host="0.0.0.0")))


FIELDS = [
    "limit",
    "value",
    "nozzle",
    "point",
    "plate",
    "member",
    "code",
    "open",
    "name",
    "pin",
    "next",
    "back",
    "language",
    "theme",
]
ODD = ["amount:200", "volume", "999999999999", "李明", "//x", "\x00", "JY1" + "A" * 2_000]
typed = st.text(max_size=60) | st.sampled_from(ODD)
paths = st.sampled_from(ACTS) | st.builds(lambda n: f"/points/{n}/authorise", st.integers(0, 9_999))
queries = st.builds(lambda path, text: (path, text), st.sampled_from((*PAGES, *PARTS, *GUARDED)), st.text(max_size=30))


def test_whatever_is_sent_gets_a_sentence_and_never_a_crash(station: Station) -> None:
    with asyncio.Runner() as runner:
        browser = runner.run(_ready(station))

        @tuned(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(paths, st.dictionaries(st.sampled_from(FIELDS), typed, max_size=5))
        def post(path: str, fields: dict[str, str]) -> None:
            assert runner.run(browser.post(path, **fields)) < 500, (path, fields)

        @tuned(max_examples=80)
        @given(queries)
        def get(query: tuple[str, str]) -> None:
            path, text = query
            url = browser.client.make_url(path.partition("?")[0]).with_query(
                {"show": text, "point": text, "next": text}
            )
            assert runner.run(browser.look(str(url.relative()))) < 500, (path, text)

        @tuned(max_examples=60)
        @given(st.sampled_from(ACTS), st.binary(max_size=300), st.sampled_from(KINDS))
        def body(path: str, data: bytes, kind: str) -> None:
            assert runner.run(_raw(browser, path, data, kind)) < 500, (path, data, kind)

        for attack in (post, get, body):
            attack()
        runner.run(browser.client.close())


KINDS = (
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=no-such-charset",
    "application/x-www-form-urlencoded; charset=utf-16",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "application/json",
    "",
)


async def _ready(station: Station) -> Browser:
    client: TestClient[web.Request, web.Application] = TestClient(TestServer(station.page()))
    await client.start_server()
    browser = Browser(client)
    await browser.look("/")
    await browser.post("/login", name="李明", pin=station.pin)
    await browser.look("/")
    return browser


async def _raw(browser: Browser, path: str, data: bytes, kind: str) -> int:
    headers = {"X-Jiayou-Csrf": browser.csrf, "Content-Type": kind}
    async with browser.client.post(path, data=data, headers=headers, allow_redirects=False) as answer:
        await answer.read()
        return answer.status


async def test_sales_of_an_earlier_day_are_found_by_plate_and_number(station: Station, attendant: Browser) -> None:
    straw = station.forecourt
    old = straw.record(replace(straw.board[1], volume=10_000, amount=7_850, plate="川A8K321"), at=straw.now - 3 * DAY)
    new = straw.record(replace(straw.board[2], volume=10_000, amount=7_850, plate="京N5Q7F2"), at=straw.now - 1_000)
    await attendant.look("/sales")
    assert (str(old.key) in attendant.text, str(new.key) in attendant.text) == (False, True)
    past = local_day(day_start(straw.now - 3 * DAY, 480), 480)
    for query in (f"day={past}", f"day={past}&q=8k321", f"day={past}&q={old.key}"):
        await attendant.look(f"/sales?{query}")
        assert (str(old.key) in attendant.text, str(new.key) in attendant.text) == (True, False), query
    assert "往日订单" in attendant.text
    await attendant.look(f"/sales?day={past}&q=nobody")
    assert "今天还没有" in attendant.text or "没有" in attendant.text
    assert await attendant.look("/sales?day=soon") == 400
    assert await attendant.look("/sales?day=2999-01-01") == 200
