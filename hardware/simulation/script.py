"""Customers who come when a script says so, and do what it says. Pure.

A visit is a list of steps, one after the other, each a line that a person can write:

    lift 2        take nozzle 2 out (hang the wrong one up first)
    wait          until the pump is released; whoever waits for two minutes leaves
    wait 1.5      so many seconds
    fuel 20.5     so many litres, or as much as the pump gives of them
    fuel          until the pump stops by itself
    bounce        hang up, and have the nozzle out again within 300 ms
    hang up

Times in microseconds. ``speed`` (in thousandths of life) shortens waiting and lets fuel flow faster, and changes
nothing else; a bounce is always as fast as in life.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

from msgspec import Struct

from hardware.simulation.customers import PATIENCE, squeezed_enough
from hardware.simulation.pump import SimulatedPump
from shared.errors import Refused
from shared.volume import parse_litres

_SECOND = 1_000_000
_BOUNCE = 200_000
_HAND = 500_000
"""A nozzle that was lifted or hung up stays there at least so long, as hands are."""
_RATE = 600
"""Millilitres a second, as people of a script fuel: 36 litres a minute."""


class Lift(Struct, frozen=True):
    """Take a nozzle out."""

    nozzle: int


class HangUp(Struct, frozen=True):
    """Hang up what is out."""


class Bounce(Struct, frozen=True):
    """Hang up, and have the same nozzle out again at once."""


class AwaitRelease(Struct, frozen=True):
    """Until the pump is released."""


class Wait(Struct, frozen=True):
    """So many microseconds of life."""

    micros: int


class Fuel(Struct, frozen=True):
    """So many millilitres; None: until the pump stops by itself."""

    volume: int | None


Step = Lift | HangUp | Bounce | AwaitRelease | Wait | Fuel


class Visit(Struct, frozen=True):
    """Somebody comes to a fuelling point, so many microseconds of life after the start."""

    at: int
    point: int
    steps: tuple[Step, ...]


_PLAIN: Final[Mapping[str, Step]] = {
    "hang up": HangUp(),
    "bounce": Bounce(),
    "wait": AwaitRelease(),
    "fuel": Fuel(None),
}
_KNOWN = "Known are: lift N, wait, wait SECONDS, fuel, fuel LITRES, bounce, hang up."


def step(text: str) -> Step:
    """A line of a script; :exc:`Refused` says what may stand there."""
    words = " ".join(text.split())
    if words in _PLAIN:
        return _PLAIN[words]
    deed, _, much = words.partition(" ")
    try:
        if deed == "lift":
            return Lift(int(much))
        if deed == "wait":
            return Wait(seconds(Decimal(much)))
        if deed == "fuel":
            return Fuel(parse_litres(much))
    except (ValueError, InvalidOperation):
        pass
    raise Refused("unknown_step", f"“{text}” is nothing that a customer does. {_KNOWN}")


def seconds(number: Decimal) -> int:
    """Microseconds; ``ValueError`` when it is no time from now on."""
    if not number.is_finite() or number < 0:
        raise ValueError(f"{number} is no number of seconds.")
    return int(number * _SECOND)


class Visitors:
    """Everybody whom the script sends; at each point one after the other."""

    def __init__(self, pumps: Mapping[int, SimulatedPump], visits: Iterable[Visit], speed: int = 1_000) -> None:
        self._pumps = pumps
        self._speed = speed
        self._coming = sorted(visits, key=lambda visit: visit.at)
        self._here: dict[int, _Visitor] = {}
        self._began: int | None = None
        for visit in self._coming:
            _must_fit(visit, pumps)

    @property
    def gone(self) -> bool:
        """Whether everybody came and went."""
        return not self._coming and not self._here

    def act(self, now: int) -> None:
        """Let everybody do what is to be done now."""
        self._began = now if self._began is None else self._began
        life = (now - self._began) * self._speed // 1_000
        for visit in [visit for visit in self._coming if visit.at <= life]:
            pump = self._pumps[visit.point]
            if visit.point not in self._here and not pump.body.out:
                self._coming.remove(visit)
                self._here[visit.point] = _Visitor(pump, visit.steps, self._speed, now)
        for point, visitor in list(self._here.items()):
            visitor.act(now)
            if visitor.done:
                del self._here[point]


class _Visitor:
    """Somebody on his way through his steps."""

    def __init__(self, pump: SimulatedPump, steps: Sequence[Step], speed: int, now: int) -> None:
        self._pump = pump
        self._steps = list(steps)
        self._speed = speed
        self._begin(now)

    @property
    def done(self) -> bool:
        return not self._steps

    def act(self, now: int) -> None:
        while self._steps and self._over(self._steps[0], now):
            self._steps.pop(0)
            self._begin(now)

    def _begin(self, now: int) -> None:
        self._since = now
        self._moved = False
        self._nozzle = self._pump.body.out
        self._before = self._pump.body.totalisers.get(self._nozzle, 0)

    def _over(self, deed: Step, now: int) -> bool:
        """Go on with this step: whether it is over."""
        passed = now - self._since
        match deed:
            case Lift() | HangUp():
                self._move(deed, now)
                return passed * self._speed // 1_000 >= _HAND
            case Bounce():
                return self._bounced(passed, now)
            case AwaitRelease():
                return self._released(passed, now)
            case Wait():
                return passed * self._speed // 1_000 >= deed.micros
            case Fuel():
                flown = self._pump.body.totalisers.get(self._nozzle, 0) - self._before
                left = None if deed.volume is None else deed.volume - flown
                return squeezed_enough(self._pump, _RATE * self._speed // 1_000, left)

    def _move(self, deed: Lift | HangUp, now: int) -> None:
        """Once."""
        if not self._moved and isinstance(deed, Lift):
            self._pump.lift(deed.nozzle, now)
        elif not self._moved:
            self._pump.hang_up(now)
        self._moved = True

    def _bounced(self, passed: int, now: int) -> bool:
        if self._pump.body.out:
            self._pump.hang_up(now)
        if passed < _BOUNCE and self._nozzle:
            return False
        if self._nozzle:
            self._pump.lift(self._nozzle, now)
        return True

    def _released(self, passed: int, now: int) -> bool:
        if self._pump.released:
            return True
        if passed > PATIENCE:
            self._pump.hang_up(now)
            self._steps.clear()
        return False


def _must_fit(visit: Visit, pumps: Mapping[int, SimulatedPump]) -> None:
    if visit.point not in pumps:
        raise Refused("unknown_point", f"A customer wants fuelling point {visit.point}, which is not here.")
    nozzles = pumps[visit.point].body.totalisers
    missing = [str(deed.nozzle) for deed in visit.steps if isinstance(deed, Lift) and deed.nozzle not in nozzles]
    if missing:
        raise Refused("unknown_nozzle", f"Fuelling point {visit.point} has no nozzle {missing[0]}.")
