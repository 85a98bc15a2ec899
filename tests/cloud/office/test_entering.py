"""Who comes in, how, and for how long."""

import re

import pytest

from tests.cloud.office.stage import OWNER, PASSWORD, Stage
from tests.cloud.scene import MINUTE

pytestmark = pytest.mark.slow


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
