"""The other end of a Gilbarco loop: pumps that answer as the specification and the captures say. Pure.

Times in microseconds of a monotonic clock. Outside a block a pump takes a word only when it stands alone: what comes
in one piece with other words is noise to it. After a ``SEND DATA`` it takes the words of a block until their ETX.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from hardware.dispensers.gilbarco import blocks, readings, special
from hardware.dispensers.gilbarco.blocks import Special
from hardware.dispensers.gilbarco.head import GilbarcoHead, Habits
from hardware.dispensers.gilbarco.words import ALL_STOP, AT_REST, READABLE, Code, Mark, Status, closed, nibble, word
from hardware.errors import FrameMisread
from hardware.simulation.faults import Faults
from hardware.simulation.pump import Answer, SimulatedPoint, SimulatedPump

_SLOW_WORDS: Final = 60_000
_LONGEST: Final = 20
"""Words of a console's block."""


class GilbarcoPump(GilbarcoHead):
    """A head on the loop."""

    def __init__(self, place: SimulatedPoint, faults: Faults, habits: Habits) -> None:
        super().__init__(place, faults, habits)
        self.address = place.address
        self.listens = False
        """It has said SEND DATA, and the words that come are for it."""
        self._block = b""
        self._word_at = 0
        self._error = False

    def hear(self, code: Code, now: int) -> bytes:
        """The answer to a word for this pump; empty for none."""
        self.advance(now)
        if code is Code.STATUS:
            return self._poll()
        self.end_of_sale_heard()
        match code:
            case Code.AUTHORISE:
                self.release(now)
            case Code.STOP:
                self.halt(now)
            case Code.DATA_NEXT if self.status() in AT_REST:
                self.listens, self._block = True, b""
                return word(Status.SEND_DATA, self.address)
            case Code.TRANSACTION if self.status() in READABLE:
                return self._told_transaction()
            case Code.TOTALS if self.status() in READABLE:
                return readings.encode_totals(self.totals())
            case Code.MONEY if self.status() is Status.BUSY:
                return readings.encode_money(self.money())
            case _:
                pass
        return b""

    def _poll(self) -> bytes:
        error, self._error = self._error, False
        return word(Status.DATA_ERROR if error else self.status(), self.address)

    def _told_transaction(self) -> bytes:
        block = readings.encode_transaction(self.transaction())
        if not self.habits.extended:
            return block
        at = block.index(Mark.VOLUME) + 1
        return closed(block[:at] + b"\xe0" + block[at:-3])

    def hear_block(self, byte: int, now: int) -> bytes:
        """A word of a block for this pump. A word that is none, or comes too soon, spoils it."""
        too_soon = self.habits.slow_words and self._block and now - self._word_at < _SLOW_WORDS
        self._word_at = now
        self._block += bytes((byte,))
        if byte < 0xE0 or too_soon or len(self._block) > _LONGEST:
            self.listens, self._error = False, True
            return b""
        if byte != Mark.ETX:
            return b""
        self.listens = False
        return self._obey(now)

    def _obey(self, now: int) -> bytes:
        self.advance(now)
        try:
            block = blocks.decode(self._block)
        except FrameMisread:
            self._error = True
            return b""
        message = self.message(block.function) if isinstance(block, Special) else None
        if isinstance(block, Special) and message is not None:
            return special.encode(special.Reply(self.address, block.function, message))
        self._error = isinstance(block, Special) or not self.take(block, now)
        return b""


class GilbarcoLine:
    """All pumps of a loop. ``turnaround`` is the shortest and longest pause before an answer, in microseconds."""

    def __init__(
        self,
        places: Sequence[SimulatedPoint],
        faults: Faults,
        turnaround: tuple[int, int],
        seed: int,
        habits: Habits,
    ) -> None:
        self._by_nibble = {nibble(place.address): GilbarcoPump(place, faults, habits) for place in places}
        self._turnaround = turnaround
        self._dice = Random(seed)

    @property
    def pumps(self) -> Mapping[int, SimulatedPump]:
        """By the number of the fuelling point."""
        return {pump.body.place.point: pump for pump in self._by_nibble.values()}

    def advance(self, now: int) -> None:
        """Let fuel flow until now."""
        for pump in self._by_nibble.values():
            pump.advance(now)

    def receive(self, data: bytes, now: int) -> list[Answer]:
        """Words from the console."""
        answers = []
        for byte in data:
            listener = next((pump for pump in self._by_nibble.values() if pump.listens), None)
            if listener is not None and (byte >= 0xE0 or len(data) > 1):
                answer = b"" if listener.deaf else listener.hear_block(byte, now)
            elif len(data) > 1:
                continue
            else:
                answer = self._single(byte, now)
            if answer:
                answers.append(Answer(answer, self._dice.randint(*self._turnaround)))
        return answers

    def _single(self, byte: int, now: int) -> bytes:
        asked = self._by_nibble.get(byte & 0x0F)
        for pump in self._by_nibble.values():
            pump.listens = False
            if byte == ALL_STOP:
                pump.halt(now)
            elif pump is not asked and byte >> 4 == Code.STATUS:
                pump.end_of_sale_heard()
        if asked is None or asked.deaf or byte >> 4 > Code.MONEY:
            return b""
        return asked.hear(Code(byte >> 4), now)
