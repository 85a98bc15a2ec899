"""The broker's question about a connection, read; and its answer, signed. Pure: the caller reads the clock.

Both are JSON web tokens of nats-server's kind: claims in base64url, signed with an nkey (its documentation, *Auth
Callout*). The question comes over a connection that only the broker itself can write on; its signature is that of the
broker's own passing key and says no more.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from cloud.broker import LINE_ACCOUNT, is_loopback, subject
from cloud.gate.keys import GateKeys
from shared import topics
from shared.errors import Misread

_HEAD: Final = urlsafe_b64encode(b'{"typ":"JWT","alg":"ed25519-nkey"}').rstrip(b"=")
_WRITES: Final = (topics.LETTERS, topics.HELLO, topics.ASK)
_SECOND: Final = 1_000


class QuestionMisread(Misread):
    """A question of the broker that this program does not understand."""


class Knock(Struct, frozen=True):
    """Somebody wants on the line."""

    connection: str
    """The name under which the broker waits for the answer."""
    server: str
    user: str
    password: str
    client_id: str
    certificate: str
    """PEM of what it showed, seen to be signed by our authority and its key at the other end; empty: nothing."""
    near: bool
    """It came from the broker's own machine and without TLS."""


class Pass(Struct, frozen=True):
    """Somebody may come in: this station, until then (UTC milliseconds), for what it showed."""

    station: str
    badge: str
    """Names what was shown, so that it can be looked up again: no secret."""
    until: int

    @property
    def name(self) -> str:
        """How the broker lists the connection."""
        return f"{self.station} {self.badge}"


def read_knock(data: bytes) -> Knock:
    """What the broker asks. :exc:`QuestionMisread`."""
    try:
        asked = msgspec.json.decode(_unpadded(data.split(b".")[1]), type=_Question).nats
    except (IndexError, ValueError) as why:
        raise QuestionMisread(f"The broker's question can't be read: {why}") from why
    opts, client, tls = asked.connect_opts, asked.client_info, asked.client_tls
    chains = [chain for chain in (tls.verified_chains or [] if tls else []) if chain]
    return Knock(
        connection=asked.user_nkey,
        server=asked.server_id.id,
        user=opts.user,
        password=opts.password,
        client_id=client.mqtt_id,
        certificate=chains[0][0] if chains else "",
        near=tls is None and is_loopback(client.host),
    )


def permit(keys: GateKeys, knock: Knock, granted: Pass, now: int) -> bytes:
    """The answer that lets a station in, to write and to read under its own name alone."""
    station, at = granted.station, now // _SECOND
    rights = {
        "pub": {"allow": [subject(topics.up(station, kind)) for kind in _WRITES]},
        "sub": {"allow": [subject(topics.down(station, "+"))]},
    }
    unlimited = {"subs": -1, "data": -1, "payload": -1}
    user = {
        "iss": keys.issuer,
        "sub": knock.connection,
        "aud": LINE_ACCOUNT,
        "iat": at,
        "exp": granted.until // _SECOND,
        "name": granted.name,
        "nats": {"type": "user", "version": 2, **rights, **unlimited},
    }
    return _answer(keys, knock, at, {"jwt": _signed(keys, user).decode()})


def refusal(keys: GateKeys, knock: Knock, reason: str, now: int) -> bytes:
    """The answer that lets nobody in; the broker writes the reason into its log."""
    return _answer(keys, knock, now // _SECOND, {"error": reason})


def _answer(keys: GateKeys, knock: Knock, at: int, said: dict[str, str]) -> bytes:
    claims = {
        "iss": keys.issuer,
        "sub": knock.connection,
        "aud": knock.server,
        "iat": at,
        "nats": {"type": "authorization_response", "version": 2, **said},
    }
    return _signed(keys, claims)


def _signed(keys: GateKeys, claims: dict[str, Any]) -> bytes:
    body = msgspec.json.encode(claims)
    named = msgspec.json.encode({**claims, "jti": sha256(body).hexdigest()[:32]})
    text = _HEAD + b"." + urlsafe_b64encode(named).rstrip(b"=")
    return text + b"." + urlsafe_b64encode(keys.sign(text)).rstrip(b"=")


def _unpadded(text: bytes) -> bytes:
    return urlsafe_b64decode(text + b"=" * (-len(text) % 4))


# ── The question as it comes; what is not used here is not read ───────────────────────────────────────────────────────


class _Server(Struct, frozen=True):
    id: str


class _Client(Struct, frozen=True):
    host: str = ""
    mqtt_id: str = ""


class _Opts(Struct, frozen=True):
    user: str = ""
    password: str = field(default="", name="pass")


class _Tls(Struct, frozen=True):
    verified_chains: list[list[str]] | None = None


class _Asked(Struct, frozen=True):
    server_id: _Server
    user_nkey: str
    client_info: _Client
    connect_opts: _Opts
    client_tls: _Tls | None = None


class _Question(Struct, frozen=True):
    nats: _Asked
