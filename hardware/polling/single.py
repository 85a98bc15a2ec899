"""A fuelling point with a single nozzle, whose protocol can neither halt a filling nor lock nozzles. Pure.

What such protocols have in common: which recipe a command has, and what makes no sense before anything is sent.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from typing import Final, TypeVar

from hardware.errors import FrameMisread
from hardware.figures import Figures
from hardware.polling.dialogue import Ask, Later, Pause, Reader, Say, Taken, Turn
from hardware.polling.telling import NOZZLE
from hardware.ports import (
    Authorise,
    Blemish,
    Clear,
    PumpCommand,
    ReadState,
    ReadTotaliser,
    SetPrices,
    Stop,
)
from shared.sale import Preset, PresetKind

T = TypeVar("T")
Talk = Generator[Ask | Say | Pause | Later, bytes | None, T]
"""A part of a turn that learns something."""

FIGURE_DIGITS: Final = 6
PRICE_DIGITS: Final = 4
_NO_SUSPENSION: Final = "This pump can't halt a filling and let it go on. Stop it, and release the rest anew."


def sensible(read: Reader, makes_sense: Callable[[bytes], object]) -> Reader:
    """The same, but for answers whose content raises :exc:`FrameMisread`: those are unreadable, and no answers."""

    def judge(data: bytes) -> Taken:
        taken = read(data)
        try:
            if taken.answer:
                makes_sense(taken.answer)
        except FrameMisread:
            return Taken(taken.used, blemish=Blemish.UNREADABLE)
        return taken

    return judge


class SingleNozzle(ABC):
    """How the commands of the station are carried out, each by its recipe. ``figures``: the pump's decimals."""

    figures: Figures

    def carry_out(self, command: PumpCommand) -> Turn:
        """As its recipe says."""
        match command:
            case ReadState():
                return self.read_state()
            case ReadTotaliser():
                return self.read_totaliser() if command.nozzle == NOZZLE else _refuse(_ONE_NOZZLE)
            case Authorise():
                return self.authorise(command.preset) if set(command.nozzles) == {NOZZLE} else _refuse(_ONE_NOZZLE)
            case Stop():
                return self.stop()
            case Clear():
                return self.clear()
            case SetPrices():
                return self._set_prices(command)
            case _:
                return _refuse(_NO_SUSPENSION)

    @abstractmethod
    def read_state(self) -> Turn:
        """State, nozzle, price and figures, whether they changed or not."""

    @abstractmethod
    def read_totaliser(self) -> Turn:
        """The totaliser of its nozzle."""

    @abstractmethod
    def authorise(self, preset: Preset | None) -> Turn:
        """Release its nozzle."""

    @abstractmethod
    def stop(self) -> Turn:
        """End the filling, or take the release back."""

    @abstractmethod
    def clear(self) -> Turn:
        """The filling is recorded."""

    @abstractmethod
    def set_price(self, number: int) -> Turn:
        """Set the price, in the pump's own number, and read it back."""

    def limit(self, preset: Preset) -> int:
        """A limit in the pump's own number; 0 when it has no room for it."""
        volume = preset.kind is PresetKind.VOLUME
        number = self.figures.pump_volume(preset.value) if volume else self.figures.pump_amount(preset.value)
        return number if 0 < number < int("1" + "0" * FIGURE_DIGITS) else 0

    def _set_prices(self, command: SetPrices) -> Turn:
        number = self.figures.pump_price(command.prices.get(NOZZLE, 0))
        if number is None or not 0 < number < int("1" + "0" * PRICE_DIGITS):
            return _refuse("It can't show this price. Please choose one with fewer digits.")
        return self.set_price(number)


_ONE_NOZZLE: Final = f"It has nozzle {NOZZLE} only."


def _refuse(why: str) -> Turn:
    yield from ()
    return why
