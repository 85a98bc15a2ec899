"""One question and its answer at a time, in the times that Gilbarco's specification asks for (section 3). Pure.

Each is a part of a turn on the line: a generator that yields what to send, and returns what was learned.
"""

from collections.abc import Generator
from typing import Final, TypeVar

from hardware.dispensers.gilbarco import blocks, special
from hardware.dispensers.gilbarco.blocks import Block
from hardware.dispensers.gilbarco.options import Options, Spacing
from hardware.dispensers.gilbarco.readers import BlockReader, Echo, SpecialReader, StatusReader, read_money
from hardware.dispensers.gilbarco.readings import (
    GRADE_WORDS,
    MONEY_WORDS,
    TRANSACTION_WORDS,
    Totals,
    Transaction,
    decode_totals,
    decode_transaction,
)
from hardware.dispensers.gilbarco.words import Code, Status, number, word
from hardware.errors import FrameMisread
from hardware.polling.dialogue import Ask, Later, Pause, Say

T = TypeVar("T")
Talk = Generator[Ask | Say | Pause | Later, bytes | None, T]

SLOW_WORDS: Final = 69_000
FAST_WORDS: Final = 6_000
AFTER_WORD: Final = 70_000
"""t0 and t3: quiet between a word or block without an answer and the poll that tells what came of it."""
_MEAN_WORD: Final = 6_500
_LONGEST_GAP: Final = 70_000
_LATE: Final = 200_000
"""Quiet after what did not come, where a late one would do harm: totals name no pump, an old status proves nothing."""
_STATUSES: Final = frozenset(Status) - {Status.SEND_DATA}
_PLAIN: Final = _STATUSES - {Status.DATA_ERROR}
_ASKS: Final = 3
_TOO_OFTEN: Final = 3


class Loop:
    """What the pumps of a line have in common."""

    def __init__(self, options: Options, byte: int) -> None:
        self.options = options
        self.byte = byte
        """Microseconds of a word on the line."""
        self.echo = Echo()
        self.now = 0
        """Monotonic microseconds; the session keeps it."""
        self.quick: dict[int, bool] = {}
        """By address: whether it has answered special function 001."""

    @property
    def spacing(self) -> int:
        """Quiet between the words of a block: the slowest pump of the loop sets the pace."""
        fixed = {Spacing.SLOW: SLOW_WORDS, Spacing.FAST: FAST_WORDS, Spacing.NONE: 0}
        return fixed.get(self.options.words, FAST_WORDS if all(self.quick.values()) else SLOW_WORDS)

    def wait(self, words: int) -> int:
        """Until an answer of so many words must be here: pumps leave 2 to 68 ms between words, 6.5 in the mean."""
        patience = self.options.answer_ms * 1_000 + words * self.byte
        return patience if words == 1 else patience + words * _MEAN_WORD + _LONGEST_GAP


