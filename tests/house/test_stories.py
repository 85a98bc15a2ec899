"""Each story of what others lost has a test of its name."""

import pytest

from tests.house.stories import STORIES, main, told


def test_every_story_is_told_by_a_test_of_its_name() -> None:
    tests = told()
    assert [story for story in STORIES if story not in tests] == []


def test_a_test_that_names_a_story_between_station_and_company_names_one_of_the_table() -> None:
    ours = {f"F{number}" for number in (*range(20, 45), *range(50, 56), 60, 115, 116, 117, 120)}
    assert sorted(set(told()) & ours - set(STORIES)) == []


def test_the_table_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main()
    printed = capsys.readouterr().out
    assert all(f"| {story} |" in printed for story in told() if story in STORIES)
