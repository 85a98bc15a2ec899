"""How a filling ends (F05): what one reply says is not trusted, and nothing that was delivered is lost."""

from collections.abc import Mapping

from edge.forecourt.ending import Ask, Ending, Figures, Outcome, Patience
from shared.sale import Finding

PATIENCE = Patience()
FULL = Figures(25_480, 19_237)


def ending(
    before: Mapping[int, int | None] | None = None, highest: Figures = FULL, shown: Figures | None = None
) -> Ending:
    return Ending(before or {1: 1_000}, highest, shown, 0, 0, PATIENCE)


def ask(story: Ending, now: int, out: bool = False) -> Ask:
    """The question that is put, and its end as the link tells it."""
    question = story.next(out, now)
    for _ in range(1 + len(story.nozzles)):
        story.answered()
    return question


def confirm(story: Ending, figures: Figures = FULL, now: int = 0) -> int:
    """Two equal readings; gives the time after them, with the totalisers asked for."""
    assert ask(story, now) is Ask.FIGURES
    story.read_figures(figures, now)
    now += PATIENCE.confirm
    assert ask(story, now) is Ask.BOTH
    story.read_figures(figures, now)
    return now


def outcome(story: Ending) -> Outcome:
    assert story.outcome is not None
    return story.outcome


def test_f05_nothing_is_read_before_the_nozzle_hangs() -> None:
    story = ending()
    assert ask(story, 0, out=True) is Ask.NOTHING
    story.read_figures(FULL, 0)
    story.read_figures(FULL, 5_000)
    assert ask(story, 6_000, out=True) is Ask.NOTHING
    assert ask(story, 6_001) is Ask.NOTHING, "what was shown before the nozzle hung is the first reading"
    assert ask(story, 6_001 + PATIENCE.confirm) is Ask.BOTH


def test_a_customer_who_lifts_again_does_not_hold_up_the_settlement() -> None:
    story = ending()
    assert ask(story, 0) is Ask.FIGURES
    story.read_figures(FULL, 0)
    assert ask(story, PATIENCE.confirm, out=True) is Ask.BOTH


def test_f05_two_equal_readings_must_lie_a_while_apart() -> None:
    story = ending(shown=FULL)
    assert ask(story, 0) is Ask.NOTHING
    story.read_figures(FULL, 10)
    story.read_totaliser(1, 26_480, 0, 20)
    assert ask(story, 20) is Ask.NOTHING
    assert story.outcome is None
    assert ask(story, PATIENCE.confirm) is Ask.BOTH
    story.read_figures(FULL, PATIENCE.confirm)
    story.read_totaliser(1, 26_480, 0, PATIENCE.confirm)
    assert outcome(story).proof.finding is Finding.PROVED


def test_f05_drops_that_run_after_the_end_begin_the_confirmation_anew() -> None:
    story, more = ending(shown=FULL), Figures(25_490, 19_245)
    ask(story, 0)
    story.read_figures(more, 700)
    story.read_figures(more, 800)
    assert ask(story, 800) is Ask.NOTHING
    assert ask(story, 1_450) is Ask.BOTH
    story.read_figures(more, 1_450)
    story.read_totaliser(1, 26_490, 0, 1_450)
    assert outcome(story).figures == more


def test_f05_a_display_that_went_back_to_zero_is_given_time_and_then_not_believed() -> None:
    story, zero = ending(), Figures(0, 0)
    now = 0
    while ask(story, now) is not Ask.TOTALISERS:
        story.read_figures(zero, now)
        now += 100
    assert now >= PATIENCE.asks * PATIENCE.confirm
    story.read_totaliser(1, 26_480, 0, now)
    assert outcome(story).figures == FULL
    assert outcome(story).proof.finding is Finding.PROVED


def test_f05_no_question_is_put_while_another_is_on_its_way() -> None:
    """A slow line must not be filled with questions that were asked before."""
    story = ending()
    assert story.next(out=False, now=0) is Ask.FIGURES
    assert story.next(out=False, now=PATIENCE.lost - 1) is Ask.NOTHING
    story.answered()
    assert story.next(out=False, now=PATIENCE.lost - 1) is Ask.FIGURES
    assert story.next(out=False, now=2 * PATIENCE.lost) is Ask.FIGURES, "one that is lost is asked again"


def test_however_little_was_delivered_it_counts() -> None:
    story = ending(highest=Figures())
    now = confirm(story, Figures(10, 8))
    story.read_totaliser(1, 1_010, 0, now)
    assert outcome(story).figures == Figures(10, 8)
    assert outcome(story).moved


def test_where_nothing_is_shown_and_nobody_had_leave_only_the_totalisers_are_read() -> None:
    story = ending({1: 500, 2: 600}, Figures(), Figures())
    story.trust(Figures())
    assert ask(story, 0) is Ask.TOTALISERS
    story.read_totaliser(1, 500, 0, 0)
    story.read_totaliser(2, 600, 0, 0)
    assert not outcome(story).moved


def test_a_totaliser_that_is_late_is_read_again_before_it_is_called_a_mismatch() -> None:
    story = ending()
    now = confirm(story)
    story.read_totaliser(1, 1_000, 0, now)
    assert story.outcome is None
    now += PATIENCE.again
    assert ask(story, now) is Ask.TOTALISERS
    story.read_totaliser(1, 26_480, 0, now)
    assert outcome(story).proof.finding is Finding.PROVED


def test_a_mismatch_that_lasts_is_believed() -> None:
    story = ending()
    now = confirm(story)
    story.read_totaliser(1, 41_780, 0, now)
    while story.outcome is None:
        if ask(story, now) is Ask.TOTALISERS:
            story.read_totaliser(1, 41_780, 0, now)
        now += PATIENCE.again
    assert outcome(story).proof.finding is Finding.MISMATCH
    assert outcome(story).after == {1: 41_780}


def test_a_totaliser_that_never_answers_leaves_the_filling_unproved() -> None:
    story = ending()
    now = confirm(story)
    for _ in range(PATIENCE.asks + 1):
        now += PATIENCE.again
        ask(story, now)
    assert outcome(story).proof.finding is Finding.UNREADABLE
    assert outcome(story).figures == FULL


def test_of_two_nozzles_the_one_whose_totaliser_moved_was_used() -> None:
    story = ending({1: 1_000, 2: 50_000})
    now = confirm(story)
    story.read_totaliser(1, 1_000, 0, now)
    assert story.outcome is None
    story.read_totaliser(2, 75_480, 0, now)
    assert outcome(story).nozzle == 2
    assert outcome(story).proof.finding is Finding.PROVED


def test_a_totaliser_starts_again_where_the_dispenser_says() -> None:
    story = ending({1: 99_990_000})
    now = confirm(story)
    story.read_totaliser(1, 15_480, 100_000_000, now)
    assert outcome(story).proof.finding is Finding.PROVED


def test_a_totaliser_read_for_the_first_time_is_taken_as_it_is() -> None:
    story = ending({1: None, 2: None}, Figures())
    now = confirm(story, Figures())
    story.read_totaliser(1, 7, 0, now)
    story.read_totaliser(2, 8, 0, now)
    assert outcome(story).after == {1: 7, 2: 8}
    assert not outcome(story).moved
