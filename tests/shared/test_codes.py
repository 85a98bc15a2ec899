"""Codes that a member shows or says: genuine, or refused in words; a wrong digit is found."""

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.codes import (
    PREFIX,
    check_digit,
    fingerprint,
    grouped,
    looks_scanned,
    read_scanned,
    read_typed,
    scanned_code,
    typed_code,
)
from shared.codes import _base45 as base45
from shared.coupon import CouponKind, CouponTerms
from shared.errors import CodeMisread
from shared.signing import new_private_key, public_key, sign, verify

OURS, THEIRS = new_private_key(), new_private_key()
KEYS = {1: public_key(OURS)}
TERMS = CouponTerms("c1", "满减券", CouponKind.AMOUNT, 1_500, 0, 2**41, 20_000, grades=("92#",), member="张三")
CODE = scanned_code(TERMS, 1, OURS)
digits15 = st.text("0123456789", min_size=15, max_size=15)


def test_a_genuine_code_is_read_with_the_public_key_alone() -> None:
    assert read_scanned(CODE, KEYS) == TERMS
    assert looks_scanned(CODE)
    assert set(CODE) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_f76_a_code_forged_with_another_key_is_refused() -> None:
    forged = scanned_code(TERMS, 1, THEIRS)
    with pytest.raises(CodeMisread, match="signature"):
        read_scanned(forged, KEYS)


def test_f76_a_code_of_a_key_that_we_do_not_have_is_refused() -> None:
    with pytest.raises(CodeMisread, match="signature"):
        read_scanned(scanned_code(TERMS, 2, OURS), KEYS)


def test_f76_a_code_without_a_signature_is_refused() -> None:
    for text in ("", PREFIX, "c1", '{"ticketId": "c1"}', CODE[: len(CODE) // 3], "JY2" + CODE[3:]):
        with pytest.raises(CodeMisread):
            read_scanned(text, KEYS)


@given(st.integers(0, len(CODE)))
def test_f76_a_truncated_code_is_refused(cut: int) -> None:
    if cut < len(CODE):
        with pytest.raises(CodeMisread):
            read_scanned(CODE[:cut], KEYS)


@given(st.integers(0, len(CODE) - 1), st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"))
def test_f76_a_code_with_one_character_changed_is_refused(place: int, char: str) -> None:
    changed = CODE[:place] + char + CODE[place + 1 :]
    if changed != CODE:
        with pytest.raises(CodeMisread):
            read_scanned(changed, KEYS)


@pytest.mark.parametrize(
    "changed",
    [CODE.lower(), CODE.swapcase(), CODE + " ", " " + CODE, CODE * 2, CODE.replace(" ", "+")],
    ids=["small letters", "swapped letters", "blank behind", "blank before", "twice", "blanks as plus"],
)
def test_f76_a_re_encoded_code_is_refused(changed: str) -> None:
    if changed != CODE:
        with pytest.raises(CodeMisread):
            read_scanned(changed, KEYS)


def test_f76_other_terms_under_an_old_signature_are_refused() -> None:
    """The signature of a coupon worth 15 yuan does not make one worth 1,500."""
    body = bytes([1]) + msgspec.msgpack.encode(TERMS)
    richer = bytes([1]) + msgspec.msgpack.encode(msgspec.structs.replace(TERMS, value=150_000))
    signature = sign(OURS, b"jiayou coupon 1\0" + body)
    assert not verify(KEYS[1], signature, b"jiayou coupon 1\0" + richer)


def test_f76_a_signature_made_for_something_else_is_refused() -> None:
    """The same key may sign other things one day: what it signs there is no coupon."""
    body = bytes([1]) + msgspec.msgpack.encode(TERMS)
    assert not verify(KEYS[1], sign(OURS, body), b"jiayou coupon 1\0" + body)


@given(st.text())
@example(PREFIX + ":::")
@example(PREFIX + "ZZZ" * 100)
@example(PREFIX + "€")
@example(CODE.replace("0", "０"))
def test_f76_any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(CodeMisread, match=r"\w+ \w+ \w+"):
        read_scanned(text, KEYS)
    with pytest.raises(CodeMisread):
        read_scanned(PREFIX + text, KEYS)


@given(
    st.builds(
        CouponTerms,
        coupon=st.text(max_size=20),
        campaign=st.text(max_size=40),
        kind=st.sampled_from(CouponKind),
        value=st.integers(0, 10**6),
        not_before=st.integers(0, 2**42),
        not_after=st.integers(0, 2**42),
        grades=st.lists(st.text(max_size=5), max_size=3).map(tuple),
        member=st.text(max_size=20),
    )
)
def test_any_terms_come_back_as_they_were(terms: CouponTerms) -> None:
    assert read_scanned(scanned_code(terms, 7, OURS), {7: public_key(OURS)}) == terms


def test_terms_that_a_newer_head_office_made_are_not_half_understood() -> None:
    """A field that this program does not know may be a condition: it says so, and does not give the discount."""
    body = bytes([1]) + msgspec.msgpack.encode([*msgspec.to_builtins(TERMS), "only on Mondays"])
    text = PREFIX + base45(body + sign(OURS, b"jiayou coupon 1\0" + body))
    with pytest.raises(CodeMisread, match="newer version"):
        read_scanned(text, KEYS)


# ── Typed codes ───────────────────────────────────────────────────────────────────────────────────────────────────────


@given(digits15)
def test_a_typed_code_is_read_as_it_was_shown(digits: str) -> None:
    code = typed_code(digits)
    assert len(code) == 16
    assert read_typed(code) == read_typed(grouped(code)) == read_typed(code[:8] + "-" + code[8:]) == code


@given(digits15, st.integers(0, 15), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(digits: str, place: int, more: int) -> None:
    code = typed_code(digits)
    wrong = code[:place] + str((int(code[place]) + more) % 10) + code[place + 1 :]
    with pytest.raises(CodeMisread, match="digit of this code is wrong"):
        read_typed(wrong)


@given(digits15, st.integers(0, 14))
def test_every_pair_of_neighbours_swapped_is_found(digits: str, place: int) -> None:
    code = typed_code(digits)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped != code:
        with pytest.raises(CodeMisread, match="digit of this code is wrong"):
            read_typed(swapped)


@given(st.text())
@example("1234")
@example("１" * 16)
@example("0" * 17)
@example("-1-2-3")
def test_any_text_is_a_typed_code_or_refused_in_words(text: str) -> None:
    code, said = read(text)
    assert "again" in said if code is None else code.isascii() and check_digit(code) == "0"


def read(text: str) -> tuple[str | None, str]:
    """The code, or what is said against it."""
    try:
        return read_typed(text), ""
    except CodeMisread as why:
        return None, str(why)


def test_a_fingerprint_depends_on_the_salt_and_says_nothing_of_the_code() -> None:
    one, other = fingerprint("1" * 16, b"a" * 16), fingerprint("1" * 16, b"b" * 16)
    assert one != other
    assert len(one) == 32
    assert one == fingerprint("1" * 16, b"a" * 16)
