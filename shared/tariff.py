"""Tariffs: what a litre costs from when on."""

from collections.abc import Iterable, Mapping

from msgspec import Struct


class Tariff(Struct, frozen=True, forbid_unknown_fields=True):
    """One decision of head office. Grades that it does not name keep their price."""

    version: int
    """Given by head office, growing over the whole chain."""
    starts_at: int
    """UTC milliseconds."""
    prices: Mapping[str, int]
    """Grade → unit price in milliyuan a litre."""
    made_by: str
    """The person whose name is on it."""


class GradePrice(Struct, frozen=True):
    """The price of a grade, and the tariff that set it."""

    unit_price: int
    tariff: int


def prices_at(tariffs: Iterable[Tariff], now: int) -> dict[str, GradePrice]:
    """What holds at ``now``: each grade by the latest tariff that has started and names it.

    Of two that start in the same millisecond the higher version wins, so a correction beats what it corrects.
    """
    prices: dict[str, GradePrice] = {}
    for tariff in sorted(tariffs, key=lambda t: (t.starts_at, t.version)):
        if tariff.starts_at <= now:
            prices.update({grade: GradePrice(price, tariff.version) for grade, price in tariff.prices.items()})
    return prices


def next_start(tariffs: Iterable[Tariff], now: int) -> int | None:
    """When the next tariff starts after ``now``; None when none is waiting."""
    return min((t.starts_at for t in tariffs if t.starts_at > now), default=None)


def still_needed(tariffs: Iterable[Tariff], now: int) -> list[Tariff]:
    """The tariffs without which :func:`prices_at` would change, now or later."""
    known = list(tariffs)
    holding = {price.tariff for price in prices_at(known, now).values()}
    return [t for t in known if t.version in holding or t.starts_at > now]
