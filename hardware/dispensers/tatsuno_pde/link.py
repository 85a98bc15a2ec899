"""Polls and selects of one counter. Pure.

A message that came whole is acknowledged at once; one with a wrong sum is asked for again. What was selected is said
again until it is acknowledged, a bounded number of times. (PDE counter protocol, July 2000, "link layer")
"""

from collections.abc import Generator
from typing import Final, TypeVar

from hardware.dispensers.tatsuno_pde.frames import Frame, Kind, decode, encode, reader
from hardware.dispensers.tatsuno_pde.options import Options
from hardware.polling.dialogue import Ask, Later, Pause, Reader, Say, Taken
from hardware.ports import Blemish

T = TypeVar("T")
Talk = Generator[Ask | Say | Pause | Later, bytes | None, T]
"""A part of a turn that learns something."""

SWITCH: Final = 5_000
"""Microseconds that both ends need between sending and receiving (TKD)."""
_TRIES: Final = 3


class Link:
    """What is said to one address."""

    def __init__(self, address: int, options: Options) -> None:
        self.address = address
        self._wait = options.answer_ms * 1_000
        self._spoilt = False

    def poll(self) -> Talk[str | None]:
        """What it has to say, acknowledged; empty when it has nothing, None when no answer came."""
        answer = yield self._ask(Frame(self.address, Kind.POLL), Kind.TEXT, Kind.NOTHING)
        if answer is None and self._spoilt:
            answer = yield self._ask(Frame(self.address, Kind.NAK), Kind.TEXT)
        if answer is None:
            return None
        said = decode(answer)
        if said.kind is Kind.TEXT:
            yield Say(encode(Frame(self.address, Kind.ACK)), SWITCH)
        return said.text

    def select(self, text: str) -> Talk[bool]:
        """Whether it acknowledged this."""
        for _ in range(_TRIES):
            answer = yield self._ask(Frame(self.address, Kind.TEXT, text), Kind.ACK, Kind.NAK)
            if answer is not None and decode(answer).kind is Kind.ACK:
                return True
        return False

    def _ask(self, frame: Frame, *kinds: Kind) -> Ask:
        self._spoilt = False
        return Ask(encode(frame), self._watching(reader(self.address, *kinds)), self._wait)

    def _watching(self, read: Reader) -> Reader:
        def watch(data: bytes) -> Taken:
            taken = read(data)
            self._spoilt = self._spoilt or taken.blemish is Blemish.MISREAD
            return taken

        return watch
