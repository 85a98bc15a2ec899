"""Points that stop answering, answer again, or were never there; a line that goes away."""

from hardware.dispensers.wayne_dart.peer import SILENT
from hardware.ports import (
    Authorise,
    Clear,
    CommandDone,
    CommandFailed,
    FillingRead,
    PointAnswered,
    PointSilent,
    PumpState,
    PumpStateRead,
    Stop,
)
from tests.hardware.dispensers.wayne_dart.island import Island


def test_a_point_is_silent_after_three_missed_polls_and_that_is_said_once() -> None:
    island = Island(points=2).ready()
    island.pump(1).silence(True)
    island.wire.run(20_000_000)
    assert island.told(PointSilent) == [PointSilent(1)]
    assert island.told(PointAnswered) == []


def test_a_point_that_is_not_there_is_silent_from_the_start() -> None:
    island = Island(points=2)
    island.pump(1).silence(True)
    island.wire.run(3_000_000)
    assert island.told(PointSilent) == [PointSilent(1)]
    assert island.told(PointAnswered) == [PointAnswered(2)]


def test_a_silent_point_is_polled_less_and_less_often() -> None:
    island = Island(points=2).ready()
    island.pump(1).silence(True)
    island.wire.run(5_000_000)
    before = island.polls_of(1)
    island.wire.run(60_000_000)
    assert 6 <= island.polls_of(1) - before <= 12


def test_silent_points_hardly_slow_the_others() -> None:
    island = Island(points=8).ready()
    for point in range(2, 9):
        island.pump(point).silence(True)
    island.wire.run(10_000_000)
    before = island.polls_of(1)
    island.wire.run(10_000_000)
    assert island.polls_of(1) - before > 10_000_000 // 70_000


def test_a_point_that_answers_again_is_greeted_and_tells_how_it_stands() -> None:
    island = Island(points=2).ready()
    island.pump(1).silence(True)
    island.wire.until(lambda: island.told(PointSilent))
    island.pump(1).silence(False)
    island.wire.until(lambda: island.told(PointAnswered))
    island.wire.run(1_000_000)
    assert island.told(PumpStateRead) == [PumpStateRead(1, PumpState.READY)]
    assert island.told(FillingRead) == [FillingRead(1, 0, 0)]


def test_commands_for_a_silent_point_fail_at_once() -> None:
    island = Island().ready()
    island.pump().silence(True)
    island.wire.submit(Authorise(1, (1,)), Clear(1))
    island.wire.until(lambda: island.told(PointSilent))
    assert [e.detail for e in island.told(CommandFailed)] == [SILENT, SILENT]
    assert island.failed(Stop(1)) == SILENT


def test_commands_before_the_first_contact_wait_for_it() -> None:
    island = Island()
    island.wire.submit(Clear(1), Authorise(1, (1,)))
    island.wire.until(lambda: len(island.told(CommandDone)) == 2)
    assert island.pump().word == PumpState.AUTHORISED


def test_a_lost_line_silences_every_point_until_it_is_back() -> None:
    island = Island(points=3).ready()
    island.wire.submit(Authorise(2, (1,)))
    island.session.line_lost()
    island.wire.run(1)
    assert island.told(PointSilent) == [PointSilent(1), PointSilent(2), PointSilent(3)]
    assert [e.detail for e in island.told(CommandFailed)] == [SILENT]
    island.wire.run(3_000_000)
    assert len(island.told(PointAnswered)) == 3


def test_a_command_for_a_point_that_is_not_on_the_line_fails() -> None:
    island = Island().ready()
    assert "No such" in island.failed(Authorise(9, (1,)))
