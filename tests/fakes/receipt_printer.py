"""A receipt printer's inside: a buffer, a roll of paper, a lid, a plug, and the answers it gives. No cable.

``printed`` is what the head has put on paper, byte for byte; ``papers`` the same, cut into slips.
"""

from dataclasses import dataclass, field

CUT = b"\x1dV\x01"
IN_LINE = b"\x1dr\x01"
ASK = b"\x10\x04"


@dataclass
class ReceiptPrinter:
    """What it can be told to be. Everything may be changed while it works."""

    room: int = 100_000
    """Bytes that its buffer holds."""
    lines_left: int = 100_000
    """Of paper."""
    cover_open: bool = False
    answers: bool = True
    """It answers ``DLE EOT``; False: it is mute."""
    answers_in_line: bool = True
    """It answers ``GS r``."""
    forgets_after: int | None = None
    """Switched off and on once it has taken so many more bytes: what it holds and what comes meanwhile is lost."""
    greets: bytes = b""
    """What it says when it is switched on."""
    printed: bytearray = field(default_factory=bytearray)
    power_cycles: int = 0
    _buffer: bytearray = field(default_factory=bytearray)
    _away: bool = False
    _said: bytearray = field(default_factory=bytearray)

    def take(self, data: bytes) -> int:
        """How many of these bytes it takes."""
        if data[:2] == ASK and len(data) == 3:
            self._away = False
            if self.answers:
                self._said.append(self._status(data[2]))
            return 3
        taken = min(len(data), self.room - len(self._buffer))
        self._store(data[:taken])
        self._work()
        return taken

    def say(self, most: int) -> bytes:
        """What it has to say."""
        said = bytes(self._said[:most])
        del self._said[:most]
        return said

    def load_paper(self, lines: int = 100_000) -> None:
        """A new roll; it goes on with what it holds."""
        self.lines_left = lines
        self._work()

    def switch_off_and_on(self) -> None:
        """It forgets what it holds."""
        self.power_cycles += 1
        self._buffer.clear()
        self._said[:] = self.greets

    @property
    def papers(self) -> list[bytes]:
        """The slips that were cut off, and the one that still hangs there."""
        return [paper for paper in bytes(self.printed).split(CUT) if paper]

    def _store(self, data: bytes) -> None:
        if self.forgets_after is not None and len(data) >= self.forgets_after:
            self._buffer += data[: self.forgets_after]
            self._work()
            self.forgets_after, self._away = None, True
            self.switch_off_and_on()
        elif self.forgets_after is not None:
            self.forgets_after -= len(data)
        if not self._away:
            self._buffer += data

    def _work(self) -> None:
        """Print line by line, as long as there is paper and the lid is shut."""
        while self._buffer and self.lines_left > 0 and not self.cover_open:
            end = self._buffer.find(b"\n") + 1 or len(self._buffer)
            line = bytes(self._buffer[:end])
            del self._buffer[:end]
            self._said += b"\x00" * (line.count(IN_LINE) * self.answers_in_line)
            self.printed += line.replace(IN_LINE, b"")
            self.lines_left -= line.endswith(b"\n")

    def _status(self, question: int) -> int:
        out = self.lines_left <= 0
        match question:
            case 1:
                return 0x12 | 0x08 * (out or self.cover_open)
            case 2:
                return 0x12 | 0x04 * self.cover_open | 0x20 * out
            case _:
                return 0x12 | 0x60 * out
