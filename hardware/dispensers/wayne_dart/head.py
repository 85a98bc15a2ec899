"""The computer of a simulated DART pump: what it does at each command and each hand at its nozzle. Pure.

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
from hardware.dispensers.wayne_dart.figures import Figures
from hardware.dispensers.wayne_dart.point import STATES
from hardware.dispensers.wayne_dart.readings import (
    Filled,
    Identity,
    NozzleAndPrice,
    Parameters,
    Prices,
    Resumed,
    State,
    Status,
    Suspended,
    Totals,
)
from hardware.dispensers.wayne_dart.transactions import Transaction
from hardware.simulation.faults import Faults
from hardware.simulation.pump import Body, SimulatedPoint
from shared.sale import Preset, PresetKind

_RUNNING: Final = (State.AUTHORISED, State.FILLING, State.SUSPENDED)
_NO_STOP: Final = (State.NOT_PROGRAMMED, State.COMPLETED)


class DartHead:
    """The computer of one fuelling point: states, display, prices, allowed nozzles."""

    def __init__(self, place: SimulatedPoint, faults: Faults) -> None:
        self.body = Body(place)
        self.prices: dict[int, int] = dict(place.prices)
        self.state = State.COMPLETED if place.prices else State.NOT_PROGRAMMED
        self._figures = Figures(place.decimals)
        self._faults = faults
        self._allowed: tuple[int, ...] = ()
        self._preset: Preset | None = None
        self._selected = 1 if len(place.grades) == 1 else 0
        self._shown_before = (0, 0)
        self._carried = (0, 0)
        self._before_suspension = State.AUTHORISED
        self._news: deque[type[Transaction] | Transaction] = deque()

    # ── In a customer's hands ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def word(self) -> str:
        """Its state, in the words of ``PumpState``."""
        return STATES[self.state].value

    @property
    def released(self) -> bool:
        """Fuel flows when the lifted nozzle is squeezed."""
        return self.state in (State.AUTHORISED, State.FILLING) and self.body.out in self._allowed

    def lift(self, nozzle: int, now: int) -> None:
        """Take a nozzle out."""
        self.advance(now)
        self.body.out = self._selected = nozzle
        self._changed(NozzleAndPrice)

    def hang_up(self, now: int) -> None:
        """Hang the nozzle up."""
        self.advance(now)
        self.body.out = self.body.squeezed = 0
        self._changed(NozzleAndPrice)
        if self.state in (State.FILLING, State.SUSPENDED, State.MAXIMUM):
            self._go(State.COMPLETED, now)

    def advance(self, now: int) -> None:
        """Let fuel flow until now."""
        if not self.released or not self.body.squeezed:
            self.body.rest(now)
            return
        before = self.body.volume
        full = self.body.flow(now, self.prices[self.body.out], self._preset)
        if self.body.volume != before or full:
            self._changed(Filled)
            if self.state is State.AUTHORISED:
                self._go(State.FILLING, now)
        if full:
            self._go(State.MAXIMUM, now)

    # ── Obeying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def obey(self, said: Transaction, now: int) -> None:
        """A transaction from the controller; one that does not fit the state, or is not known, is ignored."""
        self.advance(now)
        match said:
            case Command():
                self._command(said.code, now)
            case AllowedNozzles():
                self._allowed = said.nozzles
            case PresetVolume():
                self._preset = Preset(PresetKind.VOLUME, self._figures.volume(said.value))
            case PresetAmount():
                self._preset = Preset(PresetKind.AMOUNT, self._figures.amount(said.value))
            case PriceUpdate():
                self._take_prices(said.prices)
            case RequestTotals():
                self._tell_totals(said.counter)
            case Suspend():
                self._suspend(now, Suspended(said.nozzle))
            case Resume():
                self._resume(now, Resumed(said.nozzle))
            case _:
                pass

    def _command(self, code: Dcc, now: int) -> None:
        match code:
            case Dcc.RETURN_STATUS:
                self._tell(Status, NozzleAndPrice)
            case Dcc.RETURN_FILLING_INFO if self.state not in (State.NOT_PROGRAMMED, State.OFF):
                self._tell(Filled, NozzleAndPrice)
            case Dcc.RETURN_PRICES:
                self._tell(Prices)
            case Dcc.RETURN_IDENTITY:
                self._tell(Identity(1, 1, 211))
            case Dcc.RETURN_PARAMETERS:
                self._tell(Parameters)
            case Dcc.RESET if self.state in (State.COMPLETED, State.MAXIMUM, State.OFF):
                self._reset(now)
            case Dcc.AUTHORISE if self.state is State.RESET:
                self._go(State.AUTHORISED, now)
            case Dcc.STOP if self.state not in _NO_STOP:
                self._go(State.COMPLETED, now)
            case Dcc.SWITCH_OFF:
                self._go(State.OFF, now)
            case Dcc.SUSPEND:
                self._suspend(now)
            case Dcc.RESUME:
                self._resume(now)
            case _:
                pass

    def _take_prices(self, prices: tuple[int, ...]) -> None:
        """Fewer than nozzles: ignored whole. In a filling: not accepted."""
        if len(prices) < len(self.body.totalisers) or self.state in (*_RUNNING, State.MAXIMUM):
            return
        self.prices = {nozzle: self._figures.price(prices[nozzle - 1]) for nozzle in self.body.totalisers}
        if self.state is State.NOT_PROGRAMMED:
            self.state = State.COMPLETED
            self._changed(Status)

    def _reset(self, now: int) -> None:
        self.body.end(now)
        self._shown_before, self._carried = self._shown(), (0, 0)
        self.body.zero()
        self._preset = None
        self._changed(Filled)
        self._go(State.RESET, now)

    def _suspend(self, now: int, echo: Transaction | None = None) -> None:
        if self.state in (State.AUTHORISED, State.FILLING):
            self._before_suspension = self.state
            self._go(State.SUSPENDED, now)
            self._tell(*([echo] if echo else []))

    def _resume(self, now: int, echo: Transaction | None = None) -> None:
        if self.state is State.SUSPENDED:
            self._go(self._before_suspension, now)
            self._tell(*([echo] if echo else []))

    def _go(self, state: State, now: int) -> None:
        if state in (State.COMPLETED, State.OFF) and self.state is not state:
            self.body.end(now)
            if self.body.volume and self._faults.strikes("previous-sale-added"):
                self._carried = self._shown_before
            self._changed(Filled)
        self.state = state
        self.body.rest(now)
        self._changed(Status)

    # ── Telling ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def news(self) -> tuple[Transaction, ...]:
        """What is to be told at the next poll, as it stands now; at most so much as fits into a small buffer."""
        told: list[Transaction] = []
        while self._news and len(told) < 3:
            item = self._news.popleft()
            told.append(self._reading(item) if isinstance(item, type) else item)
        return tuple(told)

    def _changed(self, reading: type[Transaction]) -> None:
        if reading not in self._news:
            self._news.append(reading)

    def _tell(self, *items: type[Transaction] | Transaction) -> None:
        for item in items:
            if item not in self._news:
                self._news.append(item)

    def _reading(self, kind: type[Transaction]) -> Transaction:
        figures, nozzle = self._figures, self._selected
        if kind is Filled:
            volume, amount = self._shown()
            return Filled(figures.pump_volume(volume), figures.pump_amount(amount))
        if kind is NozzleAndPrice:
            return NozzleAndPrice(self._price(nozzle), nozzle, self.body.out != 0)
        if kind is Prices:
            return Prices(tuple(self._price(nozzle) for nozzle in self.body.totalisers))
        if kind is Parameters:
            places = self.body.place.decimals
            return Parameters(places.volume, places.amount, places.price, 99_999_999, tuple(self.body.totalisers))
        return Status(self.state)

    def _shown(self) -> tuple[int, int]:
        """Millilitres and fen on the display."""
        return self.body.volume + self._carried[0], self.body.amount + self._carried[1]

    def _price(self, nozzle: int) -> int:
        return self._figures.pump_price(self.prices.get(nozzle, 0)) or 0

    def _tell_totals(self, counter: int) -> None:
        totals = [self._figures.pump_totaliser(ml) for ml in self.body.totalisers.values()]
        if 1 <= counter <= len(totals):
            self._tell(Totals(counter, totals[counter - 1], (totals[counter - 1], 0)))
        elif counter == 9:
            self._tell(Totals(counter, sum(totals), (sum(totals), 0)))
