"""What every driver in the registry owes to the station, tried against its own simulator.

In memory, in virtual time, over good and bad wires; and with real threads over a pty and a TCP port. A new protocol
comes under this suite with its line in the registry, and has nothing to add here.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.driver import LineDriver
from hardware.line import Line
from hardware.ports import (
    Authorise,
    Clear,
    CommandDone,
    CommandFailed,
    FillingRead,
    NozzleLifted,
    NozzleReturned,
    PointAnswered,
    PointOnLine,
    PointSilent,
    PriceRead,
    PumpCommand,
    PumpEvent,
    PumpState,
    PumpStateRead,
    ReadState,
    ReadTotaliser,
    Rest,
    Resume,
    SetPrices,
    Stop,
    Suspend,
    TotaliserRead,
)
from hardware.protocol import DispenserProtocol
from hardware.registry import DISPENSERS
from hardware.simulation.faults import Faults, FaultyLine, parse
from hardware.simulation.pump import SimulatedLine, SimulatedPump, TrueFilling
from hardware.simulation.station import SimulatedStation, StationPlan, places
from hardware.simulation.wire import plug
from shared.sale import Finding, Preset, PresetKind, prove
from tests.fakes.wires import Fault, Wire, all_of, bytewise, cut, flipping, good, late, lossy, noisy

pytestmark = pytest.mark.slow

E = TypeVar("E")

PRICES = {"92#": 7_360, "95#": 7_850}
GRADES = [("92#", "95#")] * 2
FLOW = 600_000
drivers = pytest.mark.parametrize("protocol", DISPENSERS.values(), ids=lambda protocol: protocol.name)


class Station:
    """The least station: it waits for one thing after the other."""

    def __init__(
        self, protocol: DispenserProtocol, wire: Fault = good, seed: int = 1, faults: Faults | None = None
    ) -> None:
        self.faults = faults or Faults(seed=seed)
        points = places(GRADES, protocol.first_address, PRICES)
        self.line: SimulatedLine = protocol.simulator(points, self.faults, (10_000, 25_000), seed)
        self.session = protocol.session([PointOnLine(p.point, p.address, len(p.grades)) for p in points])
        self.wire = Wire(self.session, self.line, wire, wire, seed)

    def pump(self, point: int = 1) -> SimulatedPump:
        return self.line.pumps[point]

    def start(self) -> "Station":
        self.wire.until(lambda: len(self.told(PointAnswered)) == len(GRADES))
        self.wire.run(3_000_000)
        return self

    def do(self, command: PumpCommand) -> CommandDone | CommandFailed:
        before = len(self._ends(command))
        self.wire.submit(command)
        self.wire.until(lambda: len(self._ends(command)) > before)
        return self._ends(command)[-1]

    def done(self, command: PumpCommand) -> None:
        end = self.do(command)
        assert isinstance(end, CommandDone), end

    def insist(self, command: PumpCommand) -> None:
        """Over a bad wire: again, until it is done."""
        self.wire.until(lambda: isinstance(self.do(command), CommandDone), 600)

    def told(self, kind: type[E]) -> list[E]:
        return self.wire.told(kind)

    def state(self, point: int = 1) -> PumpState | None:
        return next((e.state for e in reversed(self.told(PumpStateRead)) if e.point == point), None)

    def figures(self, point: int = 1) -> tuple[int, int]:
        return next((e.volume, e.amount) for e in reversed(self.told(FillingRead)) if e.point == point)

    def totaliser(self, point: int, nozzle: int) -> int:
        """Over whatever wire."""
        while True:
            self.insist(ReadTotaliser(point, nozzle))
            read = self.told(TotaliserRead)[-1]
            if read.volume is not None:
                return read.volume

    def flow(self, ml: int, point: int = 1) -> None:
        self.pump(point).body.squeeze(FLOW, ml)
        self.wire.run(ml * 1_000_000 // FLOW + 200_000)
        self.pump(point).body.squeeze(0)

    def _ends(self, command: PumpCommand) -> list[CommandDone | CommandFailed]:
        ends = [event for event in self.wire.events if isinstance(event, CommandDone | CommandFailed)]
        return [end for end in ends if end.command == command]


# ── What a driver owes ────────────────────────────────────────────────────────────────────────────────────────────────


@drivers
def test_each_point_answers_and_says_how_it_stands(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    assert sorted(event.point for event in station.told(PointAnswered)) == [1, 2]
    assert {event.point for event in station.told(PumpStateRead)} == {1, 2}
    assert {event.point for event in station.told(NozzleReturned)} == {1, 2}
    assert station.told(PointSilent) == []


@drivers
@pytest.mark.parametrize(
    "preset", [None, Preset(PresetKind.AMOUNT, 20_000), Preset(PresetKind.VOLUME, 30_000)], ids=str
)
def test_a_filling_is_told_from_the_lifted_nozzle_to_its_proof(
    protocol: DispenserProtocol, preset: Preset | None
) -> None:
    station = Station(protocol).start()
    before = station.totaliser(1, 2)
    station.pump().lift(2, station.wire.now)
    station.wire.until(lambda: station.told(NozzleLifted))
    assert station.told(NozzleLifted) == [NozzleLifted(1, 2, 7_850)]
    station.done(Authorise(1, (2,), preset))
    assert station.state() is PumpState.AUTHORISED
    station.flow(40_780)
    station.pump().hang_up(station.wire.now)
    station.wire.until(lambda: station.state() is PumpState.FINISHED)
    station.wire.run(1_000_000)
    (truth,) = station.pump().body.fillings
    assert station.figures() == (truth.volume, truth.amount)
    assert station.totaliser(1, 2) - before == truth.volume
    station.done(Clear(1))
    assert station.state() is PumpState.READY


@drivers
def test_prices_are_applied_and_read_back(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    station.wire.events.clear()
    station.done(SetPrices(1, {1: 7_460, 2: 7_950}))
    assert {PriceRead(1, 1, 7_460), PriceRead(1, 2, 7_950)} <= set(station.told(PriceRead))
    assert station.pump().prices == {1: 7_460, 2: 7_950}


@drivers
def test_a_filling_is_stopped_suspended_and_resumed(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    station.pump().lift(1, station.wire.now)
    station.done(Authorise(1, (1,)))
    station.flow(5_000)
    station.done(Suspend(1))
    assert station.state() is PumpState.SUSPENDED
    station.flow(5_000)
    station.done(Resume(1))
    station.flow(5_000)
    station.done(Stop(1))
    station.wire.run(1_000_000)
    assert (station.state(), station.figures()[0]) == (PumpState.FINISHED, 10_000)


@drivers
def test_a_release_is_taken_back(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    station.done(Authorise(1, (1,)))
    station.done(Stop(1))
    station.pump().lift(1, station.wire.now)
    station.flow(5_000)
    assert station.pump().body.totalisers[1] == 0


@drivers
def test_a_point_that_falls_silent_is_told_once_and_once_when_it_is_back(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    station.wire.events.clear()
    station.pump(2).silence(True)
    station.wire.run(30_000_000)
    assert station.told(PointSilent) == [PointSilent(2)]
    assert isinstance(station.do(Clear(2)), CommandFailed)
    station.pump(2).silence(False)
    station.wire.until(lambda: station.told(PointAnswered))
    station.wire.run(3_000_000)
    assert station.state(2) is not None


@drivers
def test_a_lost_line_tells_every_point_silent_and_fails_what_was_asked(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    station.wire.events.clear()
    station.wire.submit(ReadState(1))
    station.session.line_lost()
    station.wire.run(1)
    assert {event.point for event in station.told(PointSilent)} == {1, 2}
    assert [event.command for event in station.told(CommandFailed)] == [ReadState(1)]


@drivers
@settings(max_examples=50)
@given(chunks=st.lists(st.binary(max_size=60), max_size=40))
def test_any_bytes_do_no_harm(protocol: DispenserProtocol, chunks: list[bytes]) -> None:
    """To the session, to the simulator, and to whoever explains them."""
    station, now = Station(protocol), 0
    for chunk in chunks:
        action = station.session.next(now)
        now += 20_000
        if isinstance(action, Rest):
            station.session.receive(chunk, now)
        elif not station.session.receive(chunk, now) and action.wait:
            station.session.time_out(now)
        station.line.receive(chunk, now)
        protocol.explain(chunk)
    station.session.events()


# ── Over bad wires ────────────────────────────────────────────────────────────────────────────────────────────────────

BAD: dict[str, Fault] = {
    "byte by byte": bytewise,
    "lossy": lossy(0.08),
    "late": late(0.08),
    "flipping bits": flipping(0.08),
    "noisy": noisy(0.15),
    "cut off": cut(0.08),
    "all at once": all_of(lossy(0.02), late(0.02), flipping(0.02), noisy(0.05)),
}


@drivers
@pytest.mark.parametrize("wire", BAD)
def test_fillings_over_a_bad_wire_are_proved_by_the_totaliser(protocol: DispenserProtocol, wire: str) -> None:
    station, dice = Station(protocol, BAD[wire], seed=7), Random(7)
    for _ in range(10):
        point, nozzle, ml = dice.choice((1, 2)), dice.choice((1, 2)), dice.randrange(50, 5_000) * 10
        assert filling(station, point, nozzle, ml).volume == ml
    assert sum(len(station.pump(point).body.fillings) for point in (1, 2)) == 10


@drivers
@pytest.mark.parametrize("fault", ["dropped-reply:0.1", "late-reply:0.1", "flipped-bit:0.1"])
def test_fillings_with_a_fault_of_the_simulator_are_proved_too(protocol: DispenserProtocol, fault: str) -> None:
    station = Station(protocol, seed=3)
    station.wire.line = station.line = FaultyLine(station.line, Faults(parse([fault]), seed=3))
    for ml in (12_340, 27_180, 40_780):
        assert filling(station, 1, 1, ml).volume == ml


def filling(station: Station, point: int, nozzle: int, ml: int) -> TrueFilling:
    """A whole filling by a station that does not give up, and its proof."""
    before = station.totaliser(point, nozzle)
    pump = station.pump(point)
    pump.lift(nozzle, station.wire.now)
    while not pump.released:
        station.do(Authorise(point, (nozzle,)))
    station.flow(ml, point)
    pump.hang_up(station.wire.now)
    station.wire.run(1_000_000)
    station.insist(ReadState(point))
    assert station.state(point) is PumpState.FINISHED
    shown, after, truth = station.figures(point), station.totaliser(point, nozzle), pump.body.fillings[-1]
    assert shown == (truth.volume, truth.amount)
    assert prove(before, after, shown[0], 10**11).finding is Finding.PROVED
    station.insist(Clear(point))
    return truth


@drivers
def test_f01_the_previous_sale_inside_this_one_is_seen_by_the_totaliser(protocol: DispenserProtocol) -> None:
    """Chengdu, 2025: 40.78 L were dispensed; with the 27.18 L of the sale before, 67.96 L were shown and billed."""
    station = Station(protocol).start()
    filling(station, 1, 1, 27_180)
    station.faults.set("previous-sale-added", 1)
    before = station.totaliser(1, 1)
    station.pump().lift(1, station.wire.now)
    station.done(Authorise(1, (1,)))
    station.flow(40_780)
    station.pump().hang_up(station.wire.now)
    station.wire.until(lambda: station.state() is PumpState.FINISHED)
    station.wire.run(1_000_000)
    shown, after = station.figures()[0], station.totaliser(1, 1)
    assert (shown, after - before, station.pump().body.fillings[-1].volume) == (67_960, 40_780, 40_780)
    assert prove(before, after, shown, 10**11).finding is Finding.MISMATCH


# ── With real threads ─────────────────────────────────────────────────────────────────────────────────────────────────


class Live:
    """A driver's thread in front of a simulated station."""

    def __init__(self, protocol: DispenserProtocol, url: str) -> None:
        points = places(GRADES, protocol.first_address, PRICES)
        session = protocol.session([PointOnLine(p.point, p.address, len(p.grades)) for p in points])
        self.events: list[PumpEvent] = []
        self.troubles: list[str | None] = []
        open_line = Line(url, protocol.line).open
        self.driver = LineDriver("contract", open_line, session, self.events.extend, self.troubles.append)

    def until(self, look: Callable[[], object], seconds: float = 15) -> None:
        end = time.monotonic() + seconds
        while not look():
            assert time.monotonic() < end, self.events[-20:]
            time.sleep(0.005)

    def done(self, command: PumpCommand) -> None:
        self.driver.submit(command)
        self.until(lambda: any(isinstance(e, CommandDone) and e.command == command for e in list(self.events)))


