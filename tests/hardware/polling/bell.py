"""The least protocol there is, for trying turns: a question is ``?``, a letter for what, and the point; the answer the
same with ``!``. ``B`` rings, ``S`` stops, ``T`` takes two questions that belong together, ``W`` waits between two."""

from collections.abc import Sequence

from hardware.polling.dialogue import NOT_YET, Ask, DialogueSession, Later, Pace, Say, Taken, Tell, Turn
from hardware.ports import (
    Authorise,
    Blemish,
    PumpCommand,
    PumpState,
    PumpStateRead,
    ReadTotaliser,
    Rest,
    SetPrices,
    Stop,
    Transmit,
)

WAIT = 20_000
PACE = Pace(byte=1_000)


class Bell:
    """One point."""

    def __init__(self, number: int, tell: Tell) -> None:
        self.number = number
        self.active = False
        self.forgotten = 0
        self._tell = tell

    def greet(self) -> Turn:
        yield self._ask("G")
        return ""

    def poll(self) -> Turn:
        answer = yield self._ask("P")
        if answer is not None:
            self._tell(PumpStateRead(self.number, PumpState.READY))
        return ""

    def carry_out(self, command: PumpCommand) -> Turn:
        match command:
            case Stop():
                return (yield from self._once("S"))
            case Authorise():
                return (yield from self._waiting())
            case SetPrices():
                return (yield from self._twice())
            case ReadTotaliser():
                yield Say(b"?Q%d" % self.number, 50_000)
                return (yield from self._once("R"))
            case _:
                return (yield from self._once("B"))

    def forget(self) -> None:
        self.forgotten += 1

    def _once(self, what: str) -> Turn:
        for _ in range(2):
            if (yield self._ask(what)) is not None:
                return ""
        return "It does not ring."

    def _twice(self) -> Turn:
        first = yield self._ask("T")
        second = yield self._ask("U")
        return "" if first and second else "It does not ring twice."

    def _waiting(self) -> Turn:
        yield self._ask("V")
        yield Later(300_000)
        return (yield from self._once("W"))

    def _ask(self, what: str) -> Ask:
        return Ask(question(what, self.number), reader(what, self.number), WAIT)


def question(what: str, number: int) -> bytes:
    return b"?%s%d" % (what.encode(), number)


def answer_to(asked: bytes) -> bytes:
    return b"!" + asked[1:]


def reader(what: str, number: int):  # type: ignore[no-untyped-def]
    def read(data: bytes) -> Taken:
        if not data.startswith(b"!"):
            start = data.find(b"!")
            return Taken(len(data) if start < 0 else start, blemish=Blemish.NOISE) if data else NOT_YET
        if len(data) < 3:
            return NOT_YET
        if data[:3] == answer_to(question(what, number)):
            return Taken(3, data[:3])
        return Taken(3, blemish=Blemish.ORPHAN)

    return read


class Belfry:
    """A session with its bells in virtual time. ``deaf`` points answer nothing."""

    def __init__(self, points: int) -> None:
        self.bells: list[Bell] = []
        self.session = DialogueSession(self._hang(points), PACE)
        self.now = 0
        self.asked: list[tuple[int, bytes]] = []
        self.events: list[object] = []
        self.deaf: set[int] = set()

    def _hang(self, points: int):  # type: ignore[no-untyped-def]
        def make(tell: Tell) -> Sequence[Bell]:
            self.bells = [Bell(number, tell) for number in range(1, points + 1)]
            return self.bells

        return make

    def step(self, heard: bytes | None = None) -> Transmit | Rest:
        """One thing; ``heard`` in place of the right answer."""
        action = self.session.next(self.now)
        if isinstance(action, Rest):
            self.now += action.micros
        else:
            self._exchange(action, heard)
        self.events += self.session.events()
        return action

    def run(self, micros: int) -> None:
        end = self.now + micros
        while self.now < end:
            self.step()

    def told(self, kind: type) -> list:  # type: ignore[type-arg]
        return [event for event in self.events if isinstance(event, kind)]

    def questions(self, point: int) -> list[tuple[int, bytes]]:
        return [(at, data) for at, data in self.asked if data.endswith(b"%d" % point)]

    def _exchange(self, action: Transmit, heard: bytes | None) -> None:
        self.asked.append((self.now, action.data))
        self.now += len(action.data) * PACE.byte
        if not action.wait:
            return
        right = b"" if action.point in self.deaf else answer_to(action.data)
        said = right if heard is None else heard
        self.now += 5_000 if said else action.wait
        if not (said and self.session.receive(said, self.now)):
            self.session.time_out(self.now)
