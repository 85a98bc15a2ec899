"""F60: whatever is done to the station's clock, no schedule begins twice and none is left out."""

from hypothesis import given
from hypothesis import strategies as st

from edge.forecourt.prices import PriceBoard
from edge.store.timepiece import Timepiece
from shared.clock import TimeQuality, restored
from shared.tariff import Tariff, prices_at

TODAY = 1_800_000_000_000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
STANDS = MINUTE


class BentClock:
    """The true time, and a wall clock that is bent at will."""

    def __init__(self, off: int = 0) -> None:
        self.true = TODAY
        self.off = off

    def wall(self) -> int:
        return self.true + self.off

    def mono(self) -> int:
        return self.true - TODAY + 7_000


def tariffs() -> tuple[Tariff, ...]:
    """A price for each half hour of a day and a half, 00:00 among them."""
    return tuple(Tariff(n, TODAY - HOUR + n * HOUR // 2, {"92#": 7_000 + n}, "王") for n in range(1, 72))


STEPS = st.sampled_from([-DAY, -HOUR, -90 * SECOND, -SECOND, 0, SECOND, 45 * SECOND, HOUR, DAY, -TODAY])
HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("passes"), st.integers(1, 2 * HOUR)),
        st.tuples(st.just("stepped"), STEPS),
        st.tuples(st.just("met"), st.integers(-2 * SECOND, 2 * SECOND)),
    ),
    max_size=30,
)


@given(STEPS, HAPPENINGS)
def test_f60_no_step_of_the_wall_clock_moves_the_rules_clock_back(off: int, happenings: list[tuple[str, int]]) -> None:
    clock = BentClock(off)
    piece, last, met = Timepiece(clock, 0, 1), 0, False
    for what, much in happenings:
        match what:
            case "passes":
                clock.true += much
            case "stepped":
                clock.off += much
            case _ if not met or abs(much) <= SECOND:
                piece.compared(clock.off + much)
                last, met = (0 if last - clock.true > STANDS else last), True
        now = piece.now()
        assert now >= last
        last = now
        if met:
            assert abs(now - clock.true) <= STANDS + 2 * SECOND


@given(STEPS, HAPPENINGS)
def test_f60_each_price_begins_once_and_in_its_order_whatever_the_wall_clock_does(
    off: int, happenings: list[tuple[str, int]]
) -> None:
    """Head office was met: from then on its time decides, and a step at midnight brings no price twice."""
    clock = BentClock(off)
    piece, board = Timepiece(clock, 0, 1), PriceBoard()
    board.keep(tariffs(), piece.now())
    piece.compared(clock.off)
    board.turn(piece.now())
    begun = [wished(board)]
    for what, much in happenings:
        match what:
            case "passes":
                until = clock.true + much
                while clock.true < until:
                    clock.true = min(until, clock.true + 10 * MINUTE)
                    board.turn(piece.now())
                    begun.append(wished(board))
            case "stepped":
                clock.off += much
            case _:
                piece.compared(clock.off + much)
        board.turn(piece.now())
        begun.append(wished(board))
        right = {prices_at(tariffs(), clock.true + slack)["92#"].tariff for slack in (-STANDS, 0, STANDS)}
        assert begun[-1] in right
    once = [version for place, version in enumerate(begun) if place == 0 or version != begun[place - 1]]
    assert once == list(range(once[0], once[0] + len(once))), "each begins, once, after the one before it"


def wished(board: PriceBoard) -> int:
    price = board.wished("92#")
    assert price is not None
    return price.tariff


def test_f60_a_price_that_a_clock_a_day_ahead_had_begun_is_taken_back_when_head_office_is_met() -> None:
    clock = BentClock(DAY)
    piece, board = Timepiece(clock, 0, 1), PriceBoard()
    board.keep(tariffs(), piece.now())
    assert wished(board) == 50
    piece.compared(DAY)
    assert board.turn(piece.now())
    assert wished(board) == 2
    clock.true += HOUR // 2
    assert board.turn(piece.now())
    assert wished(board) == 3


def test_f60_at_midnight_a_second_of_difference_begins_nothing_twice() -> None:
    clock = BentClock()
    piece, board = Timepiece(clock, 0, 1), PriceBoard()
    board.keep((Tariff(1, 0, {"92#": 7_000}, "王"), Tariff(2, TODAY + SECOND, {"92#": 7_100}, "王")), piece.now())
    piece.compared(0)
    clock.true += SECOND
    assert board.turn(piece.now())
    piece.compared(900)
    assert not board.turn(piece.now())
    assert wished(board) == 2


@given(st.integers(0, 4_000), st.lists(st.tuples(st.integers(0, HOUR), STEPS), min_size=1, max_size=10))
def test_f60_facts_keep_their_order_and_get_their_real_times_back(floor: int, sales: list[tuple[int, int]]) -> None:
    """The clock is bent between any two sales; then head office learns when this start's clock stood at zero."""
    clock = BentClock()
    piece, stamps, truth = Timepiece(clock, TODAY + floor, 5), [], []
    for passes, step in sales:
        clock.true += passes
        clock.off += step
        stamps.append(piece.stamp())
        truth.append(clock.true)
    assert [stamp.at for stamp in stamps] == sorted(stamp.at for stamp in stamps)
    right = [restored(stamp, 5, TODAY) for stamp in stamps]
    assert [stamp.at for stamp in right] == truth
    assert {stamp.quality for stamp in right} == {TimeQuality.RESTORED}