@contextmanager
def live(protocol: DispenserProtocol, listen: str, fast: bool) -> Iterator[tuple[SimulatedStation, Live]]:
    points = places(GRADES, protocol.first_address, PRICES)
    plan = StationPlan(protocol, points, (0, 0) if fast else (10_000, 25_000), not fast, 0, 1_000, 1, {}, "")
    station = SimulatedStation(plan, plug(listen))
    thread = threading.Thread(target=station.serve)
    thread.start()
    agent = Live(protocol, station.url)
    agent.driver.start()
    try:
        yield station, agent
    finally:
        agent.driver.stop()
        station.stop()
        thread.join()


@drivers
@pytest.mark.parametrize("listen", ["pty", "tcp:127.0.0.1:0"])
@pytest.mark.parametrize("fast", [True, False], ids=["fast", "true speed"])
def test_a_filling_over_a_real_port(protocol: DispenserProtocol, listen: str, fast: bool) -> None:
    with live(protocol, listen, fast) as (station, agent):
        agent.until(lambda: sum(isinstance(event, PointAnswered) for event in list(agent.events)) == 2)
        station.act(lambda now: station.pump(1).lift(1, now))
        agent.until(lambda: NozzleLifted(1, 1, 7_360) in agent.events)
        agent.done(Authorise(1, (1,), Preset(PresetKind.VOLUME, 10_000)))
        station.act(lambda _: station.pump(1).body.squeeze(100_000))
        agent.until(lambda: PumpStateRead(1, PumpState.LIMIT_REACHED) in agent.events)
        station.act(lambda now: station.pump(1).hang_up(now))
        agent.until(lambda: PumpStateRead(1, PumpState.FINISHED) in agent.events)
        agent.until(lambda: agent.events[-1] == FillingRead(1, 10_000, 7_360))
        agent.done(ReadTotaliser(1, 1))
        agent.done(Clear(1))
    totals = [event for event in agent.events if isinstance(event, TotaliserRead)]
    assert totals == [TotaliserRead(1, 1, 10_000, totals[0].modulus)]
    assert agent.troubles == []
    assert [filling["volume"] for filling in station.truth()["fillings"]] == [10_000]


@drivers
def test_an_adapter_that_is_pulled_and_comes_back(protocol: DispenserProtocol, tmp_path: object) -> None:
    """F11 in small: the same name leads to another device afterwards."""
    link = f"pty:{tmp_path}/dispensers"
    with live(protocol, link, fast=True) as (_, agent):
        agent.until(lambda: sum(isinstance(event, PointAnswered) for event in list(agent.events)) == 2)
    agent.events.clear()
    again = Live(protocol, f"{tmp_path}/dispensers")
    again.driver.start()
    again.until(lambda: again.troubles)
    with live(protocol, link, fast=True) as (_, other):
        other.driver.stop()
        again.until(lambda: again.troubles[-1] is None)
        again.until(lambda: sum(isinstance(event, PointAnswered) for event in list(again.events)) == 2)
        again.driver.stop()
    assert len(again.troubles) == 2
