"""Whatever a browser, or something that is none, sends to head office: a page or a sentence, never a failure."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest
from aiohttp.test_utils import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.store.database import Books
from tests.cloud.conftest import copy_of_file
from tests.cloud.office.stage import Browser, Stage
from tests.cloud.office.test_rights import ANYONE, ROUTES, path_of

pytestmark = pytest.mark.slow

LIGHT: Final = settings(max_examples=25, suppress_health_check=list(HealthCheck))
ODD: Final = (
    "", " ", "0", "-1", "1", "7.85", "1e9", "9" * 18, "9" * 400, "NaN", "２", "٣", "½", "\0", "\x1b[0m", "\ud83d\ude00",
    "沪A12345", "' OR 1=1 --", "%", "_", "<script>alert(1)</script>", "2026-11-22", "2026-02-30", "2026-11-22T14:30",
    "0001-01-01T00:00", "9999-12-31T23:59", "pudong-1", "now", "later", "some", "all", "on", "amount", "percent",
    "1795300000000.1795000000.1.pudong-1", "head_office_bears", '{"seq":1}', "[" * 3_000, "\u202e", "a" * 5_000,
)  # fmt: skip
MARKUP: Final = "\"'><script>alert(1)</script>"
VALUES: Final = st.one_of(st.sampled_from(ODD), st.text(max_size=40))
NAMES: Final = {
    "GET /": ["by"],
    "GET /stations": ["show", "q"],
    "GET /sales": ["station", "day", "first", "last", "status", "grade", "q", "before"],
    "GET /live/sales": ["station", "first", "last", "before", "q"],
    "GET /sales.csv": ["station", "day", "status", "q", "before"],
    "GET /prices": ["show", "page"],
    "GET /prices/tariffs": ["before"],
    "GET /prices/new": ["instead"],
    "GET /coupons/campaign": ["name", "q", "before"],
    "GET /coupons/sheet": ["name"],
    "GET /cases": ["state", "before"],
    "GET /letters": ["state", "before"],
    "GET /security": ["q", "before"],
    "GET /audit": ["q", "before", "check"],
    "GET /login": ["next"],
    "POST /login": ["name", "password", "next"],
    "POST /first-login": ["name", "password", "own", "again", "next"],
    "POST /account/password": ["old", "own", "again"],
    "POST /people": ["name", "role"],
    "POST /people/code": ["name"],
    "POST /people/disable": ["name"],
    "POST /new-station": ["id", "name", "dealer", "region"],
    "POST /stations/{id}/command": ["act", "point", "limit", "value", "seconds"],
    "POST /owners/{kind}": ["name"],
    "POST /sales/{key}/reprint": ["seconds"],
    "POST /prices/check": ["price:92#", "price:<b>", "when", "starts_at", "where", "station", "instead", "back"],
    "POST /prices": ["price:95#", "price:\u202e", "when", "starts_at", "where", "station", "instead"],
    "POST /coupons/new": [
        "name", "kind", "value", "min_spend", "max_discount", "uses", "not_before", "not_after", "grade", "where",
        "station",
    ],
    "POST /coupons/issue": ["name", "count", "typed"],
    "POST /station-settings": ["receipt_top", "receipt_bottom", "receipts", "drip_limit"],
    "POST /stations/{id}/settings": ["receipt_top", "receipt_bottom", "receipts", "drip_limit"],
    "POST /coupons/allowance": ["per_coupon", "per_member_day", "per_station_day", "book_hours"],
    "POST /coupons/one/{id}/lease": ["station", "until"],
    "POST /cases/{number}/decide": ["decision", "note"],
    "POST /letters/{number}/replay": ["text"],
    "POST /letters/{number}/waive": ["reason"],
}  # fmt: skip
PATHS: Final = (
    "/stations/{}", "/stations/{}/settings", "/live/stations/{}",
    "/sales/{}", "/prices/{}", "/cases/{}", "/letters/{}", "/coupons/one/{}",
    "/coupons/codes/{}.svg", "/coupons/codes/{}.png", "/{}", "/live/{}", "/account/sessions/{}/end", "/own/{}",
)  # fmt: skip


KINDS: Final = (
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=nothing",
    "multipart/form-data; boundary=x", "multipart/form-data", "application/json", "a",
)  # fmt: skip


class Asker:
    """An owner's browser that a test without a loop of its own can use."""

    def __init__(self, stage: Stage) -> None:
        self._loop = asyncio.new_event_loop()
        self._open = stage.browser()
        self.browser: Browser = self._loop.run_until_complete(self._open.__aenter__())

    def get(self, path: str) -> int:
        """The status of a page."""
        return self._calm(self._loop.run_until_complete(self.browser.look(path, allow_redirects=False)))

    def post(self, path: str, fields: dict[str, Any]) -> int:
        """The status of a form."""
        return self._calm(self._loop.run_until_complete(self.browser.send(path, fields, follow=False)))

    def _calm(self, text: str) -> int:
        """The status of an answer that tells nothing of the program and runs nothing that somebody typed."""
        assert "Traceback" not in text
        assert self.browser.response is not None
        if self.browser.response.content_type == "text/html":
            assert "<script>alert" not in text, "what somebody typed came back as markup"
        return self.browser.status

    def raw(self, path: str, body: bytes, kind: str) -> int:
        """The status of a body that may be no form at all."""
        client: TestClient[Any, Any] = self.browser.client

        async def send() -> int:
            response = await client.post(path, data=body, headers={"Content-Type": kind}, allow_redirects=False)
            await response.read()
            return response.status

        return self._loop.run_until_complete(send())

    def close(self) -> None:
        """The browser is closed."""
        self._loop.run_until_complete(self._open.__aexit__(None, None, None))
        self._loop.close()


