"""One Censtar fuelling point as far as it has told: statuses and sales become the station's events. Pure.

The pump keeps a finished sale as unread until it is confirmed by its sequence number. So FINISHED lasts until the
station has recorded the sale, over restarts of either side. A filling that ends without an unread sale, because the
pump's computer started anew, is held here with what the display shows.
"""

from typing import Final

from hardware.dispensers.censtar.readings import TOTAL_DIGITS, Running, Sale, State, Status
from hardware.figures import Figures
from hardware.polling.dialogue import Tell
from hardware.polling.telling import NOZZLE, Telling
from hardware.ports import AlarmRaised, PointOnLine, PumpState, TotaliserRead
from shared.sale import Preset, PresetKind

OPEN: Final = (
    State.AUTHORISED,
    State.STARTED,
    State.SUSPENDED_STARTED,
    State.FUELLING,
    State.SUSPENDED_FUELLING,
)
"""A release or a filling is under way."""
FLOWING: Final = (State.FUELLING, State.SUSPENDED_FUELLING)
HALTED: Final = (State.SUSPENDED_STARTED, State.SUSPENDED_FUELLING)
_BINARY_TOTALS: Final = 2**32
_UNPROVED: Final = 3
"""So often an unread sale is looked for in vain before a release is believed to have left none."""
_UNCLEAR: Final = "sale_record_unclear"


class Pump:
    """What the pump said last. ``tell`` hears each event."""

    def __init__(self, place: PointOnLine, tell: Tell) -> None:
        self.number = place.point
        self.address = place.address
        self.figures = Figures(place.decimals)
        self._tell = tell
        self._telling = Telling(place.point, tell)
        self._doubted = b""
        """The sale of which the station knows that its record is unclear."""
        self.forget()

    def forget(self) -> None:
        """It fell silent: nothing that it said counts any more."""
        self.status: Status | None = None
        self.price: int | None = None
        self.sale: Sale | None = None
        """The unread one."""
        self.display: Running | None = None
        """Of the filling that runs or ended."""
        self.running = False
        """It was released, and how that ended is not known yet."""
        self.held = False
        """A filling ended and left no unread sale."""
        self.stopped = False
        """The station has ended a filling whose nozzle is still up."""
        self.preset: Preset | None = None
        """The limit of the release that runs."""
        self.total: int | None = None
        """The volume totaliser, in the pump's own number, as far as it was read."""
        self._before: int | None = None
        self._flowed = False
        self._looked = 0
        self._told_state: PumpState | None = None
        self._telling.again()

    # ── What it said ──────────────────────────────────────────────────────────────────────────────────────────────────

    def hear(self, said: Status) -> bool:
        """A status; whether a release is over that left no sale, so that the totals must say what it was."""
        self.status = said
        if said.state in OPEN:
            self._begin()
            self._flowed = self._flowed or said.state in FLOWING
            self.stopped = self.stopped and said.state in HALTED
            return False
        self.stopped = False
        if said.unread:
            self.running, self.held, self._flowed, self.preset = False, False, False, None
            return False
        self.sale = None
        self._looked += self.running
        return self.running and self._looked >= _UNPROVED

    def _begin(self) -> None:
        if not self.running:
            self.running, self.held, self._flowed, self._looked = True, False, False, 0
            self.sale, self.display, self._before = None, None, self.total

    def settle(self, total: int | None) -> None:
        """The release left no sale. It was a filling when anybody saw it flow, or when the totals have moved."""
        counted = None not in (total, self._before) and total != self._before
        self.total = self.total if total is None else total
        self.held = self._flowed or counted
        self.running, self._flowed, self.preset = False, False, None

    @property
    def unread(self) -> bool:
        """A sale waits to be confirmed, and nothing else is under way."""
        return self.status is not None and self.status.unread and self.status.state not in OPEN

    @property
    def open_at_pump(self) -> bool:
        """A release or a filling is under way."""
        return self.status is not None and self.status.state in OPEN

    @property
    def open(self) -> bool:
        """A release or a filling is under way, or how it ended is not known yet."""
        return self.running or self.open_at_pump

    @property
    def over(self) -> bool:
        """A filling is over and not cleared yet."""
        return self.unread or self.held or self.stopped

    def clear(self) -> None:
        """The station has recorded the filling."""
        self.held, self.sale, self.display = False, None, None

    # ── Figures ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def shown(self) -> tuple[int, int]:
        """Millilitres and fen of the filling that runs or is over; nothing when there is none."""
        if not (self.over or self._flowed):
            return 0, 0
        said: Sale | Running | None = self.display if self.sale is None or self._unclear else self.sale
        return (self.figures.volume(said.volume), self.figures.amount(said.amount)) if said else (0, 0)

    @property
    def _unclear(self) -> bool:
        """The display and the record say different things. A display that is empty again says nothing."""
        sale, display = self.sale, self.display
        if sale is None or display is None or not (display.volume or display.amount):
            return False
        return (sale.volume, sale.amount) != (display.volume, display.amount)

    def read(self, sale: Sale | None, display: Running | None) -> None:
        """The unread sale and the display, as they were read together."""
        self.sale, self.display = sale or self.sale, display or self.display
        if sale is not None and self._unclear and sale.sequence != self._doubted:
            self._doubted = sale.sequence
            self._tell(AlarmRaised(self.number, _UNCLEAR, 0x15))

    def tell_total(self, *, binary: bool) -> None:
        """Tell the station the total."""
        volume = None if self.total is None else self.figures.totaliser(self.total)
        modulus = self.figures.totaliser(_BINARY_TOTALS) if binary else self.figures.modulus(TOTAL_DIGITS)
        self._tell(TotaliserRead(self.number, NOZZLE, volume, modulus))

    # ── Telling ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def again(self) -> None:
        """Tell everything, whether it changed or not."""
        self._telling.again()

    def tell_news(self) -> None:
        """Price, nozzle, figures and state, as far as they are news."""
        if self.status is None:
            return
        if self.price is not None:
            self._telling.price(self.figures.price(self.price))
        self._telling.nozzle(self.status.out)
        self._telling.figures(*self.shown)
        self._told_state = self._state(self.status.state)
        self._telling.state(self._told_state)

    def _state(self, state: State) -> PumpState:
        if state is State.INOPERATIVE:
            return PumpState.OFF
        if self.over:
            return PumpState.FINISHED
        if state in OPEN:
            return self._open(state)
        if self.running and self._told_state is not None:
            return self._told_state  # it is over, and how is not known yet
        return PumpState.UNPROGRAMMED if self.price == 0 else PumpState.READY

    def _open(self, state: State) -> PumpState:
        if state in (State.AUTHORISED, State.STARTED):
            return PumpState.AUTHORISED
        if self._full:
            return PumpState.LIMIT_REACHED
        return PumpState.FUELLING if state is State.FUELLING else PumpState.SUSPENDED

    @property
    def _full(self) -> bool:
        """The pump itself has no word for it."""
        if self.preset is None:
            return False
        volume, amount = self.shown
        return (volume if self.preset.kind is PresetKind.VOLUME else amount) >= self.preset.value
