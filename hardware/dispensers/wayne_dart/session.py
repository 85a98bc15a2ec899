"""A DART line in step: whom to ask next, what the answer means. Pure; implements :class:`hardware.ports.Session`.

One exchange at a time. What arrives outside an exchange, from another address, or with another block's number is an
orphan of an earlier question: counted and dropped. That is safe, since a pump repeats a block until it is acknowledged.

Whose turn it is: blocks that stop, release or must be repeated. After a block its point is polled next, where the proof
of its effect is likely to be. Otherwise the roster decides between the round of all points and those with other work: a
block to send, or a proof still awaited; what is only good to know comes once in a while. So a lifted nozzle is seen
soon, however much else there is to do.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from hardware.dispensers.wayne_dart.counters import Arrival
from hardware.dispensers.wayne_dart.frames import Frame, Kind, Splitter, encode
from hardware.dispensers.wayne_dart.options import Options
from hardware.dispensers.wayne_dart.peer import Peer
from hardware.errors import FrameMisread
from hardware.polling.roster import Roster, oldest
from hardware.ports import Blemish, Blemished, CommandFailed, PointOnLine, PumpCommand, PumpEvent, Rest, Transmit

_POLLS_TO_IDLE: Final = 16
"""Questions between two that only make us wiser; a nozzle that is lifted meanwhile waits hardly longer than else."""
_WHILE_FUEL_FLOWS: Final = 4
"""So many times more."""


class Pace(Struct, frozen=True):
    """Times in microseconds."""

    byte: int = 1_146
    """What a byte takes; here at 9600 baud, 8 data bits and parity."""
    window: int = 120_000
    """How long a pump may be silent before it answers. The specification asks for 25 ms; 10 to 50 ms were seen."""
    gap: int = 5_000
    """Between the end of an answer and the next question."""
    round: int = 50_000
    """No point is polled in shorter intervals, unless something is awaited from it."""


class DartSession:
    """All fuelling points of one line."""

    def __init__(self, points: Iterable[PointOnLine], pace: Pace | None = None, options: Options | None = None) -> None:
        self._pace = pace or Pace()
        options = options or Options()
        self._events: list[PumpEvent | Blemished] = []
        peers = [Peer(place, options, self._events.append) for place in points]
        self._peers = {peer.address: peer for peer in peers}
        self._by_point = {peer.point.number: peer for peer in peers}
        self._splitter = Splitter()
        self._free_at = 0
        self._asked: Peer | None = None
        self._asked_block = self._asked_ackpoll = False
        self._reply: Frame | None = None  # an ACK or NAK that we owe
        self._follow: Peer | None = None  # it acknowledged a block: poll it next
        self._since_idle = 0
        self._learns_of: Peer | None = None  # its turn is for what is only good to know
        self._roster = Roster(list(self._peers.values()), self._pace.round)

    # ── What the driver calls ─────────────────────────────────────────────────────────────────────────────────────────

    def next(self, now: int) -> Transmit | Rest:
        """What to do next."""
        if now < self._free_at:
            return Rest(self._free_at - now)
        for each in self._peers.values():
            each.tick(now)
        if self._reply is not None and self._reply.kind is Kind.NAK:
            return self._refuse(self._reply, now)
        peer = self._choose(now)
        if self._reply is not None and not self._rides(self._reply, peer):
            return self._acknowledge(self._reply, now)
        if peer is None:
            return Rest(self._roster.idle(now))
        return self._ask(peer, now)

    def receive(self, data: bytes, now: int) -> bool:
        """Take bytes from the line; True when the exchange is complete."""
        self._splitter.push(data)
        complete = False
        while True:
            try:
                frame = self._splitter.next_frame()
            except FrameMisread:
                self._blemish(Blemish.MISREAD, self._asked)
                continue
            if frame is None:
                return complete
            if self._take(frame, now):
                complete = True
            else:
                self._blemish(Blemish.ORPHAN, self._asked)

    def time_out(self, now: int) -> None:
        """The answer did not come, or not whole."""
        peer, self._asked = self._asked, None
        self._free_at = now + self._pace.gap
        if peer is not None:
            if self._asked_ackpoll:
                peer.ackpolled(False)
            peer.missed(now)

    def line_lost(self) -> None:
        """The port went away."""
        self._asked = self._reply = self._follow = None
        self._free_at = 0
        self._splitter.clear()
        for peer in self._peers.values():
            peer.line_lost()

    def submit(self, command: PumpCommand) -> None:
        """Have this done as soon as the link allows."""
        peer = self._by_point.get(command.point)
        if peer is None:
            self._events.append(CommandFailed(command.point, command, "No such fuelling point is on this line."))
        else:
            peer.submit(command)

    def events(self) -> Sequence[PumpEvent | Blemished]:
        """The events since the last call."""
        events = list(self._events)
        self._events.clear()
        return events

    # ── Whose turn it is ──────────────────────────────────────────────────────────────────────────────────────────────

    def _choose(self, now: int) -> Peer | None:
        at_work = [peer for peer in self._peers.values() if peer.block is not None or peer.waiting]
        urgent = oldest(peer for peer in at_work if peer.urgent)
        if urgent is not None:
            return urgent
        if self._follow is not None and self._follow.answers:
            return self._follow
        busy = oldest(peer for peer in at_work if not peer.idle)
        if busy is None and at_work and self._since_idle >= self._idle_after():
            busy = self._learns_of = oldest(at_work)
        return self._roster.choose(now, busy)

    def _idle_after(self) -> int:
        active = any(peer.active for peer in self._peers.values())
        return min(len(self._peers), _POLLS_TO_IDLE) * (_WHILE_FUEL_FLOWS if active else 1)

    def _has_block(self, peer: Peer) -> bool:
        """Whether its turn is for a block; otherwise it is polled, and a block that can wait does."""
        block = peer.block
        return block is not None and (block.sent or not peer.idle or peer is self._learns_of)

    # ── Exchanges ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _rides(self, reply: Frame, peer: Peer | None) -> bool:
        """Whether an ACK goes with the next question: right before the poll of another address, or, where the pump
        understands that, in one frame with its own poll, for which it waits a moment."""
        if peer is None:
            return self._peers[reply.address].ackpoll
        return not self._has_block(peer) and (peer.address != reply.address or peer.ackpoll)

    def _ask(self, peer: Peer, now: int) -> Transmit:
        """A block, or a poll with the ACK that we owe."""
        self._asked_block = self._has_block(peer)
        self._begin(peer, now)
        if self._asked_block:
            return Transmit(peer.block_frame(), self._pace.window, peer.point.number)
        owed, self._reply = self._reply, None
        return Transmit(self._poll(peer, owed), self._pace.window, peer.point.number)

    def _poll(self, peer: Peer, owed: Frame | None) -> bytes:
        if owed is not None and owed.address == peer.address:
            self._asked_ackpoll = True
            return encode(Frame(peer.address, Kind.ACKPOLL, owed.tx))
        return (b"" if owed is None else encode(owed)) + encode(Frame(peer.address, Kind.POLL))

    def _begin(self, peer: Peer, now: int) -> None:
        self._asked_ackpoll = False
        self._since_idle = 0 if peer is self._learns_of else self._since_idle + 1
        self._learns_of = None
        self._roster.asked(peer, now, at_work=peer.waiting or self._asked_block)
        self._follow = None
        if self._splitter.skipped:
            self._blemish(Blemish.NOISE, None, self._splitter.skipped)
            self._splitter.skipped = 0
        self._asked = peer
        self._splitter.clear()

    def _acknowledge(self, reply: Frame, now: int) -> Transmit:
        self._reply = None
        data = encode(reply)
        self._free_at = now + len(data) * self._pace.byte + self._pace.gap
        return Transmit(data, 0, self._peers[reply.address].point.number)

    def _refuse(self, reply: Frame, now: int) -> Transmit:
        """A NAK is answered like a poll: with the same block."""
        self._reply = None
        peer = self._peers[reply.address]
        self._asked_block = False
        self._begin(peer, now)
        return Transmit(encode(reply), self._pace.window, peer.point.number)

    def _take(self, frame: Frame, now: int) -> bool:
        """Whether the frame answers what was asked, and if so, act on it."""
        peer = self._asked
        if peer is None or frame.address != peer.address:
            return False
        if self._asked_block:
            if not peer.block_answered(frame, now):
                return False
            self._follow = peer if peer.waiting else None
        elif frame.kind is not Kind.EOT and frame.kind is not Kind.DATA:
            return False
        self._asked = None
        self._free_at = now + self._pace.gap
        peer.answered()
        if self._asked_ackpoll:
            peer.ackpolled(True)
        if frame.kind is Kind.DATA:
            self._take_block(peer, frame)
        peer.tick(now)
        return True

    def _take_block(self, peer: Peer, frame: Frame) -> None:
        arrival = peer.arrival(frame)
        if arrival is Arrival.OUT_OF_STEP:
            self._blemish(Blemish.OUT_OF_STEP, peer)
            self._reply = Frame(peer.address, Kind.NAK, frame.tx)
            return
        self._reply = Frame(peer.address, Kind.ACK, frame.tx)
        if arrival is Arrival.REPEATED:
            self._blemish(Blemish.REPEATED, peer)
        elif unreadable := peer.read(frame.body):
            self._blemish(Blemish.UNREADABLE, peer, unreadable)

    def _blemish(self, kind: Blemish, peer: Peer | None, count: int = 1) -> None:
        self._events.append(Blemished(peer.point.number if peer else 0, kind, count))
