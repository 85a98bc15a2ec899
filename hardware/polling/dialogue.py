"""A session for protocols in which the controller asks and the dispenser answers at once. Pure.

A **turn** is a short talk with one fuelling point that nobody interrupts, written as a generator: it yields what to
send and gets the answer, or None when none came that makes sense. A protocol gives a :class:`Talker` for each point:
how it is greeted and polled, and how each command is carried out. Everything else is here: whose turn it is, what
falls silent and comes back, that a stop goes first, that each command has one end.

What arrives outside a question, or does not answer it, is an orphan of an earlier one: counted and dropped. An answer
with bytes behind it is no answer either: one of the two is late, and nobody can say which.
"""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Protocol

from msgspec import Struct

from hardware.polling.roster import MISSES_TO_SILENCE, Roster, Seat, oldest
from hardware.ports import (
    Authorise,
    Blemish,
    Blemished,
    CommandDone,
    CommandFailed,
    PointAnswered,
    PointSilent,
    PumpCommand,
    PumpEvent,
    Rest,
    Resume,
    Stop,
    Suspend,
    Transmit,
)

SILENT = "It does not answer."
_STOPPED = "It was stopped before that took effect."


class Taken(Struct, frozen=True):
    """What a reader made of the bytes so far: how many are used up, and what they were."""

    used: int
    answer: bytes = b""
    """The whole answer; empty when these bytes are none."""
    blemish: Blemish | None = None
    """Why they are none."""


NOT_YET = Taken(0)
Reader = Callable[[bytes], Taken]
"""Looks at all bytes that wait; :data:`NOT_YET` when more must come. It is called again with what it left."""


class Ask(Struct, frozen=True):
    """Send this and wait for the answer: the turn goes on with its bytes, or with None."""

    data: bytes
    reader: Reader
    wait: int
    """Microseconds of silence to bear after the last byte has left."""
    spacing: int = 0
    """Microseconds between the bytes sent."""


class Say(Struct, frozen=True):
    """Send this, to which no answer comes, and keep the line quiet for ``rest`` microseconds."""

    data: bytes
    rest: int
    spacing: int = 0


class Pause(Struct, frozen=True):
    """Keep the line quiet for so many microseconds; it stays this point's turn."""

    micros: int


class Later(Struct, frozen=True):
    """Let others have their turns; go on in so many microseconds at the earliest."""

    micros: int


Turn = Generator[Ask | Say | Pause | Later, bytes | None, str]
"""Ends with an empty string when done, or a sentence why not."""
Tell = Callable[[PumpEvent], None]


class Talker(Protocol):
    """One fuelling point, as its protocol talks with it. It tells its events by the :data:`Tell` it was made with."""

    @property
    def number(self) -> int:
        """The fuelling point."""
        ...

    @property
    def active(self) -> bool:
        """Fuel may be flowing: ask more often."""
        ...

    def greet(self) -> Turn:
        """It answers for the first time, or again: read how it stands. Changes nothing at the dispenser."""
        ...

    def poll(self) -> Turn:
        """Ask how it stands. Changes nothing at the dispenser. Must ask at least one question."""
        ...

    def carry_out(self, command: PumpCommand) -> Turn:
        """Do it, and prove that it was done."""
        ...

    def forget(self) -> None:
        """It fell silent: nothing that it said counts any more."""
        ...


class Pace(Struct, frozen=True):
    """Times in microseconds, unless they say otherwise."""

    byte: int
    """What a byte takes on the line."""
    gap: int = 5_000
    """Quiet between the end of an answer and the next question."""
    round: int = 50_000
    """No point is polled in shorter intervals."""
    after_silence: int = 5_000
    """Quiet after an answer that did not come; longer where a late one could pass for the next."""
    misses: int = MISSES_TO_SILENCE
    """So many answers in a row that did not come make a point silent; a number, not a time."""


