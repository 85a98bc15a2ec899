"""An attendant at the touchscreen without a browser: the same pages, forms and cookies."""

import re
from html import unescape
from http.cookiejar import CookieJar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.company.programs import StoryFailed

_OWING = re.compile(r'hx-get="/sales/([a-z0-9-]+)/pay"')
_HIDDEN = re.compile(r'name="(csrf|once)" value="([^"]*)"')


class Attendant:
    """Somebody with a name and a PIN."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._open = build_opener(HTTPCookieProcessor(CookieJar()))
        self._pins: dict[str, str] = {}

    def knows(self, pins: dict[str, str]) -> None:
        """Who works here, by name."""
        self._pins = pins

    def enter(self) -> None:
        """Log in as the first of the people."""
        name, pin = next(iter(self._pins.items()))
        self._submit("/login", "/login", name=name, pin=pin)

    def present(self, point: int, code: str) -> str:
        """Type a code at a fuelling point; gives the page's answer. :exc:`StoryFailed` when it was not accepted."""
        answer = self._submit("/verify", "/verify", point=str(point), code=code)
        if 'data-verdict="bad"' in answer or "data-verdict" not in answer:
            raise StoryFailed(f"the code was refused: {_words(answer)}")
        return answer

    def owing(self) -> list[str]:
        """The numbers of the sales that wait for their payment, the oldest first."""
        return _OWING.findall(self._get("/"))

    def pay(self, sale: str, tender: str) -> None:
        """Take the money of a sale by one tender."""
        self._submit(f"/sales/{sale}/pay", f"/sales/{sale}/pay", **{"with": tender})

    def _submit(self, form: str, action: str, **fields: str) -> str:
        hidden = dict(_HIDDEN.findall(self._get(form)))
        return self._get(action, urlencode({**hidden, **fields}).encode())

    def _get(self, path: str, body: bytes | None = None) -> str:
        try:
            with self._open.open(Request(self._page + path, data=body), timeout=10) as answer:
                return str(answer.read().decode())
        except HTTPError as why:
            raise StoryFailed(f"{path} answers {why.code}: {_words(why.read().decode())}") from why
        except (URLError, OSError) as why:
            raise StoryFailed(f"{path} does not answer: {why}") from why


def _words(page: str) -> str:
    """What a person would read on it, roughly."""
    return " ".join(unescape(re.sub(r"(?s)<(script|style|svg).*?</\1>|<[^>]+>", " ", page)).split())[:400]
