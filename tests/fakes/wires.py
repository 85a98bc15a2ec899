"""A line between a driver's session and a simulated station, in virtual time: byte by byte, lossy, late, flipping bits.

    wire = Wire(session, line)
    wire.run(2_000_000)             # two seconds of the line's own time, in no time at all
    wire.events                     # what the station was told

Faults are functions of (bytes, dice) that say what arrives and how much later.
"""

from collections.abc import Callable
from random import Random
from typing import TypeVar

from hardware.ports import Blemished, PumpCommand, PumpEvent, Rest, Session, Transmit
from hardware.simulation.pump import SimulatedLine

E = TypeVar("E")

BYTE = 1_146
BETWEEN_BYTES = 20_000
"""As the driver has it: while bytes come in such intervals an answer is under way."""
Parts = list[tuple[int, bytes]]
"""What arrives: microseconds later than it should, and the bytes."""
Fault = Callable[[bytes, Random], Parts]


def good(data: bytes, dice: Random) -> Parts:
    """Nothing happens to it."""
    return [(0, data)]


def bytewise(data: bytes, dice: Random) -> Parts:
    """Each byte comes alone."""
    return [(i * BYTE, data[i : i + 1]) for i in range(len(data))]


def lossy(odds: float) -> Fault:
    """Some never arrive."""
    return lambda data, dice: [] if dice.random() < odds else [(0, data)]


def late(odds: float, by: int = 150_000) -> Fault:
    """Some arrive when nobody waits for them any more."""
    return lambda data, dice: [(by if dice.random() < odds else 0, data)]


def flipping(odds: float) -> Fault:
    """Some have a wrong bit. Its parity tells, and the byte is handed over as 00, as Linux does."""

    def fault(data: bytes, dice: Random) -> Parts:
        if dice.random() >= odds:
            return [(0, data)]
        at = dice.randrange(len(data))
        return [(0, data[:at] + b"\0" + data[at + 1 :])]

    return fault


def noisy(odds: float) -> Fault:
    """Some bytes of rubbish stand before them."""
    return lambda data, dice: [(0, (dice.randbytes(5) if dice.random() < odds else b"") + data)]


def cut(odds: float) -> Fault:
    """Some end too early."""
    return lambda data, dice: [(0, data[: dice.randrange(len(data))] if dice.random() < odds else data)]


def all_of(*faults: Fault) -> Fault:
    """One after the other."""

    def fault(data: bytes, dice: Random) -> Parts:
        parts = [(0, data)]
        for one in faults:
            parts = [(after + more, part) for after, bit in parts if bit for more, part in one(bit, dice)]
        return parts

    return fault


class Wire:
    """Carries bytes both ways and keeps the time. ``there`` is suffered by questions, ``back`` by answers."""

    def __init__(
        self,
        session: Session,
        line: SimulatedLine,
        there: Fault = good,
        back: Fault = good,
        seed: int = 1,
        byte: int = BYTE,
    ) -> None:
        self.session = session
        self.line = line
        self.there = there
        self.back = back
        self.now = 0
        self.events: list[PumpEvent] = []
        self.blemishes: list[Blemished] = []
        self.sent: list[bytes] = []
        """Every transmission, in order."""
        self.exchanges: list[tuple[int, Transmit]] = []
        """The same, with their times."""
        self.submitted = 0
        self._dice = Random(seed)
        self._byte = byte
        self._coming: Parts = []
        self._actions: list[tuple[int, Callable[[int], object]]] = []

    def at(self, after: int, act: Callable[[int], object]) -> None:
        """Somebody acts so many microseconds from now."""
        self._actions.append((self.now + after, act))

    def submit(self, *commands: PumpCommand) -> None:
        """The station asks for something."""
        self.submitted += len(commands)
        for command in commands:
            self.session.submit(command)

    def run(self, micros: int) -> None:
        """Let so much time pass."""
        end = self.now + micros
        while self.now < end:
            self._step(end)

    def until(self, look: Callable[[], E], seconds: int = 30) -> E:
        """Let time pass until ``look`` finds something true, and return that."""
        end = self.now + seconds * 1_000_000
        while not (found := look()):
            if self.now >= end:
                raise AssertionError(f"not in {seconds} s; told so far: {self.events[-20:]}")
            self._step(end)
        return found

    def told(self, kind: type[E]) -> list[E]:
        """The events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def _step(self, end: int) -> None:
        action = self.session.next(self.now)
        if isinstance(action, Rest):
            self._pass(min(self.now + max(1, action.micros), max(end, self.now + 1)))
        else:
            self._exchange(action)
        for event in self.session.events():
            (self.blemishes if isinstance(event, Blemished) else self.events).append(event)  # type: ignore[arg-type]

    def _exchange(self, action: Transmit) -> None:
        self.sent.append(action.data)
        self.exchanges.append((self.now, action))
        step = 1 if action.spacing else max(1, len(action.data))
        for at in range(0, len(action.data), step):
            self._pass(self.now + (action.spacing if at else 0))  # between bytes; an answer follows the last at once
            self._send(action.data[at : at + step])
        deadline = self.now + action.wait
        if action.wait and not self._listen(deadline):
            self.session.time_out(self.now)

    def _send(self, data: bytes) -> None:
        self._pass(self.now + len(data) * self._byte)
        for after, part in self.there(data, self._dice):
            for answer in self.line.receive(part, self.now + after):
                out = self.now + after + answer.after + len(answer.data) * self._byte
                self._coming += [(out + more, bit) for more, bit in self.back(answer.data, self._dice) if bit]

    def _listen(self, deadline: int) -> bool:
        while True:
            due = min(self._coming, default=None, key=lambda part: part[0])
            if due is None or due[0] > deadline:
                self._pass(deadline)
                return False
            self._coming.remove(due)
            self._pass(due[0])
            if self.session.receive(due[1], self.now):
                return True
            deadline = max(deadline, self.now + BETWEEN_BYTES)

    def _pass(self, until: int) -> None:
        """Time passes; people act, and what comes outside an exchange is handed over too."""
        if self._actions:
            for when, act in sorted(self._due(self._actions, until), key=lambda item: item[0]):
                self.line.advance(max(when, self.now))
                act(max(when, self.now))
        if self._coming:
            for when, data in sorted(self._due(self._coming, until - 1)):
                self.session.receive(data, when)
        self.now = max(self.now, until)
        self.line.advance(self.now)

    @staticmethod
    def _due(items: list[tuple[int, E]], until: int) -> list[tuple[int, E]]:
        due = [item for item in items if item[0] <= until]
        for item in due:
            items.remove(item)
        return due
