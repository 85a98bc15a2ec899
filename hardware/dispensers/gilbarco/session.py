"""A Gilbarco loop in step: the turns of its pumps, and the session that keeps their time. Pure."""

from collections.abc import Sequence
from typing import Final

from hardware.dispensers.gilbarco import recipes
from hardware.dispensers.gilbarco.options import Options
from hardware.dispensers.gilbarco.pump import Pump
from hardware.dispensers.gilbarco.talk import Loop
from hardware.dispensers.gilbarco.words import READABLE, Status
from hardware.polling.dialogue import DialogueSession, Pace, Tell, Turn
from hardware.ports import LineSettings, PointOnLine, PumpCommand, Rest, Transmit

_AFTER_ANSWER: Final = 6_000
"""t2."""
_ROUND: Final = 100_000
_AFTER_SILENCE: Final = 20_000
_MISSES: Final = 5
"""So often a pump is asked in vain before it counts as silent (section 3)."""


class GilbarcoTalker:
    """A pump on the loop; implements :class:`hardware.polling.dialogue.Talker`."""

    def __init__(self, pump: Pump) -> None:
        self.pump = pump
        self.number = pump.point.number

    @property
    def active(self) -> bool:
        """Fuel may be flowing."""
        return self.pump.point.running

    def forget(self) -> None:
        """It fell silent."""
        self.pump.forget()

    def greet(self) -> Turn:
        """Status, last sale, totals and prices. A sale that stands is told as FINISHED: whether it was recorded before
        is the station's to know."""
        pump, point = self.pump, self.pump.point
        pump.forget()
        status = None
        while status is None:  # until it answers, or falls silent
            status = yield from pump.speaker.status()
        if status in READABLE:
            said, totals = yield from pump.read()
            point.hear(status)
            point.found(said, totals)
        yield from pump.follow(status)
        return ""

    def poll(self) -> Turn:
        """The status, and all that must be done about it before another pump is polled."""
        status = yield from self.pump.speaker.status()
        if status is not None and self.pump.point.status is not None:
            yield from self.pump.follow(status)
        if status is Status.OFF:
            yield from self.pump.discover()
        return ""

    def carry_out(self, command: PumpCommand) -> Turn:
        """As its recipe says."""
        return recipes.recipe(self.pump, command)


class GilbarcoSession(DialogueSession):
    """All pumps of one loop."""

    def __init__(self, points: Sequence[PointOnLine], line: LineSettings, options: Options) -> None:
        self._loop = Loop(options, line.byte_micros)
        pace = Pace(line.byte_micros, gap=_AFTER_ANSWER, round=_ROUND, after_silence=_AFTER_SILENCE, misses=_MISSES)
        super().__init__(lambda tell: self._talkers(points, tell), pace)

    def next(self, now: int) -> Transmit | Rest:
        """What to do next; the pumps' own waits are reckoned from this time."""
        self._loop.now = now
        return super().next(now)

    def _talkers(self, points: Sequence[PointOnLine], tell: Tell) -> list[GilbarcoTalker]:
        return [GilbarcoTalker(Pump(place, self._loop, tell)) for place in points]
