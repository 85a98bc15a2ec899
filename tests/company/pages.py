"""Whether a page is there."""

from urllib.error import HTTPError, URLError
from urllib.request import urlopen


def page_answers(address: str) -> bool:
    """Whether a web server of ours answers there, be it only with a log-in page."""
    try:
        with urlopen(address, timeout=2) as answer:
            return bool(answer.status < 500)
    except HTTPError as why:
        return why.code < 500
    except (URLError, OSError):
        return False
