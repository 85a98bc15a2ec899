"""How a Lanfeng gun is asked and told, and what proves that it obeyed. Pure.

An answer that repeats the command says only that it was heard; what it did is read from a query afterwards. Where the
answer is lost the query still tells, so nothing is believed or repeated blindly. (China domestic notes, section 4)
"""

from collections.abc import Callable
from typing import Final

from hardware.bcd import bcd
from hardware.dispensers.lanfeng.frames import Code, decode, question, reader
from hardware.dispensers.lanfeng.gun import Gun
from hardware.dispensers.lanfeng.options import Options
from hardware.dispensers.lanfeng.readings import Standing, read_standing, read_total
from hardware.polling.dialogue import SILENT, Ask, Pause, Taken, Tell, Turn
from hardware.polling.single import SingleNozzle, Talk, sensible
from hardware.ports import Blemish, PointOnLine
from shared.sale import Preset, PresetKind

AFTER_FUEL: Final = 600_000
AFTER_STOP: Final = 800_000
"""Quiet that the pump wants after these, in microseconds."""
_TRIES: Final = 3


class Talker(SingleNozzle):
    """One gun in conversation; implements :class:`hardware.polling.dialogue.Talker`."""

    def __init__(self, place: PointOnLine, options: Options, tell: Tell) -> None:
        self.gun = Gun(place, tell)
        self.figures = self.gun.figures
        self._wait = options.answer_ms * 1_000
        self._echoed = False
        """The line handed the last query back."""

    @property
    def number(self) -> int:
        """The fuelling point."""
        return self.gun.number

    @property
    def active(self) -> bool:
        """Fuel may be flowing."""
        return self.gun.running

    def forget(self) -> None:
        """It fell silent."""
        self.gun.forget()

    def greet(self) -> Turn:
        """Status and totals are read before anything else is said. Control is not taken here: that changes the pump."""
        self.gun.forget()
        said = None
        while said is None:  # until it answers, or falls silent
            said = yield from self._query()
        total = yield from self._total()
        self.gun.found(said, total)
        self.gun.tell_news()
        return ""

    def poll(self) -> Turn:
        """One query; and the totals when a filling is over."""
        said = yield from self._query()
        if said is not None and self.gun.standing is not None:
            yield from self._follow(said)
        return ""

    # ── Questions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _query(self) -> Talk[Standing | None]:
        answer = yield self._ask(Code.QUERY, makes_sense=read_standing)
        return None if answer is None else read_standing(answer)

    def _ask(self, code: Code, data: bytes = b"", makes_sense: Callable[[bytes], object] = decode) -> Ask:
        gun = self.gun.address
        asked = question(gun, code, data)
        self._echoed = self._echoed and code is not Code.QUERY

        def read(received: bytes) -> Taken:
            taken = reader(gun, code)(received)
            if taken.blemish is Blemish.ORPHAN and received.startswith(asked):
                self._echoed = True
            return taken

        return Ask(asked, sensible(read, makes_sense), self._wait)

    def _look(self) -> Talk[Standing | None]:
        """A query, again where its answer is lost, and all that follows from it."""
        for _ in range(_TRIES):
            said = yield from self._query()
            if said is not None:
                yield from self._follow(said)
                return said
        return None

    def _follow(self, said: Standing) -> Talk[None]:
        if self.gun.hear(said):
            yield from self._total()
            self.gun.weigh()
        self.gun.tell_news()

    def _total(self) -> Talk[int | None]:
        """Given up before the gun would count as silent: perhaps it only writes its totals in another form.

        A total of zero is byte for byte its own question, as a line may hand it back: it counts when it is said again
        and again, and never on a line that hands back other questions.
        """
        zeros = unanswered = 0
        while unanswered < _TRIES - 1 and not (zeros and self._echoed):
            answer = yield self._ask(Code.TOTAL_VOLUME, makes_sense=read_total)
            unanswered += answer is None
            zeros += answer is not None
            if answer is not None and (read_total(answer) or zeros == _TRIES):
                self.gun.total = read_total(answer)
                return self.gun.total
        return None

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def read_state(self) -> Turn:
        """With the totals where a filling stands: those read before may have been old, and they decide whose it is."""
        self.gun.again()
        if self.gun.held:
            yield from self._total()
        return "" if (yield from self._look()) else SILENT

    def read_totaliser(self) -> Turn:
        """Twelve digits."""
        if (yield from self._total()) is None:
            return "It does not tell its totals."
        self.gun.tell_total()
        return ""

    # ── Control and prices ────────────────────────────────────────────────────────────────────────────────────────────

    def _take_control(self) -> Talk[str]:
        """Bit 40h of the status is the proof."""
        for _ in range(_TRIES):
            said = self.gun.standing
            if said is not None and said.controlled:
                return ""
            yield self._ask(Code.TAKE_CONTROL)
            if (yield from self._look()) is None:
                return SILENT
        return "It does not let itself be controlled. Please set it to “controlled by the computer” at its keyboard."

    def clear(self) -> Turn:
        """The pump itself has nothing to clear. A pump that was selling by itself comes under control here."""
        said = yield from self._look()
        if said is None:
            return SILENT
        if said.released:
            return "A filling is running. It can be cleared when it is over."
        self.gun.clear()
        self.gun.tell_news()
        return (yield from self._take_control())

    def set_price(self, number: int) -> Turn:
        """What is read back by a query holds, whatever was answered."""
        blocked = yield from self._at_rest()
        if blocked:
            return blocked
        for _ in range(_TRIES):
            yield self._ask(Code.PRICE, bcd(number, 2))
            self.gun.again()
            said = yield from self._look()
            if said is None:
                return SILENT
            if said.price == number:
                return ""
        return "It does not take the price. Please look whether it is locked at its keyboard."

    def _at_rest(self) -> Talk[str]:
        """Empty when no filling is open and it is under control; otherwise why not."""
        said = yield from self._look()
        if said is None:
            return SILENT
        if said.released:
            return "It can't do that while a filling is running."
        if self.gun.held and self.gun.sold[0]:
            return "Its last filling is not recorded yet."
        self.gun.clear()
        return (yield from self._take_control())

    # ── Releasing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def authorise(self, preset: Preset | None) -> Turn:
        """Control, totals, limit, release; and a query that proves it. One that is not confirmed is taken back."""
        blocked = (yield from self._at_rest()) or self._not_now(preset)
        if blocked:
            return blocked
        yield from self._total()
        blocked = (yield from self._limit(preset)) or (yield from self._release(preset))
        if blocked:
            yield from self.stop()
        return blocked

    def _not_now(self, preset: Preset | None) -> str:
        said = self.gun.standing
        if said is None or not said.out:
            return "It can be released only while its nozzle is lifted. Lift it first."
        if not said.price:
            return "It has no price yet."
        if preset is not None and not self.limit(preset):
            return "It can't be preset to this limit."
        return ""

    def _limit(self, preset: Preset | None) -> Talk[str]:
        """A limit can't be read back, so nothing is released before the pump has repeated the command."""
        if preset is None:
            return ""
        if self._echoed:
            return (
                "The line hands back what is sent, so a limit can't be trusted. Please set echo = true for this line."
            )
        code = Code.FIXED_VOLUME if preset.kind is PresetKind.VOLUME else Code.FIXED_AMOUNT
        for _ in range(_TRIES):
            answer = yield self._ask(code, bcd(self.limit(preset), 3))
            if answer is not None:
                yield Pause(AFTER_FUEL)
                return ""
            if (yield from self._look()) is None or self.gun.running or self.gun.held:
                break
        return "It does not take the limit."

    def _release(self, preset: Preset | None) -> Talk[str]:
        """Said again only to a pump that is seen at rest with its display as before: a short filling may be over."""
        shown = self.gun.shown
        for tried in range(_TRIES + 1):
            if tried or preset is None:  # where a limit has released it already, it is not released again
                yield self._ask(Code.FUEL)
                yield Pause(AFTER_FUEL)
            said = yield from self._look()
            if said is None:
                break
            if said.released or self.gun.held:
                self.gun.preset = preset if said.released else None
                return ""
            if self.gun.shown != shown or not said.out:
                break
        return "It does not take the release."

    def stop(self) -> Turn:
        """Sent whatever the status was last: it may be about to change."""
        for _ in range(_TRIES):
            yield self._ask(Code.STOP)
            yield Pause(AFTER_STOP)
            said = yield from self._look()
            if said is not None and not said.released:
                return ""
        return "It does not stop. Please hang the nozzle up, or press the emergency stop."
