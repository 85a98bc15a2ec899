"""Three questions over HTTPS.

``GET /authority``   the root certificate, PEM. Whoever asks compares it with his ticket before he says anything else.
``POST /enrol``      :class:`shared.enrolment.EnrolmentAsked` → :class:`shared.enrolment.Enrolled`
``POST /renew``      :class:`shared.enrolment.RenewalAsked` → the same, over a connection with the present certificate

A refusal is a :class:`shared.enrolment.DoorRefusal` with status 400, 403, 429 or 503.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeVar

import msgspec
import structlog
from aiohttp import web

from cloud.door.throttle import Throttle
from cloud.identity import enrolling
from cloud.identity.authority import Authority
from cloud.store.database import Books, Connection
from shared import certificates
from shared.enrolment import DoorRefusal, Enrolled, EnrolmentAsked, RenewalAsked
from shared.errors import Misread, Refused, Unavailable

_log = structlog.get_logger(__name__)
_LARGEST: Final = 32 * 1024
_GUESSES: Final = frozenset({"bad_code", "code_of_another"})
"""Refusals that count as a wrong ticket."""
_TOLD: Final = _GUESSES | {"code_used", "revoked_certificate", "unknown_certificate", "certificate_of_another"}
"""Refusals that head office sees among the security events."""

T = TypeVar("T")


class _Peer(NamedTuple):
    """Who is at the other end."""

    address: str
    station: str
    fingerprint: bytes


class Door:
    """Answers. ``on_replaced`` is told, on the event loop, which station's earlier certificates are void from now on;
    ``command_keys`` gives the public keys that a new station is to trust."""

    def __init__(
        self,
        books: Books,
        authority: Authority,
        now: Callable[[], int],
        command_keys: Callable[[Connection], Mapping[int, bytes]] = lambda _: {},
        on_replaced: Callable[[str, list[bytes]], None] = lambda *_: None,
    ) -> None:
        self._books = books
        self._authority = authority
        self._now = now
        self._command_keys = command_keys
        self._on_replaced = on_replaced
        self._throttle = Throttle()

    def application(self) -> web.Application:
        """What is served."""
        application = web.Application(client_max_size=_LARGEST, middlewares=[_in_words])
        application.router.add_get("/authority", self._tell)
        application.router.add_post("/enrol", self._enrol)
        application.router.add_post("/renew", self._renew)
        return application

    async def _tell(self, _: web.Request) -> web.Response:
        return web.Response(text=self._authority.root, content_type="application/x-pem-file")

    async def _enrol(self, request: web.Request) -> web.Response:
        asked, peer, now = await _read(request, EnrolmentAsked), _peer(request), self._now()
        if wait := self._throttle.wait(peer.address, now):
            minutes = -(-wait // 60_000)
            raise _Slow(f"Too many wrong codes from this address. Try again in {minutes} minutes.", wait)
        try:
            enrolled, replaced = await asyncio.to_thread(self._enrolled, asked, now)
        except Refused as why:
            await self._refused(peer, asked.station, why, now)
            raise
        self._throttle.right(peer.address)
        if replaced:
            self._on_replaced(asked.station, replaced)
        _log.info("station_enrolled", station=asked.station, address=peer.address)
        return _answer(enrolled)

    def _enrolled(self, asked: EnrolmentAsked, now: int) -> tuple[Enrolled, list[bytes]]:
        with self._books.begin() as connection:
            secret = _hex(asked.secret)
            pem, replaced = enrolling.enrol(connection, self._authority, secret, asked.station, asked.request, now)
            return self._welcome(connection, asked.station, pem), replaced

    async def _renew(self, request: web.Request) -> web.Response:
        asked, peer, now = await _read(request, RenewalAsked), _peer(request), self._now()
        if not peer.station:
            raise Refused("no_certificate", "Renewing needs a connection with the present certificate.")
        try:
            return _answer(await asyncio.to_thread(self._renewed, asked, peer, now))
        except Refused as why:
            await self._refused(peer, peer.station, why, now)
            raise

    def _renewed(self, asked: RenewalAsked, peer: _Peer, now: int) -> Enrolled:
        with self._books.begin() as connection:
            pem = enrolling.renew(connection, self._authority, peer.fingerprint, peer.station, asked.request, now)
            return self._welcome(connection, peer.station, pem)

    def _welcome(self, connection: Connection, station: str, pem: str) -> Enrolled:
        return Enrolled(station, pem, self._authority.root, dict(self._command_keys(connection)))

    async def _refused(self, peer: _Peer, station: str, why: Refused, now: int) -> None:
        if why.reason in _GUESSES:
            self._throttle.wrong(peer.address, now)
        if why.reason in _TOLD:
            _log.warning("door_refused", station=station, reason=why.reason, address=peer.address)
            await asyncio.to_thread(self._accuse, station[:64], why, peer.address, now)

    def _accuse(self, station: str, why: Refused, address: str, now: int) -> None:
        with self._books.begin() as connection:
            enrolling.accuse(connection, station.replace("\0", "␀"), why.reason, f"{why} ({address})", now)


class _Slow(Refused):
    """Too many wrong tickets; ``wait`` in milliseconds."""

    def __init__(self, sentence: str, wait: int) -> None:
        super().__init__("too_many_tries", sentence)
        self.wait = wait


@web.middleware
async def _in_words(request: web.Request, handler: Callable[[web.Request], T]) -> web.StreamResponse:
    """Every refusal is a word and a sentence."""
    try:
        return await handler(request)  # type: ignore[misc,no-any-return] # aiohttp's own handlers are untyped here
    except _Slow as why:
        return _refusal(429, why.reason, str(why), {"Retry-After": str(-(-why.wait // 1000))})
    except Refused as why:
        return _refusal(403, why.reason, str(why))
    except Misread as why:
        return _refusal(400, "misread", str(why))
    except Unavailable as why:
        return _refusal(503, "unavailable", str(why))


def _refusal(status: int, reason: str, sentence: str, headers: Mapping[str, str] | None = None) -> web.Response:
    said = msgspec.json.encode(DoorRefusal(reason, sentence))
    return web.Response(status=status, body=said, content_type="application/json", headers=headers)


def _answer(enrolled: Enrolled) -> web.Response:
    return web.Response(body=msgspec.json.encode(enrolled), content_type="application/json")


async def _read(request: web.Request, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as why:
        raise Misread(f"This is no {kind.__name__}: {why}") from why


def _peer(request: web.Request) -> _Peer:
    transport = request.transport
    shown = transport.get_extra_info("ssl_object") if transport is not None else None
    der = shown.getpeercert(binary_form=True) if shown is not None else None
    address = request.remote or ""
    if not der:
        return _Peer(address, "", b"")
    facts = certificates.read(ssl.DER_cert_to_PEM_cert(der))
    return _Peer(address, facts.name, facts.fingerprint)


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as why:
        raise Misread("The secret is not hexadecimal.") from why
