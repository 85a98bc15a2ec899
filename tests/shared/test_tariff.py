"""Which price holds when: any number of tariffs, in any order, and a correction beats what it corrects."""

from hypothesis import given
from hypothesis import strategies as st

from shared.tariff import GradePrice, Tariff, next_start, prices_at, still_needed


def tariff(version: int, starts_at: int, **prices: int) -> Tariff:
    return Tariff(version, starts_at, {name.replace("g", "") + "#": price for name, price in prices.items()}, "王总")


def test_grades_that_a_tariff_does_not_name_keep_their_price() -> None:
    known = [tariff(1, 0, g92=7_850, g95=8_360), tariff(2, 10, g92=7_900)]
    assert prices_at(known, 9) == {"92#": GradePrice(7_850, 1), "95#": GradePrice(8_360, 1)}
    assert prices_at(known, 10) == {"92#": GradePrice(7_900, 2), "95#": GradePrice(8_360, 1)}


def test_of_two_that_start_together_the_later_decision_wins() -> None:
    known = [tariff(3, 10, g92=7_900), tariff(2, 10, g92=9_790)]
    assert prices_at(known, 10)["92#"] == GradePrice(7_900, 3)


def test_a_later_decision_for_an_earlier_time_does_not_undo_what_starts_after_it() -> None:
    known = [tariff(1, 20, g92=8_000), tariff(2, 10, g92=7_900)]
    assert prices_at(known, 20)["92#"].tariff == 1


def test_f10_three_future_prices_each_at_its_instant() -> None:
    known = [tariff(version, version * 100, g92=7_000 + version) for version in (1, 2, 3)]
    assert [prices_at(known, at).get("92#") for at in (99, 100, 199, 200, 300)] == [
        None, GradePrice(7_001, 1), GradePrice(7_001, 1), GradePrice(7_002, 2), GradePrice(7_003, 3),
    ]  # fmt: skip
    assert [next_start(known, at) for at in (0, 100, 299, 300)] == [100, 200, 300, None]


tariffs = st.lists(
    st.tuples(
        st.integers(0, 50), st.dictionaries(st.sampled_from(["92#", "95#", "0#"]), st.integers(1, 9), min_size=1)
    ),
    max_size=12,
).map(lambda told: [Tariff(version, at, prices, "王总") for version, (at, prices) in enumerate(told, 1)])


@given(tariffs, st.integers(0, 60), st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_known_does_not_matter(known: list[Tariff], now: int, chance: object) -> None:
    shuffled = sorted(known, key=lambda _: chance.random())  # type: ignore[attr-defined] # hypothesis gives a Random
    assert prices_at(shuffled, now) == prices_at(known, now)


@given(tariffs, st.integers(0, 60), st.integers(0, 60))
def test_what_is_no_longer_needed_changes_no_price_now_or_later(known: list[Tariff], now: int, wait: int) -> None:
    kept = still_needed(known, now)
    assert prices_at(kept, now + wait) == prices_at(known, now + wait)
    assert next_start(kept, now) == next_start(known, now)
    assert len(kept) <= len(known)
