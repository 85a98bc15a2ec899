"""A figure of a benchmark, with what it is held against."""

from msgspec import Struct


class Figure(Struct, frozen=True):
    """One line of the table."""

    key: str
    """Its name in JSON."""
    value: float
    unit: str
    goal: str
    """What we mean to reach, in words; empty for a figure that only explains another."""
    against: str
    """What it was held against, with its own figure from the same run."""
    met: bool = True


def at_least(key: str, value: float, goal: float, unit: str, against: str) -> Figure:
    """A figure that should reach a goal."""
    return Figure(key, value, unit, f"≥ {goal:g}", against, value >= goal)


def at_most(key: str, value: float, goal: float, unit: str, against: str) -> Figure:
    """A figure that should stay below a goal."""
    return Figure(key, value, unit, f"≤ {goal:g}", against, value <= goal)
