"""Who may open what: every route of head office by every kind of person. A new route must be placed here."""

import re
from typing import Final

import pytest
from aiohttp import web

from cloud.access.accounts import Power
from cloud.store.kinds import Row
from tests.cloud.office.stage import VIEWER, Browser, Stage

pytestmark = pytest.mark.slow

ANYONE, PERSON = "anyone", "person"
ROUTES: Final[dict[str, str]] = {
    "GET /login": ANYONE,
    "POST /login": ANYONE,
    "POST /first-login": ANYONE,
    "POST /logout": ANYONE,
    "POST /face/choose": ANYONE,
    "GET /": PERSON,
    "GET /live": PERSON,
    "GET /live/overview": PERSON,
    "GET /live/counts/cases": PERSON,
    "GET /live/counts/letters": PERSON,
    "GET /account": PERSON,
    "POST /account/password": PERSON,
    "POST /account/sessions/{id}/end": PERSON,
    "GET /people": Power.ACCOUNT,
    "POST /people": Power.ACCOUNT,
    "POST /people/code": Power.ACCOUNT,
    "POST /people/disable": Power.ACCOUNT,
    "GET /stations": PERSON,
    "GET /live/stations": PERSON,
    "GET /stations/{id}": PERSON,
    "GET /live/stations/{id}": PERSON,
    "GET /tanks": PERSON,
    "GET /live/tanks": PERSON,
    "GET /stations/{id}/tanks": PERSON,
    "GET /live/stations/{id}/tanks": PERSON,
    "GET /new-station": Power.STATION,
    "POST /new-station": Power.STATION,
    "GET /stations/{id}/machine": PERSON,
    "POST /stations/{id}/code": Power.STATION,
    "POST /stations/{id}/certificates": Power.STATION,
    "GET /station-settings": PERSON,
    "POST /station-settings": Power.STATION,
    "GET /stations/{id}/settings": PERSON,
    "POST /stations/{id}/settings": Power.STATION,
    "POST /stations/{id}/command": Power.STATION,
    "POST /stations/{id}/password": Power.STATION,
    "POST /stations/{id}/revoke": Power.STATION,
    "GET /owners": PERSON,
    "POST /owners/{kind}": Power.STATION,
    "GET /sales": PERSON,
    "GET /live/sales": PERSON,
    "GET /sales.csv": PERSON,
    "GET /sales/{key}": PERSON,
    "POST /sales/{key}/reprint": Power.STATION,
    "GET /prices": PERSON,
    "GET /live/prices": PERSON,
    "GET /prices/tariffs": PERSON,
    "GET /prices/{version}": PERSON,
    "GET /live/prices/{version}": PERSON,
    "GET /prices/new": Power.PRICE,
    "POST /prices/check": Power.PRICE,
    "POST /prices": Power.PRICE,
    "POST /prices/{version}/cancel": Power.PRICE,
    "POST /prices/{version}/approve": Power.PRICE,
    "GET /coupons": PERSON,
    "GET /coupons/campaign": PERSON,
    "GET /coupons/one/{id}": PERSON,
    "GET /coupons/allowance": PERSON,
    "GET /coupons/new": Power.COUPON,
    "POST /coupons/new": Power.COUPON,
    "POST /coupons/issue": Power.COUPON,
    "GET /coupons/sheet": Power.COUPON,
    "GET /coupons/codes/{id}.{kind}": Power.COUPON,
    "POST /coupons/allowance": Power.COUPON,
    "POST /coupons/one/{id}/revoke": Power.COUPON,
    "POST /coupons/one/{id}/lease": Power.COUPON,
    "POST /coupons/leases/{number}/release": Power.COUPON,
    "GET /cases": PERSON,
    "GET /live/cases": PERSON,
    "GET /cases/{number}": PERSON,
    "POST /cases/{number}/assign": Power.CASE,
    "POST /cases/{number}/decide": Power.CASE,
    "POST /cases/{number}/note": Power.CASE,
    "POST /cases/{number}/reopen": Power.CASE,
    "GET /days": PERSON,
    "GET /live/days": PERSON,
    "GET /days/{id}/{day}": PERSON,
    "POST /days/{id}/{day}/close": Power.CASE,
    "GET /letters": PERSON,
    "GET /live/letters": PERSON,
    "GET /letters/{number}": PERSON,
    "POST /letters/{number}/alike": Power.LETTER,
    "POST /letters/{number}/replay": Power.LETTER,
    "POST /letters/{number}/waive": Power.LETTER,
    "GET /security": PERSON,
    "GET /audit": PERSON,
}
FILLED: Final = {
    "id": "pudong-1",
    "key": "pudong-1-1795000000-9",
    "kind": "dealer",
    "version": "1",
    "number": "1",
    "day": "2026-11-22",
}


