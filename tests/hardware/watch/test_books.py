"""How well a line answers, in figures that an engineer can trust."""

from hardware.watch.books import ENOUGH, MINUTES, WINDOW, Budget, Tally

MINUTE = 60_000_000


def tally(answers: int, failures: int = 0, took: int = 24_000, now: int = 0) -> Tally:
    book = Tally()
    for _ in range(answers):
        book.answered(took, now)
    for _ in range(failures):
        book.timed_out(now)
    return book


def test_nothing_was_asked_yet() -> None:
    health = Tally().health(5 * MINUTE)
    assert (health.exchanges, health.share, health.times.least, health.times.p99) == (0, 0, 0, 0)
    assert health.minutes == ((0, 0),) * MINUTES


def test_round_trip_times_are_told_by_least_median_and_99th() -> None:
    book = Tally()
    for took in [18_300] * 60 + [24_000] * 38 + [180_000] * 2:
        book.answered(took, 0)
    times = book.health(0).times
    assert (times.least, times.median, times.p99) == (18_300, 20_000, 200_000)


def test_a_time_beyond_every_box_is_still_told() -> None:
    assert tally(1, took=9_000_000).health(0).times.p99 == 4_000_000


def test_the_share_says_nothing_before_there_is_enough_to_tell() -> None:
    """Three lost answers at the start are no bad cable."""
    assert tally(10, 3).share == 0
    assert tally(ENOUGH - 10, 10).share == 50


def test_the_share_forgets_what_is_long_ago() -> None:
    book = tally(0, WINDOW // 2)
    assert book.share == 1_000
    for _ in range(WINDOW):
        book.answered(20_000, 0)
    assert book.share == 0
    assert book.time_outs == WINDOW // 2


def test_each_minute_is_kept_for_an_hour() -> None:
    book = tally(3, 1, now=100 * MINUTE)
    book.answered(20_000, 102 * MINUTE + 5)
    assert book.health(103 * MINUTE).minutes[-4:] == ((4, 1), (0, 0), (1, 0), (0, 0))
    assert book.health(1_000 * MINUTE).minutes == ((0, 0),) * MINUTES


def test_a_budget_is_said_to_be_spent_once_and_once_to_be_well_again() -> None:
    budget = Budget(20)
    said = [budget.look(share) for share in (0, 20, 21, 60, 11, 10, 0, 21)]
    assert said == [None, None, True, None, None, False, None, True]
