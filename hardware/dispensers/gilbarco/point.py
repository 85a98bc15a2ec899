"""One fuelling point, as far as the pump has told: statuses, sales and totals become the station's events. Pure.

A Gilbarco pump forgets nothing by itself and is never told to: its last sale stays readable until the next one. So a
sale that was found is held here, as FINISHED, until the station has cleared it. What makes it a new one is evidence:
its figures, the totals, or running money that moved.
"""

from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from hardware.dispensers.gilbarco.options import Options
from hardware.dispensers.gilbarco.readings import TOTAL_DIGITS, GradeTotals, Totals, Transaction
from hardware.dispensers.gilbarco.special import FLAG_APART, FLAG_HUNDREDTHS, FLAG_TENTHS, Selection
from hardware.dispensers.gilbarco.words import END_OF_SALE, Status
from hardware.figures import Figures
from hardware.polling.dialogue import Tell
from hardware.ports import (
    AlarmRaised,
    FillingRead,
    NozzleLifted,
    NozzleReturned,
    PointOnLine,
    PriceRead,
    PumpState,
    PumpStateRead,
)
from shared.money import amount_of
from shared.sale import Preset, PresetKind

_HUNDREDTHS, _TENTHS = 2, 1
_RELEASED: Final = (Status.AUTH, Status.BUSY, Status.STOP)
_WORDS: Final = {
    Status.OFF: "at rest",
    Status.CALL: "at rest",
    Status.AUTH: "released",
    Status.BUSY: "fuelling",
    Status.STOP: "suspended",
}
_UNPROVED: Final = 5
"""So often a sale is looked for in vain before the station is told that it is over, and judges by the totaliser."""