class _Job:
    """A command being carried out, or a greeting (``command`` None)."""

    def __init__(self, begin: Callable[[], Turn], command: PumpCommand | None = None) -> None:
        self.begin = begin
        self.command = command
        self.turn: Turn | None = None
        self.ready_at = 0
        self.urgent = isinstance(command, Stop | Authorise | Suspend | Resume)


class _Place(Seat):
    """A talker in the round, with its work."""

    def __init__(self, talker: Talker, patience: int) -> None:
        super().__init__(patience)
        self.talker = talker
        self.jobs: deque[_Job] = deque()

    def ready(self, now: int) -> _Job | None:
        """The work that may go on now."""
        job = self.jobs[0] if self.jobs and self.answers else None
        return job if job is not None and job.ready_at <= now else None


class DialogueSession:
    """All fuelling points of one line; implements :class:`hardware.ports.Session`."""

    def __init__(self, make: Callable[[Tell], Sequence[Talker]], pace: Pace) -> None:
        self._events: list[PumpEvent | Blemished] = []
        self._places = [_Place(talker, pace.misses) for talker in make(self._events.append)]
        self._by_point = {place.talker.number: place for place in self._places}
        self._roster = Roster(self._places, pace.round)
        self._pace = pace
        self._free_at = 0
        self._place: _Place | None = None
        """Whose turn it is."""
        self._job: _Job | None = None
        self._turn: Turn | None = None
        self._answer: bytes | None = None
        self._asking: Ask | None = None
        self._buffer = b""

    # ── What the driver calls ─────────────────────────────────────────────────────────────────────────────────────────

    def next(self, now: int) -> Transmit | Rest:
        """What to do next."""
        while now >= self._free_at:
            action = self._go_on(now) if self._turn is not None else self._begin(now)
            if action is not None:
                return action
        return Rest(self._free_at - now)

    def receive(self, data: bytes, now: int) -> bool:
        """Take bytes from the line; True when the exchange is complete."""
        self._buffer += data
        ask = self._asking
        if ask is None or self._place is None:
            return False  # counted when the next question clears it away
        while (taken := ask.reader(self._buffer)).used:
            self._buffer = self._buffer[taken.used :]
            if taken.blemish is not None:
                self._blemish(taken.blemish)
            elif taken.answer:
                self._complete(self._place, taken.answer, now)
                return True
        return False

    def time_out(self, now: int) -> None:
        """The answer did not come, or not whole."""
        self._asking, self._answer = None, None
        self._free_at = now + self._pace.after_silence
        place = self._place
        if place is not None and place.missed(now):
            self._fall_silent(place)

    def line_lost(self) -> None:
        """The port went away."""
        self._buffer, self._asking = b"", None
        self._free_at = 0
        for place in self._places:
            if place.line_lost():
                self._fall_silent(place)

    def submit(self, command: PumpCommand) -> None:
        """Have this done as soon as the link allows."""
        place = self._by_point.get(command.point)
        if place is None:
            self._events.append(CommandFailed(command.point, command, "No such fuelling point is on this line."))
        elif place.answers is False:
            self._events.append(CommandFailed(command.point, command, SILENT))
        else:
            self._queue(place, _Job(lambda: place.talker.carry_out(command), command))

    def events(self) -> list[PumpEvent | Blemished]:
        """The events since the last call."""
        events, count = list(self._events), len(self._events)
        del self._events[:count]
        return events

    # ── Turns ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, now: int) -> Transmit | Rest | None:
        place = self._choose(now)
        if place is None:
            return Rest(self._idle(now))
        job = place.ready(now)
        self._roster.asked(place, now, at_work=job is not None)
        self._place, self._job, self._answer = place, job, None
        if job is None:
            self._turn = place.talker.poll()
        else:
            self._turn = job.turn = job.turn or job.begin()
        return None

    def _choose(self, now: int) -> _Place | None:
        busy = [place for place in self._places if place.ready(now)]
        urgent = oldest(place for place in busy if place.jobs[0].urgent)
        if urgent is not None:
            return urgent
        return self._roster.choose(now, oldest(busy))

    def _idle(self, now: int) -> int:
        waits = [place.jobs[0].ready_at - now for place in self._places if place.jobs and place.answers]
        return max(1_000, min([self._roster.idle(now), *waits]))

    def _go_on(self, now: int) -> Transmit | None:
        """The turn's next wish; None when it has none for now."""
        turn, place, answer = self._turn, self._place, self._answer
        if turn is None or place is None:
            return None
        self._answer = None
        try:
            wish = turn.send(answer)
        except StopIteration as end:
            self._end_turn(place, str(end.value or ""))
            return None
        match wish:
            case Ask():
                return self._ask(place, wish)
            case Say():
                self._free_at = now + len(wish.data) * (self._pace.byte + wish.spacing) + wish.rest
                return Transmit(wish.data, 0, place.talker.number, wish.spacing)
            case Pause():
                self._free_at = now + wish.micros
            case Later():
                self._put_off(now + wish.micros)
        return None

    def _ask(self, place: _Place, wish: Ask) -> Transmit:
        if self._buffer:
            self._blemish(Blemish.NOISE, len(self._buffer))
            self._buffer = b""
        self._asking = wish
        return Transmit(wish.data, wish.wait, place.talker.number, wish.spacing)

    def _complete(self, place: _Place, answer: bytes, now: int) -> None:
        """An answer; but with bytes behind it, it is one too many."""
        self._asking = None
        self._free_at = now + self._pace.gap
        if self._buffer:
            self._blemish(Blemish.ORPHAN)
            self._buffer, self._answer = b"", None
            return
        self._answer = answer
        if place.answered():
            self._events.append(PointAnswered(place.talker.number))
            place.jobs.appendleft(_Job(place.talker.greet))

    def _put_off(self, until: int) -> None:
        if self._job is not None:
            self._job.ready_at = until
        elif self._turn is not None:
            self._turn.close()  # a poll that puts itself off is over: the next one comes by itself
        self._turn = self._job = self._place = None

    def _end_turn(self, place: _Place, result: str) -> None:
        job, self._job, self._turn, self._place = self._job, None, None, None
        place.active = place.talker.active
        if job is not None and job in place.jobs:
            place.jobs.remove(job)
            self._end(place, job, result)

    # ── Work ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _queue(self, place: _Place, job: _Job) -> None:
        """A stop goes before everything and undoes what it contradicts; other work begins again after it."""
        if not isinstance(job.command, Stop):
            place.jobs.append(job)
            return
        waiting, place.jobs = place.jobs, deque([job])
        for other in waiting:
            if isinstance(other.command, Authorise | Suspend | Resume):
                self._drop(other)
                self._end(place, other, _STOPPED)
            else:
                if other is not self._job:
                    self._drop(other)
                place.jobs.append(other)

    def _drop(self, job: _Job) -> None:
        """Its turn is not gone on with."""
        if job.turn is not None:
            job.turn.close()
            job.turn, job.ready_at = None, 0
        if job is self._job:
            self._turn = self._job = self._place = self._asking = None

    def _fall_silent(self, place: _Place) -> None:
        """Nothing half done counts, and nobody waits for it."""
        self._events.append(PointSilent(place.talker.number))
        if place is self._place:
            if self._turn is not None:
                self._turn.close()
            self._turn = self._job = self._place = None
        jobs, place.jobs = place.jobs, deque()
        place.talker.forget()
        place.active = False
        for job in jobs:
            self._drop(job)
            self._end(place, job, SILENT)

    def _end(self, place: _Place, job: _Job, result: str) -> None:
        if job.command is None:
            return
        number = place.talker.number
        self._events.append(CommandFailed(number, job.command, result) if result else CommandDone(number, job.command))

    def _blemish(self, kind: Blemish, count: int = 1) -> None:
        point = self._place.talker.number if self._place is not None else 0
        self._events.append(Blemished(point, kind, count))
