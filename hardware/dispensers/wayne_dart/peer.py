"""The link with one fuelling point: its block numbers, whether it answers, and the work that waits for it. Pure."""

from collections import deque
from collections.abc import Callable
from functools import partial

from hardware.dispensers.wayne_dart import transactions
from hardware.dispensers.wayne_dart.counters import Arrival, ReceiveCounter, SendCounter
from hardware.dispensers.wayne_dart.frames import Frame, Kind, encode
from hardware.dispensers.wayne_dart.options import Options, address_of
from hardware.dispensers.wayne_dart.point import Point
from hardware.dispensers.wayne_dart.readings import CPU_RESET, Alarm
from hardware.dispensers.wayne_dart.recipes import Recipe, errands, figures, greet, recipe
from hardware.dispensers.wayne_dart.transactions import Direction, Transaction
from hardware.dispensers.wayne_dart.work import Job
from hardware.errors import FrameMisread
from hardware.polling.roster import Seat
from hardware.ports import (
    Authorise,
    Clear,
    CommandDone,
    CommandFailed,
    PointAnswered,
    PointOnLine,
    PointSilent,
    PumpCommand,
    PumpEvent,
    PumpState,
    Stop,
)

SILENT = "It does not answer."
_ACKPOLL_MISSES = 3
_ACTIVE = (PumpState.AUTHORISED, PumpState.FUELLING, PumpState.SUSPENDED, PumpState.LIMIT_REACHED)


class Block:
    """A data frame on its way. It must arrive before another may follow: its number is taken."""

    def __init__(self, job: Job, body: bytes) -> None:
        self.job = job
        self.body = body
        self.sent = False


