"""What the kit does for every view, whatever the view forgets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.shared.face.stage import Browser, Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.fixture
async def browser(stage: Stage) -> AsyncIterator[Browser]:
    browser = await stage.browser()
    yield browser
    await browser.client.close()


async def test_a_page_is_chinese_unless_asked_and_carries_its_locks(browser: Browser) -> None:
    assert await browser.look("/", **{"Accept-Language": "en"}) == 200
    assert '<html lang="zh-CN">' in browser.text
    assert "首页" in browser.text
    assert browser.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert browser.headers["Cache-Control"] == "no-store"
    assert browser.headers["X-Frame-Options"] == "DENY"
    assert "aiohttp" not in browser.headers["Server"]


async def test_no_page_holds_script_or_style_of_its_own(browser: Browser) -> None:
    assert "style=" not in browser.text
    assert "<style" not in browser.text
    assert "<script>" not in browser.text
    assert " onclick" not in browser.text


async def test_the_language_and_the_light_are_kept_in_the_browser(browser: Browser) -> None:
    assert await browser.post("/face/choose", language="en", theme="dark", back="/?a=1") == 303
    assert browser.headers["Location"] == "/?a=1"
    await browser.look("/")
    assert '<html lang="en">' in browser.text
    assert "dark.css" in browser.text
    assert "prefers-color-scheme" not in browser.text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb"])
async def test_no_form_leads_to_another_site(browser: Browser, back: str) -> None:
    await browser.post("/face/choose", language="en", back=back)
    assert browser.headers["Location"] == "/"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1]:80"])
async def test_a_foreign_name_for_this_machine_gets_nothing(browser: Browser, host: str) -> None:
    assert await browser.look("/", Host=host) == 421
    assert "首页" not in browser.text


async def test_a_form_from_elsewhere_does_nothing(stage: Stage, browser: Browser) -> None:
    await browser.enter("li")
    assert await browser.post("/act", csrf="") == 403
    assert await browser.post("/act", csrf="0" * 64) == 403
    assert await browser.post("/act", csrf="猫") == 403
    assert await browser.send("/act", {"csrf": browser.csrf}, **{"Sec-Fetch-Site": "same-site"}) == 403
    assert stage.acts == 0
    assert await browser.post("/act") == 200
    assert stage.acts == 1


async def test_the_token_of_a_stranger_s_page_is_worth_nothing_after_log_in(stage: Stage, browser: Browser) -> None:
    before = browser.csrf
    await browser.enter("li")
    assert await browser.post("/act", csrf=before) == 403
    assert stage.acts == 0


async def test_only_a_person_may_act_and_only_who_has_the_power(stage: Stage, browser: Browser) -> None:
    assert await browser.post("/act") == 303
    assert browser.headers["Location"] == "/login"
    assert await browser.look("/private") == 303
    assert browser.headers["Location"] == "/login?next=/private"
    await browser.enter("wang")
    assert "计数" not in browser.text
    assert await browser.post("/count") == 403
    assert "您没有这项权限" in browser.text
    await browser.enter("li")
    assert "计数" in browser.text
    assert await browser.post("/count") == 200
    assert stage.acts == 1


async def test_ten_taps_are_one(stage: Stage, browser: Browser) -> None:
    await browser.enter("li")
    taps = [browser.client.post("/act", data={"csrf": browser.csrf, "once": "tap"}) for _ in range(10)]
    answers = await asyncio.gather(*taps)
    assert len({await answer.text() for answer in answers}) == 1
    assert stage.acts == 1
    await browser.post("/act", once="another")
    assert stage.acts == 2


async def test_what_goes_wrong_is_a_sentence(stage: Stage, browser: Browser) -> None:
    assert await browser.post("/refuse") == 409
    assert "请先挂枪。" in browser.text
    assert await browser.post("/away") == 503
    assert "The printer is away." in browser.text
    assert await browser.look("/broken") == 500
    assert "程序出了问题" in browser.text
    assert "ZeroDivisionError" not in browser.text
    assert await browser.look("/nowhere") == 404
    assert "没有这个页面。" in browser.text
    assert await browser.look("/act") == 405


async def test_htmx_gets_the_sentence_as_a_toast(browser: Browser) -> None:
    assert await browser.send("/refuse", {"csrf": browser.csrf}, **{"HX-Request": "true"}) == 409
    assert browser.text == ""
    assert browser.headers["HX-Trigger"].isascii()
    assert "toast" in browser.headers["HX-Trigger"]


async def test_a_notice_is_shown_once(browser: Browser) -> None:
    await browser.post("/enter/li")
    await browser.look("/")
    assert "欢迎" in browser.text
    await browser.look("/")
    assert "欢迎" not in browser.text


async def test_files_are_kept_for_ever_under_their_mark_only(browser: Browser) -> None:
    address = browser.text.partition('href="/face/jiayou.css')[2].partition('"')[0]
    assert await browser.look("/face/jiayou.css" + address) == 200
    assert "immutable" in browser.headers["Cache-Control"]
    assert await browser.look("/face/jiayou.css") == 200
    assert browser.headers["Cache-Control"] == "no-cache"
    for nowhere in ("/face/../face.py", "/face/%2e%2e/face.py", "/face/" + 300 * "9", "/face/%00", "/own/x", "/face/"):
        assert await browser.look(nowhere) == 404
        assert browser.headers["Cache-Control"] == "no-store"


async def test_the_head_of_news_is_not_an_endless_answer(browser: Browser) -> None:
    async with browser.client.head("/news") as answer:
        assert answer.status == 405


async def test_news_begins_with_everything_as_it_stands(stage: Stage, browser: Browser) -> None:
    await browser.enter("li")
    async with browser.client.get("/news") as news:
        assert (await news.content.readuntil(b"\n\n")).startswith(b"retry")
        assert (await news.content.readuntil(b"\n\n")).startswith(b"event: beat\ndata: 1")
        assert await news.content.readuntil(b"\n\n") == b"event: pump\ndata: zh pump 0.00\ndata: second line\n\n"
        stage.face.hub.tell("pump", "1.23")
        assert b"zh pump 1.23" in await news.content.readuntil(b"\n\n")
        assert len(stage.face.hub) == 1


async def test_news_ends_when_its_person_logs_out(
    stage: Stage, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.face.live.BEAT", 0.05)
    await browser.enter("li")
    seen = stage.book.seen
    async with browser.client.get("/news") as news:
        for _ in range(4):
            await news.content.readuntil(b"\n\n")
        assert stage.book.seen == seen, "a page that listens is no sign of a person"
        stage.book.tokens.clear()
        rest = await news.content.read()
    assert rest.endswith(b"event: ended\ndata:\n\n")


async def test_strangers_hear_no_news(browser: Browser) -> None:
    assert await browser.look("/news") == 303
