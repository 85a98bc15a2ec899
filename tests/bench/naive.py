"""The peer of the line's benchmark: a poller as one writes it first, for Wayne DART.

It asks each fuelling point in turn, one exchange a turn; a command waits until its point has its turn, and its second
block for the turn after that; every acknowledgement goes alone. Same frames, same window, same pause as ours.
"""

from collections import deque
from collections.abc import Sequence

from hardware.dispensers.wayne_dart import commands as c
from hardware.dispensers.wayne_dart import readings as r
from hardware.dispensers.wayne_dart.counters import SendCounter
from hardware.dispensers.wayne_dart.frames import Frame, Kind, Splitter, encode
from hardware.dispensers.wayne_dart.point import STATES
from hardware.dispensers.wayne_dart.session import Pace
from hardware.dispensers.wayne_dart.transactions import Direction, Transaction
from hardware.dispensers.wayne_dart.transactions import decode as read
from hardware.dispensers.wayne_dart.transactions import encode as write
from hardware.errors import FrameMisread
from hardware.ports import (
    Authorise,
    Blemished,
    Clear,
    FillingRead,
    NozzleLifted,
    PointOnLine,
    PumpCommand,
    PumpEvent,
    PumpState,
    PumpStateRead,
    Rest,
    Transmit,
)


class _Pump:
    def __init__(self, place: PointOnLine) -> None:
        self.place = place
        self.sending = SendCounter()
        self.blocks: deque[bytes] = deque([write([c.Command(c.Dcc.RETURN_STATUS)])])
        self.state: PumpState | None = None


class RoundRobin:
    """A session of the least kind."""

    def __init__(self, points: Sequence[PointOnLine], pace: Pace) -> None:
        self._pace = pace
        self._pumps = [_Pump(place) for place in points]
        self._turn = 0
        self._free_at = 0
        self._reply: Frame | None = None
        self._splitter = Splitter()
        self._told: list[PumpEvent | Blemished] = []

    def next(self, now: int) -> Transmit | Rest:
        """The acknowledgement that is owed, or the next point's turn."""
        if now < self._free_at:
            return Rest(self._free_at - now)
        if self._reply is not None:
            data, self._reply = encode(self._reply), None
            self._free_at = now + len(data) * self._pace.byte + self._pace.gap
            return Transmit(data, 0)
        self._turn = (self._turn + 1) % len(self._pumps)
        pump = self._pumps[self._turn]
        address = pump.place.address
        self._splitter.clear()
        block = Frame(address, Kind.DATA, pump.sending.tx, pump.blocks[0]) if pump.blocks else None
        return Transmit(encode(block or Frame(address, Kind.POLL)), self._pace.window, pump.place.point)

    def receive(self, data: bytes, now: int) -> bool:
        """The answer of the point whose turn it is."""
        self._splitter.push(data)
        try:
            frame = self._splitter.next_frame()
        except FrameMisread:
            return False
        pump = self._pumps[self._turn]
        if frame is None or frame.address != pump.place.address:
            return False
        self._free_at = now + self._pace.gap
        if frame.kind is Kind.ACK and pump.blocks:
            pump.blocks.popleft()
            pump.sending.acknowledged()
        elif frame.kind is Kind.DATA:
            self._reply = Frame(frame.address, Kind.ACK, frame.tx)
            for said in read(frame.body, Direction.PUMP):
                self._hear(pump, said)
        return True

    def time_out(self, now: int) -> None:
        """Next, please."""
        self._free_at = now + self._pace.gap

    def line_lost(self) -> None:
        """It does not notice."""

    def submit(self, command: PumpCommand) -> None:
        """For the point's next turns."""
        pump = next(pump for pump in self._pumps if pump.place.point == command.point)
        if isinstance(command, Clear) or (isinstance(command, Authorise) and pump.state is not PumpState.READY):
            pump.blocks.append(write([c.Command(c.Dcc.RESET)]))
        if isinstance(command, Authorise):
            pump.blocks.append(write([c.AllowedNozzles(command.nozzles), c.Command(c.Dcc.AUTHORISE)]))

    def events(self) -> list[PumpEvent | Blemished]:
        """The events since the last call."""
        told, self._told = self._told, []
        return told

    def _hear(self, pump: _Pump, said: Transaction) -> None:
        number = pump.place.point
        match said:
            case r.Status():
                pump.state = STATES[said.state]
                self._told.append(PumpStateRead(number, pump.state))
            case r.Filled():
                self._told.append(FillingRead(number, said.volume, said.amount))
            case r.NozzleAndPrice() if said.out:
                self._told.append(NozzleLifted(number, said.nozzle, said.price))
            case _:
                pass
