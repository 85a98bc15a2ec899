"""The line is the limit: how soon things are seen with 32 points at 9600 baud, in virtual time."""

from functools import partial
from itertools import pairwise

import pytest

from hardware.dispensers.wayne_dart import commands as c
from hardware.dispensers.wayne_dart.commands import Dcc
from hardware.dispensers.wayne_dart.session import Pace
from hardware.ports import Authorise, Clear, FillingRead, NozzleLifted, PumpState, PumpStateRead
from tests.fakes.wires import BYTE
from tests.hardware.dispensers.wayne_dart.island import Island

POINTS = 32
LIMIT = POINTS * (6 * BYTE + 17_500 + Pace().gap)
"""Microseconds of a cycle that no program can do without: bytes, the mean turnaround, the pause."""


@pytest.fixture(scope="module")
def island() -> Island:
    """A full line in step; its pumps stand as after a filling and have been asked what they are."""
    return Island(points=POINTS).start()


def asked(island: Island, point: int, micros: int) -> list[int]:
    """The times between two questions to a point."""
    first = len(island.wire.exchanges)
    island.wire.run(micros)
    times = [at for at, action in island.wire.exchanges[first:] if action.point == point and action.wait]
    return [after - before for before, after in pairwise(times)]


def test_an_idle_line_is_polled_at_its_own_limit(island: Island) -> None:
    cycles = asked(island, 1, 20_000_000)
    assert sum(cycles) / len(cycles) <= 1.02 * LIMIT


def test_a_lifted_nozzle_is_released_within_a_cycle_and_a_half(island: Island) -> None:
    """Also where the last filling was not cleared yet: its reset is part of the release."""
    for at in range(6):
        island.wire.run(150_000 * at)
        island.wire.events.clear()
        point = 5 * at + 1
        since = island.wire.now
        island.lift(1, point)
        island.wire.until(lambda: island.told(NozzleLifted))
        island.wire.submit(*([Clear(point)] if at % 2 else []), Authorise(point, (1,)))
        pump = island.pump(point)
        island.wire.until(partial(getattr, pump, "released"))
        assert island.wire.now - since <= 1.5 * LIMIT
        island.wire.run(500_000)
        island.hang_up(point)
        island.wire.run(3_000_000)


def test_with_8_of_32_fuelling_figures_move_every_second_and_the_idle_are_seen_within_1500_ms() -> None:
    island = Island(points=POINTS).ready()
    for point in range(1, 9):
        island.lift(1, point)
        island.done(Authorise(point, (1,)))
    for point in range(1, 9):
        island.pump(point).body.squeeze(600)
    island.wire.run(3_000_000)
    told: dict[int, list[int]] = {point: [] for point in range(1, 9)}
    first = len(island.wire.exchanges)
    for _ in range(1_000):
        island.wire.events.clear()
        island.wire.run(20_000)
        for event in island.told(FillingRead):
            told[event.point].append(island.wire.now)
    assert max(after - before for times in told.values() for before, after in pairwise(times)) <= 1_000_000
    questions = [(at, action.point) for at, action in island.wire.exchanges[first:] if action.point > 8]
    idle = [[at for at, point in questions if point == idle] for idle in range(9, POINTS + 1)]
    assert max(after - before for times in idle for before, after in pairwise(times)) <= 1_450_000


def test_a_new_agent_knows_the_state_of_all_pumps_before_it_asks_what_they_are() -> None:
    island = Island(points=POINTS)
    island.wire.until(lambda: len({event.point for event in island.told(PumpStateRead)}) == POINTS)
    assert island.wire.now <= 6_000_000
    learning = {Dcc.RETURN_PRICES, Dcc.RETURN_PARAMETERS, Dcc.RETURN_IDENTITY}
    assert sum(said.code in learning for said in island.said(c.Command)) <= 2
    assert {island.state(point) for point in range(1, POINTS + 1)} == {PumpState.FINISHED}
