"""How a Tatsuno PDE counter is polled and told, and what proves that it obeyed. Pure.

An acknowledgement says only that a message came whole. What it did is read from status and display afterwards, so
nothing is believed or repeated blindly. (PDE counter protocol, July 2000)
"""

from typing import Final

from hardware.dispensers.tatsuno_pde.hearing import Hearing
from hardware.dispensers.tatsuno_pde.link import Link, Talk
from hardware.dispensers.tatsuno_pde.messages import (
    DISPLAY,
    HIGHEST_PRICE,
    MOST,
    Control,
    Display,
    Register,
    Release,
    State,
    Status,
    ask_total,
    authorise,
    control,
    set_price,
)
from hardware.dispensers.tatsuno_pde.options import Options, PriceType
from hardware.dispensers.tatsuno_pde.point import Point
from hardware.polling.dialogue import SILENT, Tell, Turn
from hardware.ports import (
    Authorise,
    Clear,
    PointOnLine,
    PumpCommand,
    ReadState,
    ReadTotaliser,
    SetPrices,
    Stop,
)
from shared.sale import Preset, PresetKind

LOCKED_OUT: Final = (
    "It is locked after three wrong answers to its challenge. Please power-cycle the counter: off, and on again."
)
_NO_SUSPENSION: Final = "This pump can't halt a filling and let it go on. Stop it, and release the rest anew."
_UNLIMITED_AMOUNT: Final = 999_900
_TRIES: Final = 3
_LOOK_EVERY: Final = 24
"""Polls. News come by themselves, but one that was lost on the way must not be lost for good."""


