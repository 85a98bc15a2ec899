"""Tells a station from its double. Pure: the caller reads the clock.

A station is one agent on one store. A copied disk, a configuration file used twice or a backup put back make a second
one; whoever was there first stays, and the other is refused by name until the first has been silent for a while:

1. another store under the epoch of one that head office knows: a copied configuration, refused for good
2. another store while the known one is alive: a second machine, refused until the first falls silent
3. the same store, alive twice: a copied disk, known by two starts that can't be one
4. a store that has forgotten letters that it had sent, or starts that it had told of: a backup without a new epoch,
   refused for good, because its new letters would take the numbers of old ones

What a worker remembers it has from the hellos that it heard itself, and of stations that are new to it from the books,
where every worker notes the hellos that it accepts: a shard that moves takes its doubles along.
"""

from collections import defaultdict
from typing import NamedTuple

from cloud.store.lines import Greeted, Line
from shared.messages import Hello

ALIVE = 45_000
"""Milliseconds: a store heard within this time counts as alive; three heartbeats."""
_SAME_START = 10_000
"""Milliseconds by which the start of one process may seem to shift, when hellos are late."""

_MOST_ALARMS = 50
"""Different ones of one station within an hour."""


class Pulse(NamedTuple):
    """The last hello that was accepted of a station."""

    epoch: int
    store_id: str
    boot: int
    boot_zero: int
    at: int


class Identities:
    """Who is alive, by station."""

    def __init__(self) -> None:
        self._alive: dict[str, Pulse] = {}

    def alive(self, now: int) -> list[str]:
        """The stations that were heard a moment ago."""
        return [station for station, pulse in list(self._alive.items()) if now - pulse.at < ALIVE]

    def knows(self, station: str, now: int) -> bool:
        """Whether this worker itself has heard it a moment ago."""
        pulse = self._alive.get(station)
        return pulse is not None and now - pulse.at < ALIVE

    def recall(self, greeted: Greeted) -> None:
        """Another worker accepted this hello; what is known to be later stands."""
        known = self._alive.get(greeted.station)
        if known is None or known.at < greeted.last_seen:
            self._alive[greeted.station] = Pulse(*greeted[1:])

    def judge(self, hello: Hello, line: Line, now: int) -> str:
        """Empty when this hello comes from the station itself; else a sentence that says why it is refused."""
        pulse = Pulse(hello.epoch, hello.store_id, hello.boot, now - hello.mono, now)
        known = self._alive.get(hello.station)
        if known is not None and now - known.at >= ALIVE:
            known = None
        against = "" if known is not None and _same_process(pulse, known) else _against(hello, line, pulse, known)
        if not against:
            self._alive[hello.station] = pulse
        return against


def _against(hello: Hello, line: Line, pulse: Pulse, known: Pulse | None) -> str:
    double = "" if known is None else _against_double(pulse, known)
    return _against_store(hello, line) or double or _against_start(hello, line)


def _same_process(pulse: Pulse, known: Pulse) -> bool:
    same_start = pulse.boot == known.boot and abs(pulse.boot_zero - known.boot_zero) <= _SAME_START
    return same_start and (pulse.epoch, pulse.store_id) == (known.epoch, known.store_id)


def _against_store(hello: Hello, line: Line) -> str:
    if line.store_id not in ("", hello.store_id):
        return (
            f"Another store of station “{hello.station}” has the same epoch {hello.epoch}. "
            "This one is a copy: give it a store of its own."
        )
    if not hello.live and hello.next_seq <= line.highest:
        return (
            f"Head office has letters up to {line.highest} of this store, but its next one would be {hello.next_seq}. "
            "It is an old backup: stop the agent, and run jiayou-edge restore with its own store as FILE."
        )
    return ""


def _against_double(pulse: Pulse, known: Pulse) -> str:
    if pulse.store_id != known.store_id:
        return "Another machine is running as this station. Stop one of the two."
    if pulse.boot <= known.boot:  # a later start of the same store is the same machine, started again
        return "A copy of this machine's disk is running as this station. Stop one of the two."
    return ""


def _against_start(hello: Hello, line: Line) -> str:
    if hello.boot < line.boot:
        return (
            f"Head office has met start {line.boot} of this store, and this is start {hello.boot}. "
            "It is an old backup: stop the agent, and run jiayou-edge restore with its own store as FILE."
        )
    return ""


class Alarms:
    """Lets each alarm through once an hour, however often its cause repeats itself.

    Of one station so many different ones: who thinks up a new name each time silences nobody else.
    """

    def __init__(self) -> None:
        self._hour = 0
        self._told: dict[str, set[str]] = defaultdict(set)

    def admit(self, station: str, what: str, now: int) -> bool:
        """Whether this is news."""
        hour = now // 3_600_000
        if hour != self._hour:
            self._hour, self._told = hour, defaultdict(set)
        told = self._told[station]
        if what in told or len(told) >= _MOST_ALARMS:
            return False
        told.add(what)
        return True
