"""A program is as its worst part is, and says which and what to do."""

from hypothesis import given
from hypothesis import strategies as st

from shared.health import Level, Part, health
from shared.tally import BOUNDS, Tally

LEVELS = st.lists(st.sampled_from(Level), max_size=8)


@given(LEVELS)
def test_a_program_is_as_its_worst_part_is(levels: list[Level]) -> None:
    told = health("x", [Part(f"p{n}", level) for n, level in enumerate(levels)])
    assert (told.status == 503) == (Level.FAILING in levels)
    assert (told.level is Level.WELL) == (set(levels) <= {Level.WELL})
    assert len(told.text().splitlines()) == 1 + len(levels)


def test_the_worst_stands_first_with_what_to_do() -> None:
    parts = [
        Part("broker", Level.WELL),
        Part("store", Level.FAILING, "disk_full", "The disk is full.", "Make room."),
        Part("printer", Level.UNWELL, "paper_out", "No paper.", "Put in a roll."),
    ]
    assert health("edge", parts).text().splitlines() == [
        "edge: failing",
        "✗ store  The disk is full.",
        "    → Make room.",
        "! printer  No paper.",
        "    → Put in a roll.",
        "✓ broker",
    ]


@given(st.lists(st.integers(0, 10_000_000)))
def test_durations_are_counted_into_boxes(durations: list[int]) -> None:
    tally = Tally()
    for took in durations:
        tally.add(took)
    told = tally.cumulative()
    assert (tally.count, tally.sum) == (len(durations), sum(durations))
    assert [bound for bound, _ in told] == [*BOUNDS, None]
    assert all(count == sum(took <= bound for took in durations) for bound, count in told if bound is not None)
    assert told[-1][1] == len(durations)
