"""The link in step: polls, acknowledgements, block numbers, silence, and orphans of earlier questions."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.dispensers.wayne_dart import commands as c
from hardware.dispensers.wayne_dart.commands import Dcc
from hardware.dispensers.wayne_dart.counters import SendCounter
from hardware.dispensers.wayne_dart.frames import Frame, Kind, encode
from hardware.dispensers.wayne_dart.peer import SILENT
from hardware.dispensers.wayne_dart.readings import State, Status
from hardware.dispensers.wayne_dart.session import DartSession
from hardware.dispensers.wayne_dart.simulator import DartPump
from hardware.ports import (
    Authorise,
    Clear,
    CommandDone,
    CommandFailed,
    FillingRead,
    NozzleLifted,
    PointAnswered,
    PointOnLine,
    PointSilent,
    PumpState,
    PumpStateRead,
    ReadState,
    ReadTotaliser,
    Rest,
    Stop,
    TotaliserRead,
    Transmit,
)
from tests.fakes.wires import Parts, bytewise, cut, flipping, late, lossy, noisy
from tests.hardware.dispensers.wayne_dart.island import Island, frames_of


def polls_of(island: Island, point: int) -> int:
    return sum(frame.address == 0x4F + point for frame in island.sent(Kind.POLL))


# ── Polling ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_idle_points_are_polled_in_turn_with_three_bytes_each() -> None:
    island = Island(points=4).ready()
    island.wire.sent.clear()
    island.wire.run(2_000_000)
    assert {data.hex() for data in island.wire.sent} == {"5020fa", "5120fa", "5220fa", "5320fa"}
    counts = [polls_of(island, point) for point in range(1, 5)]
    assert max(counts) - min(counts) <= 1


def test_an_acknowledgement_goes_right_before_the_poll_of_another_address() -> None:
    island = Island(points=2).ready()
    island.lift()
    island.wire.sent.clear()
    island.wire.run(200_000)
    assert any(
        data[0] == 0x50 and data[1] >> 4 == Kind.ACK and data[3:] == b"\x51\x20\xfa" for data in island.wire.sent
    )


def test_an_acknowledgement_and_a_poll_to_the_same_address_go_apart() -> None:
    island = Island(points=1).ready()
    island.lift()
    island.wire.sent.clear()
    island.wire.run(200_000)
    assert {len(data) for data in island.wire.sent} == {3}
    assert len(island.sent(Kind.ACK)) == 1


def test_a_lone_point_is_not_polled_more_often_than_needed() -> None:
    island = Island().ready()
    island.wire.sent.clear()
    island.wire.run(1_000_000)
    assert len(island.wire.sent) <= 20


def test_32_points_share_a_line() -> None:
    island = Island(points=32).ready()
    island.lift(point=32)
    island.done(Authorise(32, (1,)))
    island.flow(5_000, point=32)
    assert island.figures(32) == (5_000, 3_680)


def test_the_point_of_a_command_is_polled_next() -> None:
    island = Island(points=8).ready()
    island.wire.sent.clear()
    island.wire.submit(Authorise(5, (1,)))
    island.wire.run(150_000)
    sent = island.sent()
    block = next(i for i, frame in enumerate(sent) if frame.kind is Kind.DATA)
    assert (sent[block].address, sent[block + 1]) == (0x54, Frame(0x54, Kind.POLL))


def test_much_work_at_one_point_does_not_keep_the_others_waiting() -> None:
    island = Island(points=8).ready()
    before = [polls_of(island, point) for point in range(1, 9)]
    island.wire.submit(*[ReadTotaliser(1, nozzle) for _ in range(10) for nozzle in (1, 2)])
    island.wire.run(2_000_000)
    others = [polls_of(island, point) - before[point - 1] for point in range(2, 9)]
    assert min(others) >= 4


# ── Block numbers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_block_is_a_harmless_question_with_number_0() -> None:
    island = Island().start()
    first = island.sent(Kind.DATA)[0]
    assert encode(first) == bytes.fromhex("50 30 01 01 00 9F 5C 03 FA")


def test_a_pump_that_takes_the_first_block_for_a_repetition_tells_its_state_all_the_same() -> None:
    """The agent dies after its very first block. Its successor's first one has number 0 too: acknowledged, dropped."""
    island = Island()
    island.wire.until(lambda: island.sent(Kind.DATA))
    island.restart()
    island.start()
    island.done(ReadState(1))
    assert island.state() is PumpState.FINISHED


def test_numbers_run_from_f_to_1() -> None:
    island = Island().ready()
    for _ in range(20):
        island.done(ReadTotaliser(1, 1))
    numbers = [frame.tx for frame in island.sent(Kind.DATA)]
    assert numbers[:18] == [*range(16), 1, 2]
    assert island.sent(Kind.NAK) == []


