"""A pump in conversation: what follows from each status, and what is found out about its make. Pure.

The end of a sale is told by EOT until another pump is polled or this one is asked anything else. So transaction and
totals are read in the very turn in which it is seen; where it was missed, or the pump never sends it, they are read
when the pump is found at rest after a release.
"""

from typing import Final

from hardware.dispensers.gilbarco import special
from hardware.dispensers.gilbarco.blocks import Block
from hardware.dispensers.gilbarco.point import Point
from hardware.dispensers.gilbarco.readings import SEE_410, Totals, Transaction
from hardware.dispensers.gilbarco.special import Selection
from hardware.dispensers.gilbarco.talk import Loop, Speaker, Talk
from hardware.dispensers.gilbarco.words import AT_REST, END_OF_SALE, Status
from hardware.errors import FrameMisread
from hardware.polling.dialogue import Tell
from hardware.ports import Identified, PointOnLine

_TRIES: Final = 3
"""So often a pump is asked which nozzle is out before the station is told that nobody knows."""
_DISCOVERIES: Final = 2
_FRESH: Final = 3_000_000


class Pump:
    """One fuelling point on the loop: ``point`` is what it said, ``speaker`` how it is asked."""

    def __init__(self, place: PointOnLine, loop: Loop, tell: Tell) -> None:
        self.point = Point(place, loop.options, tell)
        self.speaker = Speaker(loop, place.address, place.nozzles)
        self.options = loop.options
        self.litres = True
        self.level_needed: bool | None = True if self.options.names_level else None
        """Whether it takes a release only after a price level was named; None when nobody knows yet."""
        self._loop = loop
        self._in_vain: dict[int, int] = {}
        """Special function → how often it was asked and did not answer."""
        self._to_discover = [special.VERSION, special.CONFIGURATION] if self.options.special_functions else []
        self._functions = self.options.special_functions
        """Whether it has special functions, as far as is known."""
        self._lifts = 0
        self._chosen_at = 0

    def forget(self) -> None:
        """It fell silent. What make it is stays known; how it stands does not."""
        self.point.forget()
        self._lifts = 0

    # ── What follows from a status ────────────────────────────────────────────────────────────────────────────────────

    def look(self) -> Talk[Status | None]:
        """How it stands now, with all that follows from it."""
        status = yield from self.speaker.sure_status()
        if status is not None:
            yield from self.follow(status)
        return status

    def follow(self, status: Status) -> Talk[None]:
        """Read what this status makes readable, and tell what is new."""
        point = self.point
        point.hear(status)
        if status in END_OF_SALE or (status in AT_REST and point.running):
            yield from self._read_sale()
        elif status is Status.BUSY:
            money = yield from self.speaker.money()
            if money is not None:
                point.run(money)
        if status is not Status.CALL:
            self._lifts = 0
        elif not point.nozzle:
            yield from self._lifted()
        point.tell_news()

    def read(self) -> Talk[tuple[Transaction | None, Totals | None]]:
        """The last sale, and the totals."""
        said = yield from self.speaker.transaction()
        totals = yield from self.speaker.totals()
        return said, totals

    def _read_sale(self) -> Talk[None]:
        point = self.point
        if not point.running and point.held:
            return  # EOT again: it was read, and waits to be cleared
        said, totals = yield from self.read()
        point.ended(said, totals)
        if point.held:
            point.tell_sale()
        if said is not None and said.error == SEE_410 and self.options.special_functions and self.speaker.may_send:
            message = yield from self.speaker.special(special.ERROR, tries=1)
            if message:
                point.tell(Identified(point.number, f"Gilbarco, special function 410: {message}"))

    def send(self, block: Block) -> Talk[str]:
        """Wait until another block may be sent, and send it. Empty when it was taken; the pump must be at rest."""
        if not self.speaker.may_send:
            yield from self.speaker.wait_to_send()
            if (yield from self.look()) not in AT_REST:
                return f"It takes no data while it is {self.point.word}."
        if (yield from self.speaker.send(block)):
            return ""
        return "It refuses the data. Please check whether the line echoes, and how many digits its money has."

    # ── The nozzle ────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def flagged(self) -> bool:
        """Whether special function 010 is about the totals as well: its digits 2 to 5 are nothing else then."""
        return self.options.flagged_totals

    def selection(self, tries: int = 2) -> Talk[Selection | None]:
        """Special function 010; None when it does not answer, or makes no sense."""
        message = yield from self.speaker.special(special.SELECTION, tries)
        try:
            return special.selection(message) if message else None
        except FrameMisread:
            return None

    def find_nozzle(self, tries: int = 2) -> Talk[None]:
        """Which nozzle is out; to be asked with the handle up only."""
        chosen = yield from self.selection(tries)
        self._lifts += 1
        if chosen is not None:
            self._functions = True
            self._chosen_at = self._loop.now
            self.point.selected(chosen.grade)
            self.level_needed = self.options.names_level or (chosen.level_needed and not self.flagged)
            self._lifts = 0 if self.point.nozzle else _TRIES

    def know_nozzle(self) -> Talk[None]:
        """Which nozzle is out, for somebody who must know; the others have their turns meanwhile. Even a pump that
        never answered a special function is asked: the line may have been bad. And what was known some seconds ago is
        asked again: between two polls a nozzle may have been hung up and another one lifted."""
        if self.point.nozzles > 1 and self._loop.now - self._chosen_at > _FRESH:
            self.point.selected(0)
        self._lifts = 0
        while self.options.special_functions and self._waits_for_nozzle():
            yield from self.find_nozzle()

    def _lifted(self) -> Talk[None]:
        """A handle is up. Until the pump says which, or several times does not, the station is not told."""
        if self._functions and self._waits_for_nozzle():
            if self.speaker.may_send:
                yield from self.find_nozzle(tries=1)
            if self._waits_for_nozzle():
                self.point.out = None

    def _waits_for_nozzle(self) -> bool:
        return self.point.status is Status.CALL and not self.point.nozzle and self._lifts < _TRIES

    # ── What it is ────────────────────────────────────────────────────────────────────────────────────────────────────

    def discover(self) -> Talk[None]:
        """One more thing that is not known of it, while nobody is there."""
        if self.point.totals is None:
            self.point.keep(None, (yield from self.speaker.totals()))
            self.point.tell_news()
        elif self._to_discover and self.speaker.may_send:
            yield from self._ask_of(self._to_discover[0])

    def discovered(self) -> Talk[None]:
        """Everything about its make, now."""
        while self._to_discover:
            yield from self._ask_of(self._to_discover[0])

    def _ask_of(self, function: int) -> Talk[None]:
        message = yield from self.speaker.special(function, tries=1)
        self._in_vain[function] = self._in_vain.get(function, 0) + 1
        if function not in self._to_discover:  # another turn at this pump was faster
            return
        if message is None and self._in_vain[function] < _DISCOVERIES:
            return
        self._to_discover.remove(function)
        if not message:
            self._functions = False
            self._to_discover.clear()  # a pump that has no 001 has no others
        elif function == special.VERSION:
            self._loop.quick[self.speaker.pump] = True
            self.point.tell(Identified(self.point.number, special.version(message)))
        else:
            self._set_up(message)

    def _set_up(self, message: str) -> None:
        try:
            found = special.configuration(message)
        except FrameMisread:
            return
        self.litres = found.litres
        self.point.money_digits = self.options.money_digits or found.money_digits
