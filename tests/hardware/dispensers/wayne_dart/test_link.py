"""The link in step: polls, acknowledgements and block numbers."""

from itertools import pairwise
from random import Random
from typing import Literal

import pytest

from hardware.dispensers.wayne_dart.frames import Frame, Kind, encode
from hardware.dispensers.wayne_dart.options import Habits, Options
from hardware.dispensers.wayne_dart.simulator import DartPump
from hardware.ports import (
    Authorise,
    Blemish,
    PumpState,
    ReadState,
    ReadTotaliser,
    Stop,
)
from tests.fakes.wires import Parts
from tests.hardware.dispensers.wayne_dart.island import Island

# ── Polling ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_idle_points_are_polled_in_turn_with_three_bytes_each() -> None:
    island = Island(points=4).ready()
    island.wire.sent.clear()
    island.wire.run(2_000_000)
    assert {data.hex() for data in island.wire.sent} == {"5020fa", "5120fa", "5220fa", "5320fa"}
    counts = [island.polls_of(point) for point in range(1, 5)]
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
    before = [island.polls_of(point) for point in range(1, 9)]
    island.wire.submit(*[ReadTotaliser(1, nozzle) for _ in range(10) for nozzle in (1, 2)])
    island.wire.run(2_000_000)
    others = [island.polls_of(point) - before[point - 1] for point in range(2, 9)]
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


def test_a_pump_that_counts_from_f_to_0_is_met_half_way() -> None:
    island = Island(habits=Habits(wrap=0)).ready()
    for _ in range(40):
        island.done(ReadTotaliser(1, 1))
    numbers = after_f(island)
    assert numbers[:2] == [1, 0]  # it refuses 1, and is never sent that again
    assert set(numbers[1:]) == {0}
    assert island.sent(Kind.NAK) == []


@pytest.mark.parametrize("habit", [1, 0])
def test_told_to_count_from_f_to_0_we_do_and_no_pump_minds(habit: Literal[1, 0]) -> None:
    """0 is harmless to any receiver: it means a restart."""
    island = Island(habits=Habits(wrap=habit), options=Options(wrap=0)).ready()
    for _ in range(40):
        island.done(ReadTotaliser(1, 1))
    assert set(after_f(island)) == {0}
    assert island.sent(Kind.NAK) == []


def after_f(island: Island) -> list[int]:
    """Which block numbers followed F, each time."""
    numbers = [frame.tx for frame in island.sent(Kind.DATA)]
    return [after for before, after in pairwise(numbers) if before == 15] + [
        numbers[at + 2] for at in range(len(numbers) - 2) if numbers[at : at + 2] == [15, 1] and numbers[at + 2] == 0
    ]


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
    assert island.blemishes(Blemish.REPEATED) == 1
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
    pump.go(PumpState.UNPROGRAMMED, island.wire.now)
    island.wire.run(500_000)
    assert island.state() is PumpState.UNPROGRAMMED


def test_a_pump_out_of_step_is_refused_until_it_starts_with_0() -> None:
    island = Island().ready()
    island.pump()._sending.tx = (island.pump()._sending.tx + 5) % 16
    island.lift()
    island.wire.run(2_000_000)
    assert island.blemishes(Blemish.OUT_OF_STEP) == 3
    assert len(island.sent(Kind.NAK)) == 3
    assert len(island.wire.events) == 1
