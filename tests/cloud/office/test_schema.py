"""Head office as Schemathesis sees it: every route as an OpenAPI description, and requests that fit it or do not.

The pages have no description of their own; this one is written from the router, so that no route can be forgotten.
"""

import asyncio
import re
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from tests.cloud.office.conftest import Served
from tests.cloud.office.stage import Browser, Stage
from tests.cloud.office.test_any_input import NAMES, ODD
from tests.cloud.office.test_rights import FILLED, routes

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

SOME: Final = settings(
    max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)
ENDLESS: Final = ("GET /live", "POST /logout")
"""A stream that does not end, and what would end the session of who asks."""
SLOW: Final = ("POST /login", "POST /first-login", "POST /people/code", "POST /people/disable")
"""Each password that is tried takes its time on purpose."""
_PLACES: Final = re.compile(r"\{(\w+)[^}]*\}")


def description(stage: Stage, csrf: str) -> dict[str, Any]:
    """The whole of head office as OpenAPI."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes(stage.application):
        if route in ENDLESS + SLOW:
            continue
        method, _, path = route.partition(" ")
        paths.setdefault(_PLACES.sub(r"{\1}", path), {})[method.lower()] = _operation(route, csrf)
    return {"openapi": "3.1.0", "info": {"title": "head office", "version": "1"}, "paths": paths}


def _operation(route: str, csrf: str) -> dict[str, Any]:
    places = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "examples": [FILLED.get(name, "1")]},
        }
        for name in _PLACES.findall(route)
    ]
    words = {"type": "string", "examples": [word for word in ODD if word.isprintable()]}
    fields = dict.fromkeys(NAMES.get(route, ["q"]), words)
    if route.startswith("GET"):
        places += [{"name": name, "in": "query", "schema": words} for name in fields]
        return {"parameters": places, "responses": {"default": {"description": "a page"}}}
    form = {"type": "object", "properties": fields | {"csrf": {"const": csrf}}, "required": ["csrf"]}
    body = {"content": {"application/x-www-form-urlencoded": {"schema": form}}}
    return {"parameters": places, "requestBody": body, "responses": {"default": {"description": "a page"}}}


@pytest.fixture
def owner(served: Served) -> dict[str, str]:
    """The cookies of an owner, and the token of his forms."""

    async def enter() -> dict[str, str]:
        async with served.stage.browser() as browser:
            return _pocket(browser)

    return asyncio.run_coroutine_threadsafe(enter(), served.loop).result(20)


def _pocket(browser: Browser) -> dict[str, str]:
    token = re.search(r'name="csrf" value="([0-9a-f]+)"', browser.text)
    assert token is not None
    cookies = {cookie.key: cookie.value for cookie in browser.client.session.cookie_jar}
    return cookies | {"csrf": token[1]}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: str(mode.value))
def test_no_request_that_fits_or_does_not_fit_the_description_makes_head_office_fail(
    served: Served, owner: dict[str, str], mode: GenerationMode
) -> None:
    csrf = owner.pop("csrf")
    schema = schemathesis.openapi.from_dict(description(served.stage, csrf))
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    for operation in operations:
        _ask(operation, mode, served.address, owner)
    assert len(operations) == len(set(routes(served.stage.application)) - {*ENDLESS, *SLOW}) > 60


def _ask(operation: Any, mode: GenerationMode, address: str, cookies: dict[str, str]) -> None:
    @SOME
    @given(data=st.data())
    def any_request(data: DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        answer = case.call(base_url=address, cookies=cookies, headers={"Origin": address}, allow_redirects=False)
        assert answer.status_code < 500, case.as_curl_command()
        assert b"Traceback" not in answer.content
        assert b"<script>alert" not in answer.content

    any_request()
