"""What every driver in the registry owes to the station, tried against its own simulator in virtual time.

A new protocol comes under this suite with its line in the registry, and has nothing to add here. What it never promised
(:class:`hardware.protocol.Ability`) is not asked of it. Bad wires and faults: ``test_faults``; ports: ``test_ports``.
"""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.ports import (
    Authorise,
    Clear,
    CommandFailed,
    NozzleLifted,
    NozzleReturned,
    PointAnswered,
    PointSilent,
    PriceRead,
    PumpState,
    PumpStateRead,
    ReadState,
    Rest,
    Resume,
    SetPrices,
    Stop,
    Suspend,
)
from hardware.protocol import Ability, DispenserProtocol
from shared.sale import Preset, PresetKind
from tests.contract.station import POINTS, Station, able, drivers

pytestmark = pytest.mark.slow

_PRESETS = {PresetKind.AMOUNT: Ability.PRESET_AMOUNT, PresetKind.VOLUME: Ability.PRESET_VOLUME}
_RUNNING = (PumpState.AUTHORISED, PumpState.FUELLING)
_OVER = (PumpState.LIMIT_REACHED, PumpState.FINISHED)


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
    if preset is not None:
        able(protocol, _PRESETS[preset.kind])
    station = Station(protocol).start()
    nozzle, pump = station.nozzles, station.pump()
    before = station.totaliser(1, nozzle)
    pump.lift(nozzle, station.wire.now)
    station.wire.until(lambda: station.told(NozzleLifted))
    (lifted,) = station.told(NozzleLifted)
    if Ability.NAMES_NOZZLE in protocol.abilities:
        assert lifted == NozzleLifted(1, nozzle, pump.prices[nozzle])
    station.done(Authorise(1, (nozzle,), preset))
    assert station.state() in _RUNNING
    station.flow(40_780)
    if preset is not None:
        station.wire.until(lambda: station.state() in _OVER)
    pump.hang_up(station.wire.now)
    station.wire.until(lambda: station.state() is PumpState.FINISHED)
    station.wire.run(1_000_000)
    (truth,) = pump.body.fillings
    assert station.finish(1) == (truth.volume, truth.amount)
    assert station.settled_totaliser(1, nozzle) - before == truth.volume
    station.done(Clear(1))
    station.wire.until(lambda: station.state() is PumpState.READY)


