"""Block numbers: duplicates, restarts, both habits after F."""

from hardware.dispensers.wayne_dart.counters import Arrival, ReceiveCounter, SendCounter


def sent(counter: SendCounter, blocks: int) -> list[int]:
    numbers = []
    for _ in range(blocks):
        numbers.append(counter.tx)
        counter.acknowledged()
    return numbers


def test_the_first_block_is_0_and_after_f_comes_1() -> None:
    assert sent(SendCounter(), 18) == [*range(16), 1, 2]


def test_a_peer_that_counts_from_f_to_0_is_followed() -> None:
    counter = SendCounter()
    sent(counter, 16)
    assert counter.tx == 1
    assert counter.refused()
    assert counter.tx == 0
    assert sent(counter, 17)[-1] == 0  # and from now on at once


def test_told_to_count_from_f_to_0_it_does_until_that_is_refused() -> None:
    counter = SendCounter(wrap=0)
    assert sent(counter, 17) == [*range(16), 0]
    sent(counter, 15)
    assert counter.tx == 0
    assert counter.refused()
    assert counter.tx == 1


def test_three_refusals_of_a_block_restart_with_0_and_three_more_end_it() -> None:
    counter = SendCounter()
    sent(counter, 5)
    assert [counter.refused() for _ in range(3)] == [True, True, True]
    assert counter.tx == 0
    assert [counter.refused() for _ in range(3)] == [True, True, False]


def test_a_repeated_block_is_known_by_its_number_also_when_it_is_0() -> None:
    counter = ReceiveCounter()
    assert counter.judge(0, b"a") is Arrival.NEW
    assert counter.judge(0, b"a") is Arrival.REPEATED
    assert counter.judge(1, b"b") is Arrival.NEW
    assert counter.judge(1, b"b") is Arrival.REPEATED


def test_a_peer_that_restarted_is_heard() -> None:
    counter = ReceiveCounter()
    for tx in range(5):
        counter.judge(tx, b"")
    assert counter.judge(0, b"") is Arrival.NEW
    assert counter.judge(1, b"") is Arrival.NEW


def test_we_restarted_and_take_whatever_number_comes() -> None:
    counter = ReceiveCounter()
    assert counter.judge(9, b"") is Arrival.NEW
    assert counter.judge(10, b"") is Arrival.NEW


def test_both_habits_after_f_are_accepted() -> None:
    for after_f in (0, 1):
        counter = ReceiveCounter()
        counter.judge(15, b"")
        assert counter.judge(after_f, b"") is Arrival.NEW
        assert counter.judge(after_f + 1, b"") is Arrival.NEW


def test_a_block_out_of_step_is_refused_until_its_sender_insists() -> None:
    counter = ReceiveCounter()
    counter.judge(3, b"")
    assert [counter.judge(9, b"") for _ in range(3)] == [Arrival.OUT_OF_STEP] * 3
    assert counter.judge(9, b"") is Arrival.NEW


def test_other_data_under_the_same_number_is_no_repetition_for_who_compares() -> None:
    """A pump whose last block was 0 loses its power: its first block after that has number 0 again."""
    counter = ReceiveCounter(compare=True)
    counter.judge(0, b"finished")
    assert counter.judge(0, b"finished") is Arrival.REPEATED
    assert counter.judge(0, b"not programmed") is Arrival.NEW
