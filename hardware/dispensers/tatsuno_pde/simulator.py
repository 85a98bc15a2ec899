"""The other end of a Tatsuno PDE line: counters that are polled, and that want to be met first. Pure.

Times in microseconds of a monotonic clock.
"""

from random import Random
from typing import Final

from hardware.dispensers.tatsuno_pde.challenge import LENGTH, TRIES, response
from hardware.dispensers.tatsuno_pde.counter import Counter
from hardware.dispensers.tatsuno_pde.frames import Frame, Kind, decode, encode, scan
from hardware.dispensers.tatsuno_pde.messages import Challenge, Error, Fault, write
from hardware.dispensers.tatsuno_pde.options import Habits
from hardware.protocol import Simulation
from hardware.simulation.answering import AnsweringLine
from hardware.simulation.faults import Faults
from hardware.simulation.head import Change
from hardware.simulation.pump import SimulatedLine, SimulatedPoint

_LETTERS: Final = "!#$%&'()*+-./:<>?XYZabc"


class TatsunoPump(Counter):
    """A counter on its line."""

    def __init__(self, place: SimulatedPoint, faults: Faults, habits: Habits, seed: int = 0) -> None:
        self._dice = Random(seed)
        self.met = not habits.wants_response
        self.wrong = 0
        """So often it was answered wrongly."""
        self._letters = ""
        self._refused = False
        self._said = ""
        """The message that waits for its acknowledgement."""
        self._heard_at = 0
        super().__init__(place, faults, habits)

    def on_change(self, change: Change) -> None:
        """A computer that starts anew knows nobody."""
        if change is Change.RESTARTED:
            self.power_up()
        super().on_change(change)

    def power_up(self) -> None:
        """It wants to be met again; so it ends to be locked out, too."""
        self.met, self.wrong = not self.habits.wants_response, 0
        self._letters = self._said = ""
        self.waiting.clear()

    def answer(self, question: bytes, now: int) -> bytes:
        """The answer to a whole frame for this address."""
        self.advance(now)
        if self.deaf:
            return b""
        self._lose_link(now)
        frame = decode(question)
        match frame.kind:
            case Kind.POLL:
                return self._poll(frame.address)
            case Kind.NAK if self._said:
                return self._send(frame.address)
            case Kind.ACK:
                self._acknowledged()
            case Kind.TEXT if frame.text[:1].isupper():
                self._take(frame, now)
                return encode(Frame(frame.address, Kind.ACK))
        return b""

    def _lose_link(self, now: int) -> None:
        if self.met and self.habits.wants_response and now - self._heard_at > self.habits.link_lost_ms * 1_000:
            self.met, self._letters = False, ""
        self._heard_at = now

    def _poll(self, address: int) -> bytes:
        self._said = self._next_message()
        return self._send(address) if self._said else encode(Frame(address, Kind.NOTHING))

    def _send(self, address: int) -> bytes:
        return encode(Frame(address, Kind.TEXT, self._said))

    def _next_message(self) -> str:
        if not self.met:
            return self._challenge()
        if not self.waiting and self.moved:
            self.moved = False
            self.say(self.shown_now())
        return self.waiting[0] if self.waiting else ""

    def _challenge(self) -> str:
        refused, self._refused = self._refused, False
        if self.wrong >= TRIES or refused:
            return write(Fault(Error.NOT_INITIALISED))
        self._letters = self._letters or "".join(self._dice.choice(_LETTERS) for _ in range(LENGTH))
        return write(Challenge(self._letters))

    def _acknowledged(self) -> None:
        if self._said and self.waiting and self.waiting[0] == self._said:
            self.waiting.popleft()
        self._said = ""

    def _take(self, frame: Frame, now: int) -> None:
        self._said = ""
        if not self.met:
            self._meet(frame)
        elif frame.text == "S":
            self.say(self.status())
            self.say(Fault(Error.NONE))
        elif frame.text == "D":
            self.moved = False
            self.say(self.shown_now())
        else:
            self.obey(frame.text, now)

    def _meet(self, frame: Frame) -> None:
        if not frame.text.startswith("I") or not self._letters or self.wrong >= TRIES:
            self._refused = True
            return
        if frame.text[1:] == response(frame.address, self._letters):
            self.met, self.wrong = True, 0
            self.waiting.appendleft(write(Fault(Error.INITIALISED)))
        else:
            self.wrong += 1
        self._letters = ""


def _cut(data: bytes) -> tuple[int, bytes]:
    found = scan(data)
    return found.used, data[: found.used] if found.frame is not None else b""


def simulator(plan: Simulation) -> SimulatedLine:
    """All counters of a line."""
    habits = plan.habits or Habits()
    pumps = {place.address: TatsunoPump(place, plan.faults, habits, plan.seed + place.address) for place in plan.points}
    return AnsweringLine(pumps, _cut, lambda question: decode(question).address, plan.turnaround, plan.seed)
