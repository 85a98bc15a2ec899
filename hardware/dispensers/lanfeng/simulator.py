"""The other end of a Lanfeng line: pumps that answer as the notes say. Pure.

Times in microseconds of a monotonic clock.
"""

from typing import Final

from msgspec import Struct

from hardware.bcd import read_bcd
from hardware.dispensers.lanfeng.frames import SIZE, Code, Frame, decode, encode, whole
from hardware.dispensers.lanfeng.readings import TOTAL_DIGITS, Standing, write_standing, write_total
from hardware.errors import FrameMisread
from hardware.figures import Figures
from hardware.ports import PumpState
from hardware.protocol import Simulation
from hardware.simulation.answering import AnsweringLine
from hardware.simulation.faults import Faults
from hardware.simulation.head import Head, Manners
from hardware.simulation.pump import SimulatedLine, SimulatedPoint
from shared.sale import Preset, PresetKind

_RELEASED: Final = (PumpState.AUTHORISED, PumpState.FUELLING, PumpState.LIMIT_REACHED)
_REFUSED: Final = 0xFF
_PRESETS: Final = {Code.FIXED_AMOUNT: PresetKind.AMOUNT, Code.FIXED_VOLUME: PresetKind.VOLUME}
_DISPLAY: Final = 1_000_000


class Habits(Struct, frozen=True, forbid_unknown_fields=True):
    """In what these pumps may differ, where the notes leave it open."""

    controlled: bool = True
    """Under control from the start; one that is not sells by itself."""
    preset_releases: bool = False
    """A2 and A3 release the gun at once."""
    limit_ends: bool = True
    """At its limit a filling is over by status; otherwise only when the nozzle is hung up."""


class LanfengPump(Head):
    """A gun with its display."""

    def __init__(self, place: SimulatedPoint, faults: Faults, habits: Habits) -> None:
        self._figures = Figures(place.decimals)
        self._habits = habits
        self._limit: Preset | None = None
        self.controlled = habits.controlled
        super().__init__(place, faults, self._manners())

    def _manners(self) -> Manners:
        return Manners(
            keeps_sale=False,
            needs_lift=True,
            hanging_up_ends_release=True,
            limit_ends=self._habits.limit_ends,
            totaliser_modulus=self._figures.modulus(TOTAL_DIGITS),
        )

    def lift(self, nozzle: int, now: int) -> None:
        """Take the nozzle out; nobody else needs to release a pump that sells by itself."""
        super().lift(nozzle, now)
        if not self.controlled:
            self.authorise((nozzle,), None, now)

    def restart(self, now: int) -> None:
        """Its computer starts anew, and knows no controller."""
        self.controlled, self._limit = False, None
        super().restart(now)

    def answer(self, question: bytes, now: int) -> bytes:
        """The answer to a whole question; empty while it is deaf, or when the code is not known."""
        self.advance(now)
        frame = decode(question)
        if self.deaf or frame.code is None:
            return b""
        if frame.code is Code.QUERY:
            return write_standing(frame.gun, self._standing())
        if frame.code in (Code.TOTAL_AMOUNT, Code.TOTAL_VOLUME):
            return write_total(frame.gun, frame.code, self._total(frame.code))
        said = frame.code if self._obey(frame.code, frame.body[2:], now) else _REFUSED
        return encode(Frame(frame.gun, bytes((0, said)) + bytes(SIZE - 4)))

    def _standing(self) -> Standing:
        volume, amount = self.shown()
        return Standing(
            price=self._figures.pump_price(self.prices.get(1, 0)) or 0,
            amount=self._figures.pump_amount(amount) % _DISPLAY,
            volume=self._figures.pump_volume(volume) % _DISPLAY,
            out=self.body.out > 0,
            controlled=self.controlled,
            released=self.state in _RELEASED,
        )

    def _total(self, code: Code) -> int:
        """No money totals are kept here; volume in the pump's own numbers."""
        return 0 if code is Code.TOTAL_AMOUNT else self._figures.pump_totaliser(self.total(1), TOTAL_DIGITS)

    def _obey(self, code: Code, data: bytes, now: int) -> bool:
        match code:
            case Code.TAKE_CONTROL | Code.RELEASE_CONTROL:
                self.controlled = code is Code.TAKE_CONTROL
                return True
            case Code.STOP:
                self.stop(now)
                return True
            case Code.FUEL:
                return self._fuel(now)
            case Code.FIXED_AMOUNT | Code.FIXED_VOLUME:
                return self._preset(_PRESETS[code], data[:3], now)
            case Code.PRICE:
                return self._price(data[:2], now)
            case _:
                return False

    def _fuel(self, now: int) -> bool:
        limit, self._limit = self._limit, None
        return self.controlled and self.authorise((1,), limit, now)

    def _preset(self, kind: PresetKind, digits: bytes, now: int) -> bool:
        try:
            number = read_bcd(digits)
        except FrameMisread:
            return False
        value = self._figures.volume(number) if kind is PresetKind.VOLUME else self._figures.amount(number)
        self._limit = Preset(kind, value)
        return self._fuel(now) if self._habits.preset_releases else self.controlled

    def _price(self, digits: bytes, now: int) -> bool:
        try:
            return self.controlled and self.set_prices({1: self._figures.price(read_bcd(digits))}, now)
        except FrameMisread:
            return False


def _cut(data: bytes) -> tuple[int, bytes]:
    if whole(data):
        return SIZE, data[:SIZE]
    return int(len(data) >= SIZE), b""


def simulator(plan: Simulation) -> SimulatedLine:
    """All guns of a line."""
    pumps = {place.address: LanfengPump(place, plan.faults, plan.habits or Habits()) for place in plan.points}
    return AnsweringLine(pumps, _cut, lambda question: question[0], plan.turnaround, plan.seed)
