"""A check's outcome, in the language of whoever looks. Pure."""

from enum import StrEnum

from msgspec import Struct

from edge.engineer.words import Tongue


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(Struct, frozen=True):
    """One check."""

    part: str
    level: Level
    what: str
    do: str = ""
    """What to do; empty when all is well."""


Both = tuple[str, str]
"""Chinese and English."""


class Judge:
    """Says what was found on one part."""

    def __init__(self, part: str, say: Tongue) -> None:
        self.part = part
        self._say = say

    def ok(self, what: Both) -> Finding:
        """All is well."""
        return Finding(self.part, Level.OK, self._say(*what))

    def warn(self, what: Both, do: Both) -> Finding:
        """It works, and should yet be seen to."""
        return Finding(self.part, Level.WARN, self._say(*what), self._say(*do))

    def fail(self, what: Both, do: Both) -> Finding:
        """It does not work."""
        return Finding(self.part, Level.FAIL, self._say(*what), self._say(*do))
