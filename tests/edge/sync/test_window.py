"""The window: what is on its way, what comes again, and how patience grows."""

from hypothesis import given
from hypothesis import strategies as st

from edge.sync.window import WIDEST, Window


def fill(window: Window, now: float = 0.0, size: int = 10) -> list[int]:
    """Sends batches while the window is open."""
    left = []
    while window.open:
        window.left(window.sent + size, now)
        left.append(window.sent)
    return left


def test_one_batch_asks_whether_anybody_is_there_and_answers_open_the_window() -> None:
    window = Window(0)
    assert fill(window) == [10]
    window.acknowledge(10, 0.1)
    assert fill(window) == [20, 30]
    window.acknowledge(30, 0.2)
    assert fill(window) == [40, 50, 60, 70]


def test_the_window_is_wide_enough_for_a_link_of_300_ms_and_no_wider() -> None:
    window = Window(0)
    for _ in range(20):
        fill(window)
        window.acknowledge(window.sent, 0.0)
    fill(window)
    assert (window.sent - window.stored) // 10 == WIDEST
    assert WIDEST * 110 / 0.3 > 5_000


def test_silence_sends_everything_after_the_mark_again_with_growing_patience() -> None:
    window = Window(100, first_patience=5.0, longest_patience=60.0)
    waits, now = [], 0.0
    for _ in range(6):
        fill(window, now)
        wait = window.due(now)
        assert wait is not None
        waits.append(wait)
        now += wait
        assert window.due(now) == 0
        window.give_up()
        assert window.sent == 100
    assert waits == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]


def test_f21_an_answer_to_the_first_try_closes_what_a_third_has_sent_again() -> None:
    """An answer names letters, never an attempt: it is right whichever of them it answers."""
    window = Window(0)
    window.left(10, 0.0)
    for at in (5.0, 15.0):
        window.give_up()
        window.left(10, at)
    window.acknowledge(10, 15.1)
    assert (window.stored, window.sent, window.idle) == (10, 10, True)
    window.acknowledge(10, 15.2)
    assert (window.stored, window.sent, window.idle) == (10, 10, True), "the answers to the others change nothing"


def test_an_answer_restores_patience() -> None:
    window = Window(0)
    fill(window)
    window.give_up()
    fill(window)
    window.acknowledge(10, 50.0)
    fill(window, 50.0)
    assert window.due(50.0) == 5.0


def test_nothing_on_its_way_needs_no_patience() -> None:
    window = Window(7)
    assert window.due(1_000.0) is None
    assert window.idle


def test_old_news_moves_nothing() -> None:
    window = Window(50)
    fill(window)
    window.acknowledge(20, 1.0)
    assert (window.stored, window.sent) == (50, 60)


def test_the_company_may_know_more_than_this_process_has_sent() -> None:
    """After a restart: the answers to the last process' letters come to this one."""
    window = Window(0)
    window.acknowledge(500, 0.0)
    assert (window.stored, window.sent) == (500, 500)


moves = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 100)),
    st.tuples(st.just("answer"), st.integers(0, 2_000)),
    st.tuples(st.just("rewind"), st.just(0)),
    st.tuples(st.just("silence"), st.just(0)),
)


@given(st.lists(moves, max_size=200))
def test_whatever_happens_no_letter_is_skipped(story: list[tuple[str, int]]) -> None:
    window, now, highest = Window(0), 0.0, 0
    for move, value in story:
        now += 1.0
        before = window.stored
        match move:
            case "send" if window.open:
                window.left(window.sent + value, now)
                highest = max(highest, window.sent)
            case "answer":
                window.acknowledge(min(value, highest), now)
            case "rewind":
                window.rewind()
            case "silence" if not window.idle:
                window.give_up()
        assert before <= window.stored <= window.sent, "the next letter to leave is never beyond an unanswered one"
        if window.idle:
            assert window.sent == window.stored, "with nothing on its way, the next to leave is the first unanswered"
