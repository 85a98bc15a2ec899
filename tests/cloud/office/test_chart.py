"""The sales by hour, drawn with whole numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.office.chart import hour_chart
from shared.face.charts import step_of

DAYS = st.lists(st.integers(0, 10**12), min_size=24, max_size=24)


@pytest.mark.parametrize(
    ("highest", "step"), [(0, 1), (4, 1), (5, 2), (20, 5), (21, 10), (4_000, 1_000), (4_001, 2_000)]
)
def test_the_lines_across_stand_at_round_values(highest: int, step: int) -> None:
    assert step_of(highest) == step


@given(DAYS, DAYS)
def test_no_bar_leaves_the_drawing_and_a_higher_hour_is_never_drawn_lower(today: list[int], before: list[int]) -> None:
    chart = hour_chart(today, before)
    for bar in chart.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= chart.width
        assert 0 <= bar.y <= chart.floor
        assert bar.y + bar.height == chart.floor
    by_value = sorted(chart.bars, key=lambda bar: bar.value)
    assert [bar.height for bar in by_value] == sorted(bar.height for bar in chart.bars)


def test_a_day_without_a_sale_says_so() -> None:
    assert hour_chart([0] * 24, [0] * 24).empty
    assert not hour_chart([0] * 24, [0] * 23 + [1]).empty
