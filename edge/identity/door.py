"""Asking head office for papers.

The ticket names the authority by its fingerprint. So the root certificate is fetched first, from whoever answers there,
and compared; the ticket's secret is then told only over a connection that this very authority vouches for.
"""

import ssl
from pathlib import Path
from typing import Final

import aiohttp
import msgspec
from msgspec import Struct

from edge.identity import papers
from edge.identity.papers import Papers
from shared import certificates
from shared.enrolment import DoorRefusal, Enrolled, EnrolmentAsked, RenewalAsked, Ticket
from shared.errors import Misread, Refused, Unavailable

_PATIENCE: Final = aiohttp.ClientTimeout(total=30)
_LARGEST: Final = 256 * 1024


async def enrol(door: str, ticket: Ticket, station: str, directory: Path) -> Papers:
    """Makes a key, gets papers for it and puts them in force.

    A key whose answer was lost is kept for the next try: the same ticket then gets the same certificate. :exc:`Refused`
    with head office's own reason, or ``other_authority``; :exc:`Unavailable` when it can't be reached.
    """
    authority = await _authority(door, ticket)
    key = _waiting_key(directory, ticket)
    asked = EnrolmentAsked(ticket.secret.hex(), station, certificates.request(key, station))
    enrolled = await _ask(door, "/enrol", asked, _trusting(authority))
    if enrolled.authority != authority:
        raise Refused("other_authority", "Head office answered with another authority than its own. Nothing was kept.")
    kept = papers.keep(directory, station, key, enrolled)
    _waiting_file(directory).unlink(missing_ok=True)
    return kept


async def renew(door: str, station: str, present: Papers) -> Papers:
    """The next papers, for a new key; the present ones stay good until their end. Errors likewise."""
    key = certificates.new_key()
    context = _trusting(present.authority.read_text())
    context.load_cert_chain(present.certificate, present.key)
    enrolled = await _ask(door, "/renew", RenewalAsked(certificates.request(key, station)), context)
    return papers.keep(present.directory, station, key, enrolled)


async def _authority(door: str, ticket: Ticket) -> str:
    """The root certificate of whoever answers there, when it is the one that the ticket means."""
    unseen = ssl.create_default_context()
    unseen.check_hostname, unseen.verify_mode = False, ssl.CERT_NONE  # nothing is told here, and all is compared
    text = (await _call("GET", f"{door}/authority", None, unseen))[1].decode(errors="replace")
    try:
        named = ticket.names(certificates.read(text).fingerprint)
    except certificates.CertificateMisread as why:
        raise Refused("no_door", f"There is no enrolment door at {door}. Check the address.") from why
    if not named:
        raise Refused(
            "other_authority",
            "Who answers at this address is not the company that gave this code. Check the code and the address.",
        )
    return text


class _Waiting(Struct, frozen=True):
    """A key whose certificate is on its way, and the ticket that it was shown with."""

    ticket: str
    key: str


def _waiting_file(directory: Path) -> Path:
    return directory / "waiting.json"


def _waiting_key(directory: Path, ticket: Ticket) -> str:
    try:
        waiting = msgspec.json.decode(_waiting_file(directory).read_bytes(), type=_Waiting)
    except (OSError, msgspec.DecodeError):
        waiting = None
    if waiting is not None and waiting.ticket == str(ticket):
        return waiting.key
    key = certificates.new_key()
    papers.keep_file(_waiting_file(directory), msgspec.json.encode(_Waiting(str(ticket), key)))
    return key


def _trusting(authority: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority)


async def _ask(door: str, path: str, asked: Struct, context: ssl.SSLContext) -> Enrolled:
    status, body = await _call("POST", f"{door}{path}", msgspec.json.encode(asked), context)
    try:
        if status == 200:
            return msgspec.json.decode(body, type=Enrolled)
        refusal = msgspec.json.decode(body, type=DoorRefusal)
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise Unavailable(f"What answers at {door} is no enrolment door (status {status}).") from why
    if status == 503:
        raise Unavailable(refusal.sentence)
    raise Refused(refusal.reason, refusal.sentence)


async def _call(method: str, url: str, body: bytes | None, context: ssl.SSLContext) -> tuple[int, bytes]:
    if not url.startswith("https://"):
        raise Misread(f"The address of the enrolment door begins with https://, not “{url[:12]}…”.")
    try:
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE) as session,
            session.request(method, url, data=body, ssl=context, allow_redirects=False) as answer,
        ):
            return answer.status, await answer.content.read(_LARGEST)
    except (aiohttp.ClientSSLError, ssl.SSLError) as why:
        raise Unavailable(f"Head office's door can't be trusted: {why}. Check the address and both clocks.") from why
    except (TimeoutError, aiohttp.ClientError, ValueError, OSError) as why:
        raise Unavailable(f"Head office's door can't be reached at {url}: {str(why) or 'no answer'}.") from why
