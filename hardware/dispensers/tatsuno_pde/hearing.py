"""How a Tatsuno PDE counter is met and heard: its challenge answered, its messages taken, its questions asked. Pure.

What it says goes to its :class:`Point`; a challenge may come at any time, for it may have lost its power.
(PDE counter protocol, July 2000, "initialisation" and "messages")
"""

from typing import Final, TypeVar

from hardware.dispensers.tatsuno_pde.challenge import TRIES as WRONG_ANSWERS
from hardware.dispensers.tatsuno_pde.challenge import response
from hardware.dispensers.tatsuno_pde.link import Link, Talk
from hardware.dispensers.tatsuno_pde.messages import (
    DISPLAY,
    LAST_SALE,
    STATUS,
    Challenge,
    Display,
    Error,
    Fault,
    History,
    Message,
    Status,
    read,
)
from hardware.dispensers.tatsuno_pde.point import Point
from hardware.polling.dialogue import Tell
from hardware.ports import AlarmRaised

M = TypeVar("M", bound=Message)

_TRIES: Final = 3
_MOST_MESSAGES: Final = 8


class Hearing:
    """One counter, as it is listened to. ``tell`` hears its alarms."""

    def __init__(self, point: Point, link: Link, tell: Tell) -> None:
        self.point = point
        self._link = link
        self._tell = tell
        self._alarm = 0
        self.meet_again()

    def meet_again(self) -> None:
        """It is a stranger, or was met: whatever went wrong in meeting it before counts no more."""
        self._challenge = ""
        self._answered = ""
        """The challenge that was answered last."""
        self._wrong = 0
        """How many of our answers it did not like."""
        self._refusals = 0
        """So often in a row it said that it takes nothing, and did not ask for an answer."""

    @property
    def shut(self) -> bool:
        """It is locked: one that was only not met yet asks for an answer."""
        return self._refusals >= _TRIES or self._wrong >= WRONG_ANSWERS

    # ── Meeting ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def come_up(self) -> Talk[None]:
        """Answer its challenge, if there is one, and read all that is to be known of it."""
        if self._challenge:
            self.point.known = False
            self.point.taken.clear()
            yield from self._respond()
        if not (self._challenge or self.shut):
            yield from self.look(whole=True)

    def _respond(self) -> Talk[None]:
        """The answer to its challenge; a new challenge says that it was wrong, and three wrong ones lock it."""
        while self._challenge and self._wrong < WRONG_ANSWERS:
            self._answered, self._challenge = self._challenge, ""
            if not (yield from self._link.select("I" + response(self._link.address, self._answered))):
                self._challenge = self._answered
                return
            if (yield from self._collect(Fault)) is None and not self._challenge:
                self._challenge = self._answered  # not a word about it: it will ask again
                return

    # ── What it says ──────────────────────────────────────────────────────────────────────────────────────────────────

    def hear(self) -> Talk[Message | str | None]:
        """One poll: a message, an empty text for none, or None for no answer."""
        text = yield from self._link.poll()
        if not text:
            return text
        said = read(text)
        match said:
            case Challenge():
                self._hear_challenge(said.letters)
            case Fault():
                self._hear_fault(said.code)
            case Display():
                self.point.hear_display(said)
        return said

    def _hear_challenge(self, letters: str) -> None:
        if self._refusals >= _TRIES:
            self._wrong = 0  # it was locked, and is switched on again
        elif self._answered and letters != self._answered:
            self._wrong += 1
        self._refusals = 0
        self._challenge = "" if self.shut else letters

    def _hear_fault(self, code: int) -> None:
        if code == Error.INITIALISED:
            self.meet_again()
        elif code == Error.NOT_INITIALISED:
            self.point.known = False
            self._refusals += 1
            if not self.shut:
                return
        if code not in (Error.NONE, Error.INITIALISED, self._alarm):
            alarm = "needs_power_cycle" if code == Error.NOT_INITIALISED else "dispenser_fault"
            self._tell(AlarmRaised(self.point.number, alarm, code))
        self._alarm = code

    def _collect(self, kind: type[M], nozzle: int = 0) -> Talk[M | None]:
        """Poll until it has nothing more to say; the last message of this kind is the freshest."""
        found: M | None = None
        quiet = 0
        for _ in range(_MOST_MESSAGES):
            said = yield from self.hear()
            if isinstance(said, kind) and (not nozzle or getattr(said, "nozzle", 0) == nozzle):
                found = said
            quiet += said == ""
            if self._challenge or (quiet and found) or quiet == _TRIES - 1:
                break
        return found

    @property
    def challenged(self) -> bool:
        """It waits for an answer to its challenge."""
        return bool(self._challenge)

    def ask(self, text: str, kind: type[M], nozzle: int = 0) -> Talk[M | None]:
        """What it answers to this; None when it does not. ``nozzle``: it must be of this one."""
        for _ in range(_TRIES - 1):
            if self._challenge or not (yield from self._link.select(text)):
                return None
            found = yield from self._collect(kind, nozzle)
            if found is not None:
                return found
        return None

    def look(self, *, whole: bool = False) -> Talk[Status | None]:
        """The status, and all that follows from it. ``whole``: with the display in any case."""
        said = yield from self.ask(STATUS, Status)
        if said is None or not (yield from self.follow(said, whole=whole)):
            return None
        return self.point.status

    def follow(self, said: Status, *, whole: bool = False) -> Talk[bool]:
        """Whether all was read that belongs to it."""
        if self.point.hear_status(said) or whole or not self.point.known:
            if (yield from self.ask(DISPLAY, Display)) is None:
                return False
            history = (yield from self.ask(LAST_SALE, History)) if self.point.missed else None
            self.point.settle(history)
        self.point.tell_news()
        return True
