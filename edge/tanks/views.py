"""What is shown of tanks. Pure. Millilitres, micrometres, thousandths of a degree, UTC milliseconds."""

from msgspec import Struct

from edge.store.tanks import PastDelivery, PastLevel, Standing
from shared.tanks import TankLevel


class TankView(Struct, frozen=True):
    """A tank as it was read last."""

    gauge: str
    number: int
    name: str
    grade: str
    """Empty when the gauge sees it and the configuration does not know it."""
    capacity: int
    low: int
    """Below this there is an alarm; 0: never."""
    level: TankLevel
    delivering: bool
    testing: bool
    read_at: int
    """0 when it was never read."""
    alarms: tuple[Standing, ...] = ()
    past: tuple[PastLevel, ...] = ()
    """The level of the last day, the earliest first."""

    @property
    def filled(self) -> int:
        """Of a thousand, for drawing."""
        return min(1_000, 1_000 * (self.level.volume or 0) // self.capacity) if self.capacity else 0


class GaugeView(Struct, frozen=True):
    """A gauge with its tanks."""

    gauge: str
    trouble: str
    """A stable word; empty when it answers."""
    tanks: tuple[TankView, ...]


class TanksView(Struct, frozen=True):
    """Everything about the station's tanks."""

    gauges: tuple[GaugeView, ...]
    deliveries: tuple[PastDelivery, ...]
