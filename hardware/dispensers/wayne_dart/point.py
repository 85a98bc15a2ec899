"""One fuelling point, as far as the pump has told: its readings become the station's events. Pure."""

from collections.abc import Callable
from typing import Final

from hardware.dispensers.wayne_dart.options import Options
from hardware.dispensers.wayne_dart.readings import (
    Alarm,
    Filled,
    Identity,
    NozzleAndPrice,
    Parameters,
    Prices,
    Resumed,
    State,
    Status,
    Suspended,
)
from hardware.dispensers.wayne_dart.transactions import Transaction
from hardware.figures import Figures
from hardware.ports import (
    AlarmRaised,
    FillingRead,
    Identified,
    NozzleLifted,
    NozzleReturned,
    PointOnLine,
    PriceRead,
    PumpEvent,
    PumpState,
    PumpStateRead,
)

Tell = Callable[[PumpEvent], None]
DECIMALS_DIFFER: Final = "decimals_differ"
"""Alarm: the pump says that its numbers carry other decimals than the configuration; ``code`` is its three figures, of
volume, amount and price, as digits."""

STATES: Final = {
    State.NOT_PROGRAMMED: PumpState.UNPROGRAMMED,
    State.RESET: PumpState.READY,
    State.AUTHORISED: PumpState.AUTHORISED,
    State.FILLING: PumpState.FUELLING,
    State.COMPLETED: PumpState.FINISHED,
    State.MAXIMUM: PumpState.LIMIT_REACHED,
    State.OFF: PumpState.OFF,
    State.SUSPENDED: PumpState.SUSPENDED,
}


class Point:
    """What the pump said last. ``tell`` hears each event."""

    def __init__(self, place: PointOnLine, options: Options, tell: Tell) -> None:
        self.number = place.point
        self.nozzles = place.nozzles
        self.options = options
        self.figures = Figures(place.decimals)
        self.tell = tell
        self._decimals = (place.decimals.volume, place.decimals.amount, place.decimals.price)
        self.suspends_by_command = False
        """Which dialect of suspension it has understood."""
        self.preset_left = False
        """A preset was sent and the pump has not been reset since: it may still hold it."""
        self.forget()

    def forget(self) -> None:
        """Nothing that was said counts any more."""
        self.state: PumpState | None = None
        self._nozzle: int | None = None
        self._prices: dict[int, int] = {}
        self._filled: FillingRead | None = None
        self._held = False

    def forget_nozzle(self) -> None:
        """Tell of the nozzle again at its next reading, whether it moved or not."""
        self._nozzle = None

    def forget_prices(self) -> None:
        """Tell of the prices again at their next reading."""
        self._prices.clear()

    def shows(self, nozzle: int) -> int | None:
        """The unit price that the pump told for a nozzle."""
        return self._prices.get(nozzle)

    def repeat_figures(self) -> None:
        """Tell the last figures again, for a pump that sends them by itself and never when asked."""
        if self._filled is not None:
            self.tell(self._filled)

    def hear(self, said: Transaction) -> None:
        """Take what the pump said."""
        match said:
            case Status():
                self._hear_state(said.state)
            case Filled():
                figures = self.figures
                self._filled = FillingRead(self.number, figures.volume(said.volume), figures.amount(said.amount))
                self.tell(self._filled)
            case NozzleAndPrice():
                self._hear_nozzle(said)
            case Prices():
                for nozzle, price in enumerate(said.prices[: self.nozzles], 1):
                    self._tell_price(nozzle, self.figures.price(price))
            case Alarm():
                self.tell(AlarmRaised(self.number, said.word, said.code))
            case Suspended() | Resumed():
                self._hold(isinstance(said, Suspended))
            case Parameters():
                self._compare(said)
            case Identity():
                text = f"maker {said.manufacturer:04d}, type {said.type:02d}, program {said.version:04d}"
                self.tell(Identified(self.number, text))
            case _:
                pass  # totals are told by whoever asked for them; the rest is of no use to the station

    def _compare(self, said: Parameters) -> None:
        """A wrong decimal sells fuel at a tenth of its price. It is said, and never mended behind anybody's back."""
        told = (said.volume_decimals, said.amount_decimals, said.price_decimals)
        if told != self._decimals and (any(told) or said.greatest_amount):  # all zero: it does not tell
            self.tell(AlarmRaised(self.number, DECIMALS_DIFFER, int("".join(map(str, told)))))

    def _hear_state(self, said: State) -> None:
        if said is State.RESET and self.state is not PumpState.READY:
            self.preset_left = False
        if said not in (State.AUTHORISED, State.FILLING):
            self._held = False
        self.state = PumpState.SUSPENDED if self._held else STATES[said]
        self.tell(PumpStateRead(self.number, self.state))

    def _hold(self, held: bool) -> None:
        """Pumps without status 8 say nothing but DC14 and DC15."""
        before, self._held = self.state, held and self.state in (PumpState.AUTHORISED, PumpState.FUELLING)
        if self._held and before is not PumpState.SUSPENDED:
            self.state = PumpState.SUSPENDED
            self.tell(PumpStateRead(self.number, self.state))

    def _hear_nozzle(self, said: NozzleAndPrice) -> None:
        price = self.figures.price(said.price)
        if said.nozzle and price != self._prices.get(said.nozzle):
            self._tell_price(said.nozzle, price)
        before, self._nozzle = self._nozzle, said.nozzle if said.out else 0
        if self._nozzle == before:
            return
        if before:
            self.tell(NozzleReturned(self.number, before))
        if said.out:
            self.tell(NozzleLifted(self.number, said.nozzle, price))
        elif before is None:
            self.tell(NozzleReturned(self.number, said.nozzle))

    def _tell_price(self, nozzle: int, price: int) -> None:
        self._prices[nozzle] = price
        self.tell(PriceRead(self.number, nozzle, price))
