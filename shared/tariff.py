"""Tariffs: what a litre costs from when on."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

LOWEST: Final = 1_000
HIGHEST: Final = 30_000
"""Milliyuan a litre between which a price is one at all."""


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
    approved_by: str = ""
    """The second person who answers for it; a price beyond the bounds needs one."""

    @property
    def has_two_names(self) -> bool:
        """Whether two different persons answer for it."""
        return bool(self.approved_by) and self.approved_by != self.made_by


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


class PriceBounds(Struct, frozen=True, forbid_unknown_fields=True):
    """How far a tariff may move a price with one name on it."""

    percent: int = 10
    """Of the price that holds just before, up or down. A grade's first price has no such bound."""
    lowest: int = LOWEST
    highest: int = HIGHEST
    """Milliyuan a litre; not even two persons may go beyond these."""


class Step(Struct, frozen=True):
    """What a tariff does to the price of a grade. Milliyuan a litre."""

    tariff: int
    grade: str
    old: int | None
    """What holds just before; None for the first price."""
    new: int


def steps(tariffs: Iterable[Tariff]) -> list[tuple[Tariff, Step]]:
    """What each of these tariffs does, in the order in which they start."""
    prices: dict[str, int] = {}
    found = []
    for tariff in sorted(tariffs, key=lambda t: (t.starts_at, t.version)):
        found += [(tariff, Step(tariff.version, g, prices.get(g), price)) for g, price in tariff.prices.items()]
        prices.update(tariff.prices)
    return found


def beyond(step: Step, bounds: PriceBounds) -> bool:
    """Whether this needs a second name."""
    return step.old is not None and abs(step.new - step.old) * 100 > step.old * bounds.percent


def unapproved(
    sent: Iterable[Tariff], held: Iterable[Tariff], past: Iterable[Tariff], bounds: PriceBounds, now: int
) -> list[Step]:
    """The steps in a book that a station must not take: beyond the bounds without two names, or beyond all reason.

    ``sent`` is the new book, ``held`` the one before; ``past`` is what has been of late, so that a station that was
    away for several changes sees each small step and not one large one. What is held was judged when it came; a store
    that holds nothing yet has nothing to compare with.
    """
    known = {tariff.version: tariff for tariff in held}
    every = {version: tariff for version, tariff in known.items() if tariff.starts_at <= now}
    every |= {tariff.version: tariff for tariff in (*past, *sent)}
    taken = [(tariff, step) for tariff, step in steps(every.values()) if known.get(tariff.version) != tariff]
    return [
        step
        for tariff, step in taken
        if not _possible(step, bounds) or (known and beyond(step, bounds) and not tariff.has_two_names)
    ]


def _possible(step: Step, bounds: PriceBounds) -> bool:
    return max(LOWEST, bounds.lowest) <= step.new <= min(HIGHEST, bounds.highest)