class Peer(Seat):
    """One address on the line."""

    def __init__(self, place: PointOnLine, options: Options, tell: Callable[[PumpEvent], None]) -> None:
        super().__init__()
        self.address = address_of(place, options)
        self.point = Point(place, options, tell)
        self._tell = tell
        self._s4 = options.edition == "s4"
        self._ackpolls = _ACKPOLL_MISSES if options.ackpoll else 0
        self._sending = SendCounter(options.wrap)
        self._received = ReceiveCounter(compare=True)
        self._jobs: deque[Job] = deque()
        self._block: Block | None = None
        self._reading: Job | None = None
        self._curious = True

    # ── Work ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def submit(self, command: PumpCommand) -> None:
        """Queue a command; a stop goes before everything and undoes what it contradicts."""
        if self.answers is False:
            self._tell(CommandFailed(self.point.number, command, SILENT))
        elif isinstance(command, Stop):
            self._make_way()
            self._jobs.appendleft(Job(partial(recipe, self.point, command), command))
        else:
            job = Job(partial(recipe, self.point, command), command)
            if isinstance(command, Authorise):
                job.clears = self._take_clears()
            self._queue(job)

    def _take_clears(self) -> list[PumpCommand]:
        """The reset that comes before an authorisation clears the display too: it need not wait for one more."""
        waiting = [job for job in self._jobs if isinstance(job.command, Clear) and not job.begun]
        self._jobs = deque(job for job in self._jobs if job not in waiting)
        return [job.command for job in waiting if job.command is not None]

    def _queue(self, job: Job) -> None:
        """Behind all that was asked before, and before what can wait, be it under way."""
        self._jobs.insert(sum(not each.idle for each in self._jobs), job)

    def tick(self, now: int) -> None:
        """Time passes; work begins, goes on, ends."""
        while self._jobs and self.answers:
            job = self._jobs[0]
            job.work()
            job.tick(now)
            if job.result is None:
                break
            self._jobs.popleft()
            self._end(job, job.result)
        self._next_block()

    @property
    def block(self) -> Block | None:
        """The block that must be sent, or sent again."""
        return self._block

    @property
    def urgent(self) -> bool:
        """Whether its block goes before any polling: it must be repeated, or something urgent waits behind it."""
        return self._block is not None and (self._block.sent or any(job.urgent for job in self._jobs))

    @property
    def idle(self) -> bool:
        """Whether its work can wait for that of others."""
        return bool(self._jobs) and self._jobs[0].idle

    @property
    def waiting(self) -> bool:
        """Whether the proof of a step is awaited: poll it soon."""
        return self._block is None and bool(self._jobs) and self._jobs[0].waiting

    def _next_block(self) -> None:
        if self._block is not None and not self._block.sent and self._current() is not self._block.job:
            self._block = None
        job = self._current()
        if self._block is None and job is not None and job.to_send is not None:
            self._block = Block(job, transactions.encode(job.to_send))

    def _current(self) -> Job | None:
        return self._jobs[0] if self._jobs else None

    def _make_way(self) -> None:
        undone = [job for job in self._jobs if job.undone_by_stop]
        self._jobs = deque(job for job in self._jobs if not job.undone_by_stop)
        if self._jobs:
            self._jobs[0].again()
        for job in undone:
            self._end(job, "It was stopped before that took effect.")

    def _end(self, job: Job, result: str) -> None:
        if result and not job.touched:
            for clear in reversed(job.clears):
                self._jobs.appendleft(Job(partial(recipe, self.point, clear), clear))
        else:
            for clear in job.clears:
                self._told(clear, result)
        if job.command is not None:
            self._told(job.command, result)

    def _told(self, command: PumpCommand, result: str) -> None:
        number = self.point.number
        self._tell(CommandFailed(number, command, result) if result else CommandDone(number, command))

    def _first(self, errand: Callable[[Point], Recipe]) -> Job:
        """An errand of our own, before the station's commands."""
        job = Job(partial(errand, self.point))
        running = self._current()
        self._jobs.insert(1 if running is not None and running.begun else 0, job)
        return job

    # ── Link ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def block_frame(self) -> bytes:
        """The frame of the block, with the number it has now."""
        if self._block is None:
            raise ValueError("there is no block to send")
        self._block.sent = True
        return encode(Frame(self.address, Kind.DATA, self._sending.tx, self._block.body))

    def block_answered(self, frame: Frame, now: int) -> bool:
        """Whether this ACK or NAK belongs to the block, and if so, go on."""
        if self._block is None or frame.tx != self._sending.tx or frame.kind not in (Kind.ACK, Kind.NAK):
            return False
        block = self._block
        if frame.kind is Kind.ACK:
            self._sending.acknowledged()
            self._block = None
            if block.job is self._current() and block.job.to_send is not None:
                block.job.delivered(now)
        elif not self._sending.refused():
            self._refused(block)
        self.tick(now)
        return True

    def _refused(self, block: Block) -> None:
        self._block = None
        self._sending.restart()
        if block.job is self._current():
            self._jobs.popleft()
            self._end(block.job, "It refuses the command.")

    def answered(self) -> bool:
        """It answered something that makes sense; whether it is the first time, or the first time again."""
        first = super().answered()
        if first:
            self._sending.restart()
            self._tell(PointAnswered(self.point.number))
            self._jobs.appendleft(Job(partial(greet, self.point)))
            if self._curious:
                self._jobs.extend(Job(errand, idle=True) for errand in errands(self.point))
        return first

    @property
    def ackpoll(self) -> bool:
        """Whether it may be acknowledged and polled in one frame."""
        return self._ackpolls > 0

    def ackpolled(self, answered: bool) -> None:
        """It did answer to that, or did not. A pump that never does is not asked like that any more."""
        self._ackpolls = _ACKPOLL_MISSES if answered else self._ackpolls - 1

    def arrival(self, frame: Frame) -> Arrival:
        """What this data frame is by its number. A new one is to be read by :meth:`read`."""
        return self._received.judge(frame.tx, frame.body)

    def read(self, body: bytes) -> int:
        """Take what the pump says; how much of it could not be read."""
        try:
            said = transactions.decode(body, Direction.PUMP, self._s4)
        except FrameMisread:
            return 1
        for transaction in said:
            self._hear(transaction)
        for transaction in said:  # a proof counts when all that came with it is known
            if self._jobs:
                self._jobs[0].hear(transaction)
        return sum(isinstance(transaction, transactions.Unreadable) for transaction in said)

    def _hear(self, said: Transaction) -> None:
        before = self.point.state
        self.point.hear(said)
        self.active = self.point.state in _ACTIVE
        if self.point.state is PumpState.FINISHED and before not in (None, PumpState.FINISHED):
            self._first(figures)  # the last figures of the filling, read after its end
        if said == Alarm(CPU_RESET) and before in _ACTIVE and self._reading not in self._jobs:
            self._reading = self._first(greet)  # its filling is gone; what stands there now is to be read, once

    def missed(self, now: int) -> bool:
        """No answer, or none that makes sense; whether it has fallen silent by that."""
        fallen = super().missed(now)
        if fallen:
            self._fall_silent()
        return fallen

    def line_lost(self) -> bool:
        """The port went away; whether it was not silent yet."""
        fallen = super().line_lost()
        if fallen:
            self._fall_silent()
        return fallen

    def _fall_silent(self) -> None:
        """Nothing half done counts, and nobody waits for it."""
        self._tell(PointSilent(self.point.number))
        jobs, self._jobs = self._jobs, deque()
        if any(job.idle and job.begun for job in jobs):
            self._curious = False  # what need not be known is no reason to lose a pump twice
        self._block = None
        self._received.forget()
        self.point.forget()
        self.active = False
        for job in jobs:
            job.touched = True  # it can't be tried again
            self._end(job, SILENT)
