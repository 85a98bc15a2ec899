"""The computer of a simulated Gilbarco pump: what words and blocks do to the head that all protocols share. Pure."""

from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta, Struct

from hardware.dispensers.gilbarco.blocks import Block, LevelSwitch, Limit, Price, Special
from hardware.dispensers.gilbarco.readings import GradeTotals, Totals, Transaction
from hardware.dispensers.gilbarco.words import Status
from hardware.figures import Figures
from hardware.ports import Decimals, PumpState
from hardware.simulation.faults import Faults
from hardware.simulation.head import Change, Head, Manners
from hardware.simulation.pump import SimulatedPoint
from shared.sale import Preset, PresetKind

_MANNERS: Final = Manners(
    keeps_sale=False,
    stopped=PumpState.READY,
    hanging_up_ends_release=True,
    one_grade_out=True,
    tells_as_ended=True,
    totaliser_modulus=10**9,
)
_PUMPING: Final = (PumpState.FUELLING, PumpState.LIMIT_REACHED)
_ENDEAVOUR_GRADES: Final = 3


class TotalsHabit(StrEnum):
    """How the totals are told."""

    HUNDREDTHS = "hundredths"
    TENTHS = "tenths"
    APART = "apart"  # one decimal, and the second one by special function 010


class Habits(Struct, frozen=True, forbid_unknown_fields=True):
    """In what makes and settings of Gilbarco pumps differ."""

    special_functions: bool = True
    slow_words: bool = False
    """It wants 60 ms between the words of a block, whatever it says of itself."""
    level_needed: bool = False
    """It takes no release before a price level was named."""
    money_digits: Annotated[int, Meta(ge=5, le=6)] = 6
    end_of_sale: bool = True
    """It says EOT; some pumps in China go from BUSY to OFF."""
    stale_in_call: bool = False
    """With the handle up again it still tells the sale before."""
    slow_release: bool = False
    """A release with the handle up is AUTH first, and BUSY at the next poll."""
    forgets_limit: bool = False
    """A filling that was stopped and resumed has no limit any more."""
    totals: TotalsHabit = TotalsHabit.HUNDREDTHS
    endeavour: bool = False
    """Totals always have three grades."""
    error: Annotated[int, Meta(ge=0, le=31)] = 0
    """An error of hose 1 that each sale tells."""
    extended: bool = False
    """A display of seven digits, and blocks to match."""


