"""Packets are found whole, however the bytes are cut; what is no MQTT is handed on as it comes."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hardware.road.packets import Packet, Packets

CONNECT = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x0f\x00\x04abcd"
PING = b"\xc0\x00"


def publish(topic: str, body: bytes) -> bytes:
    """A letter, as QoS 0 carries it."""
    content = len(topic).to_bytes(2, "big") + topic.encode() + body
    size, length = len(content), b""
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | (0x80 if size else 0)])
        if not size:
            return b"\x30" + length + content


LETTERS = [publish("jiayou/1/3/a/up/letters", body) for body in (b"", b"x" * 100, b"y" * 200, b"z" * 20_000)]
STREAM = CONNECT + PING.join(LETTERS)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % len(stream) for place in places), len(stream)]
    return [stream[a:b] for a, b in pairwise(edges)]


@given(st.lists(st.integers(0, 10**6), max_size=20))
def test_packets_are_whole_wherever_the_stream_is_cut(places: list[int]) -> None:
    packets = Packets()
    found = [packet for part in cut(STREAM, places) for packet in packets.feed(part)]
    assert b"".join(packet.data for packet in found) == STREAM
    assert [packet.data for packet in found if packet.topic] == LETTERS
    assert {packet.topic for packet in found} == {"", "jiayou/1/3/a/up/letters"}


@given(st.lists(st.binary(max_size=80), max_size=12))
def test_any_bytes_come_out_as_they_went_in(parts: list[bytes]) -> None:
    """What is still waited for is the beginning of a packet, and nothing was changed or swapped."""
    packets, whole = Packets(), b"".join(parts)
    out = b"".join(packet.data for part in parts for packet in packets.feed(part))
    assert whole.startswith(out)


def test_a_secret_stream_is_handed_on_at_once() -> None:
    packets = Packets()
    assert packets.feed(b"\x16\x03\x01\x02") == [Packet(b"\x16\x03\x01\x02")]
    assert packets.feed(b"\x30\xff") == [Packet(b"\x30\xff")]


def test_a_length_that_no_packet_can_have_is_no_reason_to_wait_for_ever() -> None:
    packets = Packets()
    packets.feed(CONNECT)
    assert packets.feed(b"\x30\xff\xff\xff\xff\xff") == [Packet(b"\x30\xff\xff\xff\xff\xff")]
