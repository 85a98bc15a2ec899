"""Frames: the golden ones, sums that lose a bit, parity by hand, answers that are somebody else's."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.converters import SoftwareParity
from hardware.dispensers.tatsuno_pde.challenge import response
from hardware.dispensers.tatsuno_pde.explain import explain
from hardware.dispensers.tatsuno_pde.frames import (
    FIRST_ADDRESS,
    LAST_ADDRESS,
    Frame,
    Kind,
    check,
    cut,
    decode,
    encode,
    reader,
    scan,
    seven_bits,
)
from hardware.dispensers.tatsuno_pde.messages import (
    Challenge,
    Display,
    Fault,
    History,
    Message,
    Other,
    Register,
    Release,
    Sold,
    State,
    Status,
    authorise,
    read,
    read_release,
    sold,
    write,
)
from hardware.errors import FrameMisread
from hardware.polling.dialogue import NOT_YET, Taken
from hardware.ports import Blemish
from tests.hardware.dispensers.tatsuno_pde.golden import CHALLENGES, SUMS, WITH_PARITY

addresses = st.integers(FIRST_ADDRESS, LAST_ADDRESS)
texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7F), max_size=31)
frames = st.one_of(
    st.builds(Frame, addresses, st.sampled_from([kind for kind in Kind if kind is not Kind.TEXT])),
    st.builds(Frame, addresses, st.just(Kind.TEXT), texts),
)


class Recorded:
    """A port of eight bits, and what went over it."""

    def __init__(self, comes: bytes = b"") -> None:
        self.comes, self.sent = comes, b""

    def read(self, micros: int) -> bytes:
        return self.comes

    def write(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("text", "sums"), SUMS.items())
def test_the_fourteen_printed_sums(text: str, sums: tuple[int, int]) -> None:
    raw = encode(Frame(0x21, Kind.TEXT, text))
    assert tuple(raw[-2:]) == sums
    assert decode(raw) == Frame(0x21, Kind.TEXT, text)


@pytest.mark.parametrize(("address", "challenge", "said"), CHALLENGES)
def test_the_four_printed_responses(address: int, challenge: str, said: str) -> None:
    assert response(address, challenge) == said


@pytest.mark.parametrize(("hexadecimal", "meaning"), WITH_PARITY.items())
def test_frames_with_parity_in_bit_7(hexadecimal: str, meaning: tuple[int, str, str]) -> None:
    """A port of eight bits without parity carries this form; the line makes it, and takes it off again."""
    raw, (address, kind, text) = bytes.fromhex(hexadecimal), meaning
    frame = Frame(address, Kind.TEXT, text) if text else Frame(address, Kind.POLL)
    port = Recorded(raw)
    SoftwareParity(port, "E").write(encode(frame))
    assert port.sent == raw
    assert decode(SoftwareParity(port, "E").read(0)) == frame
    found = explain(raw)
    assert (found["address"], found["kind"], found["error"]) == (address, kind, None)
    assert cut(raw + raw) == [raw, raw]


def test_bit_7_of_the_sum_is_lost() -> None:
    """DCh is sent as 00 5C: a receiver that puts the two bytes together as sixteen bits finds another sum."""
    assert check(b"\x02A123\x03") == bytes((0x00, 0x5C))
    assert sum(b"\x02A123\x03") == 0xDC


def test_one_to_four_syns_stand_before_a_frame() -> None:
    frame = Frame(0x21, Kind.POLL)
    bare = encode(frame)[2:]
    for count in (1, 2, 3, 4):
        assert decode(b"\x16" * count + bare) == frame
    five = b"\x16" * 5 + bare
    assert scan(five).blemish is Blemish.NOISE
    assert scan(five[1:]).frame == frame


def test_soh_may_stand_for_stx() -> None:
    body = b"\x01S\x03"
    assert decode(b"\x16\x16\x21" + body + check(body)).text == "S"


def test_a_sum_may_hold_control_codes() -> None:
    """The end is counted from ETX, never looked for."""
    frame = Frame(0x21, Kind.TEXT, "m$")
    assert encode(frame)[-1] == 0x16, "SYN"
    assert decode(encode(frame)) == frame


def test_an_answer_is_of_the_one_that_was_asked_and_goes_its_way() -> None:
    mine = reader(0x21, Kind.TEXT, Kind.NOTHING)
    right, other, own = (encode(Frame(a, Kind.TEXT, t)) for a, t in ((0x21, "e00"), (0x22, "e00"), (0x21, "S")))
    assert mine(right) == Taken(len(right), right)
    assert mine(other) == Taken(len(other), blemish=Blemish.ORPHAN)
    assert mine(own) == Taken(len(own), blemish=Blemish.ORPHAN), "an echo of what was selected"
    late = encode(Frame(0x21, Kind.ACK))
    assert mine(late) == Taken(len(late), blemish=Blemish.ORPHAN)
    assert mine(right[:-1]) == NOT_YET


@given(frames)
def test_what_is_encoded_is_decoded(frame: Frame) -> None:
    assert decode(encode(frame)) == frame
    assert explain(encode(frame))["address"] == frame.address


@given(st.binary(max_size=80))
def test_any_bytes_are_cut_and_explained(data: bytes) -> None:
    assert b"".join(cut(data)) == data
    assert isinstance(explain(data), dict)
    with suppress(FrameMisread):
        assert isinstance(decode(seven_bits(data)), Frame)


@given(texts)
def test_any_text_is_a_message(text: str) -> None:
    said = read(text)
    assert read(write(said)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("d02502485952259951100", Display(25, 0, 248_595, 225_995, 1_100)),
        ("d80010000000000001000", Display(800, 1, 0, 0, 1_000)),
        ("s1131", Status(True, True, State.FUELLING, 1)),
        ("e99", Fault(99)),
        ("x11000000123456", Register(1, 1, 123_456)),
        ("i!(DX#!5!", Challenge("!(DX#!5!")),
        ("s1191", Other("s1191")),
        ("m01TEXT", Other("m01TEXT")),
    ],
)
def test_what_a_counter_says(text: str, said: Message) -> None:
    assert read(text) == said
    assert write(said) == text


def test_a_release_has_thirteen_digits() -> None:
    """The vendor's log: no limit is 9999.00 in money there."""
    assert authorise(Release(True, 999_900, False, 1_000, 1)) == "A1999900010001"
    assert read_release("A1999900010001") == Release(True, 999_900, False, 1_000, 1)


def test_a_history_is_read_in_both_byte_orders() -> None:
    big = History(0, "00000240" + "00000240" + "03E8" + "00000000")
    assert sold(big, little_endian=False) == Sold(576, 576, 1_000)
    little = History(0, "40020000" + "40020000" + "E803" + "00000000")
    assert sold(little, little_endian=True) == Sold(576, 576, 1_000)
