"""Which bytes answer a question, and which do not. Pure.

Statuses name their pump in a nibble. A transaction and a special function's answer name it inside. Totals and running
money name nobody: what precedes them must leave no room for a late one (see ``talk``).

A converter may send back what it is sent. That echo is the same word as a status in two places: a poll (0p) looks like
DATA ERROR, and a request for money (6p) like OFF. So a DATA ERROR is believed only after a block, and there only when
the polls before it had no echo, or when it comes twice.
"""

from msgspec import Struct

from hardware.dispensers.gilbarco import special
from hardware.dispensers.gilbarco.readings import MONEY_WORDS, decode_transaction
from hardware.dispensers.gilbarco.words import Code, Mark, Status, is_data, nibble, number, opened, word
from hardware.errors import FrameMisread
from hardware.polling.dialogue import NOT_YET, Taken
from hardware.ports import Blemish

_LONGEST_BLOCK = 190
"""Words of six grades' totals, and a few."""
_ORPHAN, _MISREAD, _NOISE = Blemish.ORPHAN, Blemish.MISREAD, Blemish.NOISE


class Echo(Struct):
    """Whether the line sends back what it is sent, as the last plain poll has shown."""

    heard: bool = False


class StatusReader:
    """Waits for one of these statuses of this pump; ``asked`` is the word that was sent."""

    def __init__(self, pump: int, asked: Code, expected: frozenset[Status], echo: Echo) -> None:
        self._pump = nibble(pump)
        self._asked = word(asked, pump)[0]
        self._expected = expected
        self._echo = echo
        self._to_skip = echo.heard or Status.DATA_ERROR not in expected
        self._skipped = False
        self._strangers = False

    def __call__(self, data: bytes) -> Taken:
        """A single word."""
        if not data:
            return NOT_YET
        found = data[0]
        if found == self._asked and self._to_skip and not self._skipped:
            self._skipped = True
            return Taken(1)
        if found >> 4 in self._expected and found & 0x0F == self._pump and not self._strangers:
            if Status.DATA_ERROR not in self._expected:
                self._echo.heard = self._skipped
            return Taken(1, data[:1])
        return self._stranger(data)

    def _stranger(self, data: bytes) -> Taken:
        """Words of a block's rest are noise. A word like a status, but not awaited, may belong to the late answer of a
        special function, whose digits look like statuses of this pump: nothing after it is believed."""
        if data[0] >= 0xE0 or data[0] < 0x60:
            return Taken(1, blemish=_NOISE)
        self._strangers = True
        return Taken(1, blemish=_ORPHAN)


def read_block(data: bytes) -> Taken:
    """A whole block with a right check."""
    start = data.find(Mark.STX)
    if start < 0:
        return _skip(data, len(data))
    if start:
        return _skip(data, start)
    end = data.find(Mark.ETX, 2)
    again = data.find(Mark.STX, 1, end if end > 0 else len(data))
    if again > 0:
        return Taken(again, blemish=_MISREAD)
    if end < 0:
        return NOT_YET if len(data) < _LONGEST_BLOCK else Taken(len(data), blemish=_MISREAD)
    try:
        opened(data[: end + 1])
    except FrameMisread:
        return Taken(end + 1, blemish=_MISREAD)
    return Taken(end + 1, data[: end + 1])


class BlockReader:
    """Waits for a transaction of this pump, or for totals: never for one in place of the other."""

    def __init__(self, pump: int, *, totals: bool) -> None:
        self._pump = pump
        self._totals = totals

    def __call__(self, data: bytes) -> Taken:
        """A block; one of the right kind that can't be read is the talker's to judge."""
        taken = read_block(data)
        if not taken.answer:
            return taken
        ours = taken.answer[1] == Mark.GRADE if self._totals else self._ours(taken.answer)
        return taken if ours else Taken(taken.used, blemish=_ORPHAN)

    def _ours(self, block: bytes) -> bool:
        if block[2] != Mark.PUMP:
            return False
        try:
            return decode_transaction(block).pump == self._pump
        except FrameMisread:
            return True


class SpecialReader:
    """Waits for the answer of this function of this pump."""

    def __init__(self, pump: int, function: int) -> None:
        self._wanted = (pump, function)

    def __call__(self, data: bytes) -> Taken:
        """BA … 8D 8A, and the trailer where it has come along."""
        start = data.find(special.START)
        if start:
            return _skip(data, start if start > 0 else len(data))
        if len(data) > 1 and not special.is_digit(data[1]):
            return Taken(1, blemish=_NOISE)
        end = data.find(special.END, 1)
        if end < 0:
            return NOT_YET if len(data) < special.LONGEST else Taken(len(data), blemish=_MISREAD)
        used = end + 1 + (data[end + 1 : end + 2] == bytes((special.TRAILER,)))
        try:
            reply = special.decode(data[: end + 1])
        except FrameMisread:
            return Taken(used, blemish=_MISREAD)
        if (reply.pump, reply.function) != self._wanted:
            return Taken(used, blemish=_ORPHAN)
        return Taken(used, data[: end + 1])


def read_money(data: bytes) -> Taken:
    """Six digits with nothing around them. There is no check: anything else before or among them spoils them all."""
    words = data.lstrip(b"`abcdefghijklmno")  # 60 to 6F: the echo of the request
    if words and not all(is_data(byte) for byte in words):
        return Taken(len(data), blemish=_NOISE)
    if len(words) < MONEY_WORDS:
        return NOT_YET
    try:
        number(words[:MONEY_WORDS])
    except FrameMisread:
        return Taken(len(data), blemish=_MISREAD)
    return Taken(len(data) - len(words) + MONEY_WORDS, words[:MONEY_WORDS])


def _skip(data: bytes, count: int) -> Taken:
    """Words before an answer: nothing but its own echo when there is only one."""
    if not data:
        return NOT_YET
    return Taken(count, blemish=_NOISE if count > 1 else None)
