"""The business day is the station's local date."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.sales.day import DAY, ZONE_MILLISECONDS, believable, business_day, today

MIDNIGHT = 1_795_276_800_000
"""2026-11-22, 00:00 in Shanghai."""


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (MIDNIGHT, "2026-11-22"),
        (MIDNIGHT - 1, "2026-11-21"),
        (MIDNIGHT + DAY - 1, "2026-11-22"),
        (MIDNIGHT + 8 * 3_600_000, "2026-11-22"),
    ],
)
def test_the_day_turns_at_midnight_in_shanghai(at: int, day: str) -> None:
    assert business_day(at, at + 3_000) == day
    assert today(at) == day


@given(st.integers(), st.integers(min_value=MIDNIGHT, max_value=MIDNIGHT + 20_000 * DAY))
def test_any_time_has_a_day(happened_at: int, arrived_at: int) -> None:
    day = business_day(happened_at, arrived_at)
    at = happened_at if believable(happened_at, arrived_at) else arrived_at
    assert day == today(at)
    assert (at + ZONE_MILLISECONDS) // DAY >= 20_000
