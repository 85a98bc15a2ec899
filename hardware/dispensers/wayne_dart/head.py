"""The computer of a simulated DART pump: what its head does, in this protocol's words. Pure.

Times in microseconds of a monotonic clock; figures of customers and meters as in ``hardware.simulation.pump``.
"""

from collections import deque
from typing import Final

from hardware.dispensers.wayne_dart.commands import (
    AllowedNozzles,
    Command,
    Dcc,
    PresetAmount,
    PresetVolume,
    PriceUpdate,
    RequestTotals,
    Resume,
    Suspend,
)
from hardware.dispensers.wayne_dart.point import STATES
from hardware.dispensers.wayne_dart.readings import (
    Alarm,
    Filled,
    Identity,
    NozzleAndPrice,
    Parameters,
    Prices,
    Resumed,
    Status,
    Suspended,
    Totals,
)
from hardware.dispensers.wayne_dart.transactions import Transaction
from hardware.figures import Figures
from hardware.ports import PumpState
from hardware.simulation.faults import Faults
from hardware.simulation.head import Change, Head, Manners
from hardware.simulation.pump import SimulatedPoint
from shared.sale import Preset, PresetKind

_ON_THE_WIRE: Final = {state: said for said, state in STATES.items()}
_READINGS: Final[dict[Change, type[Transaction]]] = {
    Change.STATE: Status,
    Change.NOZZLE: NozzleAndPrice,
    Change.FIGURES: Filled,
}
_CPU_RESET = 1
_DIGITS = 10


class DartHead(Head):
    """One fuelling point, which tells at the next poll what has changed."""

    def __init__(self, place: SimulatedPoint, faults: Faults) -> None:
        self._news: deque[type[Transaction] | Transaction] = deque()
        self._figures = Figures(place.decimals)
        super().__init__(
            place, faults, Manners(rest=PumpState.FINISHED, totaliser_modulus=self._figures.modulus(_DIGITS))
        )

    # ── Obeying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def obey(self, said: Transaction, now: int) -> None:
        """A transaction from the controller; one that does not fit the state, or is not known, is ignored."""
        self.advance(now)
        match said:
            case Command():
                self._command(said.code, now)
            case AllowedNozzles():
                self.allowed = said.nozzles
            case PresetVolume():
                self.preset = Preset(PresetKind.VOLUME, self._figures.volume(said.value))
            case PresetAmount():
                self.preset = Preset(PresetKind.AMOUNT, self._figures.amount(said.value))
            case PriceUpdate() if len(said.prices) >= len(self.body.totalisers):  # fewer are ignored whole
                self.set_prices({n: self._figures.price(p) for n, p in enumerate(said.prices, 1)}, now)
            case RequestTotals():
                self._tell_totals(said.counter)
            case Suspend():
                if self.suspend(now):
                    self._tell(Suspended(said.nozzle))
            case Resume():
                if self.resume(now):
                    self._tell(Resumed(said.nozzle))
            case _:
                pass

    def _command(self, code: Dcc, now: int) -> None:
        match code:
            case Dcc.RETURN_STATUS:
                self._tell(Status, NozzleAndPrice)
            case Dcc.RETURN_FILLING_INFO if self.state not in (PumpState.UNPROGRAMMED, PumpState.OFF):
                self._tell(Filled, NozzleAndPrice)
            case Dcc.RETURN_PRICES:
                self._tell(Prices)
            case Dcc.RETURN_IDENTITY:
                self._tell(Identity(1, 1, 211))
            case Dcc.RETURN_PARAMETERS:
                self._tell(Parameters)
            case Dcc.RESET:
                self.clear(now)
            case Dcc.AUTHORISE:
                self.authorise(self.allowed, self.preset, now)
            case Dcc.STOP if self.state is PumpState.OFF:
                self.go(PumpState.FINISHED, now)
            case Dcc.STOP:
                self.stop(now)
            case Dcc.SWITCH_OFF:
                self.switch_off(now)
            case Dcc.SUSPEND:
                self.suspend(now)
            case Dcc.RESUME:
                self.resume(now)
            case _:
                pass

    # ── Telling ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def news(self) -> tuple[Transaction, ...]:
        """What is to be told at the next poll, as it stands now; at most so much as fits into a small buffer."""
        told: list[Transaction] = []
        while self._news and len(told) < 3:
            item = self._news.popleft()
            told.append(self._reading(item) if isinstance(item, type) else item)
        return tuple(told)

    def on_change(self, change: Change) -> None:
        """At the next poll."""
        self._tell(_READINGS.get(change) or Alarm(_CPU_RESET))

    def _tell(self, *items: type[Transaction] | Transaction) -> None:
        for item in items:
            if item not in self._news:
                self._news.append(item)

    def _reading(self, kind: type[Transaction]) -> Transaction:
        figures, nozzle = self._figures, self.selected
        if kind is Filled:
            volume, amount = self.shown()
            return Filled(figures.pump_volume(volume), figures.pump_amount(amount))
        if kind is NozzleAndPrice:
            return NozzleAndPrice(self._price(nozzle), nozzle, self.body.out != 0)
        if kind is Prices:
            return Prices(tuple(self._price(nozzle) for nozzle in self.body.totalisers))
        if kind is Parameters:
            places = self.body.place.decimals
            return Parameters(places.volume, places.amount, places.price, 99_999_999, tuple(self.body.totalisers))
        return Status(_ON_THE_WIRE[self.state])

    def _price(self, nozzle: int) -> int:
        return self._figures.pump_price(self.prices.get(nozzle, 0)) or 0

    def _tell_totals(self, counter: int) -> None:
        totals = [self._figures.pump_totaliser(self.total(nozzle), _DIGITS) for nozzle in self.body.totalisers]
        if 1 <= counter <= len(totals):
            self._tell(Totals(counter, totals[counter - 1], (totals[counter - 1], 0)))
        elif counter == 9:
            self._tell(Totals(counter, sum(totals), (sum(totals), 0)))
