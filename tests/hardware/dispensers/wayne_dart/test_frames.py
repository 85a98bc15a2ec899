"""Frames: the recorded ones read and written again, and no other bytes taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.dispensers.wayne_dart.frames import (
    FIRST_ADDRESS,
    LARGEST,
    LAST_ADDRESS,
    SF,
    Frame,
    Kind,
    Splitter,
    crc,
    decode,
    encode,
)
from hardware.errors import FrameMisread
from tests.hardware.dispensers.wayne_dart.golden import GOLDEN, Golden

ADDRESSES = st.integers(FIRST_ADDRESS, LAST_ADDRESS)
DATA_FRAMES = st.builds(
    Frame,
    ADDRESSES,
    st.just(Kind.DATA),
    st.integers(0, 15),
    st.binary(min_size=2, max_size=100).map(lambda b: b"\x01" + b),
)
CONTROL_FRAMES = st.builds(
    Frame, ADDRESSES, st.sampled_from([kind for kind in Kind if kind not in (Kind.DATA, Kind.POLL)]), st.integers(0, 15)
)
FRAMES = st.one_of(DATA_FRAMES, CONTROL_FRAMES, st.builds(Frame, ADDRESSES, st.just(Kind.POLL)))


def frames_in(data: bytes, splitter: Splitter | None = None) -> list[Frame]:
    """All good frames; what is spoilt is left out, as a session does it."""
    splitter = splitter or Splitter()
    found: list[Frame] = []
    splitter.push(data)
    while True:
        try:
            frame = splitter.next_frame()
        except FrameMisread:
            continue
        if frame is None:
            return found
        found.append(frame)


def test_the_checksum_is_crc_16_arc() -> None:
    assert crc(b"123456789") == 0xBB3D
    assert crc(bytes.fromhex("51 30 01 01 00")) == 0x9CA2


def test_a_checksum_after_its_own_data_gives_nothing() -> None:
    data = bytes.fromhex("51 30 01 01 00")
    assert crc(data + crc(data).to_bytes(2, "little")) == 0


@pytest.mark.parametrize("golden", GOLDEN, ids=str)
def test_a_recorded_frame_is_read_and_written_again(golden: Golden) -> None:
    (frame,) = frames_in(golden.frame)
    assert (frame.address, frame.kind.name, frame.tx) == (golden.address, golden.kind, golden.tx)
    assert encode(frame) == golden.frame


@pytest.mark.parametrize("golden", [g for g in GOLDEN if g.kind == "DATA"], ids=str)
def test_a_data_frame_with_any_bit_flipped_is_no_data_frame(golden: Golden) -> None:
    for bit in range(8 * len(golden.frame)):
        data = bytearray(golden.frame)
        data[bit // 8] ^= 1 << bit % 8
        assert frames_in(bytes(data)) == []


@pytest.mark.parametrize("golden", [g for g in GOLDEN if g.kind != "DATA"], ids=str)
def test_a_control_frame_with_a_byte_of_wrong_parity_is_no_frame(golden: Golden) -> None:
    """A control frame has no checksum; its parity guards it. The port hands such a byte over as 00."""
    for at in range(len(golden.frame)):
        data = golden.frame[:at] + b"\0" + golden.frame[at + 1 :]
        assert frames_in(data) == []


def test_the_stop_flag_inside_data_and_checksum_is_escaped() -> None:
    frame = Frame(0x50, Kind.DATA, 2, bytes((0x65, 0x01, 0x02)))
    assert encode(frame) == bytes.fromhex("50 32 65 01 02 5E 10 FA 03 FA")  # the checksum's second byte is FA
    with_flags = Frame(0x50, Kind.DATA, 1, bytes((0x68, 4, 0xFA, 0x10, 0xFA, 0x10)))
    assert frames_in(encode(with_flags)) == [with_flags]


@given(FRAMES)
def test_what_is_written_is_read(frame: Frame) -> None:
    assert frames_in(encode(frame)) == [frame]


@given(st.lists(FRAMES, max_size=6), st.lists(st.integers(0, 60), max_size=20))
def test_frames_are_found_however_the_bytes_are_cut(frames: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(encode(frame) for frame in frames)
    splitter, found = Splitter(), []
    for cut in [*cuts, len(stream)]:
        part, stream = stream[:cut], stream[cut:]
        found += frames_in(part, splitter)
    assert found == frames


@given(st.lists(st.binary(max_size=400), max_size=5))
def test_any_bytes_raise_nothing_but_a_misread_frame_and_fill_no_memory(chunks: list[bytes]) -> None:
    splitter = Splitter()
    for chunk in chunks:
        frames_in(chunk, splitter)
        assert len(splitter._frame) < LARGEST  # what is kept of an unfinished frame


@given(st.binary(max_size=300), FRAMES)
def test_a_good_frame_is_found_behind_a_stop_flag_whatever_came_before(noise: bytes, frame: Frame) -> None:
    """The flag ends whatever the noise had begun, unless the noise ends with the escape."""
    assert frames_in(noise.rstrip(b"\x10") + bytes((SF,)) + encode(frame))[-1] == frame


def test_bytes_that_are_no_address_are_skipped_before_a_frame() -> None:
    splitter = Splitter()
    assert frames_in(bytes.fromhex("00 FF 00 50 70 FA"), splitter) == [Frame(0x50, Kind.EOT)]
    assert splitter.skipped == 3


def test_a_frame_that_never_ends_is_given_up_and_the_next_one_read() -> None:
    assert frames_in(b"\x50\x31" + b"\x01" * 5_000 + b"\xfa" + bytes.fromhex("50 70 FA")) == [Frame(0x50, Kind.EOT)]


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ("50", "cut off"),
        ("49 20", "no address"),
        ("50 90", "no control byte"),
        ("50 21", "POLL carries no block number"),
        ("50 70 00", "nothing after its control byte"),
        ("50 31 01 01 03", "cut off"),
        ("51 30 01 01 00 A2 9C 04", "03 FA"),
        ("51 30 01 01 00 A3 9C 03", "checksum"),
    ],
)
def test_a_misread_frame_says_what_is_wrong(raw: str, why: str) -> None:
    with pytest.raises(FrameMisread, match=why):
        decode(bytes.fromhex(raw))
