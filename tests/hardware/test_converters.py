"""Echoes are taken out byte for byte, and parity is made by hand."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.converters import EchoFree, SoftwareParity

POLL, ANSWER = bytes.fromhex("50 20 FA"), bytes.fromhex("50 70 FA")


class Wire:
    """A port under the test's hand."""

    def __init__(self, *coming: bytes) -> None:
        self.coming = list(coming)
        self.sent = b""
        self.closed = False

    def read(self, micros: int) -> bytes:
        return self.coming.pop(0) if self.coming else b""

    def write(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        self.closed = True


def heard(wire: Wire, *sent: bytes) -> bytes:
    """All that is left of what comes, after these were sent."""
    port = EchoFree(wire)
    for data in sent:
        port.write(data)
    count = len(wire.coming)
    return b"".join(port.read(1_000) for _ in range(count))


@given(cuts=st.lists(st.integers(0, 6), max_size=4))
def test_an_echo_is_dropped_however_it_is_cut(cuts: list[int]) -> None:
    whole = POLL + ANSWER
    edges = [0, *sorted(cuts), len(whole)]
    pieces = [piece for a, b in pairwise(edges) if (piece := whole[a:b])]
    assert heard(Wire(*pieces), POLL) == ANSWER


def test_bytes_that_were_sent_one_by_one_come_back_as_one() -> None:
    assert heard(Wire(POLL, ANSWER), POLL[:1], POLL[1:2], POLL[2:]) == ANSWER


def test_what_looks_like_the_echo_is_dropped_once() -> None:
    assert heard(Wire(POLL + POLL), POLL) == POLL


def test_a_collision_is_passed_on_from_the_byte_that_differs() -> None:
    """Two spoke at once: the session must see it as noise, and an answer behind it stays an answer."""
    assert heard(Wire(bytes.fromhex("50 21 FA") + ANSWER), POLL) == bytes.fromhex("21 FA") + ANSWER


def test_after_a_collision_nothing_more_is_awaited() -> None:
    assert heard(Wire(bytes.fromhex("50 21"), bytes.fromhex("20 FA")), POLL) == bytes.fromhex("21 20 FA")


def test_an_echo_that_never_came_does_not_eat_the_next_answer() -> None:
    wire = Wire(b"", POLL)
    port = EchoFree(wire)
    port.write(POLL)
    assert port.read(1_000) == b""
    assert port.read(1_000) == POLL


def test_a_look_without_waiting_does_not_give_the_echo_up() -> None:
    wire = Wire(b"", POLL + ANSWER)
    port = EchoFree(wire)
    port.write(POLL)
    assert port.read(0) == b""
    assert port.read(1_000) == ANSWER
    port.close()
    assert wire.closed


@pytest.mark.parametrize(("parity", "wire"), [("E", "96 96 21 05"), ("O", "16 16 A1 85")])
def test_parity_stands_in_the_eighth_bit(parity: str, wire: str) -> None:
    """16 16 21 05 with even parity is what Tatsuno's field notes show."""
    there = Wire(bytes.fromhex(wire))
    port = SoftwareParity(there, parity)
    port.write(bytes.fromhex("16 16 21 05"))
    assert there.sent == bytes.fromhex(wire)
    assert port.read(1) == bytes.fromhex("16 16 21 05")
    port.close()
    assert there.closed


def test_a_byte_with_wrong_parity_arrives_as_zero() -> None:
    assert SoftwareParity(Wire(bytes.fromhex("96 16 21 A1")), "E").read(1) == bytes.fromhex("16 00 21 00")
