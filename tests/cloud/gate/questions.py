"""Questions as nats-server asks them."""

import json
from base64 import urlsafe_b64encode
from typing import Any


def token(claims: dict[str, Any]) -> bytes:
    """A token with these claims; its signature is not read here."""
    return b"head." + urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=") + b".signature"


def asked(
    user: str,
    password: str = "",
    client_id: str = "",
    host: str = "127.0.0.1",
    chains: list[list[str]] | None = None,
    tls: bool = False,
) -> bytes:
    """Who may this be? As 2.15 asks; with ``chains`` over TLS."""
    question: dict[str, Any] = {
        "server_id": {"name": "jiayou", "host": "127.0.0.1", "id": "NSERVER", "version": "2.15.1"},
        "user_nkey": "UCONNECTION",
        "client_info": {"host": host, "id": 9, "user": user, "kind": "Client", "type": "mqtt", "mqtt_id": client_id},
        "connect_opts": {"auth_token": password, "user": user, "pass": password, "protocol": 0},
        "type": "authorization_request",
        "version": 2,
    }
    if tls or chains is not None:
        question["client_tls"] = {"version": "1.3", "verified_chains": chains}
    return token({"aud": "nats-authorization-request", "iss": "NSERVER", "nats": question})