class GilbarcoHead(Head):
    """One fuelling point."""

    def __init__(self, place: SimulatedPoint, faults: Faults, habits: Habits) -> None:
        self.habits = habits
        self._figures = Figures(
            Decimals(volume=3, amount=place.decimals.amount, price=place.decimals.price, totaliser=2)
        )
        self._last = (1, 0, 0, 0)
        """Grade, price, millilitres and fen of the last sale."""
        self._fresh: tuple[int, int, int, int] | None = None
        self._end_of_sale = False
        self._pending: Preset | None = None
        self._grades: tuple[int, ...] = ()
        self._level_named = False
        self._slow = False
        super().__init__(place, faults, _MANNERS)

    # ── Words ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def status(self) -> Status:
        """What a poll is answered."""
        if self._end_of_sale:
            return Status.FEOT
        if self.state is PumpState.AUTHORISED:
            return Status.AUTH if not self.body.out or self._hesitates() else Status.BUSY
        if self.state in _PUMPING:
            return Status.BUSY
        if self.state is PumpState.SUSPENDED:
            return Status.STOP
        return Status.CALL if self.body.out else Status.OFF

    def _hesitates(self) -> bool:
        hesitates, self._slow = self._slow, False
        return hesitates

    def end_of_sale_heard(self) -> None:
        """Another pump was polled, or this one was asked something else: EOT is over."""
        self._end_of_sale = False

    def release(self, now: int) -> None:
        """Authorise, or go on with what was stopped."""
        if self.state is PumpState.SUSPENDED:
            if self.habits.forgets_limit:
                self.preset = None
            self.resume(now)
        elif not self.habits.level_needed or self._level_named:
            nozzles = self._grades or tuple(self.body.totalisers)
            if self.authorise(nozzles, self._pending, now):
                self._pending, self._grades, self._level_named = None, (), False
                self._slow = self.habits.slow_release

    def halt(self, now: int) -> None:
        """Stop: with fuel the sale stays open; without, the release is over; at rest, the preset is forgotten."""
        self._pending, self._grades, self._level_named = None, (), False
        if self.state is PumpState.AUTHORISED:
            self.stop(now)
        elif self.state is PumpState.LIMIT_REACHED:
            self.go(PumpState.SUSPENDED, now)
        else:
            self.suspend(now)

    # ── Blocks ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def take(self, block: Block, now: int) -> bool:
        """Whether the contents of a block make sense here."""
        if self._pending is not None or self.status() not in (Status.OFF, Status.CALL):
            return False
        match block:
            case Price():
                return self._price(block, now)
            case LevelSwitch():
                self._level_named = True
            case Limit():
                return self._limit(block)
            case Special():
                pass
        return True

    def _price(self, block: Price, now: int) -> bool:
        if block.grade not in self.body.totalisers:
            return False
        return block.level == 2 or self.set_prices({block.grade: self._figures.price(block.price)}, now)

    def _limit(self, block: Limit) -> bool:
        volume = block.kind is PresetKind.VOLUME
        if block.value < 10 or (volume and not (block.level and block.grades)):
            return False
        if not volume and block.size != self.habits.money_digits:
            return False
        value = block.value * 10 if volume else self._figures.amount(block.value)
        self._pending, self._grades = Preset(block.kind, value), block.grades if block.ranged else ()
        self._level_named = self._level_named or block.level > 0
        return True

    # ── Telling ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def on_change(self, change: Change) -> None:
        """A sale that is over is kept, and EOT said until it was heard."""
        if change is Change.RESTARTED:
            self._last, self._fresh, self._end_of_sale = (1, 0, 0, 0), None, False
        if change is Change.STATE and self.state is PumpState.FINISHED:
            self._fresh = self._now_shown()
            self._end_of_sale = self.habits.end_of_sale
        elif change is Change.STATE and self.state is PumpState.AUTHORISED:
            self._end_of_sale = False

    def _now_shown(self) -> tuple[int, int, int, int]:
        nozzle = self.selected or 1
        return nozzle, self.prices.get(nozzle, 0), *self.shown()

    def transaction(self) -> Transaction:
        """The last sale, or the one that is stopped."""
        if self._fresh is not None and not (self.habits.stale_in_call and self.body.out):
            self._last, self._fresh = self._fresh, None
        open_sale = self.state is PumpState.SUSPENDED and self.body.volume > 0
        grade, price, volume, amount = self._now_shown() if open_sale else self._last
        return Transaction(
            pump=self.body.place.address,
            grade=grade,
            level=1,
            price=self._figures.pump_price(price) or 0,
            volume=volume % 10**6,
            money=self._money(amount),
            hose=int(self.habits.error > 0),
            error=self.habits.error,
        )

    def money(self) -> int:
        """The running money."""
        return self._money(self.shown()[1])

    def _money(self, amount: int) -> int:
        """With five digits there is a hidden one behind those of the display."""
        return self._figures.pump_amount(amount) * (10 if self.habits.money_digits == 5 else 1) % 10**6

    def totals(self) -> Totals:
        """Grade by grade; those of an open sale are as they were before it."""
        count = max(len(self.body.totalisers), _ENDEAVOUR_GRADES if self.habits.endeavour else 0)
        return tuple(self._totals_of(grade) for grade in range(1, count + 1))

    def _totals_of(self, grade: int) -> GradeTotals:
        price = self._figures.pump_price(self.prices.get(grade, 0)) or 0
        places = 2 if self.habits.totals is TotalsHabit.HUNDREDTHS else 1
        told = Figures(Decimals(volume=places)).pump_totaliser(self._metered(grade), 8)
        return GradeTotals(grade, told, 0, price, price)

    def _metered(self, grade: int) -> int:
        open_sale = self.state is PumpState.SUSPENDED and grade == self.selected
        return self.total(grade) - (self.body.volume if open_sale else 0)

    # ── Special functions ─────────────────────────────────────────────────────────────────────────────────────────────

    def message(self, function: int) -> str | None:
        """What a special function answers; empty for one that it does not know, None for no answer at all."""
        if not self.habits.special_functions:
            return None
        known = {
            0x001: "05110" + "093011" + "001234" + "56" + "0001" + "0",
            0x00E: "0203000000" + f"{self.habits.money_digits - 5:02d}" + "00",
            0x010: self._selection(),
            0x410: "0019",
        }
        return known.get(function, "")

    def _selection(self) -> str:
        if self.habits.totals is TotalsHabit.APART:
            totals = [self._metered(grade) for grade in range(1, 5)]
            return "1" + "".join(str(ml // 10 % 10) for ml in totals) + str(self.body.out)
        level, handle = int(not self.habits.level_needed), int(self.body.out > 0)
        return f"0{level}0{handle}1{self.body.out}"
