"""Letters to bytes and back; whatever else comes is refused in words."""

import zlib
from contextlib import suppress

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw

from shared.clock import Stamp, TimeQuality
from shared.errors import LetterMisread
from shared.messages import Batch, Hello, Letter, PumpAlarmed, Stored
from shared.wire import VERSION, batch_of, letter_bytes, pack, read_letter, unpack

AT = Stamp(1_795_300_000_000, TimeQuality.SYNCED, 1, 5)


def alarm(seq: int, words: str = "silent") -> bytes:
    return letter_bytes(Letter(seq, AT, PumpAlarmed(1, words)))


@given(st.lists(st.text(max_size=50), max_size=40), st.integers(1, 2**31), st.integers(1, 2**40))
def test_a_batch_carries_its_letters_unchanged(words: list[str], epoch: int, first: int) -> None:
    letters = [alarm(first + n, text) for n, text in enumerate(words)]
    batch = unpack(batch_of("pudong-1", epoch, first, letters), Batch)
    assert (batch.station, batch.epoch, batch.first) == ("pudong-1", epoch, first)
    assert [bytes(raw) for raw in batch.letters] == letters
    for seq, raw in enumerate(batch.letters, first):
        assert read_letter(raw, seq).body == PumpAlarmed(1, words[seq - first])


def test_what_is_long_is_packed_and_what_is_short_is_not() -> None:
    short = pack(Stored(1, 2))
    long = batch_of("pudong-1", 1, 1, [alarm(n) for n in range(1, 200)])
    assert (short[:2], long[:2]) == (bytes([VERSION, 0]), bytes([VERSION, 1]))
    assert len(long) < 200 * len(alarm(1)) // 10


@given(st.binary(max_size=300))
@example(b"")
@example(b"\1")
@example(b"\2\0{}")
@example(b"\1\2{}")
@example(b"\1\1" + zlib.compress(b"{}")[:-1])
@example(b"\1\0" + b"[" * 100_000)
@example(b"\1\0" + b'{"epoch":1,"upto":' + b"9" * 500 + b"}")
@example(b'\1\0{"epoch":1,"upto":2,"more":3}')
@example(b'\1\0{"epoch":1.5,"upto":2}')
@example(b"\1\0\xff\xfe")
def test_any_bytes_are_a_message_or_refused_in_words(data: bytes) -> None:
    for kind in (Stored, Hello, Batch):
        with suppress(LetterMisread):
            assert isinstance(unpack(data, kind), kind)


def test_a_small_message_that_swells_to_gigabytes_is_refused() -> None:
    bomb = b"\1\1" + zlib.compress(b" " * (9 * 1024 * 1024))
    assert len(bomb) < 20_000
    with pytest.raises(LetterMisread, match="larger than any of ours"):
        unpack(bomb, Stored)


@given(st.binary(max_size=200), st.integers(-5, 5))
def test_any_letter_is_read_or_refused_in_words(raw: bytes, seq: int) -> None:
    with pytest.raises(LetterMisread):
        read_letter(raw, seq)


def test_a_letter_at_another_place_than_it_says_is_refused() -> None:
    with pytest.raises(LetterMisread, match="number 7, but stands at number 8"):
        read_letter(alarm(7), 8)


def test_a_letter_of_a_newer_station_is_refused_with_the_word_that_is_new() -> None:
    grown = msgspec.json.decode(alarm(7))
    grown["mood"] = "good"
    with pytest.raises(LetterMisread, match="mood"):
        read_letter(Raw(msgspec.json.encode(grown)), 7)
    with pytest.raises(LetterMisread, match="tank"):
        read_letter(alarm(7).replace(b"pump_alarm", b"tank"), 7)
