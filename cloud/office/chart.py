"""The sales by hour, as figures for a drawing. Pure, and whole numbers only: the page draws it as SVG."""

from collections.abc import Sequence

from msgspec import Struct

from shared.face.charts import Tick, step_of

HOURS = 24
WIDTH, HEIGHT = 720, 260
_LEFT, _RIGHT, _TOP, _FLOOR = 60, 12, 12, 230
_GAP = 8


class Bar(Struct, frozen=True):
    """An hour: today's bar, and what the same hour of the same day last week came to."""

    hour: int
    left: int
    """The left edge of the hour's slot."""
    slot: int
    x: int
    y: int
    width: int
    height: int
    value: int
    before: int
    before_y: int


class HourChart(Struct, frozen=True):
    """Everything that the drawing needs."""

    width: int
    height: int
    left: int
    right: int
    floor: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    empty: bool


def hour_chart(today: Sequence[int], before: Sequence[int]) -> HourChart:
    """The chart of 24 values of today beside the 24 of a week ago, in any one unit."""
    step = step_of(max([*today, *before, 0]))
    top = step * 4
    slot = (WIDTH - _LEFT - _RIGHT) // HOURS
    bars = tuple(_bar(hour, slot, now, then, top) for hour, (now, then) in enumerate(zip(today, before, strict=True)))
    ticks = tuple(Tick(_y(step * i, top), step * i) for i in range(5))
    right = _LEFT + slot * HOURS
    return HourChart(WIDTH, HEIGHT, _LEFT, right, _FLOOR, bars, ticks, not any(today) and not any(before))


def _bar(hour: int, slot: int, value: int, before: int, top: int) -> Bar:
    left, y = _LEFT + hour * slot, _y(value, top)
    return Bar(hour, left, slot, left + _GAP // 2, y, slot - _GAP, _FLOOR - y, value, before, _y(before, top))


def _y(value: int, top: int) -> int:
    return _FLOOR - max(0, value) * (_FLOOR - _TOP) // top