@pytest.fixture(scope="module")
def asker(busy_template: tuple[Path, Stage], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asker]:
    path, stage = busy_template
    with ExitStack() as stack:
        books = Books(copy_of_file(path, tmp_path_factory.mktemp("any")))
        stack.callback(books.close)
        asker = Asker(stage.again(books))
        stack.callback(asker.close)
        yield asker


def test_the_table_of_fields_names_only_routes_that_are_there() -> None:
    assert set(NAMES) <= set(ROUTES)


@pytest.mark.parametrize("route", [route for route in NAMES if route.startswith("GET")])
@LIGHT
@given(data=st.data())
def test_any_address_gets_a_page_or_a_sentence(asker: Asker, route: str, data: st.DataObject) -> None:
    chosen = data.draw(st.dictionaries(st.sampled_from(NAMES[route]), VALUES, max_size=4))
    query = urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in chosen.items()})
    status = asker.get(f"{path_of(route)}?{query}")
    assert status < 500, (route, chosen)


@pytest.mark.parametrize("route", [route for route in NAMES if route.startswith("POST")])
@LIGHT
@given(data=st.data())
def test_any_form_is_done_or_answered_with_a_sentence(asker: Asker, route: str, data: st.DataObject) -> None:
    slow = route in ("POST /login", "POST /first-login", "POST /people/code", "POST /people/disable")
    # each password that is tried takes its time on purpose
    values = st.sampled_from(["", "x", "\0", "nobody at all", "a" * 500]) if slow else VALUES
    chosen = data.draw(st.dictionaries(st.sampled_from(NAMES[route]), values, max_size=9))
    fields = {name: value.encode("utf-8", "replace").decode() for name, value in chosen.items()}
    status = asker.post(path_of(route), fields)
    assert status < 500, (route, fields)
    assert status != 403, "the owner's own token was right"


def test_nothing_that_is_typed_anywhere_comes_back_as_markup(asker: Asker) -> None:
    """Once each, so that no route is left to chance."""
    for route, names in NAMES.items():
        for name in names:
            if route.startswith("GET"):
                asker.get(f"{path_of(route)}?{urlencode({name: MARKUP})}")
            elif not route.startswith(
                ("POST /login", "POST /first-login", "POST /people/code", "POST /people/disable")
            ):
                asker.post(path_of(route), {name: MARKUP})
    for place in PATHS:
        asker.get(place.format(quote(MARKUP, safe="")))


@LIGHT
@given(place=st.sampled_from(PATHS), word=VALUES)
def test_any_path_gets_a_page_or_a_sentence(asker: Asker, place: str, word: str) -> None:
    path = place.format(quote(word.encode("utf-8", "replace"), safe=""))
    assert asker.get(path) < 500, path


@LIGHT
@given(
    route=st.sampled_from([route for route in ROUTES if route.startswith("POST")]),
    body=st.binary(max_size=200),
    kind=st.sampled_from(KINDS),
)
def test_any_body_is_answered_with_a_sentence(asker: Asker, route: str, body: bytes, kind: str) -> None:
    assert asker.raw(path_of(route), body, kind) < 500, route


def test_who_can_open_the_door_is_known() -> None:
    assert [route for route, right in ROUTES.items() if right == ANYONE and route not in NAMES] == [
        "POST /logout",
        "POST /face/choose",
    ]