def routes(application: web.Application) -> list[str]:
    """Every route but those of files."""
    return [
        f"{route.method} {route.resource.canonical}"
        for route in application.router.routes()
        if route.resource is not None and route.method != "HEAD" and not isinstance(route.resource, web.StaticResource)
    ]


def path_of(route: str) -> str:
    """A path for it."""
    path = route.partition(" ")[2].replace("codes/{id}.{kind}", "codes/0123456789ab.svg")
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: FILLED[found[1]], path)


async def ask(browser: Browser, route: str) -> int:
    """The status of a route for this person; a form is empty and carries the right tokens."""
    if route.startswith("GET"):
        await browser.look(path_of(route), allow_redirects=False)
    else:
        await browser.send(path_of(route), follow=False)
    return browser.status


def test_every_route_has_its_place_in_the_table(stage: Stage) -> None:
    assert sorted(routes(stage.application)) == sorted(ROUTES)


@pytest.fixture
def quiet() -> list[str]:
    """Routes that do not end, or that would end the session of who asks."""
    return ["GET /live", "POST /logout", "POST /face/choose"]


async def test_nobody_gets_in_without_logging_in(stage: Stage, quiet: list[str]) -> None:
    async with stage.browser("") as stranger:
        for route, right in ROUTES.items():
            if right == ANYONE or route in quiet:
                continue
            assert await ask(stranger, route) == 303, route
            assert stranger.location.startswith("/login"), route


async def test_a_viewer_sees_everything_and_changes_nothing(busy: Stage, quiet: list[str]) -> None:
    async with busy.browser(VIEWER) as viewer:
        before = busy.scene.rows_of("audit")
        for route, right in ROUTES.items():
            if right == ANYONE or route in quiet:
                continue
            status = await ask(viewer, route)
            assert (status == 403) == isinstance(right, Power), (route, status)
            assert status < 500, (route, status)
    assert busy.scene.rows_of("audit") == before


async def test_an_owner_may_do_everything(busy: Stage, quiet: list[str]) -> None:
    async with busy.browser() as owner:
        for route, right in ROUTES.items():
            if right == ANYONE or route in [*quiet, "POST /stations/{id}/revoke"]:
                continue
            status = await ask(owner, route)
            assert status not in (401, 403), (route, status)
            assert status < 500, (route, status)


async def test_a_form_without_its_token_changes_nothing(busy: Stage) -> None:
    async with busy.browser() as owner:
        before = everything(busy)
        for route in ROUTES:
            if route.startswith("POST"):
                await owner.send(path_of(route), csrf="0" * 64, follow=False)
                assert owner.status == 403, route
    assert everything(busy) == before


async def test_looking_changes_nothing(busy: Stage, quiet: list[str]) -> None:
    """A link that somebody is sent does no more than show a page."""
    async with busy.browser() as owner:
        before = everything(busy)
        for route in ROUTES:
            if route.startswith("GET") and route not in quiet:
                await ask(owner, route)
    assert everything(busy) == before


def everything(stage: Stage) -> dict[str, list[tuple[object, ...]]]:
    """The whole books, but for when somebody was last seen."""
    with stage.books.read() as connection:
        return {
            name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for name, table in Row.metadata.tables.items()
            if name != "session"
        }


async def test_a_viewer_is_not_offered_what_they_may_not_do(busy: Stage) -> None:
    offered = ("/new-station", "/prices/new", "/coupons/new", "ask-stop", "/decide", "/replay", "/waive", "/people")
    async with busy.browser(VIEWER) as viewer:
        for path in ("/stations", "/stations/pudong-1", "/prices", "/coupons", "/cases/1", "/letters/1", "/prices/3"):
            page = await viewer.look(path)
            assert viewer.status == 200
            assert [word for word in offered if word in page] == [], path
