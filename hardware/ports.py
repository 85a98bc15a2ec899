"""What a dispenser's protocol must offer to the station, whatever its maker. Pure.

A **session** is the whole link of one line in step: it says what to send next and how long to wait, takes the bytes
that come, and turns them into the events below. It does no I/O and reads no clock, so each protocol can be tried byte
by byte; ``hardware.driver`` moves the bytes.

Points and nozzles are numbered as the station numbers them (from 1); the session knows their addresses on the line.
Volume in millilitres, money in fen, unit prices in milliyuan a litre; the session knows the decimals of its dispensers.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Protocol

from msgspec import Meta, Struct

from shared.sale import Preset

# ── What the station is told: events, past tense ──────────────────────────────────────────────────────────────────────


class PumpState(StrEnum):
    """What a dispenser says of a fuelling point."""

    UNPROGRAMMED = "unprogrammed"  # it lacks prices
    READY = "ready"  # reset, nothing authorised, display at zero
    AUTHORISED = "authorised"
    FUELLING = "fuelling"
    SUSPENDED = "suspended"
    LIMIT_REACHED = "limit_reached"  # preset or maximum reached, nozzle still out
    FINISHED = "finished"  # the filling is over, its figures stand
    OFF = "off"


class PointAnswered(Struct, frozen=True):
    """A fuelling point answers, for the first time or again. Its state follows as events of their own."""

    point: int


class PointSilent(Struct, frozen=True):
    """A fuelling point has stopped answering. Said once, not at each poll."""

    point: int


class PumpStateRead(Struct, frozen=True):
    """The dispenser's state, when it changed or was asked for."""

    point: int
    state: PumpState


class NozzleLifted(Struct, frozen=True):
    """A nozzle was taken out of its holster; ``unit_price`` as the dispenser shows it for that nozzle."""

    point: int
    nozzle: int
    unit_price: int


class NozzleReturned(Struct, frozen=True):
    """The nozzle is hung up; ``nozzle`` 0 when no nozzle is out and the dispenser does not say which was the last."""

    point: int
    nozzle: int


class FillingRead(Struct, frozen=True):
    """The running or final figures on the display."""

    point: int
    volume: int
    amount: int


class TotaliserRead(Struct, frozen=True):
    """The totaliser of a nozzle, asked for; ``volume`` None when the dispenser can't tell.

    It starts again at ``modulus`` millilitres; 0 when that is not known.
    """

    point: int
    nozzle: int
    volume: int | None
    modulus: int = 0


class PriceRead(Struct, frozen=True):
    """The unit price that the dispenser itself reports for a nozzle."""

    point: int
    nozzle: int
    unit_price: int


class AlarmRaised(Struct, frozen=True):
    """The dispenser reports a fault of its own; ``alarm`` a stable word, ``code`` as on the wire."""

    point: int
    alarm: str
    code: int


class Identified(Struct, frozen=True):
    """The dispenser says what it is: maker, type, version of its program, as far as it tells."""

    point: int
    text: str


class CommandDone(Struct, frozen=True):
    """The dispenser took the command (link level: a state or figure that follows proves its effect)."""

    point: int
    command: "PumpCommand"


class CommandFailed(Struct, frozen=True):
    """The dispenser did not take the command, after all retries."""

    point: int
    command: "PumpCommand"
    detail: str


PumpEvent = (
    PointAnswered
    | PointSilent
    | PumpStateRead
    | NozzleLifted
    | NozzleReturned
    | FillingRead
    | TotaliserRead
    | PriceRead
    | AlarmRaised
    | Identified
    | CommandDone
    | CommandFailed
)


class Blemish(StrEnum):
    """What was not right about bytes from the line."""

    MISREAD = "misread"  # a frame with a wrong check or shape
    ORPHAN = "orphan"  # a good frame that answers nothing that was asked
    REPEATED = "repeated"  # a block that had been taken already
    OUT_OF_STEP = "out_of_step"  # a block whose number does not follow
    UNREADABLE = "unreadable"  # a good frame whose content makes no sense
    REFUSED = "refused"  # the dispenser did not take what was sent, and it is sent again
    NOISE = "noise"  # bytes that belong to no frame; ``count`` is how many