class CountsToZero(DartPump):
    """After F it expects and sends 0, as some working pumps and controllers do, and refuses 1."""

    def __init__(self, *words: object) -> None:
        super().__init__(*words)  # type: ignore[arg-type]
        self._expected = 0
        self._sending = FromZero()

    def _take(self, frame: Frame, now: int) -> bytes:
        if frame.tx not in (self._expected, (self._expected - 1) % 16):
            return encode(Frame(frame.address, Kind.NAK, frame.tx))
        self._expected = (frame.tx + 1) % 16
        return super()._take(frame, now)


class FromZero(SendCounter):
    """Counts from F to 0."""

    def acknowledged(self) -> None:
        super().acknowledged()
        if self._wrapped:
            self.tx = 0


def test_a_pump_that_counts_from_f_to_0_is_met_half_way() -> None:
    island = Island(pumps=CountsToZero).ready()
    for _ in range(40):
        island.done(ReadTotaliser(1, 1))
    numbers = [frame.tx for frame in island.sent(Kind.DATA)]
    assert numbers[15:18] == [15, 1, 0]  # it refuses 1, and is never sent that again
    assert numbers.count(15) >= 2
    assert island.sent(Kind.NAK) == []


def test_a_lost_acknowledgement_executes_nothing_twice() -> None:
    """The pump's ACK is lost; the same block with the same number comes again, and is acknowledged again."""
    island = Island(points=2).ready()
    island.pump()._say()  # what is there to say is on its way
    lost: list[bytes] = []

    def lose_first_ack(data: bytes, dice: Random) -> Parts:
        if data[1] >> 4 == Kind.ACK and not lost:
            lost.append(data)
            return []
        return [(0, data)]

    island.wire.back = lose_first_ack
    island.wire.sent.clear()
    island.done(Authorise(1, (1,)))
    first, again = island.sent(Kind.DATA)
    assert lost
    assert first == again
    assert island.state() is PumpState.AUTHORISED


def test_our_lost_acknowledgement_tells_nothing_twice() -> None:
    island = Island(points=2).ready()
    lost: list[bytes] = []

    def lose_first_ack(data: bytes, dice: Random) -> Parts:
        if data[1] >> 4 == Kind.ACK and not lost:
            lost.append(data)
            return [(0, data[3:])]
        return [(0, data)]

    island.wire.there = lose_first_ack
    island.lift()
    island.wire.run(1_000_000)
    assert lost
    assert island.session.counts["repeated"] == 1
    assert len(island.wire.events) == 1


class RefusesAll(DartPump):
    """Refuses every block but questions."""

    def _take(self, frame: Frame, now: int) -> bytes:
        if frame.body == bytes.fromhex("01 01 08"):
            return encode(Frame(frame.address, Kind.NAK, frame.tx))
        return super()._take(frame, now)


def test_a_block_that_is_refused_again_and_again_fails_in_words() -> None:
    island = Island(pumps=RefusesAll).ready()
    island.wire.sent.clear()
    assert island.failed(Stop(1)) == "It refuses the command."
    numbers = [frame.tx for frame in island.sent(Kind.DATA)]
    assert len(numbers) == 6
    assert numbers[3:] == [0, 0, 0]
    island.done(ReadState(1))  # and the link is in step


def test_a_pump_that_lost_its_power_is_heard_when_it_starts_with_0() -> None:
    island = Island().ready()
    pump = island.pump()
    pump._sending.restart()
    pump._received.forget()
    pump.prices.clear()
    pump.state = State.NOT_PROGRAMMED
    pump._changed(Status)
    island.wire.run(500_000)
    assert island.state() is PumpState.UNPROGRAMMED


def test_a_pump_out_of_step_is_refused_until_it_starts_with_0() -> None:
    island = Island().ready()
    island.pump()._sending.tx = (island.pump()._sending.tx + 5) % 16
    island.lift()
    island.wire.run(2_000_000)
    assert island.session.counts["out_of_step"] == 3
    assert len(island.sent(Kind.NAK)) == 3
    assert len(island.wire.events) == 1


# ── Silence ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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
    before = polls_of(island, 1)
    island.wire.run(60_000_000)
    assert 6 <= polls_of(island, 1) - before <= 12


def test_silent_points_hardly_slow_the_others() -> None:
    island = Island(points=8).ready()
    for point in range(2, 9):
        island.pump(point).silence(True)
    island.wire.run(10_000_000)
    before = polls_of(island, 1)
    island.wire.run(10_000_000)
    assert polls_of(island, 1) - before > 10_000_000 // 70_000


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


# ── Orphans ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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
    assert island.session.counts["orphan"] == 1
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
    assert island.session.counts["orphan"] == 1


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
    assert session.counts["orphan"] == 1
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
