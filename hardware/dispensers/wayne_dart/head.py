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
    RequestAmountTotals,
    RequestTemperature,
    RequestTotals,
    Resume,
    Suspend,
)
from hardware.dispensers.wayne_dart.options import Habits
from hardware.dispensers.wayne_dart.point import STATES
from hardware.dispensers.wayne_dart.readings import (
    CPU_RESET,
    Alarm,
    AmountTotals,
    Filled,
    Identity,
    NozzleAndPrice,
    Parameters,
    Prices,
    Resumed,
    Status,
    Suspended,
    Temperature,
    Totals,
)
from hardware.dispensers.wayne_dart.transactions import Transaction, encode
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
_DIGITS: Final = {16: 10, 13: 12, 6: 10, 0: 10}
"""Of a total, by LNG."""
_AT_ONCE = 3
_SUM = 9
_AMOUNTS = 0x10
_WARM = 150


class DartHead(Head):
    """One fuelling point, which tells at the next poll what has changed."""

    def __init__(self, place: SimulatedPoint, faults: Faults, habits: Habits | None = None) -> None:
        self.habits = habits or Habits()
        self._news: deque[type[Transaction] | Transaction] = deque()
        self._figures = Figures(place.decimals)
        self._digits = _DIGITS[self.habits.totals]
        self._ignored_resets = 0
        self._releases_at: int | None = None
        super().__init__(
            place, faults, Manners(rest=PumpState.FINISHED, totaliser_modulus=self._figures.modulus(self._digits))
        )

    def advance(self, now: int) -> None:
        """Let fuel flow until now; a slow head gets where it was told to go."""
        if self._releases_at is not None and now >= self._releases_at:
            due, self._releases_at = self._releases_at, None
            self.authorise(self.allowed, self.preset, due)
        super().advance(now)

    def restart(self, now: int) -> None:
        """Its computer starts anew, perhaps without prices."""
        super().restart(now)
        self._releases_at = None
        if self.habits.forgets_prices:
            self.prices.clear()
            self.go(PumpState.UNPROGRAMMED, now)

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
            case RequestTotals() if self.habits.totals:
                self._tell_totals(said.counter)
            case RequestAmountTotals() if self.habits.edition == "s4":
                self._tell(AmountTotals(said.nozzle, (self._money(said.nozzle), 0, 0)))
            case RequestTemperature() if self.habits.edition == "s4":
                self._tell(Temperature(said.nozzle, _WARM))
            case Suspend() if self.habits.dialect != "commands":
                if self.suspend(now) and self.state is PumpState.SUSPENDED:
                    self._tell(Suspended(said.nozzle))
            case Resume() if self.habits.dialect != "commands":
                if self.resume(now) and self.state is not PumpState.SUSPENDED:
                    self._tell(Resumed(said.nozzle))
            case _:
                pass

    def _command(self, code: Dcc, now: int) -> None:
        match code:
            case Dcc.RETURN_STATUS:
                self._tell(Status, NozzleAndPrice)
            case Dcc.RETURN_FILLING_INFO if self.state not in (PumpState.UNPROGRAMMED, PumpState.OFF):
                self._tell(Filled, NozzleAndPrice)
            case Dcc.RETURN_PRICES if self.habits.price_list and self.habits.edition == "2.11":
                self._tell(Prices)
            case Dcc.RETURN_IDENTITY if self.habits.identity:
                self._tell(Identity(1, 1, 211))
            case Dcc.RETURN_PARAMETERS if self.habits.parameters:
                self._tell(Parameters)
            case _:
                self._act(code, now)

    def _act(self, code: Dcc, now: int) -> None:
        match code:
            case Dcc.RESET if self._ignored_resets < self.habits.ignored_resets:
                self._ignored_resets += 1
            case Dcc.RESET:
                self.clear(now)
            case Dcc.AUTHORISE if self.habits.slow_head:
                self._releases_at = self._releases_at or now + self.habits.slow_head * 1_000
            case Dcc.AUTHORISE:
                self.authorise(self.allowed, self.preset, now)
            case Dcc.STOP | Dcc.SWITCH_OFF:
                self._halt(code, now)
            case Dcc.SUSPEND if self.habits.dialect != "transactions":
                self.suspend(now)
            case Dcc.RESUME if self.habits.dialect != "transactions":
                self.resume(now)
            case _:
                pass

    def _halt(self, code: Dcc, now: int) -> None:
        self._releases_at = None
        if code is Dcc.SWITCH_OFF:
            self.switch_off(now)
        elif self.state is PumpState.OFF:
            self.go(PumpState.FINISHED, now)
        else:
            self.stop(now)

    # ── Telling ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def news(self) -> tuple[Transaction, ...]:
        """What is to be told at the next poll, as it stands now: three at most, and what fits into its buffer."""
        told: tuple[Transaction, ...] = ()
        while self._news and len(told) < _AT_ONCE:
            item = self._news[0]
            more = (*told, self._reading(item) if isinstance(item, type) else item)
            if len(encode(more)) > self.habits.room and told:
                break
            self._news.popleft()
            told = more if len(encode(more)) <= self.habits.room else told
        return told

    def on_change(self, change: Change) -> None:
        """At the next poll."""
        self._tell(_READINGS.get(change) or Alarm(CPU_RESET))

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
            grades = tuple(self.body.totalisers)
            return Parameters(places.volume, places.amount, places.price, 99_999_999, grades)
        silent_of_it = self.state is PumpState.SUSPENDED and not self.habits.status_8
        return Status(_ON_THE_WIRE[self._before_suspension if silent_of_it else self.state])

    def _price(self, nozzle: int) -> int:
        return self._figures.pump_price(self.prices.get(nozzle, 0)) or 0

    def _tell_totals(self, counter: int) -> None:
        told = self._money if counter >= _AMOUNTS else self._meter
        number = counter % _AMOUNTS
        if number in self.body.totalisers or number == _SUM:
            nozzles = self.body.totalisers if number == _SUM else (number,)
            total = sum(map(told, nozzles)) % int("1" + "0" * self._digits)
            rest = {16: (total, 0), 13: (sum(map(self._money, nozzles)),), 6: ()}
            self._tell(Totals(counter, total, rest[self.habits.totals]))

    def _meter(self, nozzle: int) -> int:
        return self._figures.pump_totaliser(self.total(nozzle), self._digits)

    def _money(self, nozzle: int) -> int:
        """All amounts that it sold, since nobody keeps another total of them here."""
        return self._figures.pump_amount(sum(sold.amount for sold in self.body.fillings if sold.nozzle == nozzle))
