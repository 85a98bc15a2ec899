"""Faults that a simulated station is told to have, by name and probability, from a seed. Pure."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from random import Random
from typing import Final

from hardware.simulation.pump import Answer, SimulatedLine, SimulatedPump
from shared.errors import Refused

_SHORT: Final = 4
"""Bytes of the longest answer that may be an acknowledgement."""
_LATE: Final = 200_000
_SLOW: Final = 20_000
_DRIBBLE: Final = 6_000

LINE_FAULTS: Final[Mapping[str, str]] = {
    "lost-question": "a question never arrives at the pumps",
    "dropped-reply": "an answer never arrives",
    "lost-ack": "a short answer, as acknowledgements are, never arrives",
    "repeated-ack": "a short answer, as acknowledgements are, arrives twice",
    "repeated-reply": "an answer arrives twice",
    "slow-reply": "an answer takes 20 ms longer, as from a pump that has much to do",
    "late-reply": "an answer arrives a fifth of a second later than it should",
    "glued-replies": "an answer is held back and arrives in one piece with the next one",
    "flipped-bit": "a bit of an answer is wrong; its parity shows it, and the byte arrives as 00",
    "noise": "some bytes of rubbish stand before an answer",
    "dribbled-bytes": "an answer arrives byte by byte, with pauses",
    "echo": "the line's converter hands back what was sent",
}
HEAD_FAULTS: Final[Mapping[str, str]] = {
    "previous-sale-added": "a finished filling shows the sum of the one before and itself; the meters are right",
    "cpu-reset": "the pump's computer starts anew in mid-sale: display and release are gone, the meters are not",
    "ignored-command": "a command is accepted and not carried out",
    "stale-totals": "for some seconds after a filling the totaliser is told as it stood before",
    "unsolicited-last-sale": "a released pump shows the last sale again until fuel flows",
    "drip": "some millilitres flow after the nozzle was hung up",
    "drip-shown": "some millilitres flow just after the nozzle was hung up, and the display counts them",
    "totaliser-roll-over": "the totalisers stand shortly before their end and start again at zero",
    "nozzle-bounce": "a nozzle that is hung up slips out again for a moment",
    "zero-volume-sale": "a release that nobody used ends as a sale of nothing",
    "frozen": "the pump answers nothing for five seconds after a command",
}
FAULTS: Final[Mapping[str, str]] = {**LINE_FAULTS, **HEAD_FAULTS}


class Faults:
    """Throws the dice for each fault. One that was not named never strikes."""

    def __init__(self, odds: Mapping[str, float] | None = None, seed: int = 0) -> None:
        self.odds: dict[str, float] = dict(odds or {})
        """How often each fault strikes; may be changed at any time."""
        self._dice = Random(seed)

    def strikes(self, name: str) -> bool:
        """Whether the fault happens now."""
        odds = self.odds.get(name, 0.0)
        return odds > 0 and self._dice.random() < odds

    def set(self, name: str, odds: float) -> None:
        """From now on so often; 0 ends it."""
        self.odds[name] = odds

    def place(self, size: int) -> int:
        """Some place in so many."""
        return self._dice.randrange(size)


def parse(texts: Iterable[str], known: Mapping[str, str] = FAULTS) -> dict[str, float]:
    """``name`` or ``name:probability`` of the command line. :exc:`Refused` names the nearest known fault."""
    return dict(_parse_one(text, known) for text in texts)


def _parse_one(text: str, known: Mapping[str, str]) -> tuple[str, float]:
    name, _, odds = text.partition(":")
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"Did you mean “{near[0]}”?" if near else f"Known are: {', '.join(known)}."
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
        strikes = self._faults.strikes
        answers = [Answer(data, 0)] if strikes("echo") else []
        if not strikes("lost-question"):
            for answer in self._line.receive(data, now):
                answers += self._suffer(answer)
        return answers

    def _suffer(self, answer: Answer) -> list[Answer]:
        strikes, data, after = self._faults.strikes, answer.data, answer.after
        short = len(data) <= _SHORT
        if strikes("dropped-reply") or (short and strikes("lost-ack")):
            return []
        if strikes("flipped-bit"):
            at = self._faults.place(len(data))
            data = data[:at] + b"\0" + data[at + 1 :]
        if strikes("noise"):
            data = bytes(self._faults.place(256) for _ in range(1 + self._faults.place(5))) + data
        if not self._held and strikes("glued-replies"):
            self._held = data
            return []
        data, self._held = self._held + data, b""
        if strikes("late-reply"):
            after += _LATE
        if strikes("slow-reply"):
            after += _SLOW
        if strikes("dribbled-bytes"):
            return [Answer(data[at : at + 1], after + at * _DRIBBLE) for at in range(len(data))]
        twice = (short and strikes("repeated-ack")) or strikes("repeated-reply")
        return [Answer(data, after)] * (2 if twice else 1)
