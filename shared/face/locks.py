"""What keeps strangers out of a page, whatever its views do. Each lock names what it is against.

* Host allow-list: a foreign site that points its name at 127.0.0.1 (DNS rebinding).
* CSRF: a foreign site, or another program on this machine, that posts a form in a person's name. The token is derived
  from two cookies that scripts can't read and that a foreign site's request never carries (SameSite=Strict).
* Headers: script from elsewhere, framing, sniffing, pages kept by a cache.
"""

import hashlib
import hmac
import secrets
from collections.abc import Collection

from aiohttp import web

CSRF_HEADER = "X-Jiayou-Csrf"
CSRF_FIELD = "csrf"

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

FOR_EVER = "public, max-age=31536000, immutable"

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), serial=()",
    "Server": "jiayou",
}


def host_of(header: str) -> str:
    """The name in a Host header, without its port, in small letters: ``[::1]:8080`` → ``[::1]``."""
    name = header.strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0]


def host_known(header: str, hosts: Collection[str]) -> bool:
    """Whether this page goes by that name."""
    return host_of(header) in hosts


def new_visit() -> str:
    """The random value of a browser's visit cookie."""
    return secrets.token_urlsafe(24)


def csrf_token(visit: str, session: str) -> str:
    """What a form must carry. Another token as soon as somebody logs in or out."""
    return hmac.new(visit.encode(), b"csrf\0" + session.encode(), hashlib.sha256).hexdigest()


def csrf_right(given: str, visit: str, session: str) -> bool:
    """Whether the form came from a page of ours. No visit, no right."""
    expected = csrf_token(visit, session)
    return bool(visit) and hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def same_site(request: web.Request) -> bool:
    """What the browser itself says of where a request came from; one that says nothing is judged by its token."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}


def lock_headers(response: web.StreamResponse, cache: str) -> None:
    """Put the headers on a response. ``cache`` says who may keep it: a page nobody, a file with its mark for ever."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", cache)
