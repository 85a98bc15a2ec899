"""The serial line: how near polling comes to the line's own limit, how long a lifted nozzle waits to be released, and
how lively figures are while a quarter of the points fuel.

32 fuelling points on a line at 9600 8O1 over a pty. The limit of a cycle is what no program can do without: six bytes
a point, the pump's turnaround, and the pause that the protocol asks for. Beside it, in the same run, works a poller as
one writes it first (``naive``).
"""

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import cycle, pairwise
from random import Random
from statistics import quantiles

from msgspec import Struct

from hardware.dispensers.wayne_dart.session import Pace
from hardware.driver import micros
from hardware.ports import Authorise, FillingRead, PointOnLine, PumpState, Session
from hardware.simulation.faults import Faults
from hardware.simulation.pump import SimulatedPoint
from tests.bench.figure import Figure, at_least, at_most
from tests.bench.naive import RoundRobin
from tests.bench.yard import POINTS, PROTOCOL, TURNAROUND, MakeSession, Yard, in_step, until, yard
from tests.fakes.wires import Wire

LINES = 3
"""Of ours; they lift in parallel, so that a hundred cars take a minute and a half."""
LIFTS = 34
"""On each line: a hundred in all, for a hundredth to be told from the worst."""
SECONDS_BETWEEN_LIFTS = 2.0
"""On each line: 30 cars a minute at 32 fuelling points. Few stations ever are so busy."""
FUELLING = 8
_POLL_AND_EOT = 6


class Lively(Struct, frozen=True):
    """While a quarter of the points fuel, in seconds."""

    gap: float
    """Between two figures of one of them, at the 99th percentile."""
    longest: float
    """The longest of these gaps; on a busy machine one that the machine made."""
    unseen: float
    """The longest that a nozzle lifted at an idle point was not seen."""


def ours(points: Sequence[PointOnLine]) -> Session:
    """The driver that is sold."""
    return PROTOCOL.session(points)


def naive(points: Sequence[PointOnLine]) -> Session:
    """Its peer."""
    return RoundRobin(points, Pace(byte=PROTOCOL.line.byte_micros))


