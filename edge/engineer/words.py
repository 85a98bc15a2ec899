"""What the tools say: Chinese or English, plain or in colours. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

_RESET: Final = "\033[0m"


class Colour(StrEnum):
    """How a terminal is told."""

    GOOD = "\033[32m"
    WARNING = "\033[33m"
    BAD = "\033[31m"
    OUT = "\033[36m"
    IN = "\033[32m"
    QUIET = "\033[2m"


class Tongue:
    """A language for a terminal."""

    def __init__(self, chinese: bool) -> None:
        self.chinese = chinese

    def __call__(self, chinese: str, english: str) -> str:
        """The one of the two that is spoken here."""
        return chinese if self.chinese else english


def tongue(wanted: str, environment: Mapping[str, str]) -> Tongue:
    """The language that was asked for; without a wish English where the machine speaks it, Chinese elsewhere."""
    spoken = wanted or next((environment[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(k)), "")
    return Tongue(not spoken.lower().startswith("en"))


def painted(text: str, colour: Colour | None, paint: bool) -> str:
    """In colour, where there are any."""
    return f"{colour}{text}{_RESET}" if paint and colour else text
