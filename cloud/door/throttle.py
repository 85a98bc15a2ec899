"""How wrong tickets are slowed down. Pure."""

from collections import OrderedDict
from typing import Final

TRIES: Final = 10
"""Wrong tickets that an address may show in the span."""
SPAN: Final = 600_000
"""Milliseconds."""
_REMEMBERED: Final = 10_000


class Throttle:
    """Counts wrong tickets by address, the least recent ones forgotten first."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, list[int]] = OrderedDict()

    def wait(self, address: str, now: int) -> int:
        """Milliseconds until this address may try again; 0 when it may now."""
        tries = [at for at in self._wrong.get(address, []) if now - at < SPAN]
        return tries[-TRIES] + SPAN - now if len(tries) >= TRIES else 0

    def wrong(self, address: str, now: int) -> None:
        """One more."""
        tries = self._wrong.pop(address, [])
        self._wrong[address] = [*tries, now][-TRIES:]
        while len(self._wrong) > _REMEMBERED:
            self._wrong.popitem(last=False)

    def right(self, address: str) -> None:
        """It has shown a good one."""
        self._wrong.pop(address, None)
