"""The geometry of small drawings, in whole numbers. Pure; the templates draw them as SVG."""

from collections.abc import Sequence

from msgspec import Struct

_STEPS = (1, 2, 5)


class Bar(Struct, frozen=True):
    """One bar, and the value it stands for."""

    x: int
    y: int
    width: int
    height: int
    value: int
    label: str


class Tick(Struct, frozen=True):
    """A line across a chart, and the value it stands for."""

    y: int
    value: int


class Bars(Struct, frozen=True):
    """A bar chart."""

    width: int
    height: int
    floor: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return not any(bar.value for bar in self.bars)


def bars(values: Sequence[int], labels: Sequence[str], width: int = 720, height: int = 200, margin: int = 56) -> Bars:
    """Bars of non-negative values side by side, over a scale of four round steps; ``margin`` for its figures."""
    floor, top = height - 28, 12
    scale = 4 * step_of(max([*values, 0]))
    slot = (width - margin) // max(1, len(values))
    gap = max(2, slot // 5)

    def bar(place: int) -> Bar:
        tall = (floor - top) * values[place] // scale
        return Bar(margin + place * slot + gap // 2, floor - tall, slot - gap, tall, values[place], labels[place])

    ticks = tuple(Tick(floor - (floor - top) * part // 4, scale * part // 4) for part in range(5))
    return Bars(width, height, floor, tuple(map(bar, range(len(values)))), ticks)


def step_of(highest: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 … of which four reach ``highest``."""
    power = 1
    while True:
        for step in _STEPS:
            if 4 * step * power >= highest:
                return step * power
        power *= 10


def sparkline(values: Sequence[int], width: int = 120, height: int = 32) -> str:
    """The points of an SVG polyline through the values; the highest touches the top, zero the floor."""
    top = max([*values, 1])
    last = max(1, len(values) - 1)
    return " ".join(
        f"{2 + (width - 4) * i // last},{height - 2 - (height - 4) * value // top}" for i, value in enumerate(values)
    )
