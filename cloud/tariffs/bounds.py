"""How far one person may move a price, and whose price waits for a second person."""

from collections.abc import Collection, Mapping
from typing import Final

from msgspec import Struct

from cloud.settings import Settings
from cloud.store.database import Connection
from cloud.tariffs.shown import histories
from shared.errors import Refused
from shared.tariff import PriceBounds, Step, Tariff, beyond, steps


class Limits(Struct, frozen=True):
    """Per cent by which a tariff may move a price with one name on it: for the chain, and for stations of their own."""

    percent: int = PriceBounds().percent
    stations: Mapping[str, int] = {}

    def of(self, station: str) -> PriceBounds:
        """What a station is told."""
        return PriceBounds(self.stations.get(station, self.percent))


USUAL: Final = Limits()


def limits_of(settings: Settings) -> Limits:
    """As they are configured."""
    return Limits(settings.prices.percent, settings.prices.stations)


def needs_second(connection: Connection, tariff: Tariff, stations: Collection[str], limits: Limits) -> bool:
    """Whether a new tariff moves a price beyond the bounds at any of these stations."""
    return any(step.tariff == tariff.version for step in _beyond(connection, tariff, 0, stations, limits))


def must_leave_small_steps(
    connection: Connection, new: Tariff | None, gone: int, stations: Collection[str], limits: Limits, now: int
) -> None:
    """:exc:`Refused` (``large_step``) when, with ``new`` and without ``gone``, another tariff that waits for its time
    would move a price beyond the bounds, which nobody has approved."""
    for step in _beyond(connection, new, gone, stations, limits, now):
        if new is None or step.tariff != new.version:
            raise Refused(
                "large_step",
                f"Tariff {step.tariff}, which is still to come, would then move {step.grade} further than one person "
                f"may. Please cancel tariff {step.tariff} first, and make it anew afterwards.",
            )


def _beyond(
    connection: Connection, new: Tariff | None, gone: int, stations: Collection[str], limits: Limits, after: int = 0
) -> list[Step]:
    found = []
    for tariffs, where in histories(connection, stations):
        meant = [tariff for tariff in tariffs if tariff.version != gone] + ([new] if new else [])
        bounds = PriceBounds(min(limits.of(station).percent for station in where))
        found += [
            step
            for tariff, step in steps(meant)
            if tariff.starts_at > after and not tariff.has_two_names and beyond(step, bounds)
        ]
    return found
