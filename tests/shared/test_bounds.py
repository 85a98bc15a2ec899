"""How far a price may go with one name on it, as head office and every station see it."""

from hypothesis import given
from hypothesis import strategies as st

from shared.tariff import PriceBounds, Tariff, unapproved

BOUNDS = PriceBounds(10)
DAY = 86_400_000
NOW = 10 * DAY


def tariff(version: int, price: int, day: int = 0, second: str = "") -> Tariff:
    return Tariff(version, day * DAY, {"92#": price}, "王总", second)


def worst(*sent: Tariff, held: tuple[Tariff, ...] = (), past: tuple[Tariff, ...] = ()) -> list[int]:
    return [step.tariff for step in unapproved(sent, held, past, BOUNDS, NOW)]


def test_ten_per_cent_need_one_name_and_more_need_two() -> None:
    held = (tariff(1, 7_850),)
    assert worst(tariff(1, 7_850), tariff(2, 8_635, 11), held=held) == []
    assert worst(tariff(1, 7_850), tariff(2, 8_636, 11), held=held) == [2]
    assert worst(tariff(1, 7_850), tariff(2, 7_064, 11), held=held) == [2]
    assert worst(tariff(1, 7_850), tariff(2, 8_636, 11, "李经理"), held=held) == []


def test_the_same_name_twice_is_one_name() -> None:
    assert worst(tariff(2, 9_900, 11, "王总"), held=(tariff(1, 7_850),)) == [2]


def test_not_even_two_names_sell_a_litre_for_a_fen() -> None:
    assert worst(tariff(2, 10, 11, "李经理"), held=(tariff(1, 7_850),)) == [2]
    assert worst(tariff(1, 10)) == [1]


def test_a_first_price_is_bound_by_reason_alone() -> None:
    assert worst(tariff(1, 7_850)) == []


def test_a_station_that_was_away_for_three_changes_follows_each_small_step() -> None:
    held = (tariff(1, 7_000),)
    last, between = tariff(4, 9_000, 4), (tariff(2, 7_600, 2), tariff(3, 8_300, 3))
    assert worst(last, held=held) == [4]
    assert worst(last, held=held, past=between) == []


def test_what_was_cancelled_is_no_step() -> None:
    held = (tariff(1, 7_000), tariff(2, 7_600, 12))
    assert worst(tariff(1, 7_000), tariff(3, 8_300, 13), held=held) == [3]


@given(st.lists(st.tuples(st.integers(1, 40_000), st.integers(0, 20), st.booleans()), max_size=6), st.integers(1, 50))
def test_no_book_moves_a_price_further_than_its_names_allow(wishes: list[tuple[int, int, bool]], percent: int) -> None:
    """Whatever is sent: what a station takes climbs in steps that each have the names that they need."""
    held = (tariff(1, 7_850),)
    sent = [tariff(i, price, day, "李经理" if two else "") for i, (price, day, two) in enumerate(wishes, 2)]
    if unapproved(sent, held, (), PriceBounds(percent), NOW):
        return
    price = 7_850
    for one in sorted(sent, key=lambda t: (t.starts_at, t.version)):
        new = one.prices["92#"]
        assert one.has_two_names or abs(new - price) * 100 <= price * percent
        assert 1_000 <= new <= 30_000
        price = new
