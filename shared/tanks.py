"""Tanks and what is in them. Millilitres, micrometres, thousandths of a degree Celsius; None where nothing is known."""

from msgspec import Struct


class TankLevel(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a probe says of a tank at one moment."""

    volume: int | None = None
    """Fuel, at the temperature that it has."""
    standard_volume: int | None = None
    """The same fuel at the console's reference temperature."""
    ullage: int | None = None
    """How much more would fit."""
    height: int | None = None
    water_height: int | None = None
    water_volume: int | None = None
    temperature: int | None = None


def tenths(thousandths: int) -> str:
    """Thousandths as whole numbers with one decimal, rounded half away from zero: 12402 → ``12.4``."""
    sign, number = ("-", -thousandths) if thousandths < 0 else ("", thousandths)
    rounded = (number + 50) // 100
    return f"{sign if rounded else ''}{rounded // 10}.{rounded % 10}"
