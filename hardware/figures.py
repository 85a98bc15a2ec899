"""A dispenser's whole numbers ↔ millilitres, fen and milliyuan a litre. Pure, and never a float.

How many decimals a dispenser's numbers carry is configured, since the wire hardly ever says.
"""

from hardware.ports import Decimals

_VOLUME = 3  # millilitres are litres with three decimals
_AMOUNT = 2  # fen are yuan with two
_PRICE = 3  # milliyuan are yuan with three


def rescale(number: int, decimals: int, to: int) -> int:
    """A whole number with ``decimals`` decimals, with ``to`` of them; what no longer fits is cut."""
    return number * _tens(to - decimals) if to >= decimals else number // _tens(decimals - to)


def _tens(count: int) -> int:
    return int("1" + "0" * count)


class Figures:
    """Translates the numbers of one pump."""

    def __init__(self, decimals: Decimals) -> None:
        self._decimals = decimals
        self._totaliser = decimals.volume if decimals.totaliser is None else decimals.totaliser

    def volume(self, number: int) -> int:
        """Millilitres."""
        return rescale(number, self._decimals.volume, _VOLUME)

    def amount(self, number: int) -> int:
        """Fen."""
        return rescale(number, self._decimals.amount, _AMOUNT)

    def price(self, number: int) -> int:
        """Milliyuan a litre."""
        return rescale(number, self._decimals.price, _PRICE)

    def totaliser(self, number: int) -> int:
        """Millilitres."""
        return rescale(number, self._totaliser, _VOLUME)

    def modulus(self, digits: int) -> int:
        """Millilitres at which a totaliser of so many digits starts again."""
        return rescale(_tens(digits), self._totaliser, _VOLUME)

    def pump_volume(self, ml: int) -> int:
        """Never more than ``ml``."""
        return rescale(ml, _VOLUME, self._decimals.volume)

    def pump_amount(self, fen: int) -> int:
        """Never more than ``fen``."""
        return rescale(fen, _AMOUNT, self._decimals.amount)

    def pump_price(self, milliyuan: int) -> int | None:
        """None when the pump has too few decimals for this price: it would sell at another one."""
        number = rescale(milliyuan, _PRICE, self._decimals.price)
        return number if self.price(number) == milliyuan else None

    def pump_totaliser(self, ml: int, digits: int) -> int:
        """So many digits, then it starts again."""
        return rescale(ml, _VOLUME, self._totaliser) % _tens(digits)
