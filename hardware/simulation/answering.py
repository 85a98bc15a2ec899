"""A simulated line on which pumps speak only when they are spoken to. Pure.

A protocol brings its pumps and says how the controller's bytes are cut into questions; the rest is the same for all.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Protocol

from hardware.simulation.pump import Answer, SimulatedPump

LONGEST = 256
"""Bytes that are kept while they are no question yet."""


class AnsweringPump(SimulatedPump, Protocol):
    """A pump on its line."""

    def advance(self, now: int) -> None:
        """Let fuel flow until now."""
        ...

    def answer(self, question: bytes, now: int) -> bytes:
        """The answer to a whole question for this pump's address; empty for none."""
        ...


Cut = Callable[[bytes], tuple[int, bytes]]
"""How many bytes are used up, and the question that they end with, if it is one. (0, b"") when more must come."""


class AnsweringLine:
    """All pumps of a line, by address. ``address`` says whom a question is for; times in microseconds."""

    def __init__(
        self,
        pumps: Mapping[int, AnsweringPump],
        cut: Cut,
        address: Callable[[bytes], int],
        turnaround: tuple[int, int] = (0, 0),
        seed: int = 0,
    ) -> None:
        self._by_address = pumps
        self._cut = cut
        self._address = address
        self._turnaround = turnaround
        self._dice = Random(seed)
        self._waiting = b""

    @property
    def pumps(self) -> Mapping[int, SimulatedPump]:
        """By the number of the fuelling point."""
        return {pump.body.place.point: pump for pump in self._by_address.values()}

    def advance(self, now: int) -> None:
        """Let fuel flow until now."""
        for pump in self._by_address.values():
            pump.advance(now)

    def receive(self, data: bytes, now: int) -> list[Answer]:
        """Bytes from the controller. What is no question is not answered."""
        self._waiting += data
        answers: list[Answer] = []
        while True:
            used, question = self._cut(self._waiting)
            if not used:
                self._waiting = self._waiting[-LONGEST:]
                return answers
            self._waiting = self._waiting[used:]
            pump = self._by_address.get(self._address(question)) if question else None
            said = pump.answer(question, now) if pump is not None else b""
            if said:
                answers.append(Answer(said, self._dice.randint(*self._turnaround)))
