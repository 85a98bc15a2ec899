"""A ticket that is read aloud over the telephone arrives whole, or not at all."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.enrolment import HALF, Ticket, read_ticket
from shared.errors import CodeMisread

HALVES = st.binary(min_size=HALF, max_size=HALF)


@given(HALVES, HALVES)
def test_a_ticket_is_read_as_it_was_written(secret: bytes, authority: bytes) -> None:
    ticket = Ticket(secret, authority)
    assert read_ticket(str(ticket)) == ticket
    assert read_ticket(str(ticket).lower().replace("-", " ")) == ticket


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    ticket = Ticket(bytes(HALF), bytes([0x08, 0x42, 0x10, 0x84, 0x21] * 2))
    assert str(ticket) == "0000-0000-0000-0000-1111-1111-1111-1111"
    assert read_ticket("oooo-OOOO-0000-0000-iiii-IIII-llll-LLLL") == ticket


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_ticket_or_one_sentence(text: str) -> None:
    with suppress(CodeMisread):
        assert read_ticket(str(read_ticket(text))) == read_ticket(text)


@pytest.mark.parametrize("text", ["", "1234", "U" * 32, "0" * 31, "0" * 33, "é" * 32])
def test_what_is_no_ticket_is_refused(text: str) -> None:
    with pytest.raises(CodeMisread):
        read_ticket(text)


def test_a_ticket_names_one_authority() -> None:
    ticket = Ticket(bytes(HALF), bytes(range(HALF)))
    assert ticket.names(bytes(range(32)))
    assert not ticket.names(bytes(32))
