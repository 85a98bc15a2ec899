"""A simulated Tatsuno PDE counter: what its messages do to the head that all protocols share. Pure."""

from collections import deque
from typing import Final

from hardware.dispensers.tatsuno_pde.messages import (
    MOST,
    TOTAL_DIGITS,
    TRANSACTIONS,
    Display,
    History,
    Message,
    Register,
    State,
    Status,
    read_price,
    read_question,
    read_release,
    write,
)
from hardware.dispensers.tatsuno_pde.options import Habits, PriceType
from hardware.errors import FrameMisread
from hardware.figures import Figures
from hardware.ports import PumpState
from hardware.simulation.faults import Faults
from hardware.simulation.head import Change, Head, Manners
from hardware.simulation.pump import SimulatedPoint
from shared.sale import Preset, PresetKind

_AT_REST: Final = (PumpState.READY, PumpState.UNPROGRAMMED)
_HISTORY: Final = 10
_MOST_WAITING: Final = 8


class Counter(Head):
    """One fuelling point, with what it has to say."""

    def __init__(self, place: SimulatedPoint, faults: Faults, habits: Habits) -> None:
        self.habits = habits
        self.remote = True
        """Under control of the station; else it sells by itself, and is paid at once."""
        self.locked = False
        self.transaction = 1
        self.waiting: deque[str] = deque(maxlen=_MOST_WAITING)
        """Messages that the controller has not acknowledged yet, the oldest first."""
        self.moved = False
        """The display shows something that was not said yet."""
        self._figures = Figures(place.decimals)
        self._old: deque[str] = deque(maxlen=_HISTORY)
        self._last: Display | None = None
        self._delivering = 0
        """The nozzle of the filling that is open, or ended; somebody may have lifted another one since."""
        super().__init__(place, faults, self._manners())

    def _manners(self) -> Manners:
        return Manners(
            needs_lift=True,
            hanging_up_ends_release=True,
            limit_ends=True,
            totaliser_modulus=self._figures.modulus(TOTAL_DIGITS),
        )

    def lift(self, nozzle: int, now: int) -> None:
        """Take a nozzle out; nobody needs to release a counter that sells by itself."""
        super().lift(nozzle, now)
        if not self.remote:
            self.authorise((nozzle,), None, now)

    def hang_up(self, now: int) -> None:
        """Hang the nozzle up; what it sold by itself is paid at once."""
        super().hang_up(now)
        if not self.remote:
            self.pay(now)

    # ── What it says ──────────────────────────────────────────────────────────────────────────────────────────────────

    def say(self, message: Message) -> None:
        """When it is polled next, after what waits already."""
        text = write(message)
        if not self.waiting or self.waiting[-1] != text:
            self.waiting.append(text)

    def on_change(self, change: Change) -> None:
        """Each change is told; the final figures before the state that they belong to."""
        if change is Change.FIGURES:
            self.moved = True
            return
        if change is Change.STATE and self.state is PumpState.AUTHORISED:
            self._delivering = self.body.out
        if change is Change.STATE and self.state is PumpState.FINISHED:
            self._remember()
            self.say(self.shown_now())
        if change is not Change.RESTARTED:
            self.say(self.status())

    def status(self) -> Status:
        """As it stands now."""
        return Status(self.remote, True, self.digit, self._product(self.body.out) if self.body.out else 0)

    @property
    def digit(self) -> State:
        """The state digit."""
        if self.state is PumpState.FINISHED:
            return State.ENDED
        if self.state not in _AT_REST:
            return State.FUELLING
        if self.locked:
            return State.LOCKED
        return State.NOZZLE_UP if self.body.out else State.IDLE

    def shown_now(self) -> Display:
        """The display; with the number of the sale before when it shows that one again."""
        volume, amount = self.shown()
        old = self.state is PumpState.AUTHORISED and self._last is not None and volume != self.body.volume
        if old and self._last is not None:
            return self._last
        nozzle = self._delivering if self.digit in (State.FUELLING, State.ENDED) else self.selected
        named = nozzle if self._names() else 0
        price = self._figures.pump_price(self.prices.get(nozzle or 1, 0)) or 0
        return Display(
            transaction=self.transaction,
            nozzle=named,
            amount=self._figures.pump_amount(amount) % (MOST + 1),
            volume=self._figures.pump_volume(volume) % (MOST + 1),
            price=price,
        )

    def _names(self) -> bool:
        if self.digit in (State.FUELLING, State.ENDED):
            return True
        return self.body.out > 0 and self.habits.shows_lifted

    def _product(self, nozzle: int) -> int:
        products = self.habits.products.get(self.body.place.point, [])
        return products[nozzle - 1] if nozzle <= len(products) else nozzle

    def registers(self, text: str) -> None:
        """The answer to X: one nozzle, or all. Its type digit counts from 1, as the maker's own document has it."""
        nozzle, kind = read_question(text)
        for each in self.body.totalisers if nozzle == 0 else (nozzle,):
            total = 0 if kind else self._figures.pump_totaliser(self.total(each), TOTAL_DIGITS)
            self.say(Register(each, kind + 1, total))

    def history(self, index: int) -> None:
        """The answer to H; nothing when it remembers nothing."""
        if index < len(self._old):
            self.say(History(index, self._old[index]))

    def _remember(self) -> None:
        shown = self.shown_now()
        order: Final = "little" if self.habits.little_endian else "big"
        fields = ((shown.amount, 4), (shown.volume, 4), (shown.price, 2), (0, 2), (0, 2))
        if shown.volume:
            self._old.appendleft(b"".join(value.to_bytes(size, order) for value, size in fields).hex().upper())

    # ── What it does ──────────────────────────────────────────────────────────────────────────────────────────────────

    def release(self, text: str, now: int) -> None:
        """A: only with the nozzle of this product up; else ignored."""
        asked = read_release(text)
        credit = self.habits.price_type is PriceType.CREDIT
        nozzle = self.body.out
        if self.digit is not State.NOZZLE_UP or self._product(nozzle) != asked.product or asked.credit is not credit:
            return
        value = self._figures.amount(asked.limit) if asked.money else self._figures.volume(asked.limit)
        kind = PresetKind.AMOUNT if asked.money else PresetKind.VOLUME
        if self.authorise((nozzle,), Preset(kind, value), now) and self.state is PumpState.AUTHORISED:
            self.prices[nozzle] = self._figures.price(asked.price)
            self.moved = True

    def price(self, text: str, now: int) -> None:
        """Z."""
        product, price = read_price(text)
        nozzles = [nozzle for nozzle in self.body.totalisers if self._product(nozzle) == product]
        self.set_prices(dict.fromkeys(nozzles, self._figures.price(price)), now)
        self.moved = True

    def lock(self, now: int) -> None:
        """C0: a filling ends, and it stays locked behind it."""
        if self.digit is State.FUELLING:
            self.locked = self.stop(now) and self.state is PumpState.FINISHED
        elif self.digit is not State.ENDED:
            self.locked = True
            self.say(self.status())

    def unlock(self) -> None:
        """C1."""
        if self.digit is State.LOCKED:
            self.locked = False
            self.say(self.status())

    def pay(self, now: int) -> None:
        """C2: the sale is gone, and the next one has another number."""
        if self.digit is not State.ENDED:
            return
        last = self.shown_now()
        self.locked = self.locked or self.habits.auto_lock
        self.clear(now)
        if self.state is not PumpState.FINISHED:
            self._last, self.transaction = last, (self.transaction + 1) % TRANSACTIONS

    def obey(self, text: str, now: int) -> None:
        """A message of the controller; what makes no sense is ignored."""
        try:
            self._obey(text, now)
        except FrameMisread:
            return

    def _obey(self, text: str, now: int) -> None:
        match text[:1]:
            case "A":
                self.release(text, now)
            case "Z":
                self.price(text, now)
            case "X":
                self.registers(text)
            case "H" if text[1:].isdecimal():
                self.history(int(text[1:]))
            case _:
                self._obey_control(text, now)

    def _obey_control(self, text: str, now: int) -> None:
        match text:
            case "C0":
                self.lock(now)
            case "C1":
                self.unlock()
            case "C2":
                self.pay(now)
