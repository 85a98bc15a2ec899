"""The level of a tank over time, as figures for a drawing. Pure, and whole numbers only: the page draws it as SVG."""

from collections.abc import Sequence

from msgspec import Struct

from shared.face.charts import Tick, step_of

WIDTH, HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _FLOOR = 64, 16, 12, 172
_MARKS = 4


class LevelChart(Struct, frozen=True):
    """Everything that the drawing needs."""

    line: str
    """Points of the polyline."""
    area: str
    """The same, closed along the floor."""
    ticks: tuple[Tick, ...]
    """Whole litres."""
    marks: tuple[tuple[int, int], ...]
    """Where a time stands, and which."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    floor: int = _FLOOR

    @property
    def empty(self) -> bool:
        """Whether there is nothing to see."""
        return not self.line


def level_chart(levels: Sequence[tuple[int, int]], since: int, until: int) -> LevelChart:
    """The chart of times and millilitres between two times, the earliest first."""
    shown = [(at, volume // 1_000) for at, volume in levels if since <= at <= until]
    step = step_of(max([0, *(litres for _, litres in shown)]))
    span = max(1, until - since)

    def x(at: int) -> int:
        return _LEFT + (at - since) * (WIDTH - _LEFT - _RIGHT) // span

    def y(litres: int) -> int:
        return _FLOOR - litres * (_FLOOR - _TOP) // (4 * step)

    line = " ".join(f"{x(at)},{y(litres)}" for at, litres in shown)
    ends = f"{x(shown[0][0])},{_FLOOR} {line} {x(shown[-1][0])},{_FLOOR}" if shown else ""
    times = [since + span * part // _MARKS for part in range(_MARKS + 1)]
    ticks = tuple(Tick(y(step * part), step * part) for part in range(5))
    return LevelChart(line, ends, ticks, tuple((x(at), at) for at in times))