@drivers
def test_fillings_follow_each_other_and_none_is_told_twice(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    for ml in (12_340, 10, 27_180):
        filled = station.fill(1, 1, ml)
        assert filled.right
        assert filled.truth.volume == ml
    assert len(station.pump().body.fillings) == 3


@drivers
def test_both_points_fuel_at_once(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    for point in (1, 2):
        station.pump(point).lift(1, station.wire.now)
        station.release(point, 1)
        station.pump(point).body.squeeze(600_000 * point, 10_000 * point)
    station.wire.run(1_000_000)
    for point in (1, 2):
        station.pump(point).hang_up(station.wire.now)
    station.wire.run(1_000_000)
    assert [station.finish(point)[0] for point in (1, 2)] == [10_000, 20_000]


@drivers
def test_running_figures_are_told_while_fuel_flows(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    station.pump().lift(1, station.wire.now)
    station.release(1, 1)
    station.pump().body.squeeze(600)
    seen = set()
    for _ in range(10):
        station.wire.run(1_000_000)
        seen.add(station.figures()[1])
    assert len(seen) >= 8, "at least once a second, with hardly a miss"


@drivers
def test_prices_are_applied_and_read_back(protocol: DispenserProtocol) -> None:
    able(protocol, Ability.READS_PRICES)
    station = Station(protocol).start()
    station.wire.events.clear()
    wanted = dict(list({1: 7_460, 2: 7_950}.items())[: station.nozzles])
    station.done(SetPrices(1, wanted))
    assert {PriceRead(1, nozzle, price) for nozzle, price in wanted.items()} <= set(station.told(PriceRead))
    assert station.pump().prices == wanted
    assert station.pump(2).prices != wanted


@drivers
def test_a_filling_is_suspended_and_resumed(protocol: DispenserProtocol) -> None:
    able(protocol, Ability.SUSPEND)
    station = Station(protocol).start()
    station.pump().lift(1, station.wire.now)
    station.release(1, 1)
    station.flow(5_000)
    station.done(Suspend(1))
    station.wire.until(lambda: station.state() is PumpState.SUSPENDED)
    station.flow(5_000)
    station.done(Resume(1))
    station.flow(5_000)
    station.pump().hang_up(station.wire.now)
    station.wire.run(1_000_000)
    assert station.finish(1)[0] == 10_000


@drivers
def test_a_filling_is_stopped(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    station.pump().lift(1, station.wire.now)
    station.release(1, 1)
    station.flow(5_000)
    station.done(Stop(1))
    station.flow(5_000)
    station.pump().hang_up(station.wire.now)
    station.wire.run(1_000_000)
    assert station.finish(1)[0] == 5_000


@drivers
def test_a_release_is_taken_back(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    if not {Ability.RELEASE_AT_REST, Ability.LOCKS_NOZZLES} <= protocol.abilities:
        station.pump().lift(1, station.wire.now)  # what can't be locked is released to whoever holds it
    station.done(Authorise(1, (1,)))
    station.done(Stop(1))
    station.pump().lift(1, station.wire.now)
    station.flow(5_000)
    assert station.pump().body.totalisers[1] == 0


@drivers
def test_only_the_released_nozzle_delivers(protocol: DispenserProtocol) -> None:
    able(protocol, Ability.LOCKS_NOZZLES, Ability.RELEASE_AT_REST)
    station = Station(protocol).start()
    station.done(Authorise(1, (2,)))
    station.pump().lift(1, station.wire.now)
    station.flow(5_000)
    assert station.pump().body.totalisers == {1: 0, 2: 0}


@drivers
def test_a_fuelling_point_is_never_released_twice(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    station.pump().lift(1, station.wire.now)
    station.release(1, 1)
    station.flow(5_000)
    assert isinstance(station.do(Authorise(1, (1,))), CommandFailed)
    station.flow(5_000)
    station.pump().hang_up(station.wire.now)
    station.wire.run(1_000_000)
    assert station.finish(1)[0] == 10_000


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
    station.wire.until(lambda: station.state(2) is not None)


@drivers
def test_a_running_filling_is_found_again_after_silence(protocol: DispenserProtocol) -> None:
    """Whoever was away reads first, and nobody's fuel stops for it."""
    station = Station(protocol).start()
    station.pump().lift(1, station.wire.now)
    station.release(1, 1)
    station.flow(5_000)
    station.session.line_lost()
    station.wire.events.clear()
    station.wire.until(lambda: station.state() is not None)
    station.flow(5_000)
    station.pump().hang_up(station.wire.now)
    station.wire.run(1_000_000)
    assert station.finish(1)[0] == 10_000


@drivers
def test_a_dead_point_slows_the_other_by_no_more_than_its_own_time_out(protocol: DispenserProtocol) -> None:
    station = Station(protocol).start()
    station.wire.run(2_000_000)
    alone = _longest_gap(station, 1, 10_000_000)
    station.pump(2).silence(True)
    station.wire.run(5_000_000)
    times, waits = _asked(station, 2, 60_000_000)
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps[-1] > 5_000_000, "asked less and less often"
    assert _longest_gap(station, 1, 20_000_000) <= 2 * alone + max(waits) + 100_000


def _longest_gap(station: Station, point: int, micros: int) -> int:
    times, _ = _asked(station, point, micros)
    return max(after - before for before, after in pairwise(times))


def _asked(station: Station, point: int, micros: int) -> tuple[list[int], list[int]]:
    """When it was asked something, and how long its answer was awaited."""
    first = len(station.wire.exchanges)
    station.wire.run(micros)
    asked = [(at, action) for at, action in station.wire.exchanges[first:] if action.point == point and action.wait]
    return [at for at, _ in asked], [action.wait for _, action in asked]


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
@settings(max_examples=50, deadline=None)
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
        assert isinstance(protocol.explain(chunk), dict)
        assert b"".join(protocol.cut(chunk)) == chunk
    station.session.events()
    assert len(station.line.pumps) == POINTS
