"""Who answers on a port: every address of a protocol is asked, and what answers is read. Nothing is ever changed."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import Struct, field

from hardware.driver import LineDriver, OpenLine
from hardware.line import Line
from hardware.ports import (
    AlarmRaised,
    CommandDone,
    CommandFailed,
    Identified,
    LineSettings,
    NozzleLifted,
    PointAnswered,
    PointOnLine,
    PointSilent,
    PriceRead,
    PumpCommand,
    PumpEvent,
    PumpStateRead,
    ReadState,
    ReadTotaliser,
    TotaliserRead,
)
from hardware.protocol import DispenserProtocol
from hardware.watch.recording import Head
from hardware.watch.watch import LineWatch

Progress = Callable[[str, int, int], None]
"""Told the protocol, how many addresses have been tried, and how many there are."""
_FOR_AN_ADDRESS: Final = 3.0
"""Seconds that one address may take until it is known whether it answers."""
_FOR_A_READING: Final = 2.0
_SETTLE: Final = 0.5
"""Seconds that a point gets to say by itself how it stands."""
_LOOK: Final = 0.02


class Found(Struct):
    """A fuelling point that answers. Prices in milliyuan a litre, volumes in millilitres."""

    address: int
    state: str = ""
    identity: str = ""
    nozzle: int = 0
    """The nozzle that is out; 0 for none."""
    prices: dict[int, int] = field(default_factory=dict)
    totalisers: dict[int, int] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)


class Tried(Struct):
    """What one protocol found on the port."""

    protocol: str
    settings: LineSettings
    addresses: int
    """How many were asked."""
    found: list[Found]
    strange: int = 0
    """Bytes and frames that made no sense: somebody speaks, but not like this."""


class Wishes(Struct, frozen=True):
    """How to look."""

    url: str
    addresses: range | None = None
    """None: as the protocol counts them. What it can't count to is left out."""
    nozzles: int = 2
    """Whose totalisers are read."""
    baud_rate: int = 0
    echo: bool = False
    progress: Progress = lambda *_: None


def probe(wishes: Wishes, protocols: Iterable[DispenserProtocol]) -> list[Tried]:
    """Try these protocols one after the other. :exc:`LineUnavailable` when the port can't be had."""
    return [_try(wishes, protocol) for protocol in protocols]


def _try(wishes: Wishes, protocol: DispenserProtocol) -> Tried:
    settings = protocol.line
    if wishes.baud_rate:
        settings = LineSettings(wishes.baud_rate, settings.data_bits, settings.parity, settings.stop_bits)
    addresses = [address for address in wishes.addresses or protocol.addresses if address in protocol.addresses]
    tried = Tried(protocol.name, settings, len(addresses), [])
    for first in range(0, len(addresses), protocol.most_points):
        some = addresses[first : first + protocol.most_points]
        _Round(wishes, protocol, settings, some, tried, first).run()
    return tried


class _Round:
    """As many addresses as the protocol bears on one line."""

    def __init__(
        self,
        wishes: Wishes,
        protocol: DispenserProtocol,
        settings: LineSettings,
        addresses: Sequence[int],
        tried: Tried,
        before: int,
    ) -> None:
        self._wishes, self._tried, self._before = wishes, tried, before
        self._addresses = addresses
        points = [
            PointOnLine(at, address, wishes.nozzles, protocol.decimals) for at, address in enumerate(addresses, 1)
        ]
        self._found: dict[int, Found] = {}
        self._silent: set[int] = set()
        self._ended: set[PumpCommand] = set()
        self._trouble: str | None = None
        self._lock = threading.Lock()
        line = Line(wishes.url, settings, echo=wishes.echo)
        self._first: OpenLine | None = line.open()  # whoever has it is named before anything begins
        session = protocol.session(points, settings)
        watch = LineWatch(Head(wishes.url, protocol.name, 0, settings, tuple(points)))
        self._driver = LineDriver("probe", lambda: self._open(line), session, self._heard, self._troubled, watch)

    def run(self) -> None:
        """Ask everybody, read who answers."""
        self._driver.start()
        try:
            self._until(self._all_decided, _FOR_AN_ADDRESS * len(self._addresses))
            if self._found:
                time.sleep(_SETTLE)
                self._read()
        finally:
            self._driver.stop()
        blemishes = self._driver.watch.report().health.blemishes
        self._tried.found += self._found.values()
        self._tried.strange += sum(blemishes.values())

    def _read(self) -> None:
        nozzles = range(1, self._wishes.nozzles + 1)
        wanted: list[PumpCommand] = [ReadState(point) for point in self._found]
        wanted += [ReadTotaliser(point, nozzle) for point in self._found for nozzle in nozzles]
        for command in wanted:
            self._driver.submit(command)
        self._until(lambda: self._ended >= set(wanted), _FOR_A_READING * len(wanted))

    def _until(self, happened: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not happened() and time.monotonic() < end and self._trouble is None:
            time.sleep(_LOOK)

    def _all_decided(self) -> bool:
        with self._lock:
            decided = len(self._found) + len(self._silent)
        self._wishes.progress(self._tried.protocol, self._before + decided, self._tried.addresses)
        return decided == len(self._addresses)

    # ── In the line's thread ──────────────────────────────────────────────────────────────────────────────────────────

    def _open(self, line: Line) -> OpenLine:
        first, self._first = self._first, None
        return first or line.open()

    def _troubled(self, sentence: str | None) -> None:
        self._trouble = sentence

    def _heard(self, events: list[PumpEvent]) -> None:
        with self._lock:
            for event in events:
                self._take(event)

    def _take(self, event: PumpEvent) -> None:
        if isinstance(event, PointSilent):
            if event.point not in self._found:
                self._silent.add(event.point)
            return
        if isinstance(event, PointAnswered):
            self._silent.discard(event.point)
            self._found.setdefault(event.point, Found(self._addresses[event.point - 1]))
            return
        if isinstance(event, CommandDone | CommandFailed):
            self._ended.add(event.command)
            return
        found = self._found.get(event.point)
        if found is not None:
            note(found, event)


def note(found: Found, event: PumpEvent) -> None:
    """What a point says of itself."""
    match event:
        case PumpStateRead():
            found.state = event.state.value
        case Identified():
            found.identity = event.text
        case NozzleLifted():
            found.nozzle = event.nozzle
        case PriceRead():
            found.prices[event.nozzle] = event.unit_price
        case TotaliserRead(volume=int(volume)):
            found.totalisers[event.nozzle] = volume
        case AlarmRaised():
            found.alarms.append(event.alarm)
