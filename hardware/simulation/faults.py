"""Faults that a simulated station is told to have, by name and probability, from a seed. Pure."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from random import Random
from typing import Final

from hardware.simulation.pump import Answer, SimulatedLine, SimulatedPump
from shared.errors import Refused

LINE_FAULTS: Final[Mapping[str, str]] = {
    "dropped-reply": "an answer never arrives",
    "late-reply": "an answer is held back and arrives glued in front of the next one",
    "flipped-bit": "a bit of an answer is wrong; its parity shows it, and the byte arrives as 00",
}
HEAD_FAULTS: Final[Mapping[str, str]] = {
    "previous-sale-added": "a finished filling shows the sum of the one before and itself; the meters are right",
    "cpu-reset": "the pump's computer starts anew in mid-sale: display and release are gone, the meters are not",
    "ignored-command": "a command is accepted and not carried out",
    "stale-totals": "for some seconds after a filling the totaliser is told as it stood before",
    "unsolicited-last-sale": "a released pump shows the last sale again until fuel flows",
    "drip": "some millilitres flow after the nozzle was hung up",
    "totaliser-roll-over": "the totalisers stand shortly before their end and start again at zero",
    "nozzle-bounce": "a nozzle that is hung up slips out again for a moment",
    "zero-volume-sale": "a release that nobody used ends as a sale of nothing",
    "frozen": "the pump answers nothing for five seconds after a command",
}
FAULTS: Final[Mapping[str, str]] = {**LINE_FAULTS, **HEAD_FAULTS}


class Faults:
    """Throws the dice for each fault. One that was not named never strikes."""

    def __init__(self, odds: Mapping[str, float] | None = None, seed: int = 0) -> None:
        self._odds = dict(odds or {})
        self._dice = Random(seed)

    def strikes(self, name: str) -> bool:
        """Whether the fault happens now."""
        odds = self._odds.get(name, 0.0)
        return odds > 0 and self._dice.random() < odds

    def set(self, name: str, odds: float) -> None:
        """From now on so often; 0 ends it."""
        self._odds[name] = odds

    def place(self, size: int) -> int:
        """Some place in so many."""
        return self._dice.randrange(size)


def parse(texts: Iterable[str]) -> dict[str, float]:
    """``name`` or ``name:probability`` of the command line. :exc:`Refused` names the nearest known fault."""
    return dict(_parse_one(text) for text in texts)


def _parse_one(text: str) -> tuple[str, float]:
    name, _, odds = text.partition(":")
    if name not in FAULTS:
        near = get_close_matches(name, FAULTS, n=1)
        hint = f"Did you mean “{near[0]}”?" if near else f"Known are: {', '.join(FAULTS)}."
        raise Refused("unknown_fault", f"There is no fault “{name}”. {hint}")
    try:
        probability = float(odds or "1")
    except ValueError:
        probability = -1.0
    if not 0 <= probability <= 1:
        raise Refused("wrong_probability", f"“{odds}” is no probability between 0 and 1.")
    return name, probability


class FaultyLine:
    """A line whose answers suffer on their way."""

    def __init__(self, line: SimulatedLine, faults: Faults) -> None:
        self._line = line
        self._faults = faults
        self._held = b""

    @property
    def pumps(self) -> Mapping[int, SimulatedPump]:
        """By the number of the fuelling point."""
        return self._line.pumps

    def advance(self, now: int) -> None:
        """Let fuel flow until now."""
        self._line.advance(now)

    def receive(self, data: bytes, now: int) -> list[Answer]:
        """The answers, less what was lost, and with what was late."""
        answers = []
        for answer in self._line.receive(data, now):
            on_its_way = self._suffer(answer.data)
            if on_its_way:
                answers.append(Answer(on_its_way, answer.after))
        return answers

    def _suffer(self, data: bytes) -> bytes:
        if self._faults.strikes("dropped-reply"):
            return b""
        if self._faults.strikes("flipped-bit"):
            at = self._faults.place(len(data))
            data = data[:at] + b"\0" + data[at + 1 :]
        if not self._held and self._faults.strikes("late-reply"):
            self._held = data
            return b""
        held, self._held = self._held, b""
        return held + data
