"""What becomes of each packet on one way of a connection.

Pure. The dice have a seed, so that a bad day can be had again.
"""

from collections.abc import Callable, Mapping
from typing import Final

from hardware.road.packets import Packet
from hardware.simulation.faults import Faults

LETTER_TROUBLES: Final[Mapping[str, str]] = {
    "dropped-letter": "a letter never arrives",
    "repeated-letter": "a letter arrives twice",
    "late-letter": "a letter arrives after up to four others that were sent later",
    "broken-connection": "the connection breaks in the middle of a letter",
    "half-open": "from a letter on nothing more goes this way, and nobody is told",
}
ROAD_TROUBLES: Final[Mapping[str, str]] = {
    "partition": "for some seconds nothing moves, and nobody is told",
    "one-way": "for some seconds nothing moves one way, and nobody is told",
    "outage": "all connections break, and for some seconds none is made",
}
TROUBLES: Final[Mapping[str, str]] = {**LETTER_TROUBLES, **ROAD_TROUBLES}
"""Odds of the first are by letter, of the others by second."""
_OTHERS: Final = 4

Told = Callable[[str, Packet], None]
"""Hears each trouble, and what it befell."""


class Way:
    """One way of one connection."""

    def __init__(self, faults: Faults, told: Told) -> None:
        self.broken = False
        """The connection is to break behind what was carried last."""
        self.silent = False
        """Nothing goes any more."""
        self._faults = faults
        self._told = told
        self._held: list[tuple[int, bytes]] = []

    def carry(self, packet: Packet) -> list[bytes]:
        """What arrives now."""
        if self.silent or self.broken:
            return []
        if not packet.topic:
            return [packet.data]
        return self._suffer(packet) + self._overtaken()

    def _suffer(self, packet: Packet) -> list[bytes]:
        if self._strikes("half-open", packet):
            self.silent = True
            return []
        if self._strikes("broken-connection", packet):
            self.broken = True
            return [packet.data[: len(packet.data) // 2]]
        if self._strikes("dropped-letter", packet):
            return []
        if self._strikes("late-letter", packet):
            self._held.append((2 + self._faults.place(_OTHERS), packet.data))  # this one's own turn is the first
            return []
        return [packet.data] * (2 if self._strikes("repeated-letter", packet) else 1)

    def _overtaken(self) -> list[bytes]:
        """Letters that were held back long enough."""
        if self.silent or self.broken:
            return []
        turns = [(left - 1, data) for left, data in self._held]
        self._held = [(left, data) for left, data in turns if left]
        return [data for left, data in turns if not left]

    def _strikes(self, name: str, packet: Packet) -> bool:
        struck = self._faults.strikes(name)
        if struck:
            self._told(name, packet)
        return struck
