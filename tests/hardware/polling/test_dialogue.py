"""Turns on a line: nobody interrupts one, a stop goes first, each command has one end, and an orphan feeds nobody."""

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.ports import (
    Authorise,
    Blemish,
    Blemished,
    CommandDone,
    CommandFailed,
    PointAnswered,
    PointSilent,
    PumpCommand,
    PumpStateRead,
    ReadState,
    ReadTotaliser,
    SetPrices,
    Stop,
    Transmit,
)
from tests.hardware.polling.bell import Belfry


def greeted(points: int = 2) -> Belfry:
    belfry = Belfry(points)
    belfry.run(500_000)
    belfry.asked.clear()
    belfry.events.clear()
    return belfry


def ends(belfry: Belfry) -> list[PumpCommand]:
    return [end.command for end in belfry.told(CommandDone) + belfry.told(CommandFailed)]


def test_a_point_that_answers_is_greeted_before_anything_is_done() -> None:
    belfry = Belfry(1)
    belfry.session.submit(ReadState(1))
    belfry.run(300_000)
    assert [data for _, data in belfry.asked][:3] == [b"?P1", b"?G1", b"?B1"]
    assert len(belfry.told(PointAnswered)) == 1


def test_a_turn_is_not_interrupted() -> None:
    belfry = greeted(3)
    belfry.session.submit(SetPrices(1, {1: 7_850}))
    belfry.session.submit(SetPrices(2, {1: 7_850}))
    belfry.session.submit(Stop(3))
    belfry.run(300_000)
    asked = [data for _, data in belfry.asked]
    for number in (1, 2):
        at = asked.index(b"?T%d" % number)
        assert asked[at + 1] == b"?U%d" % number


def test_who_waits_lets_the_others_have_their_turns() -> None:
    belfry = greeted(2)
    belfry.session.submit(Authorise(1, (1,)))
    belfry.run(1_000_000)
    asked = [data for _, data in belfry.asked]
    between = asked[asked.index(b"?V1") + 1 : asked.index(b"?W1")]
    assert b"?P2" in between
    gap = next(at for at, data in belfry.asked if data == b"?W1") - next(at for at, d in belfry.asked if d == b"?V1")
    assert gap >= 300_000


def test_a_stop_goes_first_and_undoes_the_release_it_contradicts() -> None:
    belfry = greeted(1)
    belfry.session.submit(Authorise(1, (1,)))
    while not any(data == b"?V1" for _, data in belfry.asked):
        belfry.step()
    belfry.session.submit(Stop(1))
    belfry.run(1_000_000)
    assert [type(e) for e in belfry.events if isinstance(e, CommandDone | CommandFailed)] == [
        CommandFailed,
        CommandDone,
    ]
    assert b"?W1" not in [data for _, data in belfry.asked]


def test_no_question_follows_too_soon_on_one_that_has_no_answer() -> None:
    belfry = greeted(1)
    belfry.session.submit(ReadTotaliser(1, 1))
    belfry.run(400_000)
    at = next(at for at, data in belfry.asked if data == b"?Q1")
    assert min(later for later, _ in belfry.asked if later > at) >= at + 3_000 + 50_000


def test_f02_an_orphan_feeds_nobody() -> None:
    """The answer to an earlier question arrives glued before the right one, or behind it, or alone."""
    for heard, kinds in (
        (b"!P2!P1", {Blemish.ORPHAN}),
        (b"!P1!P1", {Blemish.ORPHAN}),
        (b"!P2", {Blemish.ORPHAN}),
        (b"xy!P1", {Blemish.NOISE}),
    ):
        belfry = greeted(1)
        while not isinstance(belfry.step(heard), Transmit):
            pass
        belfry.run(100_000)
        assert {blemish.kind for blemish in belfry.told(Blemished)} == kinds, heard
    belfry = greeted(1)
    while not isinstance(belfry.step(b"!P1!P1"), Transmit):
        pass
    assert belfry.told(PumpStateRead) == [], "two answers to one question: one of them is late, and nobody knows which"


def test_what_comes_unasked_is_counted_and_dropped() -> None:
    belfry = greeted(1)
    belfry.session.receive(b"!P1", belfry.now)
    belfry.run(200_000)
    assert belfry.told(Blemished)[0] == Blemished(1, Blemish.NOISE, 3)


def test_a_dead_point_is_told_once_and_its_commands_fail_at_once() -> None:
    belfry = greeted(2)
    belfry.deaf = {1}
    belfry.session.submit(Authorise(1, (1,)))
    belfry.run(3_000_000)
    assert belfry.told(PointSilent) == [PointSilent(1)]
    assert [end.command for end in belfry.told(CommandFailed)] == [Authorise(1, (1,))]
    assert belfry.bells[0].forgotten == 1
    belfry.session.submit(ReadState(1))
    assert ReadState(1) in [e.command for e in belfry.session.events() if isinstance(e, CommandFailed)]
    belfry.deaf = set()
    belfry.run(9_000_000)
    assert belfry.told(PointAnswered) == [PointAnswered(1)]
    assert [data for _, data in belfry.questions(1)].count(b"?G1") == 1


def test_a_dead_point_costs_the_others_no_more_than_its_own_time_out() -> None:
    belfry = greeted(2)
    belfry.deaf = {1}
    belfry.run(20_000_000)
    times = [at for at, _ in belfry.questions(2)]
    assert max(after - before for before, after in pairwise(times)) <= 50_000 + 2 * 33_000


def test_a_lost_line_silences_every_point_once_and_ends_what_was_asked() -> None:
    belfry = greeted(2)
    belfry.session.submit(Authorise(1, (1,)))
    belfry.step()
    belfry.session.line_lost()
    belfry.session.line_lost()
    belfry.run(1_000_000)
    assert sorted(e.point for e in belfry.told(PointSilent)) == [1, 2]
    assert ends(belfry) == [Authorise(1, (1,))]
    assert sorted(e.point for e in belfry.told(PointAnswered)) == [1, 2], "and they are back"


COMMANDS = st.sampled_from(
    [Authorise(1, (1,)), Stop(1), ReadState(2), ReadTotaliser(1, 1), SetPrices(2, {1: 7_850}), Stop(2), ReadState(7)]
)
HEARD = st.one_of(
    st.none(), st.just(b""), st.binary(max_size=8), st.sampled_from([b"!P1", b"!P2", b"!S1!S1", b"!", b"!T"])
)
DEEDS = st.lists(st.one_of(COMMANDS, st.tuples(HEARD)), max_size=60)


@settings(max_examples=150, deadline=None)
@given(DEEDS)
def test_whatever_comes_each_command_has_one_end(deeds: list[object]) -> None:
    belfry = Belfry(2)
    asked: list[object] = []
    for deed in deeds:
        if isinstance(deed, tuple):
            belfry.step(deed[0])
        else:
            asked.append(deed)
            belfry.session.submit(deed)  # type: ignore[arg-type]
    belfry.run(30_000_000)
    assert Counter(map(str, ends(belfry))) == Counter(map(str, asked))
    assert belfry.told(PumpStateRead), "and the line is alive"