class Speaker:
    """How one pump is spoken to."""

    def __init__(self, loop: Loop, pump: int, grades: int) -> None:
        self.loop = loop
        self.pump = pump
        self.grades = grades
        """How many its totals had last."""
        self._strange: dict[Code, str] = {}
        self._data_at = -(10**12)
        self._failed = False
        self._too_quick = 0
        loop.quick[pump] = False

    @property
    def strange(self) -> str:
        """Why a block of its could not be read; empty when they can."""
        return next(iter(self._strange.values()), "")

    # ── Single words ──────────────────────────────────────────────────────────────────────────────────────────────────

    def status(self, *, after_block: bool = False) -> Talk[Status | None]:
        """One poll."""
        expected = _STATUSES if after_block else _PLAIN
        reader = StatusReader(self.pump, Code.STATUS, expected, self.loop.echo)
        answer = yield Ask(word(Code.STATUS, self.pump), reader, self.loop.wait(1))
        return None if answer is None else Status(answer[0] >> 4)

    def sure_status(self) -> Talk[Status | None]:
        """A poll, again where its answer is lost."""
        for _ in range(_ASKS):
            status = yield from self.status()
            if status is not None:
                return status
            yield Pause(_LATE)
        return None

    def say(self, code: Code) -> Talk[None]:
        """A word that has no answer."""
        yield Say(word(code, self.pump), AFTER_WORD)

    def money(self) -> Talk[int | None]:
        """The running money, unchecked; None when it does not come, or not in six digits."""
        answer = yield Ask(word(Code.MONEY, self.pump), read_money, self.loop.wait(MONEY_WORDS))
        return None if answer is None else number(answer)

    # ── Blocks from the pump ──────────────────────────────────────────────────────────────────────────────────────────

    def transaction(self) -> Talk[Transaction | None]:
        """The last sale."""
        block = yield from self._block(Code.TRANSACTION, TRANSACTION_WORDS, totals=False)
        try:
            return None if block is None else decode_transaction(block)
        except FrameMisread as why:
            self._strange[Code.TRANSACTION] = str(why)
            return None

    def totals(self) -> Talk[Totals | None]:
        """Totals and prices, grade by grade."""
        block = yield from self._block(Code.TOTALS, 4 + GRADE_WORDS * self.grades, totals=True)
        try:
            totals = None if block is None else decode_totals(block)
        except FrameMisread as why:
            self._strange[Code.TOTALS] = str(why)
            return None
        if totals is not None:
            self.grades = len(totals)
        return totals

    def _block(self, code: Code, words: int, *, totals: bool) -> Talk[bytes | None]:
        """Asked again when it is lost; a poll in between shows that the pump is there."""
        for _ in range(_ASKS):
            reader = BlockReader(self.pump, totals=totals)
            block = yield Ask(word(code, self.pump), reader, self.loop.wait(words))
            if block is not None:
                self._strange.pop(code, None)
                return block
            yield Pause(_LATE)
            yield from self.status()
        return None

    # ── Blocks to the pump ────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def may_send(self) -> bool:
        """Whether the last block was long enough ago."""
        return self._left() <= 0

    def send(self, block: Block) -> Talk[bool]:
        """Whether the pump took it: offered, sent, and not refused at the poll behind it."""
        for _ in range(_ASKS):
            if not (yield from self._offer()):
                continue
            spacing = self._spacing()
            yield Say(blocks.encode(block), AFTER_WORD, spacing)
            status = yield from self.status(after_block=True)
            taken = status not in (None, Status.DATA_ERROR)
            self._learn(spacing, taken)
            if taken:
                return True
            yield from self.say(Code.STOP)  # at rest it forgets a limit that is pending, this one or an older one
        return False

    def special(self, function: int, tries: int = 2) -> Talk[str | None]:
        """The message of a special function; empty when the pump does not know it, None when it does not answer."""
        ask, reader = blocks.encode(blocks.Special(function)), SpecialReader(self.pump, function)
        for _ in range(tries):
            if not (yield from self._offer()):
                continue
            spacing = self._spacing()
            answer = yield Ask(ask, reader, self.loop.wait(special.LONGEST // 2), spacing)
            self._learn(spacing, answer is not None)
            if answer is None:
                yield Pause(_LATE)
            yield from self.status(after_block=True)
            if answer is not None:
                return special.decode(answer).message
        return None

    def wait_to_send(self) -> Talk[None]:
        """Let the others have their turns until the next block may be sent."""
        if self._left() > 0:
            yield Later(self._left())

    def _offer(self) -> Talk[bool]:
        """Data next; the pump says that it listens."""
        yield from self.wait_to_send()
        self._data_at = self.loop.now
        reader = StatusReader(self.pump, Code.DATA_NEXT, frozenset((Status.SEND_DATA,)), self.loop.echo)
        answer = yield Ask(word(Code.DATA_NEXT, self.pump), reader, self.loop.wait(1))
        if answer is None:
            yield from self.status(after_block=True)
        return answer is not None

    def _spacing(self) -> int:
        return SLOW_WORDS if self._failed or self._too_quick >= _TOO_OFTEN else self.loop.spacing

    def _learn(self, spacing: int, understood: bool) -> None:
        """What was not understood is told again with its words far apart. A pump that understands only so, time and
        again, is slower than it said, and told everything so."""
        if understood:
            self._too_quick = 0 if spacing < SLOW_WORDS else self._too_quick + self._failed
        self._failed = not understood

    def _left(self) -> int:
        return self._data_at + self.loop.options.between_data_ms * 1_000 - self.loop.now
