"""When everything of a day is here. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.days.judging import DAY, Hole, Outcome, Store, judge

START = 100 * DAY
END = START + DAY
WHOLE = Store(heard_at=END + 1, last=10, contiguous=10, oldest_unsent=0)


def story(now: int = END + 5, stores: list[Store] | None = None, unreadable: list[int] | None = None) -> Outcome:
    return judge(START, now, [WHOLE] if stores is None else stores, unreadable or [])


def test_f33_a_day_is_complete_when_the_station_was_heard_after_it_and_has_nothing_left() -> None:
    assert story() is Outcome.COMPLETE
    assert story(now=END - 1) is Outcome.NOT_OVER


@pytest.mark.parametrize(
    ("stores", "outcome"),
    [
        ([], Outcome.NEVER_HEARD),
        ([Store(0, 10, 10, 0)], Outcome.NEVER_HEARD),
        ([Store(END - 1, 10, 10, 0)], Outcome.NOT_HEARD_SINCE),
        ([Store(END + 1, 11, 10, END - 1)], Outcome.UNSENT),
        ([Store(END + 1, 11, 10, START - 9 * DAY)], Outcome.UNSENT),
        ([Store(END + 1, 11, 10, END)], Outcome.COMPLETE),
        ([Store(END + 1, 10, 11, START)], Outcome.COMPLETE),
        ([Store(START, 11, 10, START + 1, newest=False), WHOLE], Outcome.UNSENT),
        ([Store(START, 10, 10, 0, newest=False), WHOLE], Outcome.COMPLETE),
        ([Store(END + 1, 10, 10, 0, (Hole(START + 1, START + 2),))], Outcome.MISSING),
        ([Store(END + 1, 10, 10, 0, (Hole(0, 2**62),))], Outcome.MISSING),
        ([Store(END + 1, 10, 10, 0, (Hole(START - 9, START - 1),))], Outcome.COMPLETE),
        ([Store(END + 1, 10, 10, 0, (Hole(END, END + 9),))], Outcome.COMPLETE),
    ],
)
def test_f43_what_is_not_here_has_a_name(stores: list[Store], outcome: Outcome) -> None:
    assert story(stores=stores) is outcome


def test_a_letter_that_nobody_can_read_keeps_its_own_day_open_and_no_other() -> None:
    assert story(unreadable=[START]) is Outcome.UNREADABLE
    assert story(unreadable=[END - 1]) is Outcome.UNREADABLE
    assert story(unreadable=[START - 1, END]) is Outcome.COMPLETE


TIMES = st.integers(START - 2, END + 2)
STORES = st.lists(
    st.builds(
        Store,
        st.integers(END - 2, END + 2),
        st.integers(9, 11),
        st.integers(9, 11),
        TIMES,
        st.lists(st.builds(Hole, st.integers(START - 2, END + 2), st.integers(START - 2, END + 2)), max_size=2).map(
            tuple
        ),
        st.booleans(),
    ),
    max_size=3,
)


@given(STORES, st.lists(TIMES, max_size=2), st.integers(END - 2, END + 2))
def test_a_day_that_is_complete_has_nothing_left_anywhere(stores: list[Store], unreadable: list[int], now: int) -> None:
    outcome = judge(START, now, stores, unreadable)
    if outcome is Outcome.COMPLETE:
        assert now >= END
        assert any(store.newest and store.heard_at >= END for store in stores)
        assert not any(store.contiguous < store.last and store.oldest_unsent < END for store in stores)
        assert not any(START <= at < END for at in unreadable)
