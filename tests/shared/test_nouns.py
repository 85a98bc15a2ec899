"""The nouns: stations, keys, topics, proofs."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import topics
from shared.errors import CodeMisread, JiayouError, LetterMisread, Misread, Refused, SettingsMisread, Unavailable
from shared.sale import Finding, prove
from shared.station import SHARDS, Key, is_station_id, shard_of

ids = st.from_regex(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True)


@given(ids, st.integers(0, 2**40), st.integers(0, 2**40))
def test_a_key_is_read_as_it_is_printed(station: str, epoch: int, seq: int) -> None:
    key = Key(station, epoch, seq)
    assert Key.parse(str(key)) == key


@given(st.text())
def test_any_text_is_a_key_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert is_station_id(Key.parse(text).station)


@pytest.mark.parametrize("name", ["", "A", "a_b", "a.b", "a/b", "a#", "+", "-a", "a-", "a" * 33, "a\n", "浦东"])
def test_what_can_not_stand_in_a_topic_is_no_station(name: str) -> None:
    assert not is_station_id(name)


@given(ids)
def test_a_topic_says_whose_it_is(station: str) -> None:
    for kind in (topics.LETTERS, topics.HELLO, topics.ASK):
        topic = topics.up(station, kind)
        assert topics.sender(topic) == topics.Address(station, kind)
        assert topics.kind_of(topic) == kind
        assert topics.sender(topics.down(station, kind)) is None
    assert 0 <= shard_of(station) < SHARDS


@given(ids)
def test_f115_a_topic_in_a_foreign_shard_belongs_to_nobody(station: str) -> None:
    right = f"{shard_of(station):02d}"
    for shard in range(SHARDS):
        topic = topics.up(station, topics.LETTERS).replace(f"/{right}/", f"/{shard:02d}/", 1)
        assert (topics.sender(topic) is not None) == (f"{shard:02d}" == right)


@given(st.text())
def test_any_topic_is_ours_or_nobodys(text: str) -> None:
    found = topics.sender(text)
    assert found is None or topics.up(found.station, found.kind) == text


@given(st.integers(0, 10**11 - 1), st.integers(0, 10**8))
def test_what_went_through_the_meter_is_proved_also_when_it_starts_again(before: int, volume: int) -> None:
    modulus = 10**11
    assert prove(before, (before + volume) % modulus, volume, modulus).finding is Finding.PROVED


def test_f01_the_litres_of_the_last_customer_are_a_mismatch() -> None:
    """Chengdu, August 2025: 67.96 litres billed, of which 27.18 were the sale before."""
    assert prove(100_000, 140_780, 67_960, 10**11).finding is Finding.MISMATCH
    assert prove(100_000, 140_780, 40_780, 10**11).finding is Finding.PROVED


@pytest.mark.parametrize(("before", "after"), [(None, 5), (5, None), (None, None)])
def test_a_reading_that_is_missing_proves_nothing(before: int | None, after: int | None) -> None:
    assert prove(before, after, 0, 10**11).finding is Finding.UNREADABLE


@pytest.mark.parametrize(
    ("moved", "finding"), [(990, Finding.PROVED), (1_010, Finding.PROVED), (989, Finding.MISMATCH)]
)
def test_a_coarse_totaliser_is_given_its_coarseness(moved: int, finding: Finding) -> None:
    assert prove(0, moved, 1_000, 10**11, tolerance=10).finding is finding


def test_every_error_is_one_of_ours_and_says_whose_fault_it_is() -> None:
    assert issubclass(Misread, JiayouError)
    assert all(issubclass(kind, Misread) for kind in (LetterMisread, CodeMisread, SettingsMisread))
    assert all(issubclass(kind, JiayouError) for kind in (Refused, Unavailable))
    refused = Refused("locked", "Please wait.")
    assert (refused.reason, str(refused)) == ("locked", "Please wait.")