def limit() -> int:
    """Microseconds of a cycle that no program can do without."""
    return POINTS * (_POLL_AND_EOT * PROTOCOL.line.byte_micros + sum(TURNAROUND) // 2 + Pace().gap)


def figures(seconds: int = 15, lifts: int = LIFTS) -> list[Figure]:
    """All of it. Cycles and liveliness are measured on one line at a time: they are a matter of milliseconds."""
    (mine, lively), (peer, naive_lively) = alone(ours, seconds), alone(naive, seconds)
    with ExitStack() as stack:
        lines = [stack.enter_context(yard(make, seed)) for seed, make in enumerate([ours] * LINES + [naive], 1)]
        in_step(lines)
        learned(lines[:LINES])
        waits = lift_to_authorise(lines, lifts)
    return [_cycle(mine, peer), _release(waits), *_lively(lively, naive_lively), ackpoll()]


def alone(make: MakeSession, seconds: int) -> tuple[float, Lively]:
    """The poll cycle of a line with nothing beside it, and how lively it is."""
    with yard(make) as here:
        in_step([here])
        if make is ours:
            learned([here])
        return poll_cycle(here, seconds), liveliness(here, 2 * seconds)


def learned(yards: Sequence[Yard]) -> None:
    """Wait until our drivers know what their pumps are: a new agent asks that in its first minute, and only then."""
    until(lambda: all(len(here.known) == POINTS for here in yards), 120)


# ── How near to the limit ─────────────────────────────────────────────────────────────────────────────────────────────


def poll_cycle(here: Yard, seconds: int) -> float:
    """The mean poll cycle of an idle line, in microseconds."""
    here.polled.clear()
    time.sleep(seconds)
    polled = list(here.polled)
    return (polled[-1] - polled[0]) / (len(polled) - 1)


def _cycle(mine: float, peer: float) -> Figure:
    against = f"{limit() / 1000:.0f} ms; ours {mine / 1000:.0f} ms, naive {peer / 1000:.0f} ms"
    return at_most("poll_cycle_ratio", mine / limit(), 1.10, "× the limit", against)


# ── How long a nozzle waits ───────────────────────────────────────────────────────────────────────────────────────────


def lift_to_authorise(lines: Sequence[Yard], lifts: int) -> list[list[int]]:
    """How long lifted nozzles waited on each line, in microseconds."""
    waits: list[list[int]] = [[] for _ in lines]
    jobs = [(here, lifts, seed, waits[seed]) for seed, here in enumerate(lines)]
    threads = [threading.Thread(target=_lift, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def _lift(here: Yard, lifts: int, seed: int, waits: list[int]) -> None:
    """Nozzles lifted one after the other at random moments, and a very short filling each."""
    dice = Random(seed)
    for _ in range(lifts):
        time.sleep(dice.expovariate(1 / SECONDS_BETWEEN_LIFTS))
        point = dice.choice(sorted(here.ready))
        since = here.lift(point)
        until(partial(_released, here, [point]))
        waits.append(micros() - since)
        here.sip(point)


def _release(waits: Sequence[list[int]]) -> Figure:
    mine, peer = [wait for line in waits[:-1] for wait in line], waits[-1]
    half, p99 = _cycles(mine, 50), _cycles(mine, 99)
    against = f"cycles of {limit() / 1000:.0f} ms; median {half:.2f}; naive {_cycles(peer, 99):.2f}"
    return at_most("lift_to_authorise_cycles_p99", p99, 1.5, "cycles", against)


def _cycles(waits: Sequence[int], percentile: int) -> float:
    return quantiles(waits, n=100, method="inclusive")[percentile - 1] / limit()


# ── How lively figures are ────────────────────────────────────────────────────────────────────────────────────────────


def liveliness(here: Yard, seconds: int) -> Lively:
    """Let a quarter of the points fuel, lift nozzles at the others, and look."""
    here.releases = False
    dice, busy = Random(1), sorted(here.ready)[:FUELLING]
    _fuel(here, busy)
    idle = cycle(sorted(here.ready - set(busy)))  # in turn: a nozzle that moves twice between two polls has not moved
    here.moved.clear()
    end, unseen = time.monotonic() + seconds, [0]
    while time.monotonic() < end:
        time.sleep(dice.uniform(0.1, 1.0))
        unseen.append(_seen(here, next(idle)))
    gaps = [after - before for point in busy for before, after in pairwise(here.moved[point])]
    return Lively(quantiles(gaps, n=100)[98] / 1e6, max(gaps) / 1e6, max(unseen) / 1e6)


def _fuel(here: Yard, points: Sequence[int]) -> None:
    for point in points:
        here.lift(point)
        here.driver.submit(Authorise(point, (1,)))
    until(partial(_released, here, points))
    for point in points:
        here.squeeze(point, 600)
    time.sleep(3)


def _released(here: Yard, points: Sequence[int]) -> bool:
    return all(here.pump(point).released for point in points)


def _seen(here: Yard, point: int) -> int:
    since = here.lift(point)
    until(lambda: point in here.lifted)
    here.hang_up(point)
    return here.lifted[point] - since


def _lively(mine: Lively, peer: Lively) -> list[Figure]:
    fuel = f"{FUELLING} of {POINTS} fuel"
    gaps = f"{fuel}; longest {mine.longest:.2f}; naive {peer.gap:.2f}"
    return [
        at_most("running_figures_gap_p99", mine.gap, 1.0, "seconds", gaps),
        at_most("idle_point_seen_max", mine.unseen, 1.5, "seconds", f"{fuel}; naive {peer.unseen:.2f}"),
    ]


# ── What ACKPOLL is worth ─────────────────────────────────────────────────────────────────────────────────────────────


def ackpoll() -> Figure:
    """Figures of a lone fuelling point with it and without, in virtual time: no machine disturbs that."""
    with_it, without = _figures_told(True), _figures_told(False)
    against = f"a lone point told {with_it} figures in 20 s with it, {without} without"
    return at_least("ackpoll_gain", with_it / without, 1.05, "× figures", against)


def _figures_told(ackpoll: bool) -> int:
    place = SimulatedPoint(1, PROTOCOL.first_address, ("92#",), prices={1: 7_850})
    session = PROTOCOL.session([PointOnLine(1, place.address, 1)], options={"ackpoll": ackpoll})
    line = PROTOCOL.simulator([place], Faults(), TURNAROUND, 1)
    wire = Wire(session, line, byte=PROTOCOL.line.byte_micros)
    wire.run(3_000_000)
    line.pumps[1].lift(1, wire.now)
    wire.submit(Authorise(1, (1,)))
    wire.until(lambda: line.pumps[1].word == PumpState.AUTHORISED)
    line.pumps[1].body.squeeze(600)
    before = len(wire.told(FillingRead))
    wire.run(20_000_000)
    return len(wire.told(FillingRead)) - before
