"""The other end of a DART line: pumps that answer as the specification and the captures say. Pure.

Times in microseconds of a monotonic clock.
"""

from collections.abc import Mapping, Sequence
from random import Random

from hardware.dispensers.wayne_dart import transactions
from hardware.dispensers.wayne_dart.counters import Arrival, ReceiveCounter, SendCounter
from hardware.dispensers.wayne_dart.frames import Frame, Kind, Splitter, encode
from hardware.dispensers.wayne_dart.head import DartHead
from hardware.dispensers.wayne_dart.options import Habits
from hardware.dispensers.wayne_dart.transactions import Direction
from hardware.errors import FrameMisread
from hardware.simulation.faults import Faults
from hardware.simulation.pump import Answer, SimulatedPoint, SimulatedPump


class DartPump(DartHead):
    """A head on the line: the slave's side of the link."""

    def __init__(self, place: SimulatedPoint, faults: Faults, habits: Habits | None = None) -> None:
        super().__init__(place, faults, habits)
        self._block: bytes | None = None
        self._count_anew()

    def _count_anew(self) -> None:
        self._sending = SendCounter(self.habits.wrap)
        self._received = ReceiveCounter(wrap=self.habits.wrap)

    def restart(self, now: int) -> None:
        """Its computer starts anew, and counts blocks from the beginning."""
        self._count_anew()
        self._block = None
        super().restart(now)

    def receive(self, frame: Frame, now: int) -> bytes:
        """The answer to a frame for this address; empty for none."""
        if self.deaf:
            return b""
        match frame.kind:
            case Kind.POLL:
                return self._say()
            case Kind.ACKPOLL if self.habits.ackpoll:
                self._acknowledged(frame.tx)
                return self._say()
            case Kind.DATA:
                return self._take(frame, now)
            case Kind.ACK:
                self._acknowledged(frame.tx)
            case Kind.NAK if self._block is not None and frame.tx == self._sending.tx:
                self._sending.refused()
                return self._say()
            case _:
                pass
        return b""

    def _say(self) -> bytes:
        """What is new, or again what was not acknowledged, or nothing."""
        if self._block is None:
            news = self.news()
            if not news:
                return encode(Frame(self.body.place.address, Kind.EOT))
            self._block = transactions.encode(news)
        return encode(Frame(self.body.place.address, Kind.DATA, self._sending.tx, self._block))

    def _acknowledged(self, tx: int) -> None:
        if self._block is not None and tx == self._sending.tx:
            self._sending.acknowledged()
            self._block = None

    def _take(self, frame: Frame, now: int) -> bytes:
        if len(frame.body) > self.habits.room:
            return b""
        address = self.body.place.address
        arrival = self._received.judge(frame.tx, frame.body)
        if arrival is Arrival.OUT_OF_STEP:
            return encode(Frame(address, Kind.NAK, frame.tx))
        if arrival is Arrival.NEW:
            try:
                said = transactions.decode(frame.body, Direction.CONTROLLER)
            except FrameMisread:
                said = ()
            for transaction in said:
                self.obey(transaction, now)
        return encode(Frame(address, Kind.ACK, frame.tx))


class DartLine:
    """All pumps of a line. ``turnaround`` is the shortest and longest pause before an answer, in microseconds."""

    kind = DartPump
    """The make of its pumps."""

    def __init__(
        self,
        places: Sequence[SimulatedPoint],
        faults: Faults,
        turnaround: tuple[int, int] = (0, 0),
        seed: int = 0,
        habits: Habits | None = None,
    ) -> None:
        self._by_address = {place.address: self.kind(place, faults, habits) for place in places}
        self._turnaround = turnaround
        self._dice = Random(seed)
        self._splitter = Splitter()

    @property
    def pumps(self) -> Mapping[int, SimulatedPump]:
        """By the number of the fuelling point."""
        return {pump.body.place.point: pump for pump in self._by_address.values()}

    def advance(self, now: int) -> None:
        """Let fuel flow until now."""
        for pump in self._by_address.values():
            pump.advance(now)

    def receive(self, data: bytes, now: int) -> list[Answer]:
        """Bytes from the controller. A frame that can't be read is not answered."""
        self._splitter.push(data)
        answers: list[Answer] = []
        while True:
            try:
                frame = self._splitter.next_frame()
            except FrameMisread:
                continue
            if frame is None:
                return answers
            pump = self._by_address.get(frame.address)
            reply = pump.receive(frame, now) if pump else b""
            if reply:
                answers.append(Answer(reply, self._dice.randint(*self._turnaround)))
