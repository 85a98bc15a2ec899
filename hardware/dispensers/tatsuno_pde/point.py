"""One fuelling point as far as its counter has told: statuses and displays become the station's events. Pure.

A counter keeps a sale (state 4) until it is paid, and numbers its transactions: each payment counts one on. So the
same number with the same figures is a sale that was told already, and a number that went on by one while nobody looked
is a sale that was missed. What ended is held here, as FINISHED, until the station has cleared it, whatever the
counter has forgotten meanwhile. (PDE counter protocol, July 2000, "state machine")
"""

from hardware.dispensers.tatsuno_pde.messages import (
    TOTAL_DIGITS,
    TRANSACTIONS,
    Display,
    History,
    Register,
    State,
    Status,
    sold,
)
from hardware.dispensers.tatsuno_pde.options import Options
from hardware.figures import Figures
from hardware.polling.dialogue import Tell
from hardware.ports import (
    FillingRead,
    NozzleLifted,
    NozzleReturned,
    PointOnLine,
    PriceRead,
    PumpState,
    PumpStateRead,
    TotaliserRead,
)
from shared.money import amount_of

_WORDS = {
    State.LOCKED: "locked",
    State.IDLE: "at rest",
    State.NOZZLE_UP: "waiting with its nozzle up",
    State.FUELLING: "released",
    State.ENDED: "at the end of a sale",
}


