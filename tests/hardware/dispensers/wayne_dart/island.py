"""An island of simulated DART pumps with a session in front of it, in virtual time."""

from typing import TypeVar

from hardware.dispensers.wayne_dart.frames import Frame, Kind, Splitter
from hardware.dispensers.wayne_dart.options import Habits, Options
from hardware.dispensers.wayne_dart.session import DartSession
from hardware.dispensers.wayne_dart.simulator import DartLine, DartPump
from hardware.dispensers.wayne_dart.transactions import Direction, Transaction
from hardware.dispensers.wayne_dart.transactions import decode as read
from hardware.errors import FrameMisread
from hardware.ports import (
    Authorise,
    Blemish,
    Clear,
    CommandDone,
    CommandFailed,
    Decimals,
    FillingRead,
    PointAnswered,
    PointOnLine,
    PumpCommand,
    PumpState,
    PumpStateRead,
)
from hardware.simulation.faults import Faults
from hardware.simulation.pump import SimulatedPoint
from shared.sale import Preset
from tests.fakes.wires import Fault, Wire, good

E = TypeVar("E")
FLOW = 600_000
"""Millilitres a second: a thousand times life."""


class Island:
    """Fuelling points 1, 2, … at 50h, 51h, …, two nozzles each at 7.36 and 7.85 yuan a litre."""

    def __init__(
        self,
        points: int = 1,
        pumps: type[DartPump] = DartPump,
        faults: Faults | None = None,
        there: Fault = good,
        back: Fault = good,
        programmed: bool = True,
        seed: int = 1,
        habits: Habits | None = None,
        options: Options | None = None,
        decimals: Decimals | None = None,
    ) -> None:
        prices = {1: 7_360, 2: 7_850} if programmed else {}
        places = [SimulatedPoint(n, 0x4F + n, ("92#", "95#"), prices=prices) for n in range(1, points + 1)]
        self.points = [PointOnLine(place.point, place.address, 2, decimals or Decimals()) for place in places]
        self.line = type("OddLine", (DartLine,), {"kind": pumps})(
            places, faults or Faults(), (10_000, 25_000), seed, habits
        )
        self.options = options
        self.there, self.back, self.seed = there, back, seed
        self.session, self.wire = self._agent()

    def restart(self) -> None:
        """The agent starts anew, with a session that knows nothing; the pumps go on."""
        now = self.wire.now
        self.session, self.wire = self._agent()
        self.wire.now = now

    def _agent(self) -> tuple[DartSession, Wire]:
        session = DartSession(self.points, options=self.options)
        return session, Wire(session, self.line, self.there, self.back, self.seed)

    def pump(self, point: int = 1) -> DartPump:
        """A pump, for the people at it."""
        pump = self.line.pumps[point]
        assert isinstance(pump, DartPump)
        return pump

    # ── What the station does ─────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> "Island":
        """Until each point has answered, its greeting is over, and it has been asked what it is."""
        self.wire.until(lambda: len(self.wire.told(PointAnswered)) == len(self.points))
        self.wire.until(lambda: not any(peer._jobs for peer in self.session._peers.values()), 200)
        self.wire.run(1_000_000)
        self.wire.events.clear()
        return self

    def ready(self) -> "Island":
        """Started, and each point at zero."""
        self.start()
        for place in self.points:
            self.do(Clear(place.point))
        self.wire.run(500_000)
        self.wire.events.clear()
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

    def blemishes(self, kind: Blemish) -> int:
        """How many of a kind the session has told of."""
        return sum(blemish.count for blemish in self.wire.blemishes if blemish.kind is kind)

    def failed(self, command: PumpCommand) -> str:
        """It must fail; why."""
        end = self.do(command)
        assert isinstance(end, CommandFailed), end
        return end.detail

    def ends(self, command: PumpCommand) -> list[CommandDone | CommandFailed]:
        """How this command ended, each time."""
        return [e for e in self.wire.events if isinstance(e, CommandDone | CommandFailed) and e.command == command]

    # ── What customers do ─────────────────────────────────────────────────────────────────────────────────────────────

    def lift(self, nozzle: int = 1, point: int = 1) -> None:
        """A nozzle is taken out."""
        self.pump(point).lift(nozzle, self.wire.now)

    def hang_up(self, point: int = 1) -> None:
        """It is hung up again."""
        self.pump(point).hang_up(self.wire.now)

    def flow(self, ml: int, point: int = 1) -> None:
        """So much flows, or less when the pump closes its valve."""
        self.pump(point).body.squeeze(FLOW, ml)
        self.wire.run(ml * 1_000_000 // FLOW + 100_000)
        self.pump(point).body.squeeze(0)
        self.wire.run(400_000 + 50_000 * len(self.points))

    def fuel(self, ml: int, nozzle: int = 1, point: int = 1, preset: Preset | None = None) -> None:
        """A whole filling, up to the last figures."""
        self.lift(nozzle, point)
        self.done(Authorise(point, (nozzle,), preset))
        self.flow(ml, point)
        self.hang_up(point)
        self.wire.until(lambda: self.state(point) is PumpState.FINISHED)
        self.wire.run(1_000_000)

    # ── What the station was told ─────────────────────────────────────────────────────────────────────────────────────

    def told(self, kind: type[E]) -> list[E]:
        """The events of a kind."""
        return self.wire.told(kind)

    def state(self, point: int = 1) -> PumpState | None:
        """The state that was told last."""
        return next((e.state for e in reversed(self.told(PumpStateRead)) if e.point == point), None)

    def figures(self, point: int = 1) -> tuple[int, int]:
        """The figures that were told last."""
        return next((e.volume, e.amount) for e in reversed(self.told(FillingRead)) if e.point == point)

    # ── What went over the line ───────────────────────────────────────────────────────────────────────────────────────

    def sent(self, kind: Kind | None = None) -> list[Frame]:
        """The controller's frames, of one kind or all."""
        frames = frames_of(b"".join(self.wire.sent))
        return [frame for frame in frames if kind in (None, frame.kind)]

    def said(self, kind: type[E]) -> list[E]:
        """The controller's transactions of a kind, as often as they went over the line."""
        return [said for frame in self.sent(Kind.DATA) for said in spoken(frame) if isinstance(said, kind)]

    def polls_of(self, point: int) -> int:
        """How often a point was polled."""
        return sum(frame.address == 0x4F + point for frame in self.sent(Kind.POLL))


def spoken(frame: Frame) -> tuple[Transaction, ...]:
    """What the controller says in a frame."""
    return read(frame.body, Direction.CONTROLLER)


def frames_of(data: bytes) -> list[Frame]:
    """The good frames in these bytes."""
    splitter, found = Splitter(), list[Frame]()
    splitter.push(data)
    while True:
        try:
            frame = splitter.next_frame()
        except FrameMisread:
            continue
        if frame is None:
            return found
        found.append(frame)
