"""A loop of simulated Gilbarco pumps with a session before it, in virtual time."""

from collections.abc import Mapping
from typing import Any

from hardware.dispensers.gilbarco.protocol import PROTOCOL
from hardware.dispensers.gilbarco.simulator import GilbarcoPump
from hardware.ports import (
    Authorise,
    CommandFailed,
    Decimals,
    PointAnswered,
    PointOnLine,
    PumpCommand,
    PumpState,
    PumpStateRead,
    ReadState,
    ReadTotaliser,
    TotaliserRead,
    Transmit,
)
from hardware.simulation.faults import Faults
from hardware.simulation.pump import Answer, SimulatedLine, SimulatedPoint
from shared.sale import Preset
from tests.contract.station import FLOW, SECOND, Station
from tests.fakes.wires import Wire

__all__ = ["FLOW", "SECOND", "Echoing", "Loop"]


class Echoing:
    """A converter that hands back whatever is sent, before any answer."""

    def __init__(self, line: SimulatedLine) -> None:
        self._line = line

    @property
    def pumps(self) -> Any:
        return self._line.pumps

    def advance(self, now: int) -> None:
        self._line.advance(now)

    def receive(self, data: bytes, now: int) -> list[Answer]:
        return [Answer(data, 0), *self._line.receive(data, now)]


class Loop(Station):
    """Pumps 1, 2, … with two nozzles each at 7.36 and 7.85 yuan a litre, unless told otherwise."""

    def __init__(
        self,
        points: int = 1,
        nozzles: int = 2,
        options: Mapping[str, Any] | None = None,
        habits: Mapping[str, Any] | None = None,
        faults: Faults | None = None,
        first: int = 1,
        programmed: bool = True,
        echo: bool = False,
        totalisers: Mapping[int, int] | None = None,
        decimals: Decimals = PROTOCOL.decimals,
    ) -> None:
        self.protocol, self.nozzles, self.faults = PROTOCOL, nozzles, faults or Faults()
        prices = {1: 7_360, 2: 7_850, 3: 7_100}
        prices = {nozzle: prices[nozzle] for nozzle in range(1, nozzles + 1)} if programmed else {}
        grades = ("92#", "95#", "0#")[:nozzles]
        places = [
            SimulatedPoint(n, first + n - 1, grades, prices=prices, totalisers=totalisers or {})
            for n in range(1, points + 1)
        ]
        self.points = [PointOnLine(place.point, place.address, nozzles, decimals) for place in places]
        line = PROTOCOL.simulator(places, self.faults, (10_000, 25_000), 1, habits)
        self.line: SimulatedLine = Echoing(line) if echo else line
        self.options = options
        self._wires: list[Wire] = []
        self.restart()

    def restart(self) -> "Loop":
        """The agent starts anew, with a session that knows nothing; the pumps go on."""
        now = self._wires[-1].now if self._wires else 0
        self.session = PROTOCOL.session(self.points, options=self.options)
        self.wire = Wire(self.session, self.line, byte=PROTOCOL.line.byte_micros)
        self.wire.now = now
        self._wires.append(self.wire)
        return self

    def pump(self, point: int = 1) -> GilbarcoPump:
        """A pump, for the people at it."""
        pump = self.line.pumps[point]
        assert isinstance(pump, GilbarcoPump)
        return pump

    # ── What the station does ─────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> "Loop":
        """Until each point has answered, and has said what it is."""
        self.wire.until(lambda: len(self.told(PointAnswered)) == len(self.points))
        self.wire.run(8 * SECOND)
        self.wire.events.clear()
        self.wire.exchanges.clear()
        self.wire.sent.clear()
        return self

    def failed(self, command: PumpCommand) -> str:
        """It must fail; why."""
        end = self.do(command)
        assert isinstance(end, CommandFailed), end
        return end.detail

    def total(self, nozzle: int = 1, point: int = 1) -> int | None:
        """The totaliser, read now."""
        self.done(ReadTotaliser(point, nozzle))
        return self.told(TotaliserRead)[-1].volume

    # ── What customers do ─────────────────────────────────────────────────────────────────────────────────────────────

    def lift(self, nozzle: int = 1, point: int = 1) -> None:
        """A nozzle is taken out, and the pump asked which it is."""
        self.pump(point).lift(nozzle, self.wire.now)
        self.wire.run(4 * SECOND)

    def hang_up(self, point: int = 1) -> None:
        """It is hung up again."""
        self.pump(point).hang_up(self.wire.now)

    def flow(self, ml: int, point: int = 1) -> None:
        """So much flows, or less when the pump closes its valve."""
        super().flow(ml, point)
        self.wire.run(2 * SECOND)

    def fuel(self, ml: int, nozzle: int = 1, point: int = 1, preset: Preset | None = None) -> None:
        """A whole filling, up to its end."""
        self.lift(nozzle, point)
        self.done(Authorise(point, (nozzle,), preset))
        self.flow(ml, point)
        self.hang_up(point)
        self.wire.run(2 * SECOND)

    # ── What the station was told, and what went over the line ────────────────────────────────────────────────────────

    def read(self, point: int = 1) -> tuple[PumpState | None, tuple[int, int]]:
        """State and figures, read now."""
        self.done(ReadState(point))
        return self.state(point), self.figures(point)

    def states(self) -> list[PumpState]:
        """The states of point 1, in the order in which they were told."""
        return [event.state for event in self.told(PumpStateRead) if event.point == 1]

    def said(self, *words: int) -> int:
        """How often this was sent."""
        return self.wire.sent.count(bytes(words))

    def blocks(self) -> list[Transmit]:
        """The blocks that were sent."""
        return [action for _, action in self.wire.exchanges if action.data[0] == 0xFF]
