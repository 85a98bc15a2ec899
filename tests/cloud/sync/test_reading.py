"""What arrives is opened without believing any of it."""

import zlib
from contextlib import suppress

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cloud.sync.reading import (
    MOST_LETTERS,
    Forged,
    Opened,
    Unreadable,
    fingerprint,
    open_claim,
    open_hello,
    open_letter,
    open_message,
)
from shared.coupon import Filling
from shared.errors import LetterMisread
from shared.messages import CouponClaim, Hello
from shared.wire import batch_of, pack

HELLO = Hello("pudong-1", 1_800_000_000, "5f3a", 1, 5_000, 1_800_000_005_000, 8, 7, 0, 0, 0, "0.1.0")


def test_a_batch_is_opened_and_its_letters_stay_closed() -> None:
    opened = open_message("pudong-1", batch_of("pudong-1", 1_800_000_000, 5, [b'{"broken":1}', b"[]"]))
    assert isinstance(opened, Opened)
    assert [bytes(raw) for raw in opened.letters] == [b'{"broken":1}', b"[]"]
    read = open_letter(5, opened.letters[0], fingerprint(opened.letters[0]))
    assert read.letter is None
    assert "can't be read" in read.reason


def test_f115_a_batch_in_the_name_of_another_is_a_forgery() -> None:
    assert open_message("pudong-1", batch_of("minhang-2", 1, 1, [b"{}"])) == Forged("pudong-1", "minhang-2")


@pytest.mark.parametrize(
    ("epoch", "first"), [(0, 1), (-1, 1), (2**32, 1), (1, 0), (1, -7), (1, 2**31), (1, 2**70), (2**70, 1)]
)
def test_a_place_that_no_letter_can_have(epoch: int, first: int) -> None:
    assert isinstance(open_message("pudong-1", batch_of("pudong-1", epoch, first, [b"{}"])), Unreadable)


def test_a_million_empty_letters_are_none_of_ours() -> None:
    assert isinstance(open_message("pudong-1", batch_of("pudong-1", 1, 1, [b"0"] * (MOST_LETTERS + 1))), Unreadable)


def test_a_few_bytes_that_unpack_to_megabytes_are_not_unpacked() -> None:
    bomb = b"\1\1" + zlib.compress(
        b'{"station":"pudong-1","epoch":1,"first":1,"letters":[' + b"0," * 3_000_000 + b"0]}", 9
    )
    assert len(bomb) < 10_000
    assert isinstance(open_message("pudong-1", bomb), Unreadable)
    with pytest.raises(LetterMisread, match="larger"):
        open_hello("pudong-1", b"\1\0" + b" " * 300_000)


@given(st.binary(max_size=500), st.sampled_from([b"", b"\1\0", b"\1\1"]))
@example(b'{"station":"pudong-1","epoch":1,"first":1,"letters":[{}]}', b"\1\0")
@example(b"[" * 400, b"\1\0")
def test_any_bytes_are_one_of_three_things(data: bytes, head: bytes) -> None:
    opened = open_message("pudong-1", head + data)
    if isinstance(opened, Opened):
        for seq, raw in enumerate(opened.letters, opened.first):
            read = open_letter(seq, raw, fingerprint(raw))
            assert (read.letter is None) == bool(read.reason)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda of: st.lists(of) | st.dictionaries(st.text(), of)
    )
)
def test_any_json_as_a_letter_is_read_or_says_why_not(value: object) -> None:
    raw = msgspec.Raw(msgspec.json.encode(value))
    read = open_letter(1, raw, fingerprint(raw))
    assert (read.letter is None) == bool(read.reason)


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_as_a_question_are_a_question_or_misread(data: bytes, ours: bool) -> None:
    for read in (open_hello, open_claim):
        with suppress(LetterMisread):
            read("pudong-1", b"\1\0" + data if ours else data)


def test_hellos_with_figures_that_can_not_be_kept_are_misread() -> None:
    assert open_hello("pudong-1", pack(HELLO)) == HELLO
    assert open_hello("minhang-2", pack(HELLO)) == Forged("minhang-2", "pudong-1")
    for name, value in (("mono", 2**63), ("wall", -1), ("epoch", 0), ("boot", 2**60), ("next_seq", 2**53)):
        with pytest.raises(LetterMisread, match="figures"):
            open_hello("pudong-1", pack(msgspec.structs.replace(HELLO, **{name: value})))
    for store_id in ("", "a b", "\0", "x" * 65, "店"):
        with pytest.raises(LetterMisread, match="names no store"):
            open_hello("pudong-1", pack(msgspec.structs.replace(HELLO, store_id=store_id)))


def test_claims_with_words_that_can_not_be_looked_up_are_misread() -> None:
    claim = CouponClaim("q1", Filling("pudong-1", "92#", 1, 1), code="1234")
    assert open_claim("pudong-1", pack(claim)) == claim
    assert open_claim("minhang-2", pack(claim)) == Forged("minhang-2", "pudong-1")
    for code in ("12\0", "x" * 129, "\n"):
        with pytest.raises(LetterMisread, match="none of ours"):
            open_claim("pudong-1", pack(msgspec.structs.replace(claim, code=code)))
