"""Customers of a simulated station: they arrive, lift a nozzle, wait for it, fuel, and hang up. Pure.

By themselves from a seed, or one by one as a script sends them. Times in microseconds; ``speed`` shortens waiting and
lets fuel flow faster, and changes nothing else.
"""

from collections.abc import Mapping
from enum import Enum, auto
from random import Random

from msgspec import Struct

from hardware.ports import PumpState
from hardware.simulation.pump import SimulatedPump

_SECOND = 1_000_000
_SLOWEST, _FASTEST = 500, 667
"""Millilitres a second: 30 to 40 litres a minute."""
_LEAST, _MOST = 800, 5_500
"""Centilitres that a customer wants."""
PATIENCE = 120 * _SECOND
"""How long somebody waits to be released."""
_REACTION = (1 * _SECOND, 3 * _SECOND)
_ONE_IN = 40
"""One customer in so many changes his mind before any fuel flows."""


class Wish(Struct, frozen=True):
    """What a customer wants; ``volume`` None: until somebody says stop, or the preset does."""

    nozzle: int
    volume: int | None
    rate: int
    """Millilitres a second."""
    gives_up: bool = False


class Stage(Enum):
    """How far a customer has got."""

    WAITING = auto()
    FUELLING = auto()
    DONE = auto()
    GONE = auto()


class Customer:
    """One customer at one fuelling point."""

    def __init__(self, pump: SimulatedPump, wish: Wish, speed: int, dice: Random, now: int) -> None:
        self.wish = wish
        self.stage = Stage.WAITING
        self._pump = pump
        self._speed = speed
        self._dice = dice
        self._since = now
        self._next = now
        self._before = pump.body.totalisers[wish.nozzle]
        pump.lift(wish.nozzle, now)

    @property
    def point(self) -> int:
        """Where the car stands."""
        return self._pump.body.place.point

    def hang_up_at(self, volume: int) -> None:
        """Somebody says: so much and no more. What has flown already counts."""
        self.wish = Wish(self.wish.nozzle, volume, self.wish.rate)

    def act(self, now: int) -> None:
        """Do what is to be done now."""
        if now < self._next:
            return
        if self.stage is Stage.WAITING:
            self._wait(now)
        elif self.stage is Stage.FUELLING:
            self._fuel(now)
        else:
            self.leave(now)

    def leave(self, now: int) -> None:
        """Hang up and drive away."""
        self._pump.hang_up(now)
        self.stage = Stage.GONE

    def _wait(self, now: int) -> None:
        if self._pump.released and self.wish.gives_up:
            self._go(Stage.DONE, now)
        elif self._pump.released:
            self._go(Stage.FUELLING, now)
        elif now - self._since > PATIENCE:
            self.leave(now)

    def _fuel(self, now: int) -> None:
        left = None if self.wish.volume is None else self.wish.volume - self._flown()
        if squeezed_enough(self._pump, self.wish.rate * self._speed // 1_000, left):
            self._go(Stage.DONE, now)

    def _flown(self) -> int:
        return self._pump.body.totalisers[self.wish.nozzle] - self._before

    def _go(self, stage: Stage, now: int) -> None:
        self.stage = stage
        self._next = now + self._dice.randint(*_REACTION) * 1_000 // self._speed


def squeezed_enough(pump: SimulatedPump, rate: int, left: int | None) -> bool:
    """A hand at the nozzle, which wants ``left`` ml more (None: as much as comes): whether it has let go."""
    if pump.word == PumpState.SUSPENDED:
        return False
    enough = not pump.released or (left is not None and left < pump.body.pulse)
    pump.body.squeeze(0 if enough else rate, left)
    return enough


class Customers:
    """All customers of a station. ``every`` is the mean time between arrivals, 0 for none; ``speed`` in thousandths."""

    def __init__(self, pumps: Mapping[int, SimulatedPump], every: int, speed: int = 1_000, seed: int = 0) -> None:
        self._pumps = pumps
        self._every = every
        self._speed = speed
        self._dice = Random(seed)
        self._here: dict[int, Customer] = {}
        self._free_at = dict.fromkeys(pumps, 0)
        self._next_arrival: int | None = None

    def close(self) -> None:
        """Nobody arrives any more; who is here may finish."""
        self._every = 0

    def at(self, point: int) -> Customer | None:
        """Who is being served there."""
        return self._here.get(point)

    def send(self, point: int, now: int, nozzle: int, volume: int | None) -> Customer:
        """A customer arrives at this point with this wish."""
        return self._arrive(point, Wish(nozzle, volume, self._dice.randint(_SLOWEST, _FASTEST)), now)

    def act(self, now: int) -> None:
        """Let everybody do what is to be done now."""
        for point, customer in list(self._here.items()):
            customer.act(now)
            if customer.stage is Stage.GONE:
                del self._here[point]
                self._free_at[point] = now + 3 * _SECOND * 1_000 // self._speed
        self._come(now)

    def _come(self, now: int) -> None:
        if not self._every:
            return
        if self._next_arrival is None:
            self._next_arrival = now + self._gap()
        if now < self._next_arrival:
            return
        self._next_arrival = now + self._gap()
        free = [point for point in self._pumps if self._free(point, now)]
        if free:
            point = self._dice.choice(free)
            self._arrive(point, self._wish(self._pumps[point]), now)

    def _free(self, point: int, now: int) -> bool:
        return point not in self._here and now >= self._free_at[point] and not self._pumps[point].body.out

    def _gap(self) -> int:
        return int(self._dice.expovariate(1 / self._every))

    def _wish(self, pump: SimulatedPump) -> Wish:
        nozzle = self._dice.randint(1, len(pump.body.place.grades))
        volume = self._dice.randint(_LEAST, _MOST) * 10
        rate = self._dice.randint(_SLOWEST, _FASTEST)
        return Wish(nozzle, volume, rate, gives_up=self._dice.randrange(_ONE_IN) == 0)

    def _arrive(self, point: int, wish: Wish, now: int) -> Customer:
        customer = Customer(self._pumps[point], wish, self._speed, self._dice, now)
        self._here[point] = customer
        return customer
