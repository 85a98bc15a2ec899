"""The least station that can sell: it waits for one thing after the other and believes only what is proved.

In virtual time, before the simulator of any protocol, over any wire.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import pytest

from hardware.ports import (
    Authorise,
    Clear,
    CommandDone,
    CommandFailed,
    FillingRead,
    NozzleReturned,
    PointAnswered,
    PointOnLine,
    PumpCommand,
    PumpState,
    PumpStateRead,
    ReadState,
    ReadTotaliser,
    TotaliserRead,
)
from hardware.protocol import Ability, DispenserProtocol
from hardware.registry import DISPENSERS
from hardware.simulation.faults import Faults, FaultyLine
from hardware.simulation.plan import decimals_of, places
from hardware.simulation.pump import Drip, SimulatedLine, SimulatedPoint, SimulatedPump, TrueFilling
from shared.sale import Preset
from tests.fakes.wires import Fault, Wire, good

E = TypeVar("E")

PRICES = {"92#": 7_360, "95#": 7_850}
POINTS = 2
FLOW = 600_000
SECOND = 1_000_000
_SETTLED = 3 * SECOND
"""Some dispensers tell their totalisers as they were before, for a moment after a filling."""

drivers = pytest.mark.parametrize("protocol", DISPENSERS.values(), ids=lambda protocol: protocol.name)


def grades(protocol: DispenserProtocol) -> tuple[tuple[str, ...], ...]:
    """Two fuelling points with two nozzles each, or as many as there may be."""
    return (("92#", "95#")[: protocol.most_nozzles],) * POINTS


def places_of(protocol: DispenserProtocol) -> tuple[SimulatedPoint, ...]:
    """Those points, programmed."""
    return places(grades(protocol), protocol.first_address, PRICES, decimals=decimals_of(protocol))


def able(protocol: DispenserProtocol, *abilities: Ability) -> None:
    """Skips what this protocol never promised."""
    lacking = [ability for ability in abilities if ability not in protocol.abilities]
    if lacking:
        pytest.skip(f"{protocol.name} does not {' or '.join(lacking)}")


class Station:
    """Two fuelling points on a line."""

    def __init__(
        self,
        protocol: DispenserProtocol,
        wire: Fault = good,
        seed: int = 1,
        faults: Faults | None = None,
        habits: Mapping[str, object] | None = None,
    ) -> None:
        self.protocol = protocol
        self.faults = faults or Faults(seed=seed)
        points = places_of(protocol)
        self.line: SimulatedLine = FaultyLine(
            protocol.simulator(points, self.faults, (10_000, 25_000), seed, habits), self.faults
        )
        self.nozzles = len(points[0].grades)
        self.session = protocol.session(
            [PointOnLine(p.point, p.address, len(p.grades), protocol.decimals) for p in points]
        )
        self.wire = Wire(self.session, self.line, wire, wire, seed, protocol.line.byte_micros)

    def pump(self, point: int = 1) -> SimulatedPump:
        return self.line.pumps[point]

    def start(self) -> "Station":
        self.wire.until(lambda: len({event.point for event in self.told(PointAnswered)}) == POINTS, 60)
        self.wire.until(lambda: all(self.state(point) and self._nozzle(point) for point in (1, 2)), 60)
        self.wire.run(3 * SECOND)
        return self

    def do(self, command: PumpCommand) -> CommandDone | CommandFailed:
        first = len(self.wire.events)
        self.wire.submit(command)
        return self.wire.until(lambda: self._ends(command, first), 120)[-1]

    def done(self, command: PumpCommand) -> None:
        end = self.do(command)
        assert isinstance(end, CommandDone), end

    def insist(self, command: PumpCommand) -> None:
        """Over a bad wire: again, until it is done."""
        for _ in range(200):
            if isinstance(self.do(command), CommandDone):
                return
            self.wire.run(SECOND)
        raise AssertionError(f"{command} is never done; told so far: {self.wire.events[-20:]}")

    def told(self, kind: type[E]) -> list[E]:
        return self.wire.told(kind)

    def _latest(self, kind: type[E]) -> Iterator[E]:
        return (event for event in reversed(self.wire.events) if isinstance(event, kind))

    def state(self, point: int = 1) -> PumpState | None:
        return next((e.state for e in self._latest(PumpStateRead) if e.point == point), None)

    def figures(self, point: int = 1) -> tuple[int, int]:
        return next((e.volume, e.amount) for e in self._latest(FillingRead) if e.point == point)

    def totaliser(self, point: int, nozzle: int) -> int:
        """Over whatever wire."""
        while True:
            self.insist(ReadTotaliser(point, nozzle))
            read = next(read for read in self._latest(TotaliserRead) if (read.point, read.nozzle) == (point, nozzle))
            if read.volume is not None:
                return read.volume

    def settled_totaliser(self, point: int, nozzle: int) -> int:
        """When it has stood still for a while."""
        while True:
            first = self.totaliser(point, nozzle)
            self.wire.run(_SETTLED)
            if self.totaliser(point, nozzle) == first:
                return first

    def release(self, point: int, nozzle: int, preset: Preset | None = None) -> None:
        """Until the pump is released; whenever the driver says that it is, it must be so."""
        pump = self.pump(point)
        for _ in range(60):
            end = self.do(Authorise(point, (nozzle,), preset))
            if pump.released:
                return
            assert isinstance(end, CommandFailed), f"{end} was said, and the pump is {pump.word}"
            self.wire.run(SECOND)
        raise AssertionError(f"it is never released; told so far: {self.wire.events[-20:]}")

    def flow(self, ml: int, point: int = 1) -> None:
        self.pump(point).body.squeeze(FLOW, ml)
        self.wire.run(ml * SECOND // FLOW + 200_000)
        self.pump(point).body.squeeze(0)

    def finish(self, point: int) -> tuple[int, int]:
        """Until the filling is over and its figures stand."""
        for _ in range(100):
            self.insist(ReadState(point))
            first = self.figures(point)
            self.wire.run(800_000)
            self.insist(ReadState(point))
            if self.state(point) is PumpState.FINISHED and self.figures(point) == first:
                return first
        raise AssertionError(f"it is never over: {self.state(point)}, {self.pump(point).word}")

    def fill(self, point: int, nozzle: int, ml: int) -> "Filled":
        """A whole filling, by a station that does not give up."""
        before, pump = self.totaliser(point, nozzle), self.pump(point)  # settled since the filling before
        fillings, drips = len(pump.body.fillings), len(pump.body.drips)
        pump.lift(nozzle, self.wire.now)
        self.release(point, nozzle)
        self.flow(ml, point)
        pump.hang_up(self.wire.now)
        self.wire.run(SECOND // 10)
        shown = self.finish(point)
        after = self.settled_totaliser(point, nozzle)
        self.insist(Clear(point))
        (truth,) = pump.body.fillings[fillings:]
        return Filled(truth, shown, before, after, pump.body.drips[drips:])

    def _ends(self, command: PumpCommand, first: int) -> list[CommandDone | CommandFailed]:
        ends = [event for event in self.wire.events[first:] if isinstance(event, CommandDone | CommandFailed)]
        return [end for end in ends if end.command == command]

    def _nozzle(self, point: int) -> bool:
        return any(event.point == point for event in self.told(NozzleReturned))


class Filled:
    """A filling as it was, and as the driver told it."""

    def __init__(
        self, truth: TrueFilling, shown: tuple[int, int], before: int, after: int, drips: Sequence[Drip]
    ) -> None:
        self.truth = truth
        self.shown = shown
        self.before = before
        self.after = after
        self.dripped = sum(drip.volume for drip in drips)
        counted = [drip for drip in drips if drip.amount]
        self.displayed = (
            truth.volume + sum(drip.volume for drip in counted),
            counted[-1].amount if counted else truth.amount,
        )
        """What stood on a sound display in the end."""

    @property
    def right(self) -> bool:
        """What was shown is what left the nozzle, as far as the display counted it."""
        return self.shown == self.displayed

    def moved(self, modulus: int) -> int:
        """What the totaliser says of it."""
        return (self.after - self.before) % modulus
