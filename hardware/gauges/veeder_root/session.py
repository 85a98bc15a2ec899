"""Asks the console in turn: what is in the tanks, what is wrong with them, what came in. Pure.

One question at a time. A reply has any length, so the session never has the driver wait for one: it sends, then rests
in short steps until the reply is whole or the console has been quiet for three seconds. A console that stays silent is
asked less and less often. The notes give no timing; these figures are ours.
"""

from collections.abc import Sequence
from typing import Final

from hardware.errors import FrameMisread
from hardware.gauges.ports import GaugeAnswered, GaugeEvent, GaugeSetup, GaugeSilent, InventoryRead, ReadNow, Silence
from hardware.gauges.veeder_root import bodies
from hardware.gauges.veeder_root.figures import Figures
from hardware.gauges.veeder_root.frames import Rejected, Reply, Splitter, question, read
from hardware.ports import Blemish, Blemished, Rest, Transmit

QUIET: Final = 3_000_000
"""Microseconds without a byte after which a question has failed."""
LONGEST_PAUSE: Final = 300_000_000
_STEP: Final = 50_000
_TRIES: Final = 2
_ROUNDS: Final = 10
"""After so many inventories the deliveries are read again, without any sign that one came."""

INVENTORY, ALARMS, DELIVERIES, LAST_DELIVERY = "i201", "i205", "i202", "i20C"


class VeederRootSession:
    """One console."""

    def __init__(self, setup: GaugeSetup) -> None:
        self._setup = setup
        self._figures = Figures(setup.units)
        self._splitter = Splitter()
        self._events: list[GaugeEvent | Blemished] = []
        self._unknown: set[str] = set()
        """Functions that this console has rejected."""
        self._plan: list[str] = []
        self._asked = False
        self._heard_at = 0
        self._tries = 0
        self._failures = 0
        self._answers: bool | None = None
        self._due = 0
        self._round = 0
        self._delivering: frozenset[int] = frozenset()
        self._came_in = True
        """A delivery may have come that is not read yet."""
        self._sense = True
        """What has come back could be read."""

    # ── What the driver calls ─────────────────────────────────────────────────────────────────────────────────────────

    def next(self, now: int) -> Transmit | Rest:
        """The next question, or a rest."""
        if self._asked:
            if now - self._heard_at < QUIET:
                return Rest(_STEP)
            self.time_out(now)
        if not self._plan:
            if now < self._due:
                return Rest(self._due - now)
            self._plan = self._new_round()
            self._due = now + self._setup.every
        self._splitter.clear()
        self._asked, self._sense, self._heard_at = True, True, now
        return Transmit(question(self._plan[0], 0, self._setup.security_code), 0)

    def receive(self, data: bytes, now: int) -> bool:
        """Bytes from the console; True when the question is answered."""
        self._heard_at = now
        answered = False
        for frame in self._splitter.feed(data):
            answered = self._take(frame, now) or answered
        if self._splitter.noise:
            self._blemish(Blemish.NOISE, self._splitter.noise)
            self._splitter.noise = 0
            self._sense = False
        return answered

    def time_out(self, now: int) -> None:
        """The question has failed: once more, or give this round up."""
        if self._asked:
            self._fail(Silence.NO_ANSWER if self._sense else Silence.UNREADABLE, now)

    def line_lost(self) -> None:
        """The port, or the connection, went away."""
        self._splitter.clear()
        self._plan, self._asked, self._tries, self._due, self._failures = [], False, 0, 0, 0
        self._unknown.clear()
        self._came_in = True
        if self._answers:
            self._silent(Silence.LINE_LOST)
        self._answers = None

    def submit(self, _command: ReadNow, /) -> None:
        """Begin a round at once."""
        self._due, self._came_in = 0, True

    def events(self) -> Sequence[GaugeEvent | Blemished]:
        """The events since the last call."""
        told, self._events = self._events, []
        return told

    # ── Inside ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _new_round(self) -> list[str]:
        self._round += 1
        late = self._came_in or self._round % _ROUNDS == 0
        wanted = [INVENTORY, ALARMS, *([self._deliveries] if late else [])]
        return [function for function in wanted if function not in self._unknown]

    @property
    def _deliveries(self) -> str:
        """The list of deliveries, or the last one where the console lacks the list."""
        return LAST_DELIVERY if DELIVERIES in self._unknown else DELIVERIES

    def _take(self, frame: bytes, now: int) -> bool:
        try:
            reply = read(frame)
            if not self._asked or (isinstance(reply, Reply) and reply.function != self._plan[0]):
                self._blemish(Blemish.ORPHAN)
                return False
            if isinstance(reply, Rejected):
                self._rejected(now)
            else:
                self._answer(reply)
        except FrameMisread:
            self._blemish(Blemish.MISREAD)
            if self._asked:
                self._fail(Silence.UNREADABLE, now)
        return True

    def _answer(self, reply: Reply) -> None:
        event = self._read(reply)
        self._done()
        if self._answers is not True:
            self._events.append(GaugeAnswered())
        self._answers, self._failures = True, 0
        self._events.append(event)
        if isinstance(event, InventoryRead):
            self._watch(event)

    def _read(self, reply: Reply) -> GaugeEvent:
        match reply.function:
            case "i201":
                return bodies.inventory(reply.body, self._figures)
            case "i205":
                return bodies.alarms(reply.body)
        self._came_in = False
        return bodies.deliveries(reply.body, self._figures)

    def _watch(self, inventory: InventoryRead) -> None:
        """When fuel has ceased to come in, the console will soon have a delivery to tell."""
        delivering = frozenset(one.tank for one in inventory.tanks if one.delivering)
        if self._delivering - delivering:
            self._came_in = True
            if self._deliveries not in {*self._plan, *self._unknown}:
                self._plan.append(self._deliveries)
        self._delivering = delivering

    def _rejected(self, now: int) -> None:
        """A console that lacks the list of deliveries may know the last one; without an inventory it is no gauge."""
        function = self._plan[0]
        self._done()
        if function == INVENTORY:
            self._give_up(Silence.REFUSED, now)
            return
        self._unknown.add(function)
        if function == DELIVERIES:
            self._plan.insert(0, LAST_DELIVERY)
        elif function == LAST_DELIVERY:
            self._came_in = False

    def _done(self) -> None:
        self._plan.pop(0)
        self._asked, self._tries = False, 0

    def _fail(self, why: Silence, now: int) -> None:
        self._asked = False
        self._tries += 1
        if self._tries >= _TRIES:
            self._give_up(why, now)

    def _give_up(self, why: Silence, now: int) -> None:
        """Less and less often, at most every five minutes."""
        self._plan, self._asked, self._tries = [], False, 0
        self._due = now + min(self._setup.every << min(self._failures, 16), LONGEST_PAUSE)
        self._failures += 1
        self._silent(why)

    def _silent(self, why: Silence) -> None:
        if self._answers is not False:
            self._events.append(GaugeSilent(why))
        self._answers = False

    def _blemish(self, kind: Blemish, count: int = 1) -> None:
        self._events.append(Blemished(0, kind, count))
