"""Who is asked next: fuelling points often, idle ones soon, dead ones hardly ever."""

from collections import Counter
from itertools import pairwise

from hardware.polling.roster import MISSES_TO_SILENCE, Roster, Seat

POLL = 30_000


def island(points: int) -> tuple[list[Seat], Roster[Seat]]:
    seats = [Seat() for _ in range(points)]
    for seat in seats:
        seat.answered()
    return seats, Roster(seats, 50_000)


def watch(seats: list[Seat], roster: Roster[Seat], micros: int) -> dict[int, list[int]]:
    """When each seat was asked, if each question takes 30 ms."""
    asked: dict[int, list[int]] = {at: [] for at in range(len(seats))}
    now = 0
    while now < micros:
        seat = roster.choose(now)
        if seat is None:
            now += roster.idle(now)
            continue
        roster.asked(seat, now)
        asked[next(at for at, each in enumerate(seats) if each is seat)].append(now)
        now += POLL
    return asked


def longest(times: list[int]) -> int:
    return max(after - before for before, after in pairwise(times))


def test_everybody_is_asked_in_turn() -> None:
    seats, roster = island(32)
    asked = watch(seats, roster, 10_000_000)
    assert all(longest(times) == 32 * POLL for times in asked.values())


def test_who_fuels_is_asked_half_as_often_again_and_nobody_is_forgotten() -> None:
    seats, roster = island(32)
    for seat in seats[:8]:
        seat.active = True
    asked = watch(seats, roster, 30_000_000)
    fuelling, idle = [longest(asked[at][2:]) for at in range(8)], [longest(asked[at][2:]) for at in range(8, 32)]
    assert max(fuelling) < 32 * POLL, "not slower than in a plain round"
    assert max(fuelling) <= 850_000
    assert max(idle) <= 1_150_000


def test_a_dead_point_costs_the_others_little_and_less_and_less() -> None:
    seats, roster = island(4)
    dead, now, tries = seats[3], 0, []
    while now < 60_000_000:
        seat = roster.choose(now)
        if seat is None:
            now += roster.idle(now)
            continue
        roster.asked(seat, now)
        if seat is dead:
            tries.append(now)
            now += 120_000
            seat.missed(now)
        else:
            now += POLL
            seat.answered()
    gaps = [after - before for before, after in pairwise(tries[MISSES_TO_SILENCE:])]
    assert gaps == sorted(gaps), "less and less often"
    assert 8_000_000 <= gaps[-1] <= 8_500_000, "and never given up"


def test_ten_dead_points_are_tried_one_a_round() -> None:
    seats, roster = island(12)
    for seat in seats[2:]:
        seat.answers = False
    order = []
    for now in range(0, 3_000_000, POLL):
        chosen = roster.choose(now)
        if chosen is not None:
            roster.asked(chosen, now)
            order.append(chosen.answers)
    runs = "".join("x" if answers is False else "." for answers in order)
    assert "xx" not in runs


def test_work_and_the_round_share_the_line() -> None:
    seats, roster = island(8)
    worker, count = seats[0], Counter[str]()
    for now in range(0, 8_000_000, POLL):
        chosen = roster.choose(now, worker)
        assert chosen is not None
        count["work" if chosen is worker else "round"] += 1
        roster.asked(chosen, now, at_work=chosen is worker)
    assert 2 <= count["round"] / count["work"] <= 4


def test_it_falls_silent_once_and_comes_back_once() -> None:
    seat = Seat()
    assert [seat.missed(now) for now in range(5)] == [False, False, True, False, False]
    assert [seat.answered() for _ in range(3)] == [True, False, False]


def test_a_protocol_may_be_more_patient_before_a_seat_is_silent() -> None:
    seat = Seat(patience=5)
    seat.answered()
    assert [seat.missed(now) for now in range(6)] == [False, False, False, False, True, False]