class Talker:
    """One counter in conversation; implements :class:`hardware.polling.dialogue.Talker`."""

    def __init__(self, place: PointOnLine, options: Options, tell: Tell) -> None:
        self.point = Point(place, options, tell)
        self._link = Link(place.address, options)
        self._options = options
        self._ear = Hearing(self.point, self._link, tell)
        self._polls = 0

    @property
    def number(self) -> int:
        """The fuelling point."""
        return self.point.number

    @property
    def active(self) -> bool:
        """Fuel may be flowing."""
        return self.point.running

    def forget(self) -> None:
        """It fell silent."""
        self.point.forget()
        self._ear.meet_again()

    # ── Polling ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def greet(self) -> Turn:
        """Its challenge is answered, and all is read before anything else is said."""
        if not self.point.known:
            yield from self._ear.come_up()
        return ""

    def poll(self) -> Turn:
        """What it has to say; and all of it when it has just come up."""
        said = yield from self._ear.hear()
        self._polls += 1
        if self._ear.challenged or (said is not None and not self.point.known):
            yield from self._ear.come_up()
        elif said is not None and self._polls % _LOOK_EVERY == 0:
            yield from self._ear.look()
        elif isinstance(said, Status):
            yield from self._ear.follow(said)
        elif isinstance(said, Display):
            self.point.tell_news()
        return ""

    # ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def carry_out(self, command: PumpCommand) -> Turn:
        """As its recipe says; a counter that was not met takes nothing."""
        if not self.point.known:
            yield from self._ear.come_up()
        if self._ear.shut:
            return LOCKED_OUT
        match command:
            case ReadState():
                return (yield from self._read_state())
            case ReadTotaliser():
                return (yield from self._read_totaliser(command.nozzle))
            case Authorise():
                return (yield from self._authorise(command))
            case Stop():
                return (yield from self._stop())
            case Clear():
                return (yield from self._clear())
            case SetPrices():
                return (yield from self._set_prices(command))
            case _:
                return _NO_SUSPENSION

    def _read_state(self) -> Turn:
        self.point.again()
        return "" if (yield from self._ear.look(whole=True)) else SILENT

    def _read_totaliser(self, nozzle: int) -> Turn:
        """The answer is known by its nozzle, and by the question: its type digit is not to be trusted."""
        said = (yield from self._ear.ask(ask_total(nozzle), Register, nozzle)) if nozzle in self.point.nozzles else None
        if said is None:
            return "It does not tell its totals."
        self.point.tell_total(said)
        return ""

    def _clear(self) -> Turn:
        """Payment, until the sale is gone; and a counter that was stopped or locks itself is unlocked."""
        for _ in range(_TRIES):
            said = yield from self._ear.look(whole=True)
            if said is None:
                return SILENT
            if said.state is not State.ENDED:
                break
            self.point.paying()
            yield from self._link.select(control(Control.PAYMENT))
        else:
            return "It does not take the payment. Please pay the sale at the counter."
        if said.state is State.FUELLING:
            return "A filling is running. It can be cleared when it is over."
        return (yield from self._go_to_rest())

    def _go_to_rest(self) -> Turn:
        self.point.clear()
        blocked = yield from self._unlock()
        display = yield from self._ear.ask(DISPLAY, Display)
        if display is None:
            return SILENT
        self.point.at_rest(display)
        self.point.tell_news()
        return blocked

    def _unlock(self) -> Talk[str]:
        """Empty when it is not locked."""
        for _ in range(_TRIES):
            if self.point.state is not State.LOCKED:
                return ""
            yield from self._link.select(control(Control.UNLOCK))
            if (yield from self._ear.look()) is None:
                return SILENT
        return "It does not let itself be unlocked. Please look whether it is locked at its keypad."

    def _stop(self) -> Turn:
        """Locked, or at the end of a sale: nothing flows then, and nothing will."""
        for _ in range(_TRIES):
            yield from self._link.select(control(Control.LOCK))
            said = yield from self._ear.look()
            if said is not None and said.state in (State.LOCKED, State.ENDED):
                return ""
        return "It does not stop. Please hang the nozzle up, or press the emergency stop."

    def _set_prices(self, command: SetPrices) -> Turn:
        """Each product by itself. No message reads a price back: the display of the next release proves it."""
        figures = self.point.figures
        numbers = {nozzle: figures.pump_price(price) for nozzle, price in command.prices.items()}
        said = yield from self._ear.look()
        if said is None:
            return SILENT
        if said.state is State.FUELLING:
            return "It can't do that while a filling is running."
        for nozzle, number in numbers.items():
            if number is None or not 0 < number <= HIGHEST_PRICE:
                return "It can't show this price. Please choose one with fewer digits."
            if not (yield from self._link.select(set_price(self.point.product(nozzle), number))):
                return "It does not take the price."
            self.point.taken[nozzle] = number
        self.point.tell_news()
        return ""

    # ── Releasing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _authorise(self, command: Authorise) -> Turn:
        """Only with the nozzle up, proved by status and display; one that is not confirmed is taken back."""
        if (yield from self._ear.look(whole=True)) is None:
            return SILENT
        blocked = yield from self._unlock()
        if blocked:
            return blocked
        release = self._release(command)
        if isinstance(release, str):
            return release
        blocked = yield from self._say(release)
        if blocked:
            yield from self._stop()
        return blocked

    def _release(self, command: Authorise) -> Release | str:
        """What to say; or why it can't be said."""
        point, status = self.point, self.point.status
        nozzle = point.up
        if status is None or point.held:
            return "Its last filling is not recorded yet."
        if point.running:
            return "It is released already."
        if not status.remote:
            return "It sells by itself. Please set the counter to remote control at its keypad."
        if status.state is not State.NOZZLE_UP or not nozzle:
            return "It can be released only while its nozzle is lifted. Lift it first."
        if nozzle not in command.nozzles:
            return f"Nozzle {nozzle} is lifted, and may not be used now. Please hang it up and take the other one."
        if not point.price(nozzle):
            return "It has no price yet."
        return self._limited(command.preset, point.price(nozzle), point.product(nozzle))

    def _limited(self, preset: Preset | None, price: int, product: int) -> Release | str:
        kind = preset.kind if preset else self._options.unlimited
        money, credit = kind is PresetKind.AMOUNT, self._options.price_type is PriceType.CREDIT
        if preset is None:
            return Release(money, _UNLIMITED_AMOUNT if money else MOST, credit, price, product)
        figures = self.point.figures
        limit = figures.pump_amount(preset.value) if money else figures.pump_volume(preset.value)
        if not 0 < limit < (_UNLIMITED_AMOUNT if money else MOST):
            return "It can't be preset to this limit."
        return Release(money, limit, credit, price, product)

    def _say(self, release: Release) -> Talk[str]:
        """Said again only to a counter that is seen waiting still."""
        for _ in range(_TRIES):
            yield from self._link.select(authorise(release))
            said = yield from self._ear.look(whole=True)
            if said is None:
                return SILENT
            if self.point.running or self.point.held:
                return self._right_price(release)
            if said.state is not State.NOZZLE_UP:
                return "The nozzle was hung up before it was released."
        return "It does not take the release."

    def _right_price(self, release: Release) -> str:
        display = self.point.display
        if display is None or self.point.repeats(display) or display.nozzle != self.point.up:
            return ""
        if display.price != release.price:
            return "It would sell at another price than the one that was set. Please set its price again."
        return ""