class Point:
    """What the counter said last. ``tell`` hears each event."""

    def __init__(self, place: PointOnLine, options: Options, tell: Tell) -> None:
        self.number = place.point
        self.nozzles = range(1, place.nozzles + 1)
        self.figures = Figures(place.decimals)
        self._products = options.products.get(place.point, [])
        self._tell = tell
        self._transaction: int | None = None
        """The number that was open when it was looked at last; kept through a silence."""
        self._open = False
        """A filling was open then."""
        self._paying: int | None = None
        """The number that the station has recorded, and that a payment was sent for."""
        self._cleared: Display | None = None
        """The sale that was cleared last, as it was displayed."""
        self.forget()

    def forget(self) -> None:
        """It fell silent: nothing that it said counts any more, but the number of its transaction."""
        self.known = False
        self.status: Status | None = None
        self.display: Display | None = None
        self.taken: dict[int, int] = {}
        """Nozzle → price that it has acknowledged, in its own number."""
        self.running = self.held = False
        self._sold = (0, 0)
        self._up = 0
        self.again()

    def again(self) -> None:
        """Tell everything at the next reading, whether it changed or not."""
        self._told_state: PumpState | None = None
        self._told_up: int | None = None
        self._told_price: tuple[int, int] | None = None
        self._told_figures: tuple[int, int] | None = None

    # ── What it said ──────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def state(self) -> State | None:
        """The state digit."""
        return self.status.state if self.status else None

    @property
    def word(self) -> str:
        """What it does, for a sentence."""
        return _WORDS[self.status.state] if self.status else "unknown"

    def hear_status(self, said: Status) -> bool:
        """Whether the display is wanted now: a nozzle was lifted, or a filling is over."""
        before, self.status = self.status, said
        lifted = said.up > 0 and (before is None or before.up != said.up)
        if said.state is State.FUELLING:
            if not self.running:
                self._sold = (0, 0)
            self.running, self.held, self._open = True, False, True
            return lifted
        ended = self.running or (said.state is State.ENDED and not self.held)
        return lifted or ended

    def hear_display(self, said: Display) -> None:
        """Figures count for the filling that is open; those of the sale before it, told again, are none."""
        self.display = said
        if self.state is State.FUELLING or (self.state is State.ENDED and (self.running or self.held)):
            self._sold = self._figures_of(said)

    def settle(self, history: History | None = None) -> None:
        """Status and display are fresh: what is over is held from here on."""
        said, display = self.status, self.display
        if said is None or display is None:
            return
        if said.state is State.ENDED:
            self._sold, self.held, self._open = self._figures_of(display), True, True
        elif said.state is not State.FUELLING and not self.held:
            self._settle_gone(display, history)
        self.running = said.state is State.FUELLING
        if not self.held or said.state is State.ENDED:
            self._transaction = display.transaction
        self._open = self.running or self.held
        self.known = True

    def _settle_gone(self, display: Display, history: History | None) -> None:
        """At rest. A filling that was open is over without a word, or one was missed."""
        if self.missed:
            found = self._of_history(history)
            if found is not None or self._open:
                self._sold, self.held = found or self._sold, True
        elif self._open and self._paying is None:
            self._sold, self.held = self._figures_of(display), True

    @property
    def missed(self) -> bool:
        """The transaction number went on by one, and not by a payment of ours: its history tells what was sold."""
        if self._transaction is None or self.display is None or self.state in (State.FUELLING, State.ENDED):
            return False
        on = (self.display.transaction - self._transaction) % TRANSACTIONS
        return on == 1 and self._paying != self._transaction and not self.held

    def _figures_of(self, said: Display) -> tuple[int, int]:
        """Millilitres and fen; nothing for the sale that was cleared already."""
        return (0, 0) if self.repeats(said) else (self.figures.volume(said.volume), self.figures.amount(said.amount))

    def repeats(self, said: Display) -> bool:
        """Whether it is the sale that was cleared last, shown again."""
        last = self._cleared
        return last is not None and (last.transaction, last.volume, last.amount) == (
            said.transaction,
            said.volume,
            said.amount,
        )

    def _of_history(self, history: History | None) -> tuple[int, int] | None:
        """In the byte order in which price and volume make the amount; None when they do in neither."""
        for little_endian in (False, True) if history is not None else ():
            said = sold(history, little_endian=little_endian)  # type: ignore[arg-type]
            volume, amount = self.figures.volume(said.volume), self.figures.amount(said.amount)
            if volume and abs(amount_of(volume, self.figures.price(said.price)) - amount) <= self.figures.amount(1):
                return volume, amount
        return None

    # ── Paying ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def paying(self) -> None:
        """A payment for the sale that stands is about to be sent: that its number goes on is no news."""
        self._paying = self._transaction
        self._cleared = self.display

    def clear(self) -> None:
        """The station has recorded the filling, and the counter has let it go."""
        self.held = self._open = False
        self._sold = (0, 0)

    def at_rest(self, said: Display) -> None:
        """The number of the transaction to come."""
        self.display, self._transaction, self._paying = said, said.transaction, None

    # ── Nozzles and prices ────────────────────────────────────────────────────────────────────────────────────────────

    def product(self, nozzle: int) -> int:
        """What flows from a nozzle."""
        return self._products[nozzle - 1] if nozzle <= len(self._products) else nozzle

    @property
    def up(self) -> int:
        """The nozzle that is lifted; the display names it, or its product does. 0: none, or nobody knows which."""
        if self.status is None or not self.status.up:
            return 0
        matching = [nozzle for nozzle in self.nozzles if self.product(nozzle) == self.status.up]
        named = self.display.nozzle if self.display else 0
        return named if named in matching else next(iter(matching), 0)

    def price(self, nozzle: int) -> int:
        """In its own number: the one that it has acknowledged, or names for this nozzle; 0 when it is not known."""
        named = self.display is not None and self.display.nozzle == nozzle
        return self.taken.get(nozzle) or (self.display.price if named and self.display else 0)

    # ── Telling ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def tell_total(self, said: Register) -> None:
        """Tell the station a totaliser."""
        volume, modulus = self.figures.totaliser(said.value), self.figures.modulus(TOTAL_DIGITS)
        self._tell(TotaliserRead(self.number, said.nozzle, volume, modulus))

    def tell_news(self) -> None:
        """Price, nozzle, figures and state, as far as they are news."""
        if not self.known:
            return
        self._tell_price()
        self._tell_nozzle()
        if self._sold != self._told_figures:
            self._told_figures = self._sold
            self._tell(FillingRead(self.number, *self._sold))
        state = self._state_now()
        if state is not self._told_state:
            self._told_state = state
            self._tell(PumpStateRead(self.number, state))

    def _tell_price(self) -> None:
        """The display of a filling says its price, unless another one was set since."""
        said = self.display
        if said is None or said.nozzle not in self.nozzles or self.state not in (State.FUELLING, State.ENDED):
            return
        news = (said.nozzle, said.price) != self._told_price
        if news and not self.repeats(said) and self.taken.get(said.nozzle, said.price) == said.price:
            self._told_price = said.nozzle, said.price
            self._tell(PriceRead(self.number, said.nozzle, self.figures.price(said.price)))

    def _tell_nozzle(self) -> None:
        up = self.up
        if up == self._told_up:
            return
        before, self._told_up = self._told_up or self._up, up
        if before or not up:
            self._tell(NozzleReturned(self.number, before))
        if up:
            shown = self.price(up) or (self.display.price if self.display else 0)
            self._tell(NozzleLifted(self.number, up, self.figures.price(shown)))
        self._up = up

    def _state_now(self) -> PumpState:
        if self.running:
            return PumpState.FUELLING if self._sold[0] else PumpState.AUTHORISED
        if self.held:
            return PumpState.FINISHED
        programmed = self.taken or (self.display is not None and self.display.price)
        return PumpState.READY if programmed else PumpState.UNPROGRAMMED