class Point:
    """What the pump said last. ``tell`` hears each event."""

    def __init__(self, place: PointOnLine, options: Options, tell: Tell) -> None:
        self.number = place.point
        self.nozzles = place.nozzles
        self.tell = tell
        totals = place.decimals.totaliser
        self.figures = Figures(replace(place.decimals, totaliser=_HUNDREDTHS if totals is None else totals))
        self._tenths = Figures(replace(place.decimals, totaliser=_TENTHS))
        self.money_digits: int = options.money_digits
        """0: not known yet."""
        self.preset: Preset | None = None
        """The limit of the last release."""
        self.forget()

    def forget(self) -> None:
        """Nothing that was said counts any more."""
        self.status: Status | None = None
        self.state: PumpState | None = None
        self._told_state: PumpState | None = None
        self.out: bool | None = None
        self.nozzle = 0
        self.transaction: Transaction | None = None
        self.totals: Totals | None = None
        self.held = False
        """A sale is over and not cleared yet."""
        self.running = False
        """It was released, and how that ended is not known yet."""
        self.halted = False
        """The station has ended a filling whose handle is still up."""
        self.flowed = False
        self._stopped = False
        """The filling that is open was halted, by whomever."""
        self._first_money: int | None = None
        self._money: list[int] = []
        self._shown: tuple[int, int] | None = None
        self._unproved = 0
        self._alarm = ("", 0)
        self._told_prices: dict[int, int] = {}
        self._told_nozzle: tuple[bool, int] | None = None

    def tell_again(self) -> None:
        """Tell state, nozzle and prices at their next reading, whether they changed or not."""
        self._told_state, self._told_nozzle = None, None
        self._told_prices.clear()

    # ── Handles and releases ──────────────────────────────────────────────────────────────────────────────────────────

    def hear(self, status: Status) -> None:
        """A status; what it says of the handle."""
        self.status = status
        if status in _RELEASED and not self.running:
            self.begin()
        self._stopped = self._stopped or status is Status.STOP
        if status in (Status.CALL, Status.BUSY):
            self.out, self.nozzle = True, self.nozzle or int(self.nozzles == 1)
        elif status is Status.OFF or status in END_OF_SALE:
            self.out, self.nozzle = False, 0
        if status is not Status.STOP:
            self.halted = False

    @property
    def released(self) -> bool:
        """Whether a filling is open at the pump."""
        return self.status in _RELEASED

    @property
    def word(self) -> str:
        """What it does, for a sentence."""
        return "unknown" if self.status is None else _WORDS.get(self.status, "at the end of a sale")

    def begin(self) -> None:
        """It is released, or may be: what comes of it must be found out."""
        self.running, self.held = True, False
        self._stopped = False
        self._unproved = 0
        self._first_money, self._money, self._shown = None, [], None

    def selected(self, nozzle: int) -> None:
        """The pump said which nozzle is out; 0: it can't tell."""
        self.nozzle = nozzle if 0 <= nozzle <= self.nozzles else 0

    # ── The end of a filling ──────────────────────────────────────────────────────────────────────────────────────────

    def ended(self, said: Transaction | None, totals: Totals | None) -> None:
        """The release is over, and this is what it left; None for what could not be read.

        With the handle up again already, some pumps still tell the sale before: there it must be proved by the totals.
        """
        self._unproved += 1
        if said is None and self._unproved < _UNPROVED:
            return
        sold = said is None or self._sold(said, totals)
        if sold and self.status is Status.CALL:
            proved = self._proved(said, totals)
            if proved and not self._stopped:
                self._hung_in_between()
            elif not proved:
                return
        self.keep(said, totals)
        self.transaction = said
        self.running, self.held, self.flowed, self.preset = False, sold, False, None

    def _hung_in_between(self) -> None:
        """Fuel flowed when it was asked last; now the sale is over and a handle is up: somebody has lifted it anew.

        A sale that was stopped tells nothing of its handle, and neither does one whose pump has started anew: that
        one's totals don't prove it.
        """
        if self._told_nozzle is not None and self._told_nozzle[0]:
            self.tell(NozzleReturned(self.number, self._told_nozzle[1]))
            self._told_nozzle = (False, 0)
        self.nozzle = int(self.nozzles == 1)

    def found(self, said: Transaction | None, totals: Totals | None) -> None:
        """What there was when it was greeted. Without a sale that can be read nobody knows how the last release ended,
        and so it is looked for at the next polls."""
        self.keep(None, totals)
        if self.status is Status.STOP:
            self.stopped(said)
        elif said is None:
            self.running = True
            return
        else:
            self.keep(said, None)
            self.held = said.volume > 0
        self.tell_sale()

    def stopped(self, said: Transaction | None) -> None:
        """The valve is closed and the sale still open; this is what has flowed, or the last sale when nothing has."""
        if said is not None:
            self.flowed = self.flowed or self._sold(said, None)
            self.keep(said, None)

    def keep(self, said: Transaction | None, totals: Totals | None) -> None:
        """The last sale and the totals, as they were read."""
        self.totals = totals or self.totals
        if said is None:
            return
        self.transaction = said
        told = self._digits_of(said)
        self.money_digits = self.money_digits or told
        alarm = (said.alarm, said.alarm_code) if said.hose else ("", 0)
        if told not in (0, self.money_digits):
            alarm = ("money_digits", told)  # ten times as much, or a tenth: the line is set up wrongly
        if alarm != self._alarm:
            self._alarm = alarm
            if alarm[0]:
                self.tell(AlarmRaised(self.number, *alarm))

    def _sold(self, said: Transaction, totals: Totals | None) -> bool:
        if self.flowed or self.transaction is None:
            return self.flowed or said.volume > 0
        moved = totals is not None and self.totals is not None and _volumes(totals) != _volumes(self.totals)
        return moved or said.sale != self.transaction.sale

    def _proved(self, said: Transaction | None, totals: Totals | None) -> bool:
        """The totals have grown by what the sale says, as far as their decimals go."""
        if said is None or totals is None or self.totals is None:
            return False
        before = _volumes(self.totals).get(said.grade)
        after = _volumes(totals).get(said.grade)
        if before is None or after is None:
            return False
        moved = (self.figures.totaliser(after) - self.figures.totaliser(before)) % self.figures.modulus(TOTAL_DIGITS)
        return abs(moved - self.figures.volume(said.volume)) < self.figures.totaliser(1)

    def read_again(self, said: Transaction) -> None:
        """The sale that stands, or is stopped, read anew."""
        if self.held:
            self.keep(said, None)
        else:
            self.stopped(said)

    def clear(self) -> None:
        """The station has recorded the sale."""
        self.held = self.halted = False

    # ── Figures ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def money(self, number: int) -> int:
        """Fen. With five digits the last one is hidden: the display does not show it."""
        return self.figures.amount(number // 10 if self.money_digits == 5 else number)

    def _digits_of(self, said: Transaction) -> int:
        """Price by volume says whether the money has a hidden digit; 0 when nothing was sold."""
        due = amount_of(self.figures.volume(said.volume), self.figures.price(said.price))
        if not due or not said.money:
            return 0
        shown, hidden = self.figures.amount(said.money), self.figures.amount(said.money // 10)
        return 6 if abs(shown - due) <= abs(hidden - due) else 5

    def tell_sale(self) -> None:
        """The figures as the station should see them: of the sale that is held or still open, and else none."""
        said = self.transaction
        if said is None and self.held:
            return
        sold = said if self.held or (self.status is Status.STOP and self.flowed) else None
        volume, amount = (self.figures.volume(sold.volume), self.money(sold.money)) if sold else (0, 0)
        self.tell(FillingRead(self.number, volume, amount))

    def run(self, number: int) -> None:
        """The running money. It has no check, so a figure is believed only as far as the next one confirms it."""
        if self.transaction is not None and self._first_money is None and number == self.transaction.money:
            return  # a display that was not cleared yet
        self._first_money = number if self._first_money is None else self._first_money
        self._money = [*self._money[-1:], number]
        believed = min(self._money) if len(self._money) > 1 else 0
        if believed > 0:
            self.flowed = True
        if self.money_digits:
            amount = self.money(believed)
            self._show(self._reckoned(amount), amount)

    def _show(self, volume: int, amount: int) -> None:
        """Running figures are told when they have moved."""
        if (volume, amount) != self._shown:
            self._shown = volume, amount
            self.tell(FillingRead(self.number, volume, amount))

    def _reckoned(self, amount: int) -> int:
        """Millilitres for the running display, and for it alone: never more than what has flowed."""
        price = self.price(self.nozzle) or max(self._prices().values(), default=0)
        return max(0, amount - 1) * 10_000 // price if price else 0

    @property
    def limit_reached(self) -> bool:
        """Whether the money stands where the limit is; the pump itself says BUSY all the while."""
        if self.preset is None or len(self._money) < 2 or len(set(self._money)) > 1:
            return False
        amount = self.money(self._money[0])
        if self.preset.kind is PresetKind.AMOUNT:
            return amount >= self.preset.value
        return amount + 1 >= amount_of(self.preset.value, self.price(self.nozzle) or 10**9)

    # ── Prices and totals ─────────────────────────────────────────────────────────────────────────────────────────────

    def price(self, nozzle: int) -> int:
        """Milliyuan a litre; 0 when it is not known."""
        return self._prices().get(nozzle, 0)

    def _prices(self) -> Mapping[int, int]:
        totals = self.totals or ()
        return {said.grade: self.figures.price(said.price_1) for said in totals if said.grade <= self.nozzles}

    @property
    def unprogrammed(self) -> bool:
        """Whether a nozzle has no price."""
        return any(price == 0 for price in self._prices().values())

    def total(self, totals: Totals, nozzle: int, selection: Selection | None) -> tuple[int, int] | None:
        """Millilitres, and where the totaliser starts again; ``selection`` for pumps that say so what decimals it has.

        None when it can't be told for certain.
        """
        said: GradeTotals | None = next((each for each in totals if each.grade == nozzle), None)
        if said is None:
            return None
        if selection is None or selection.flag == FLAG_HUNDREDTHS:
            return self.figures.totaliser(said.volume), self.figures.modulus(TOTAL_DIGITS)
        if selection.flag == FLAG_TENTHS:
            return self._tenths.totaliser(said.volume), self._tenths.modulus(TOTAL_DIGITS)
        if nozzle > len(selection.hundredths) or selection.flag != FLAG_APART:
            return None
        volume = said.volume * 10 + selection.hundredths[nozzle - 1]
        return self.figures.totaliser(volume), self.figures.modulus(TOTAL_DIGITS + 1)

    # ── Telling ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def tell_news(self) -> None:
        """Prices, nozzle and state, as far as they are news."""
        for nozzle, price in self._prices().items():
            if self._told_prices.get(nozzle) != price:
                self._told_prices[nozzle] = price
                self.tell(PriceRead(self.number, nozzle, price))
        state = self._state_now()
        if state is not None and state is not self._told_state:
            self.state = self._told_state = state
            self.tell(PumpStateRead(self.number, state))
        self._tell_nozzle()

    def _tell_nozzle(self) -> None:
        if self.out is None or (self.out, self.nozzle) == self._told_nozzle:
            return
        before, self._told_nozzle = self._told_nozzle, (self.out, self.nozzle)
        if before is not None and before[0] and before[1]:
            self.tell(NozzleReturned(self.number, before[1]))
        if self.out:
            self.tell(NozzleLifted(self.number, self.nozzle, self.price(self.nozzle)))
        elif before is None or not before[1]:
            self.tell(NozzleReturned(self.number, 0))

    def _state_now(self) -> PumpState | None:
        status = self.status
        if status is Status.STOP:
            return PumpState.FINISHED if self.halted else PumpState.SUSPENDED
        if status is Status.AUTH:
            return PumpState.AUTHORISED
        if status is Status.BUSY:
            flows = PumpState.LIMIT_REACHED if self.limit_reached else PumpState.FUELLING
            return flows if self.flowed else PumpState.AUTHORISED
        if self.running or status is None:
            return self.state  # it is over, and how is not known yet
        if self.held:
            return PumpState.FINISHED
        return PumpState.UNPROGRAMMED if self.unprogrammed else PumpState.READY


def _volumes(totals: Totals) -> dict[int, int]:
    return {said.grade: said.volume for said in totals}
