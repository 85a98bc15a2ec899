"""Chance from a seed, in eight bytes: ten thousand stations have dice of their own. Pure.

The generator is splitmix64 (Steele, Lea and Flood, *Fast splittable pseudorandom number generators*, 2014).
"""

from hashlib import sha256
from math import log
from typing import Final

_MASK: Final = 2**64 - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


class Dice:
    """The same words, the same throws."""

    __slots__ = ("_state",)

    def __init__(self, *words: object) -> None:
        self._state = int.from_bytes(sha256(" ".join(map(str, words)).encode()).digest()[:8], "big")

    def below(self, size: int) -> int:
        """0 to ``size`` - 1, each as likely."""
        return self._throw() * size >> 64

    def strikes(self, odds: float) -> bool:
        """Whether something with these odds happens."""
        return odds > 0 and self._throw() < odds * 2**64

    def gap(self, mean: int) -> int:
        """How long until the next of many that come by chance: at least 1, ``mean`` on the average."""
        return max(1, round(-mean * log(1 - self._throw() / 2**64))) if mean else 1

    def _throw(self) -> int:
        self._state = (self._state + _GOLDEN) & _MASK
        z = self._state
        z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & _MASK
        return z ^ z >> 31
