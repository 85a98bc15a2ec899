"""A loop of simulated Gilbarco pumps with a session before it, in virtual time."""

from collections.abc import Mapping
from typing import Any, TypeVar

from hardware.dispensers.gilbarco.protocol import PROTOCOL
from hardware.dispensers.gilbarco.simulator import GilbarcoPump
from hardware.ports import (
    Authorise,
    CommandDone,
    CommandFailed,
    Decimals,
    FillingRead,
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
from tests.fakes.wires import Fault, Wire, good

E = TypeVar("E")
FLOW = 600_000
"""Millilitres a second: a thousand times life."""
SECOND = 1_000_000


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


class Loop:
    """Pumps 1, 2, … with two nozzles each at 7.36 and 7.85 yuan a litre, unless told otherwise."""

    def __init__(
        self,
        points: int = 1,
        nozzles: int = 2,
        options: Mapping[str, Any] | None = None,
        habits: Mapping[str, Any] | None = None,
        faults: Faults | None = None,
        there: Fault = good,
        back: Fault = good,
        first: int = 1,
        programmed: bool = True,
        echo: bool = False,
        totalisers: Mapping[int, int] | None = None,
        decimals: Decimals = PROTOCOL.decimals,
    ) -> None:
        prices = {1: 7_360, 2: 7_850, 3: 7_100}
        prices = {nozzle: prices[nozzle] for nozzle in range(1, nozzles + 1)} if programmed else {}
        grades = ("92#", "95#", "0#")[:nozzles]
        places = [
            SimulatedPoint(n, first + n - 1, grades, prices=prices, totalisers=totalisers or {})
            for n in range(1, points + 1)
        ]
        self.points = [PointOnLine(place.point, place.address, nozzles, decimals) for place in places]
        line = PROTOCOL.simulator(places, faults or Faults(), (10_000, 25_000), 1, habits)
        self.line: SimulatedLine = Echoing(line) if echo else line
        self.there, self.back, self.options = there, back, options
        self._wires: list[Wire] = []
        self.restart()

    def restart(self, **options: Any) -> "Loop":
        """The agent starts anew, with a session that knows nothing; the pumps go on."""
        now = self._wires[-1].now if self._wires else 0
        self.session = PROTOCOL.session(self.points, options=options or self.options)
        self.wire = Wire(self.session, self.line, self.there, self.back, 1, PROTOCOL.line.byte_micros)
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

    def do(self, command: PumpCommand) -> CommandDone | CommandFailed:
        """Submit, and wait for the end of it."""
        before = len(self.ends(command))
        self.wire.submit(command)
        self.wire.until(lambda: len(self.ends(command)) > before)
        return self.ends(command)[-1]

    def done(self, command: PumpCommand) -> None:
        """It must be done."""
        end = self.do(command)
        assert isinstance(end, CommandDone), end

    def failed(self, command: PumpCommand) -> str:
        """It must fail; why."""
        end = self.do(command)
        assert isinstance(end, CommandFailed), end
        return end.detail

    def ends(self, command: PumpCommand) -> list[CommandDone | CommandFailed]:
        """How this command ended, each time."""
        return [e for e in self.wire.events if isinstance(e, CommandDone | CommandFailed) and e.command == command]

    def totaliser(self, nozzle: int = 1, point: int = 1) -> int | None:
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
        self.pump(point).body.squeeze(FLOW, ml)
        self.wire.run(ml * SECOND // FLOW + 100_000)
        self.pump(point).body.squeeze(0)
        self.wire.run(2 * SECOND)

    def fuel(self, ml: int, nozzle: int = 1, point: int = 1, preset: Preset | None = None) -> None:
        """A whole filling, up to its end."""
        self.lift(nozzle, point)
        self.done(Authorise(point, (nozzle,), preset))
        self.flow(ml, point)
        self.hang_up(point)
        self.wire.run(2 * SECOND)

    # ── What the station was told, and what went over the line ────────────────────────────────────────────────────────

    def told(self, kind: type[E]) -> list[E]:
        """The events of a kind."""
        return self.wire.told(kind)

    def state(self, point: int = 1) -> PumpState | None:
        """The state that was told last."""
        return next((e.state for e in reversed(self.told(PumpStateRead)) if e.point == point), None)

    def figures(self, point: int = 1) -> tuple[int, int]:
        """The figures that were told last."""
        return next((e.volume, e.amount) for e in reversed(self.told(FillingRead)) if e.point == point)

    def read(self, point: int = 1) -> tuple[PumpState | None, tuple[int, int]]:
        """State and figures, read now."""
        self.done(ReadState(point))
        return self.state(point), self.figures(point)

    def said(self, *words: int) -> int:
        """How often this was sent."""
        return self.wire.sent.count(bytes(words))

    def blocks(self) -> list[Transmit]:
        """The blocks that were sent."""
        return [action for _, action in self.wire.exchanges if action.data[0] == 0xFF]
