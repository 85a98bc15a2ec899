"""How sales of Tatsuno PDE counters end, and what is found of those that nobody saw."""

import pytest

from hardware.dispensers.tatsuno_pde.messages import State
from hardware.ports import (
    Authorise,
    Clear,
    CommandFailed,
    FillingRead,
    PointAnswered,
    PriceRead,
    PumpState,
    PumpStateRead,
    TotaliserRead,
)
from tests.contract.station import SECOND
from tests.hardware.dispensers.tatsuno_pde.counters import (
    LOOKS,
    back,
    built,
    counter,
    failed,
    filled,
    island,
    lifted,
    selected,
    sell_alone,
)

# ── The end of a filling ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_final_figures_are_told_before_the_end() -> None:
    station = filled(island())
    events = [e for e in station.wire.events if isinstance(e, FillingRead | PumpStateRead) and e.point == 1]
    end = events.index(PumpStateRead(1, PumpState.FINISHED))
    assert FillingRead(1, 5_000, 3_680) in events[:end]
    assert not [e for e in events[end:] if isinstance(e, FillingRead)]


def test_a_counter_keeps_its_sale_until_it_is_paid() -> None:
    station = filled(island())
    station.wire.run(60 * SECOND)
    assert counter(station).digit is State.ENDED
    assert "not recorded" in failed(station, Authorise(1, (1,)))
    station.done(Clear(1))
    assert (counter(station).digit, counter(station).transaction) == (State.IDLE, 2)
    assert (station.state(), station.figures()) == (PumpState.READY, (0, 0))


def test_a_payment_that_is_not_taken_is_said_by_a_sentence() -> None:
    station = filled(island())
    station.faults.set("ignored-command", 1)
    assert "pay the sale at the counter" in failed(station, Clear(1))
    assert station.state() is PumpState.FINISHED


def test_f05_the_sale_before_is_known_by_its_transaction_number() -> None:
    station = filled(island())
    station.done(Clear(1))
    station.faults.set("unsolicited-last-sale", 1)
    lifted(station).done(Authorise(1, (1,)))
    station.wire.run(2 * SECOND)
    assert (station.state(), station.figures()) == (PumpState.AUTHORISED, (0, 0))
    counter(station).hang_up(station.wire.now)
    station.wire.run(SECOND)
    assert station.finish(1) == (0, 0)


def test_the_same_figures_twice_are_two_sales() -> None:
    station = island()
    for _ in range(2):
        assert station.fill(1, 1, 5_000).right


def test_a_total_is_known_by_the_question_and_not_by_its_type_digit() -> None:
    """The notes number the types of x from 1 and those of X from 0."""
    station = island()
    counter(station).body.totalisers[2] = 1_234_560
    assert station.totaliser(1, 2) == 1_234_560
    assert "X20" in selected(station)
    assert station.told(TotaliserRead)[-1] == TotaliserRead(1, 2, 1_234_560, 10**13)


# ── What happened while nobody looked ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("little_endian", [False, True])
def test_a_sale_that_was_missed_is_found_in_the_history(little_endian: bool) -> None:
    """Its byte order is not stated: it is the one in which price and volume make the amount."""
    station = island(little_endian=little_endian)
    sell_alone(station, 7_000)
    back(station)
    assert station.state() is PumpState.FINISHED
    assert station.figures() == (7_000, 5_152)
    station.done(Clear(1))
    back(station)
    assert station.state() is PumpState.READY, "and found once"


def test_two_sales_that_were_missed_are_left_to_the_totaliser() -> None:
    station = island()
    sell_alone(station, 7_000)
    sell_alone(station, 3_000)
    assert back(station).state() is PumpState.READY
    assert station.totaliser(1, 1) == 10_000


def test_a_filling_that_ends_and_is_paid_while_the_line_is_away_is_found() -> None:
    station = lifted(island())
    station.done(Authorise(1, (1,)))
    station.flow(4_000)
    station.session.line_lost()
    head, now = counter(station), station.wire.now
    head.hang_up(now)
    head.pay(now)
    back(station)
    assert (station.state(), station.figures()[0]) == (PumpState.FINISHED, 4_000)


def test_a_payment_whose_end_was_not_seen_brings_no_second_sale() -> None:
    station = filled(island())
    pay = counter(station).pay

    def pay_and_lose(now: int) -> None:
        pay(now)
        counter(station).silence(True)

    counter(station).pay = pay_and_lose  # type: ignore[method-assign]
    assert isinstance(station.do(Clear(1)), CommandFailed)
    counter(station).silence(False)
    before = len(station.told(PointAnswered))
    station.wire.until(lambda: len(station.told(PointAnswered)) > before)
    station.wire.run(2 * SECOND)
    assert station.state() is PumpState.READY


def test_a_filling_whose_counter_started_anew_is_over_and_not_lost() -> None:
    station = lifted(island())
    station.done(Authorise(1, (1,)))
    station.flow(4_000)
    counter(station).restart(station.wire.now)
    station.wire.run(2 * SECOND)
    assert station.state() is PumpState.FINISHED
    station.done(Clear(1))
    assert station.state() is PumpState.READY


def test_what_stands_when_the_agent_starts_is_told_as_finished() -> None:
    first = filled(island())
    counter(first).lift(2, first.wire.now)  # the next customer can't wait
    after = built()
    after.wire.line = after.line = first.line
    after.wire.until(lambda: after.state())
    assert (after.state(), after.figures()[0]) == (PumpState.FINISHED, 5_000)
    assert PriceRead(1, 1, 7_360) in after.told(PriceRead), "a sale that ended while nobody looked has its price"
    assert {text[0] for text in selected(after)} <= LOOKS