class Blemished(Struct, frozen=True):
    """For the engineer's books, and never for the station: the driver keeps it with the line."""

    point: int
    """0 when nobody knows whose it is."""
    kind: Blemish
    count: int = 1


# ── What the station asks for: commands, imperatives ──────────────────────────────────────────────────────────────────


class ReadState(Struct, frozen=True):
    """Say your state, nozzle, price and figures."""

    point: int


class Authorise(Struct, frozen=True):
    """Clear the display and release these nozzles, with a limit or without. AUTHORISED says that it took effect."""

    point: int
    nozzles: tuple[int, ...]
    preset: Preset | None = None


class Stop(Struct, frozen=True):
    """End the filling, or take back the authorisation."""

    point: int


class Suspend(Struct, frozen=True):
    """Halt the flow; the filling stays open."""

    point: int


class Resume(Struct, frozen=True):
    """Let a suspended filling go on."""

    point: int


class Clear(Struct, frozen=True):
    """The filling is recorded: forget it."""

    point: int


class SetPrices(Struct, frozen=True):
    """Set the unit price of every nozzle of the point. Only between fillings."""

    point: int
    prices: Mapping[int, int]
    """Nozzle → milliyuan a litre; all nozzles of the point."""


class ReadTotaliser(Struct, frozen=True):
    """Read a nozzle's totaliser; answered by :class:`TotaliserRead`."""

    point: int
    nozzle: int


PumpCommand = ReadState | Authorise | Stop | Suspend | Resume | Clear | SetPrices | ReadTotaliser

# ── The link ──────────────────────────────────────────────────────────────────────────────────────────────────────────


_Places = Annotated[int, Meta(ge=0, le=8)]


class Decimals(Struct, frozen=True, forbid_unknown_fields=True):
    """How many decimals a dispenser's whole numbers carry; rarely on the wire, so configured per point."""

    volume: _Places = 2
    amount: _Places = 2
    price: _Places = 2
    totaliser: _Places | None = None
    """None: as many as ``volume``."""


class PointOnLine(Struct, frozen=True):
    """A fuelling point as the session needs to know it."""

    point: int
    address: int
    """The address on the line, as the protocol counts it."""
    nozzles: int
    """How many nozzles it has, numbered from 1."""
    decimals: Decimals = Decimals()


class LineSettings(Struct, frozen=True):
    """How the protocol wants its line."""

    baud_rate: int
    data_bits: int
    parity: str
    """``N``, ``E`` or ``O``."""
    stop_bits: int

    @property
    def byte_micros(self) -> int:
        """Microseconds that a byte takes."""
        bits = 1 + self.data_bits + (self.parity != "N") + self.stop_bits
        return -(-bits * 1_000_000 // self.baud_rate)


class Transmit(Struct, frozen=True):
    """Send these bytes, then listen. If the session does not call the reply complete within ``wait``, time is up."""

    data: bytes
    wait: int
    """Microseconds of silence to bear after the last byte has left; 0 when no answer will come."""
    point: int = 0
    """Who is asked; 0 when it is for several, or for nobody."""
    spacing: int = 0
    """Microseconds of quiet after each byte, for dispensers that need time to think."""


class Rest(Struct, frozen=True):
    """Nothing to send for so many microseconds (at most; a new command ends the rest)."""

    micros: int


class Session(Protocol):
    """One line with its dispensers. The driver calls :meth:`next`, does what it says, feeds what comes, and repeats."""

    def next(self, now: int) -> Transmit | Rest:
        """What to do next; ``now`` is monotonic time in microseconds."""
        ...

    def receive(self, data: bytes, now: int) -> bool:
        """Take bytes from the line; True when the exchange is complete and :meth:`next` may be called."""
        ...

    def time_out(self, now: int) -> None:
        """The answer did not come, or not whole."""
        ...

    def line_lost(self) -> None:
        """The port went away: every point is silent, nothing that was half said counts."""
        ...

    def submit(self, command: PumpCommand) -> None:
        """Have this done as soon as the link allows, before any further polling."""
        ...

    def events(self) -> Sequence[PumpEvent | Blemished]:
        """The events since the last call, in order."""
        ...
