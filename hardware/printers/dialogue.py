"""Talking ESC/POS over a wire that may break, stall or never answer: the device that USB and network printers share.

Every question has a deadline, every write counts what was taken, and a job is *ok* only when the printer said so
afterwards. A printer that answers in line (``GS r``) is believed only by that answer: it comes when the whole job has
been worked through, so a printer that was switched off and on in between, and lost what it held, never gives it.
"""

import time
from typing import Protocol

from msgspec import Struct

from hardware.errors import PrinterUnavailable
from hardware.printers import status
from hardware.printers.device import PrinterLost, PrinterStatus


class Wire(Protocol):
    """The bytes' way to a printer and back. Every method may raise :exc:`PrinterUnavailable`, but :meth:`close`."""

    held: bool
    """Whether it is kept open between jobs."""

    def open(self) -> None:
        """Reach the printer anew."""
        ...

    def send(self, data: bytes, wait: int) -> int:
        """How many of the bytes were taken within ``wait`` milliseconds; 0 for none."""
        ...

    def receive(self, wait: int) -> bytes:
        """What comes within ``wait`` milliseconds; nothing when nothing does."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Patience(Struct, frozen=True):
    """How long to wait for what, in milliseconds."""

    answer: int = 500
    """For the answer to a question."""
    stall: int = 10_000
    """For a printer that takes nothing: out of paper in mid-job, its buffer full."""
    settle: int = 10_000
    """For a job to be worked through, and :attr:`line` more for each of its lines."""
    line: int = 40


class Dialogue:
    """A :class:`hardware.printers.device.PrinterDevice` over a :class:`Wire`."""

    def __init__(self, wire: Wire, patience: Patience | None = None) -> None:
        self._wire = wire
        self._patience = patience or Patience()
        self._open = False
        self._answers = False
        """It answered the last question."""
        self._in_line: bool | None = None
        """Whether it answers ``GS r``; None until it was tried."""
        self._in_line_seen = False
        self._report_left = 0
        self._lines = 0

    def open(self) -> None:
        """Reach the printer, unless it is reached."""
        if not self._open:
            self._wire.open()
            self._open, self._report_left = True, 0

    def status(self) -> PrinterStatus:
        """One or two questions, each with its deadline."""
        try:
            return self._heard(self._asked())
        except PrinterUnavailable:
            self.close()
            raise

    def write(self, data: bytes) -> None:
        """All of it, advancing by what was taken; see :class:`hardware.printers.device.PrinterDevice`."""
        if self._answers and self._in_line is None:
            self._in_line = self._answers_in_line()
        self._lines = data.count(b"\n")
        self._hand_over(data)

    def settle(self) -> PrinterStatus:
        """What the printer says after the job; a silent one stays *unknown*."""
        try:
            if not self._answers:
                return PrinterStatus.UNKNOWN
            return self._settle_in_line() if self._in_line else self._settle_by_status()
        except PrinterUnavailable as why:
            self.close()
            raise PrinterLost(str(why)) from why

    def release(self) -> None:
        """Let go of a wire that is not held: its other end would time out unseen."""
        if not self._wire.held:
            self._shut()

    def close(self) -> None:
        """Let go; whoever is there next time is asked anew what it can do."""
        self._shut()
        self._in_line = None

    def _shut(self) -> None:
        self._open = False
        self._wire.close()

    def _heard(self, found: PrinterStatus) -> PrinterStatus:
        self._answers = found is not PrinterStatus.UNKNOWN
        return found

    def _asked(self) -> PrinterStatus:
        online = self._ask(status.ASK_ONLINE)
        if online is None:
            return PrinterStatus.UNKNOWN
        offline = status.is_offline(online)
        answer = self._ask(status.ASK_CAUSE if offline else status.ASK_PAPER)
        if answer is None:
            return PrinterStatus.OFFLINE if offline else PrinterStatus.UNKNOWN
        return status.cause(answer) if offline else status.paper(answer)

    def _hand_over(self, data: bytes) -> None:
        taken, deadline = 0, _now() + self._patience.stall
        while taken < len(data):
            try:
                count = self._wire.send(data[taken:], max(1, min(1_000, deadline - _now())))
            except PrinterUnavailable as why:
                self.close()
                raise PrinterLost(f"{why} {taken} of {len(data)} bytes had gone out.") from why
            if count:
                taken, deadline = taken + count, _now() + self._patience.stall
            elif _now() >= deadline:
                self.close()
                raise _stalled(taken, len(data))

    def _settle_in_line(self) -> PrinterStatus:
        self._in_line_seen = False
        self._hand_over(status.ASK_IN_LINE)
        deadline = _now() + self._patience.settle + self._lines * self._patience.line
        while _now() < deadline:
            self._listen(self._patience.answer)
            found = self.status()
            if found is not PrinterStatus.OK or self._in_line_seen:
                return found
        return PrinterStatus.UNKNOWN

    def _settle_by_status(self) -> PrinterStatus:
        """It can only say how it is now; so it is asked when the job should be through."""
        time.sleep(self._lines * self._patience.line / 1_000)
        return self.status()

    def _answers_in_line(self) -> bool:
        self._in_line_seen = False
        self._hand_over(status.ASK_IN_LINE)
        self._listen(self._patience.answer)
        return self._in_line_seen

    def _ask(self, question: bytes) -> int | None:
        """The answer to a real-time question; None when none comes. An answer to an older one is not taken for it."""
        self._real_time(self._wire.receive(1))
        if self._wire.send(question, self._patience.answer) < len(question):
            return None
        deadline = _now() + self._patience.answer
        while (left := deadline - _now()) > 0:
            for answer in self._real_time(self._received(left)):
                return answer
        return None

    def _listen(self, wait: int) -> None:
        """Wait for the in-line answer."""
        deadline = _now() + wait
        while not self._in_line_seen and (left := deadline - _now()) > 0:
            self._real_time(self._received(left))

    def _received(self, wait: int) -> bytes:
        """What comes; a wire that says at once that nothing came is not asked in a tight circle."""
        data = self._wire.receive(wait)
        if not data:
            time.sleep(min(wait, 10) / 1_000)
        return data

    def _real_time(self, data: bytes) -> bytes:
        """The answers to real-time questions among these bytes; an in-line one is noted, a report passed over."""
        answers = bytearray()
        for byte in data:
            if self._report_left:
                self._report_left -= 1
            elif status.begins_report(byte):
                self._report_left = status.REPORT_REST
            elif status.is_real_time(byte):
                answers.append(byte)
            elif status.is_in_line(byte):
                self._in_line_seen = True
        return bytes(answers)


def _stalled(taken: int, length: int) -> PrinterUnavailable:
    if not taken:
        return PrinterUnavailable("The printer takes no data. Please look whether it is on and has paper.")
    return PrinterLost(f"The printer stopped taking data after {taken} of {length} bytes. Please look at its paper.")


def _now() -> int:
    return time.monotonic_ns() // 1_000_000
