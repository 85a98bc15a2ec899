"""What a tank gauge offers to the station, whatever its maker. Pure.

A gauge's session has the shape that ``hardware.driver`` drives (``Talk``): bytes in, the events below out. Tanks are
numbered as the console numbers them. Millilitres, micrometres, thousandths of a degree Celsius; times of the console's
own clock are texts as it told them, because nobody vouches for that clock.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from hardware.ports import Blemished, Rest, Transmit
from shared.tanks import TankLevel

# ── What the station is told: events, past tense ──────────────────────────────────────────────────────────────────────


class TankReading(Struct, frozen=True):
    """One tank of an inventory."""

    tank: int
    level: TankLevel
    delivering: bool = False
    """Fuel is coming in now."""
    testing: bool = False
    """A leak test is running."""


class InventoryRead(Struct, frozen=True):
    """What is in the tanks."""

    tanks: tuple[TankReading, ...]


class Delivery(Struct, frozen=True):
    """Fuel came into a tank. ``started`` names the delivery: the console never has two of one minute for a tank."""

    tank: int
    started: str
    ended: str
    before: TankLevel
    after: TankLevel


class DeliveriesRead(Struct, frozen=True):
    """The deliveries that the console remembers, of all tanks."""

    deliveries: tuple[Delivery, ...]


class TankAlarm(Struct, frozen=True, order=True):
    """Something is wrong with a tank: ``alarm`` a stable word, ``code`` as on the wire."""

    tank: int
    alarm: str
    code: int


class AlarmsRead(Struct, frozen=True):
    """All alarms that stand now; one that is not here is over."""

    alarms: tuple[TankAlarm, ...]


class GaugeAnswered(Struct, frozen=True):
    """The console answers, for the first time or again."""


class Silence(StrEnum):
    """Why nothing is known of the tanks."""

    NO_ANSWER = "no_answer"
    UNREADABLE = "unreadable"  # something comes back, and it makes no sense
    REFUSED = "refused"  # the console does not know the question, or wants a security code
    LINE_LOST = "line_lost"


class GaugeSilent(Struct, frozen=True):
    """The console does not answer so that it can be understood. Said once, not at each try."""

    why: Silence


GaugeEvent = InventoryRead | DeliveriesRead | AlarmsRead | GaugeAnswered | GaugeSilent

# ── What the station asks for ─────────────────────────────────────────────────────────────────────────────────────────


class ReadNow(Struct, frozen=True):
    """Read everything at once, and not when it is due."""


# ── How a console is set up ───────────────────────────────────────────────────────────────────────────────────────────


class VolumeUnit(StrEnum):
    """In what the console measures volumes."""

    LITRE = "L"
    GALLON = "gal"  # of the United States


class LengthUnit(StrEnum):
    """In what it measures heights."""

    MILLIMETRE = "mm"
    INCH = "in"


class TemperatureUnit(StrEnum):
    """In what it measures temperatures."""

    CELSIUS = "C"
    FAHRENHEIT = "F"


class Units(Struct, frozen=True):
    """A console does not say which units it speaks."""

    volume: VolumeUnit = VolumeUnit.LITRE
    length: LengthUnit = LengthUnit.MILLIMETRE
    temperature: TemperatureUnit = TemperatureUnit.CELSIUS


class GaugeSetup(Struct, frozen=True):
    """A console as its session needs to know it."""

    units: Units = Units()
    every: int = 30_000_000
    """Microseconds between two inventories."""
    security_code: str = ""
    """Six characters, where the console asks for them."""


class GaugeSession(Protocol):
    """The link to one console. ``hardware.driver`` calls :meth:`next`, does what it says, feeds what comes, repeats."""

    def next(self, now: int) -> Transmit | Rest:
        """What to do next; ``now`` is monotonic time in microseconds."""
        ...

    def receive(self, data: bytes, now: int) -> bool:
        """Take bytes from the line; True when the question is answered."""
        ...

    def time_out(self, now: int) -> None:
        """The answer did not come."""
        ...

    def line_lost(self) -> None:
        """The port, or the connection, went away."""
        ...

    def submit(self, _command: ReadNow, /) -> None:
        """Have this done as soon as the link allows."""
        ...

    def events(self) -> Sequence[GaugeEvent | Blemished]:
        """The events since the last call, in order."""
        ...
