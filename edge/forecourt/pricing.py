"""How the prices of one fuelling point are sent, and how each rung they reach is written."""

from collections.abc import Callable, Sequence

from edge.forecourt.memory import PointMemory
from edge.store import prices
from hardware.ports import PumpCommand, ReadState, SetPrices
from shared.messages import PriceClimbed


class Pricing:
    """Keeps the dispenser's prices at what the tariffs say, whenever the point lets it."""

    def __init__(self, memory: PointMemory, post: Callable[[PumpCommand], None]) -> None:
        self._memory = memory
        self._grounds = memory.grounds
        self._prices = memory.prices
        self._post = post

    def forget(self) -> None:
        """The dispenser was away."""
        self._prices.forget()

    async def press_on(self, now: int) -> None:
        """Between two fillings: send what is due, and tell what has climbed without being sent."""
        await self._write(self._prices.look_again())
        command = self._prices.due(now, self._grounds.patience.price_again)
        if command is not None:
            self._post(command)

    async def read(self, nozzle: int, unit_price: int) -> None:
        """The dispenser shows this price."""
        await self._write(self._prices.read(nozzle, unit_price))

    async def done(self, command: PumpCommand) -> None:
        """The dispenser took a command; perhaps it was ours."""
        if isinstance(command, SetPrices):
            await self._write(self._prices.taken(command))
            if any(tag.shown is None for tag in self._prices.tags().values()):
                self._post(ReadState(command.point))

    async def failed(self, command: PumpCommand, detail: str) -> None:
        """The dispenser did not take a command; perhaps it was ours."""
        if isinstance(command, SetPrices):
            await self._write(self._prices.refused(detail))

    async def _write(self, climbs: Sequence[PriceClimbed]) -> None:
        if climbs:
            stamp = self._grounds.clock.stamp()
            await self._grounds.journal.write(prices.climb_nozzles, stamp, climbs)
