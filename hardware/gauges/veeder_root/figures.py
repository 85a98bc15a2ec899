"""The console's floats ↔ whole numbers: exactly, and never by way of a float of ours. Pure.

IEEE 754 single precision as eight hexadecimal digits, in the console's own units (TLS-350 serial interface notes,
section 2). What is not a number, infinite, or more than any tank can hold is "no value": consoles say so themselves
with minus infinity.
"""

from fractions import Fraction
from typing import Final

from hardware.errors import FrameMisread
from hardware.gauges.ports import LengthUnit, TemperatureUnit, Units, VolumeUnit

_MILLILITRES: Final = {VolumeUnit.LITRE: Fraction(1_000), VolumeUnit.GALLON: Fraction(3_785_411_784, 1_000_000)}
_MICROMETRES: Final = {LengthUnit.MILLIMETRE: Fraction(1_000), LengthUnit.INCH: Fraction(25_400)}
_SPECIAL: Final = 0xFF
_MOST_VOLUME: Final = 10_000_000_000
"""Millilitres: ten thousand cubic metres."""
_MOST_HEIGHT: Final = 50_000_000
_COLDEST, _HOTTEST = -90_000, 150_000


def single(digits: str) -> Fraction | None:
    """The exact value of eight hexadecimal digits; None for infinities and what is not a number."""
    if len(digits) != 8 or not set(digits) <= set("0123456789ABCDEFabcdef"):
        raise FrameMisread(f"“{digits}” is not a number of eight hexadecimal digits.")
    bits = int(digits, 16)
    exponent, mantissa = bits >> 23 & 0xFF, bits & 0x7FFFFF
    if exponent == _SPECIAL:
        return None
    whole = mantissa | 0x800000 if exponent else mantissa
    value = whole * Fraction(2) ** (max(exponent, 1) - 150)
    return -value if bits >> 31 else value


def digits_of(value: Fraction) -> str:
    """The nearest single to a number, as a console writes it. For the simulated one."""
    sign, size = (1 << 31, -value) if value < 0 else (0, value)
    if not size:
        return f"{sign:08X}"
    exponent = size.numerator.bit_length() - size.denominator.bit_length() - 1
    while size >= Fraction(2) ** (exponent + 1):
        exponent += 1
    mantissa = round(size / Fraction(2) ** (exponent - 23))
    return f"{sign + ((exponent + 127) << 23) + mantissa - 0x800000:08X}"


class Figures:
    """Translates the numbers of one console."""

    def __init__(self, units: Units) -> None:
        self._ml = _MILLILITRES[units.volume]
        self._um = _MICROMETRES[units.length]
        self._fahrenheit = units.temperature is TemperatureUnit.FAHRENHEIT

    def volume(self, digits: str) -> int | None:
        """Millilitres, from zero on."""
        return _within(_scaled(digits, self._ml), 0, _MOST_VOLUME)

    def ullage(self, digits: str) -> int | None:
        """Millilitres; less than zero in a tank that is too full."""
        return _within(_scaled(digits, self._ml), -_MOST_VOLUME, _MOST_VOLUME)

    def height(self, digits: str) -> int | None:
        """Micrometres."""
        return _within(_scaled(digits, self._um), 0, _MOST_HEIGHT)

    def temperature(self, digits: str) -> int | None:
        """Thousandths of a degree Celsius."""
        value = single(digits)
        if value is not None and self._fahrenheit:
            value = (value - 32) * Fraction(5, 9)
        return _within(None if value is None else round(value * 1_000), _COLDEST, _HOTTEST)


def _scaled(digits: str, scale: Fraction) -> int | None:
    value = single(digits)
    return None if value is None else round(value * scale)


def _within(value: int | None, least: int, most: int) -> int | None:
    return value if value is not None and least <= value <= most else None
