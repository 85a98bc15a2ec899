"""Late answers, echoes, rubbish and bad wires: nothing is told that no pump said in answer to its question."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.dispensers.wayne_dart import commands as c
from hardware.dispensers.wayne_dart.commands import Dcc
from hardware.dispensers.wayne_dart.frames import Frame, Kind, encode
from hardware.dispensers.wayne_dart.session import DartSession
from hardware.dispensers.wayne_dart.simulator import DartPump
from hardware.ports import (
    Authorise,
    Blemish,
    Blemished,
    CommandDone,
    NozzleLifted,
    PointOnLine,
    PointSilent,
    PumpState,
    ReadState,
    ReadTotaliser,
    Rest,
    TotaliserRead,
    Transmit,
)
from tests.fakes.wires import Parts, bytewise, cut, flipping, late, lossy, noisy
from tests.hardware.dispensers.wayne_dart.island import Island, frames_of


@pytest.mark.parametrize("points", [1, 2])
def test_f02_a_late_answer_glued_to_the_next_is_an_orphan_and_feeds_nobody(points: int) -> None:
    """An answer is held back and arrives in front of the next one. Paired by address and number, never by length."""
    island = Island(points).ready()
    held: list[bytes] = []
    glued: list[bytes] = []

    def late_and_glued(data: bytes, dice: Random) -> Parts:
        if not held and data[0] == 0x50 and data[1] >> 4 == Kind.DATA:
            held.append(data)
            return []
        if held and not glued:
            glued.append(held[0] + data)
            return [(0, glued[0])]
        return [(0, data)]

    island.wire.back = late_and_glued
    island.lift(1, point=1)
    island.wire.run(2_000_000)
    assert glued
    assert island.blemishes(Blemish.ORPHAN) == 1
    assert island.wire.events == [NozzleLifted(1, 1, 7_360)]  # once, at the right point, and nothing else


def test_f02_a_late_acknowledgement_of_an_earlier_block_does_not_count_for_this_one() -> None:
    island = Island(points=2).ready()
    island.done(ReadTotaliser(1, 1))
    earlier = encode(Frame(0x50, Kind.ACK, island.sent(Kind.DATA)[-1].tx))
    late: list[bytes] = []

    def earlier_first(data: bytes, dice: Random) -> Parts:
        if data[1] >> 4 == Kind.ACK and not late:
            late.append(data)
            return [(0, earlier)]
        return [(0, data)]

    island.wire.back = earlier_first
    island.wire.sent.clear()
    island.done(Authorise(1, (1,)))
    first, again = island.sent(Kind.DATA)
    assert first == again  # not acknowledged, so sent again
    assert island.blemishes(Blemish.ORPHAN) == 1


class AnswersLast(DartPump):
    """Asked for a totaliser it tells the other nozzle's: an answer to another question."""

    def _tell_totals(self, counter: int) -> None:
        super()._tell_totals(3 - counter)


def test_f02_the_totaliser_of_another_question_is_not_taken_for_this_one() -> None:
    island = Island(pumps=AnswersLast).ready()
    island.done(ReadTotaliser(1, 1))
    island.done(ReadTotaliser(1, 2))
    assert island.told(TotaliserRead) == [TotaliserRead(1, 1, None), TotaliserRead(1, 2, None)]


def test_an_answer_that_nobody_waits_for_is_dropped() -> None:
    session = DartSession([PointOnLine(1, 0x50, 2)])
    assert session.receive(encode(Frame(0x50, Kind.EOT)), 0) is False
    assert [event.kind for event in session.events() if isinstance(event, Blemished)] == [Blemish.ORPHAN]
    assert session.events() == []


def test_a_line_that_echoes_is_no_answer() -> None:
    """Some converters hand back what was sent."""
    island = Island(points=2)

    def with_echo(data: bytes, dice: Random) -> Parts:
        return [(0, island.wire.sent[-1] + data)]

    island.wire.back = with_echo
    island.ready()
    island.lift()
    island.done(Authorise(1, (1,)))
    island.flow(5_000)
    assert island.figures() == (5_000, 3_680)


@given(st.lists(st.one_of(st.binary(max_size=40), st.just(encode(Frame(0x50, Kind.EOT)))), max_size=30))
def test_any_bytes_at_any_time_do_no_harm(chunks: list[bytes]) -> None:
    """The session asks, something comes. Whatever it is, the session knows what to do next."""
    session = DartSession([PointOnLine(1, 0x50, 2), PointOnLine(2, 0x51, 2)])
    now = 0
    for chunk in chunks:
        action = session.next(now)
        now += action.micros if isinstance(action, Rest) else 20_000
        if not session.receive(chunk, now) and isinstance(action, Transmit) and action.wait:
            session.time_out(now)
        session.events()


# ── Bad wires ─────────────────────────────────────────────────────────────────────────────────────────────────────────

BAD_WIRES = {
    "byte by byte": bytewise,
    "lossy": lossy(0.1),
    "late": late(0.1),
    "flipping bits": flipping(0.1),
    "noisy": noisy(0.2),
    "cut off": cut(0.1),
}


@pytest.mark.parametrize("wire", BAD_WIRES)
@pytest.mark.parametrize("seed", range(3))
def test_fillings_over_a_bad_wire_agree_with_the_pump(wire: str, seed: int) -> None:
    """Each filling is seen with the very figures that the pump dispensed, and nothing is released twice."""
    island = Island(points=2, back=BAD_WIRES[wire], there=BAD_WIRES[wire], seed=seed)
    dice = Random(seed)
    for _ in range(8):
        point, ml = dice.choice((1, 2)), dice.randrange(10, 3_000) * 10
        serve(island, point, ml)
        truth = island.pump(point).body.fillings[-1]
        assert (truth.volume, truth.amount) == island.figures(point)
        assert truth.volume == ml
    assert sum(len(island.pump(point).body.fillings) for point in (1, 2)) == 8


def serve(island: Island, point: int, ml: int) -> None:
    """A station that does not give up: it releases when the pump is at rest, and ends when the pump is finished."""
    island.lift(point=point)
    while not island.pump(point).released:
        island.do(Authorise(point, (1,)))
        island.wire.run(500_000)
    island.flow(ml, point)
    island.hang_up(point)
    island.wire.run(1_000_000)
    island.wire.until(lambda: isinstance(island.do(ReadState(point)), CommandDone))
    assert island.state(point) is PumpState.FINISHED


def test_a_wire_that_is_dead_most_of_the_time_ends_nothing() -> None:
    island = Island(points=2, back=lossy(0.7))
    island.wire.submit(Authorise(1, (1,)))
    island.wire.run(60_000_000)
    assert island.told(PointSilent)
    island.wire.back = bytewise
    island.wire.until(lambda: isinstance(island.do(ReadState(1)), CommandDone))


def test_frames_of_the_controller_are_all_right() -> None:
    island = Island(points=2).ready()
    island.fuel(10_000)
    data = b"".join(island.wire.sent)
    assert b"".join(encode(frame) for frame in frames_of(data)) == data
    assert c.Command(Dcc.RETURN_STATUS) in island.said(c.Command)
