"""The other end of a Censtar loop: pumps that answer as the notes say. Pure.

Times in microseconds of a monotonic clock.
"""

from typing import Final

from msgspec import Struct

from hardware.bcd import read_bcd
from hardware.dispensers.censtar.frames import LONGEST, QUESTIONS, START, Code, Frame, decode, encode, whole
from hardware.dispensers.censtar.options import SaleForm
from hardware.dispensers.censtar.readings import (
    TOTAL_DIGITS,
    Running,
    Sale,
    State,
    Status,
    Totals,
    write_price,
    write_running,
    write_sale,
    write_status,
    write_totals,
    write_verdict,
)
from hardware.errors import FrameMisread
from hardware.figures import Figures
from hardware.ports import PumpState
from hardware.protocol import Simulation
from hardware.simulation.answering import AnsweringLine
from hardware.simulation.faults import Faults
from hardware.simulation.head import Head, Manners
from hardware.simulation.pump import SimulatedLine, SimulatedPoint
from shared.sale import Preset, PresetKind

_STATES: Final = {
    PumpState.AUTHORISED: (State.AUTHORISED, State.STARTED),
    PumpState.FUELLING: (State.FUELLING, State.FUELLING),
    PumpState.SUSPENDED: (State.SUSPENDED_FUELLING, State.SUSPENDED_FUELLING),
    PumpState.LIMIT_REACHED: (State.SUSPENDED_FUELLING, State.SUSPENDED_FUELLING),
    PumpState.OFF: (State.INOPERATIVE, State.INOPERATIVE),
}
"""With the nozzle down, and up; all others are IDLE and CALLING."""
_DISPLAY: Final = 1_000_000


class Habits(Struct, frozen=True, forbid_unknown_fields=True):
    """In what these pumps may differ, where the notes leave it open."""

    closed: bool = False
    """Closed until mode AA opens it."""
    limit_releases: bool = False
    """01 and 02 release the pump at once."""
    limit_ends: bool = True
    """At its limit a filling is over; otherwise only when the nozzle is hung up."""
    stop_halts: bool = False
    """05 halts a filling until the nozzle is hung up."""
    display_clears: bool = False
    """The display is empty as soon as a filling is over."""
    silent_commands: bool = False
    """05, 06, 08 and 17 are not answered."""
    sale: SaleForm = SaleForm.BINARY


class CenstarPump(Head):
    """A pump that keeps its last sale until that is confirmed."""

    def __init__(self, place: SimulatedPoint, faults: Faults, habits: Habits) -> None:
        self._figures = Figures(place.decimals)
        self._habits = habits
        self._limit: Preset | None = None
        self.opened = not habits.closed
        self.sequence = 0
        self.chains: list[bytes] = []
        """The chain numbers of the limits that were taken."""
        super().__init__(place, faults, self._manners())

    def _manners(self) -> Manners:
        return Manners(
            stopped=PumpState.READY,
            hanging_up_ends_release=True,
            limit_ends=self._habits.limit_ends,
            totaliser_modulus=self._figures.modulus(TOTAL_DIGITS),
        )

    def go(self, state: PumpState, now: int) -> None:
        """To this state; each filling that ends gets the next number."""
        if state is PumpState.FINISHED and self.state is not state:
            self.sequence += 1
        super().go(state, now)

    def answer(self, question: bytes, now: int) -> bytes:
        """The answer to a whole question; empty while it is deaf, or when there is none."""
        self.advance(now)
        frame = decode(question)
        if self.deaf:
            return b""
        point = frame.point
        match frame.code:
            case Code.STATUS:
                return write_status(point, self._status())
            case Code.READ_PRICE:
                return write_price(point, self._price)
            case Code.RUNNING:
                return write_running(point, self._display())
            case Code.TOTALS:
                return write_totals(point, Totals(0, self._figures.pump_totaliser(self.total(1), TOTAL_DIGITS)))
            case Code.READ_SALE:
                return write_sale(point, self._sale(), self._habits.sale)
            case Code.PRICE | Code.AMOUNT_LIMIT | Code.VOLUME_LIMIT:
                return write_verdict(frame.code, point, accepted=self._take(frame, now))
            case _:
                self._obey(frame, now)
        return b"" if self._habits.silent_commands else encode(Frame(frame.code, point))

    # ── What it says ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _status(self) -> Status:
        out = self.body.out > 0
        at_rest = (State.IDLE, State.CALLING) if self.opened else (State.CLOSED, State.CLOSED)
        return Status(_STATES.get(self.state, at_rest)[out], out, self.state is PumpState.FINISHED)

    @property
    def _price(self) -> int:
        return self._figures.pump_price(self.prices.get(1, 0)) or 0

    def _display(self) -> Running:
        if self._habits.display_clears and self.state is PumpState.FINISHED:
            return Running(0, 0)
        volume, amount = self.shown()
        return Running(self._figures.pump_volume(volume) % _DISPLAY, self._figures.pump_amount(amount) % _DISPLAY)

    def _sale(self) -> Sale:
        volume, amount = self.shown() if self.state is PumpState.FINISHED else (0, 0)
        sequence = (self.sequence & 0xFFFF).to_bytes(2, "big")
        return Sale(self._figures.pump_amount(amount), self._figures.pump_volume(volume), self._price, sequence)

    # ── Obeying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _obey(self, frame: Frame, now: int) -> None:
        match frame.code:
            case Code.MODE:
                self.opened = self.opened or frame.data == b"\xaa"
            case Code.AUTHORISE if self.opened:
                self._release(now)
            case Code.STOP if self._habits.stop_halts and self.state is PumpState.FUELLING:
                self.suspend(now)
            case Code.STOP if self.state is not PumpState.READY:
                self.stop(now)
            case Code.CONFIRM_SALE if frame.data == self._sale().sequence and self.state is PumpState.FINISHED:
                self.clear(now)
            case _:
                pass

    def _release(self, now: int) -> bool:
        limit, self._limit = self._limit, None
        return self.authorise((1,), limit, now)

    def _take(self, frame: Frame, now: int) -> bool:
        try:
            if frame.code is Code.PRICE:
                return self.set_prices({1: self._figures.price(read_bcd(frame.data))}, now)
            number = read_bcd(frame.data[:3])
        except FrameMisread:
            return False
        volume = frame.code is Code.VOLUME_LIMIT
        value = self._figures.volume(number) if volume else self._figures.amount(number)
        self._limit = Preset(PresetKind.VOLUME if volume else PresetKind.AMOUNT, value)
        self.chains.append(frame.data[-2:])
        return self._release(now) if self._habits.limit_releases else self.state is PumpState.READY


def _cut(data: bytes) -> tuple[int, bytes]:
    start = data.find(START)
    if start:
        return (len(data) if start < 0 else start), b""
    size = QUESTIONS[Code(data[1])] if len(data) > 1 and data[1] in set(Code) else 0
    if size and whole(data, (size,)):
        return size, data[:size]
    hopeless = len(data) >= (size or 2) or len(data) > LONGEST
    return int(hopeless), b""


def simulator(plan: Simulation) -> SimulatedLine:
    """All pumps of a loop."""
    pumps = {place.address: CenstarPump(place, plan.faults, plan.habits or Habits()) for place in plan.points}
    return AnsweringLine(pumps, _cut, lambda question: question[2], plan.turnaround, plan.seed)
