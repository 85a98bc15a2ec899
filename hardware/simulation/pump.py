"""A fuelling point as a customer and the law meet it: nozzles, valve, meter, totalisers. Pure; knows no protocol.

Volume in millilitres, money in fen, unit prices in milliyuan a litre, times in microseconds of a monotonic clock.
"""

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from hardware.ports import Decimals
from shared.money import amount_of
from shared.sale import Preset, PresetKind

_SECOND = 1_000_000


class SimulatedPoint(Struct, frozen=True):
    """How a simulated fuelling point is built."""

    point: int
    address: int
    grades: tuple[str, ...]
    """One for each nozzle, from nozzle 1 on."""
    decimals: Decimals = Decimals()
    prices: Mapping[int, int] = {}
    """Nozzle → unit price; a point with none is not programmed yet."""
    totalisers: Mapping[int, int] = {}


class TrueFilling(Struct, frozen=True):
    """What really left a nozzle, and what the display said of it. The truth against which a station is judged."""

    point: int
    nozzle: int
    grade: str
    volume: int
    amount: int
    unit_price: int
    before: int
    """The nozzle's totaliser."""
    after: int
    started: int
    ended: int


class Drip(Struct, frozen=True):
    """What left a nozzle that hung already: nobody's filling, but the totaliser has counted it."""

    point: int
    nozzle: int
    volume: int
    at: int
    amount: int = 0
    """Fen on the display afterwards; 0 when the display did not count it."""


class Answer(Struct, frozen=True):
    """What a dispenser sends back, ``after`` microseconds from the end of the question."""

    data: bytes
    after: int


class SimulatedPump(Protocol):
    """A fuelling point in a customer's hands."""

    @property
    def body(self) -> "Body":
        """Its nozzles and meter."""
        ...

    @property
    def released(self) -> bool:
        """Fuel flows when the lifted nozzle is squeezed."""
        ...

    @property
    def word(self) -> str:
        """Its state, in the words of :class:`hardware.ports.PumpState`."""
        ...

    @property
    def prices(self) -> Mapping[int, int]:
        """Nozzle → unit price, as programmed."""
        ...

    def lift(self, nozzle: int, now: int) -> None:
        """Take a nozzle out."""
        ...

    def hang_up(self, now: int) -> None:
        """Hang the nozzle up."""
        ...

    def silence(self, silent: bool) -> None:
        """Answer nobody any more, or answer again."""
        ...


class SimulatedLine(Protocol):
    """The dispensers of one line."""

    @property
    def pumps(self) -> Mapping[int, SimulatedPump]:
        """By the number of the fuelling point."""
        ...

    def receive(self, data: bytes, now: int) -> list[Answer]:
        """Bytes from the controller; what goes back, in order."""
        ...

    def advance(self, now: int) -> None:
        """Let fuel flow until now."""
        ...


class Body:
    """Nozzles, valve and meter. The meter counts whole pulses, so display and totaliser can't differ by rounding."""

    def __init__(self, place: SimulatedPoint) -> None:
        self.place = place
        self.pulse = int("1" + "0" * max(0, 3 - place.decimals.volume))
        """Millilitres of a pulse: the last digit of the display."""
        self.totalisers = {nozzle: place.totalisers.get(nozzle, 0) for nozzle in range(1, len(place.grades) + 1)}
        self.out = 0
        """The nozzle that is out of its holster, 0 for none."""
        self.squeezed = 0
        """Millilitres a second that the customer lets flow."""
        self._wanted: int | None = None
        self.volume = 0
        self.amount = 0
        self.fillings: list[TrueFilling] = []
        self.drips: list[Drip] = []
        self._now = 0
        self._carry = 0
        self._started: tuple[int, int, int, int] | None = None

    def squeeze(self, rate: int, wanted: int | None = None) -> None:
        """A hand at the nozzle: so many millilitres a second, and, if it knows, how many in all from now on."""
        self.squeezed = rate
        self._wanted = wanted

    def zero(self) -> None:
        """The display back to zero."""
        self.volume = self.amount = self._carry = 0

    def rest(self, now: int) -> None:
        """Time passes with the valve closed."""
        self._now, self._carry = now, 0

    def flow(self, now: int, unit_price: int, preset: Preset | None) -> bool:
        """Time passes with the valve open. True when the preset is reached and the valve must close."""
        passed, self._now = max(0, now - self._now), now
        self._carry += self.squeezed * passed
        pulses = self._carry // (self.pulse * _SECOND)
        self._carry -= pulses * self.pulse * _SECOND
        full, pulses = self._until(preset, unit_price, self._by_hand(pulses))
        self._count(pulses, unit_price, now)
        if full and preset is not None and preset.kind is PresetKind.AMOUNT:
            self.amount = preset.value  # a dispenser shows the very amount, not that of the last pulse
        return full

    def _by_hand(self, pulses: int) -> int:
        """How many pulses the hand lets flow; it lets go when it has what it wants."""
        if self._wanted is None:
            return pulses
        pulses = min(pulses, self._wanted // self.pulse)
        self._wanted -= pulses * self.pulse
        if self._wanted < self.pulse:
            self.squeeze(0)
        return pulses

    def _until(self, preset: Preset | None, unit_price: int, pulses: int) -> tuple[bool, int]:
        """Whether so many pulses reach the preset, and how many do."""
        if preset is None:
            return False, pulses
        if preset.kind is PresetKind.VOLUME:
            left = max(0, preset.value - self.volume) // self.pulse
        else:
            volume = -(-preset.value * 10_000 // max(1, unit_price))
            left = max(0, -(-(volume - self.volume) // self.pulse))
        return pulses >= left, min(pulses, left)

    def _count(self, pulses: int, unit_price: int, now: int) -> None:
        if not pulses:
            return
        if self._started is None:
            self._started = (now, self.out, unit_price, self.totalisers[self.out])
        self.volume += pulses * self.pulse
        self.totalisers[self.out] += pulses * self.pulse
        self.amount = amount_of(self.volume, unit_price)

    def drip(self, nozzle: int, ml: int, now: int, shown_at: int | None = None) -> None:
        """Whole pulses leave a nozzle that hangs. The display counts them at this unit price, or moves no more."""
        ml -= ml % self.pulse
        self.totalisers[nozzle] += ml
        if shown_at is not None:
            self.volume += ml
            self.amount = amount_of(self.volume, shown_at)
        self.drips.append(Drip(self.place.point, nozzle, ml, now, self.amount if shown_at is not None else 0))

    def end(self, now: int) -> None:
        """The filling, if there was any flow, is over: into the book of truth with it."""
        if self._started is None:
            return
        (started, nozzle, price, before), self._started = self._started, None
        after = self.totalisers[nozzle]
        grade = self.place.grades[nozzle - 1]
        self.fillings.append(
            TrueFilling(self.place.point, nozzle, grade, self.volume, self.amount, price, before, after, started, now)
        )
