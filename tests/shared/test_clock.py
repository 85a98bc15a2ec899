"""A station's time: it never runs backwards, says how far it is trusted, and is put right afterwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clock import PLAUSIBLE_FROM, TRUSTED_DIFFERENCE, Stamp, StationClock, TimeQuality, restored

NOW = PLAUSIBLE_FROM + 10**9


def test_before_the_company_was_met_a_plausible_time_is_unchecked() -> None:
    clock = StationClock(0, 3)
    assert clock.stamp(NOW, 5) == Stamp(NOW, TimeQuality.UNCHECKED, 3, 5)


def test_a_clock_that_was_never_set_is_off() -> None:
    assert StationClock(0, 1).stamp(1_000, 5).quality is TimeQuality.OFF


@pytest.mark.parametrize(
    ("difference", "quality"),
    [
        (0, TimeQuality.SYNCED),
        (TRUSTED_DIFFERENCE, TimeQuality.SYNCED),
        (-TRUSTED_DIFFERENCE, TimeQuality.SYNCED),
        (TRUSTED_DIFFERENCE + 1, TimeQuality.OFF),
        (-86_400_000, TimeQuality.OFF),
    ],
)
def test_after_it_was_met_the_difference_decides(difference: int, quality: TimeQuality) -> None:
    clock = StationClock(0, 1)
    clock.compared(difference)
    assert clock.stamp(NOW, 5).quality is quality


def test_a_clock_behind_the_last_fact_goes_on_from_there_by_elapsed_time() -> None:
    clock = StationClock(NOW, 2)
    first = clock.stamp(1_000, 700)
    assert first == Stamp(NOW + 700, TimeQuality.FLOOR, 2, 700)
    assert clock.stamp(2_000, 1_000).at == NOW + 1_000


@given(
    st.integers(0, 2 * NOW),
    st.lists(st.tuples(st.integers(-NOW, 2 * NOW), st.integers(0, 10**6)), max_size=30),
)
def test_stamps_never_run_backwards_whatever_the_clocks_do(floor: int, readings: list[tuple[int, int]]) -> None:
    clock, mono = StationClock(floor, 1), 0
    last = floor
    for wall, step in readings:
        mono += step
        stamp = clock.stamp(wall, mono)
        assert stamp.at >= last
        assert stamp.mono == mono
        last = stamp.at


@given(st.sampled_from(TimeQuality), st.integers(1, 3), st.integers(1, 3), st.integers(0, 10**9), st.integers(0, NOW))
def test_only_what_its_own_start_told_with_a_clock_not_trusted_is_put_right(
    quality: TimeQuality, boot: int, known: int, mono: int, zero: int
) -> None:
    told = Stamp(NOW, quality, boot, mono)
    right = restored(told, known, zero)
    if quality is TimeQuality.SYNCED or boot != known:
        assert right == told
    else:
        assert right == Stamp(zero + mono, TimeQuality.RESTORED, boot, mono)


def test_f60_what_was_told_in_1970_keeps_its_order_when_put_right() -> None:
    clock = StationClock(0, 1)
    told = [clock.stamp(wall, mono) for wall, mono in ((0, 10), (86_400_000, 20), (3_600_000, 30))]
    right = [restored(stamp, 1, NOW) for stamp in told]
    assert [stamp.at for stamp in right] == [NOW + 10, NOW + 20, NOW + 30]
