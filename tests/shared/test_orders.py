"""Orders: what a station may believe, and what any bytes at its door are worth."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import LetterMisread, Refused
from shared.orders import EARLY, LIFE, OrderHead, is_order, must_concern, open_frame, order
from shared.signing import Signer, public_key

GOLDEN = Path(__file__).parents[1] / "golden" / "orders"
PRIVATE, STRANGER = bytes(range(32)), bytes(range(1, 33))
MESSAGE = b'\1\0{"epoch":1790000000,"upto":1000}'
NOW = 1_795_305_600_000
HEAD = OrderHead("stored", "pudong-1", NOW, NOW + LIFE)
FRAME = order(HEAD, MESSAGE, 7, Signer(PRIVATE))


def test_an_order_is_carried_as_it_was_signed_and_read_as_it_was_meant() -> None:
    frame = open_frame(FRAME)
    assert (frame.key, frame.head, frame.message) == (7, HEAD, MESSAGE)
    assert frame.signed_with(public_key(PRIVATE))
    assert not frame.signed_with(public_key(STRANGER))


def test_an_order_of_today_is_read_for_ever() -> None:
    kept = (GOLDEN / "stored.1.bin").read_bytes()
    assert kept == FRAME
    assert open_frame(kept).signed_with(public_key(PRIVATE))


@given(st.integers(0, len(FRAME) - 1), st.integers(1, 255))
def test_no_bit_of_an_order_can_be_changed_unseen(place: int, change: int) -> None:
    forged = FRAME[:place] + bytes((FRAME[place] ^ change,)) + FRAME[place + 1 :]
    try:
        frame = open_frame(forged)
    except LetterMisread:
        return
    assert not frame.signed_with(public_key(PRIVATE))


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_an_order_or_misread(data: bytes, ours: bool) -> None:
    tried = b"\2" + data if ours else data
    try:
        frame = open_frame(tried)
    except LetterMisread:
        return
    assert is_order(tried)
    assert not frame.signed_with(public_key(PRIVATE))


@pytest.mark.parametrize(
    ("kind", "station", "now", "reason"),
    [
        ("stored", "pudong-1", NOW, ""),
        ("stored", "pudong-1", NOW + LIFE, ""),
        ("stored", "pudong-1", NOW - EARLY, ""),
        ("tariffs", "pudong-1", NOW, "wrong_kind"),
        ("stored", "minhang-2", NOW, "for_another"),
        ("stored", "pudong-1", NOW + LIFE + 1, "expired"),
        ("stored", "pudong-1", NOW - EARLY - 1, "not_yet"),
    ],
)
def test_f55_an_order_concerns_one_kind_one_station_and_one_day(kind: str, station: str, now: int, reason: str) -> None:
    if not reason:
        must_concern(HEAD, kind, station, now)
        return
    with pytest.raises(Refused) as refused:
        must_concern(HEAD, kind, station, now)
    assert refused.value.reason == reason
