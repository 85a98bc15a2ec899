"""What the broker asks, and how it is answered."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import nkeys
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.gate import permits
from cloud.gate.keys import GateKeys
from cloud.gate.permits import Knock, Pass, QuestionMisread
from tests.cloud.gate.questions import asked, token

KEYS = GateKeys(bytes(range(32)))
KNOCK = Knock("UCONNECTION", "NSERVER", "pudong-1", "word", "pudong-1-77", "", True)
NOW = 1_800_000_000_000


def opened(answer: bytes) -> dict[str, Any]:
    """The claims of a token whose signature is good."""
    head, body, signature = answer.split(b".")
    issuer = nkeys.from_seed(bytearray(KEYS._seed("issuer", nkeys.PREFIX_BYTE_ACCOUNT), "ascii"))
    assert issuer.verify(head + b"." + body, urlsafe_b64decode(signature + b"=="))
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(body + b"=="))
    assert claims["iss"] == KEYS.issuer
    return claims


def test_a_knock_with_a_password_from_the_same_machine() -> None:
    knock = permits.read_knock(asked("pudong-1", "word", "pudong-1-77"))
    assert knock == Knock("UCONNECTION", "NSERVER", "pudong-1", "word", "pudong-1-77", "", True)


def test_a_knock_from_afar_or_over_tls_is_not_near() -> None:
    assert not permits.read_knock(asked("pudong-1", "word", host="10.1.2.3")).near
    assert not permits.read_knock(asked("pudong-1", "word", host="")).near
    assert not permits.read_knock(asked("pudong-1", "word", chains=[])).near
    assert not permits.read_knock(asked("pudong-1", "word", chains=None, tls=True)).near


def test_a_certificate_is_the_first_of_its_verified_chain() -> None:
    knock = permits.read_knock(asked("pudong-1", "", chains=[["leaf", "issuing", "root"], ["leaf", "other"]]))
    assert (knock.certificate, knock.near) == ("leaf", False)


def test_a_permit_is_for_the_stations_own_topics_until_its_end_and_for_this_connection() -> None:
    answer = opened(permits.permit(KEYS, KNOCK, Pass("pudong-1", "c:77", NOW + 5_000), NOW))
    assert (answer["aud"], answer["sub"]) == ("NSERVER", "UCONNECTION")
    user = opened(answer["nats"]["jwt"].encode())
    assert (user["aud"], user["sub"], user["name"]) == ("JIAYOU", "UCONNECTION", "pudong-1 c:77")
    assert user["exp"] == NOW // 1000 + 5
    own = "jiayou.1.37.pudong-1"
    assert user["nats"]["pub"] == {"allow": [f"{own}.up.{kind}" for kind in ("letters", "hello", "ask")]}
    assert user["nats"]["sub"] == {"allow": [f"{own}.down.*"]}


def test_a_refusal_holds_no_permit() -> None:
    answer = opened(permits.refusal(KEYS, KNOCK, "revoked_station", NOW))
    assert answer["nats"] == {"type": "authorization_response", "version": 2, "error": "revoked_station"}


@pytest.mark.parametrize("data", [b"", b"a.b", b"a.e30.c", b"a.!.c", token({"nats": {"user_nkey": 1}})])
def test_what_is_no_question_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(QuestionMisread):
        permits.read_knock(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_question_or_misread(data: bytes) -> None:
    with pytest.raises(QuestionMisread):
        permits.read_knock(data)
