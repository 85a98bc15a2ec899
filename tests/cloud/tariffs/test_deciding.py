"""Somebody with a name decides what a litre costs, where and from when on."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cloud.access import auditing
from cloud.stations import register
from cloud.stations.register import NewStation
from cloud.tariffs import book, deciding
from cloud.tariffs.bounds import Limits
from cloud.tariffs.deciding import NewTariff, TariffState, approve, cancel, make, supersede
from shared.errors import Refused
from shared.tariff import GradePrice, prices_at
from tests.cloud.scene import DAY, HOUR, MINUTE, NOW, STATIONS, Scene

PUDONG, OTHER, MINHANG = STATIONS


def holding(scene: Scene, station: str, at: int) -> dict[str, int]:
    prices: dict[str, GradePrice] = scene.read(book.holding, station, at)
    return {grade: price.unit_price for grade, price in prices.items()}


def test_a_tariff_for_all_reaches_every_station_and_carries_a_name(scene: Scene) -> None:
    made = scene.write(make, NewTariff({"92#": 7_850, "95#": 8_360}), "王总", NOW)
    assert (made.version, made.made_by, made.state, made.stations) == (1, "王总", TariffState.STARTED, ())
    for station in STATIONS:
        sent = scene.read(book.book_of, station, NOW)
        assert (sent.version, sent.tariffs[0].made_by) == (1, "王总")
        assert holding(scene, station, NOW) == {"92#": 7_850, "95#": 8_360}
    assert scene.read(auditing.page)[0].act == "price_made"


def test_a_tariff_for_one_station_changes_no_other_book(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 7_850}), "王总", NOW)
    scene.write(make, NewTariff({"92#": 7_700}, stations=(MINHANG,)), "李经理", NOW + MINUTE)
    assert [scene.read(book.version, station) for station in STATIONS] == [1, 1, 2]
    assert holding(scene, MINHANG, NOW + MINUTE) == {"92#": 7_700}
    assert holding(scene, PUDONG, NOW + MINUTE) == {"92#": 7_850}


def test_books_made_together_are_those_made_one_by_one_and_most_are_the_same_one(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 7_850}), "王总", NOW)
    scene.write(make, NewTariff({"92#": 7_700}, stations=(MINHANG,)), "李经理", NOW + MINUTE)
    together = scene.read(book.books_of, STATIONS, NOW + HOUR)
    assert together == {station: scene.read(book.book_of, station, NOW + HOUR) for station in STATIONS}
    assert together[PUDONG] is together[OTHER]
    assert len(together[MINHANG].tariffs) + len(together[MINHANG].past) == 2


def test_a_station_of_the_future_gets_what_is_for_all(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 7_850}), "王总", NOW)
    scene.write(register.add, NewStation("new-1", "新站", "东方石油", "华东"), "王总", NOW + DAY)
    assert scene.read(book.version, "new-1") == 1
    assert holding(scene, "new-1", NOW + DAY) == {"92#": 7_850}


def test_any_number_of_future_prices_wait_in_the_book(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 7_850}), "王总", NOW)
    for day in range(1, 6):
        scene.write(make, NewTariff({"92#": 7_850 + day}, NOW + day * DAY), "王总", NOW)
    sent = scene.read(book.book_of, PUDONG, NOW)
    assert sent.version == 6
    for day in range(6):
        assert prices_at(sent.tariffs, NOW + day * DAY)["92#"].unit_price == 7_850 + day


def test_what_nobody_needs_any_more_is_not_sent(scene: Scene) -> None:
    for price in (7_850, 7_900, 7_950):
        scene.write(make, NewTariff({"92#": price}), "王总", NOW)
    sent = scene.read(book.book_of, PUDONG, NOW + MINUTE)
    assert [tariff.version for tariff in sent.tariffs] == [3]


def test_a_coming_price_is_cancelled_and_its_station_hears_of_it(scene: Scene) -> None:
    coming = scene.write(make, NewTariff({"92#": 7_900}, NOW + HOUR, (PUDONG, OTHER)), "王总", NOW)
    scene.write(cancel, coming.version, "李经理", NOW + MINUTE)
    assert scene.read(book.book_of, PUDONG, NOW + MINUTE).tariffs == ()
    assert [scene.read(book.version, station) for station in STATIONS] == [2, 2, 0]
    view = scene.read(deciding.view, coming.version, NOW)
    assert (view.state, view.cancelled_by) == (TariffState.CANCELLED, "李经理")


def test_a_price_is_superseded_or_nothing_happens(scene: Scene) -> None:
    coming = scene.write(make, NewTariff({"92#": 7_900}, NOW + HOUR), "王总", NOW)
    better = scene.write(supersede, coming.version, NewTariff({"92#": 7_880}, NOW + HOUR), "李经理", NOW + MINUTE)
    assert [tariff.version for tariff in scene.read(book.book_of, PUDONG, NOW).tariffs] == [better.version]
    view = scene.read(deciding.view, coming.version, NOW)
    assert (view.state, view.superseded_by) == (TariffState.SUPERSEDED, better.version)
    with pytest.raises(Refused):
        scene.write(supersede, coming.version, NewTariff({"92#": 1_990}), "李经理", NOW + MINUTE)
    assert len(scene.read(deciding.page, NOW)) == 2


def test_a_price_that_holds_can_not_be_taken_back(scene: Scene) -> None:
    made = scene.write(make, NewTariff({"92#": 7_850}), "王总", NOW)
    with pytest.raises(Refused, match="new one in its place") as refused:
        scene.write(cancel, made.version, "李经理", NOW + MINUTE)
    assert refused.value.reason == "started"


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (NewTariff({}), "no_prices"),
        (NewTariff({"92#": 999}), "bad_price"),
        (NewTariff({"92#": 30_001}), "bad_price"),
        (NewTariff({"": 7_850}), "bad_grade"),
        (NewTariff({"92#\n": 7_850}), "bad_grade"),
        (NewTariff({"9" * 17: 7_850}), "bad_grade"),
        (NewTariff({"92#": 7_850}, NOW - 2 * MINUTE), "too_late"),
        (NewTariff({"92#": 7_850}, NOW + 367 * DAY), "too_far"),
        (NewTariff({"92#": 7_850}, stations=("atlantis-1",)), "unknown_station"),
    ],
)
def test_what_can_not_be_a_price_is_refused_with_a_sentence(small_scene: Scene, new: NewTariff, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        small_scene.write(make, new, "王总", NOW)
    assert refused.value.reason == reason
    assert str(refused.value).endswith(".")
    assert small_scene.read(deciding.page, NOW) == ()


@pytest.mark.parametrize("act", [cancel, deciding.view])
def test_a_tariff_that_is_not_there_is_refused(small_scene: Scene, act: Any) -> None:
    words = (404, "王总", NOW) if act is cancel else (404, NOW)
    with pytest.raises(Refused) as refused:
        small_scene.write(act, *words)
    assert refused.value.reason == "unknown_tariff"


def test_f38_versions_made_at_the_same_time_are_all_different(scene: Scene) -> None:
    def decide(price: int) -> int:
        version: int = scene.write(make, NewTariff({"92#": price}), "王总", NOW).version
        return version

    with ThreadPoolExecutor(8) as threads:
        versions = list(threads.map(decide, range(7_000, 7_024)))
    assert sorted(versions) == list(range(1, 25))
    assert scene.read(book.version, PUDONG) == 24


def test_one_person_moves_a_price_by_ten_per_cent_and_no_further(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 8_000}), "王总", NOW)
    assert scene.write(make, NewTariff({"92#": 8_800}), "王总", NOW).state is TariffState.STARTED
    waits = scene.write(make, NewTariff({"92#": 9_700}), "王总", NOW)
    assert waits.state is TariffState.WAITING
    assert holding(scene, PUDONG, NOW) == {"92#": 8_800}
    before = scene.read(book.version, PUDONG)
    with pytest.raises(Refused, match="yourself"):
        scene.write(approve, waits.version, "王总", NOW)
    approved = scene.write(approve, waits.version, "李经理", NOW + HOUR)
    assert (approved.state, approved.approved_by, approved.starts_at) == (TariffState.STARTED, "李经理", NOW + HOUR)
    assert scene.read(book.version, PUDONG) > before
    (sent,) = scene.read(book.book_of, PUDONG, NOW + HOUR).tariffs
    assert sent.has_two_names
    assert [entry.act for entry in scene.read(auditing.page, 2)] == ["price_approved", "price_proposed"]
    with pytest.raises(Refused, match="does not wait"):
        scene.write(approve, waits.version, "张总", NOW + HOUR)


def test_a_price_that_waits_is_taken_back_and_nobody_hears_of_it(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 8_000}), "王总", NOW)
    waits = scene.write(make, NewTariff({"92#": 9_700}), "王总", NOW)
    scene.write(cancel, waits.version, "王总", NOW + DAY)
    with pytest.raises(Refused, match="cancelled"):
        scene.write(approve, waits.version, "李经理", NOW + DAY)
    assert holding(scene, PUDONG, NOW + DAY) == {"92#": 8_000}


def test_small_steps_one_after_the_other_stay_small_when_one_between_them_goes(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 8_000}), "王总", NOW)
    between = scene.write(make, NewTariff({"92#": 8_700}, NOW + DAY), "王总", NOW)
    last = scene.write(make, NewTariff({"92#": 9_500}, NOW + 2 * DAY), "王总", NOW)
    with pytest.raises(Refused, match="cancel tariff 3 first"):
        scene.write(cancel, between.version, "王总", NOW)
    scene.write(cancel, last.version, "王总", NOW)
    scene.write(cancel, between.version, "王总", NOW)
    assert holding(scene, PUDONG, NOW + 3 * DAY) == {"92#": 8_000}


def test_a_station_with_bounds_of_its_own_and_the_steps_that_it_is_sent(scene: Scene) -> None:
    limits = Limits(10, {MINHANG: 2})
    for price in (8_000, 8_100):
        scene.write(make, NewTariff({"92#": price}), "王总", NOW, limits)
    assert scene.write(make, NewTariff({"92#": 8_400}), "王总", NOW, limits).state is TariffState.WAITING
    made = scene.write(make, NewTariff({"92#": 8_400}, stations=(PUDONG,)), "王总", NOW, limits)
    assert made.state is TariffState.STARTED
    sent = scene.read(book.book_of, PUDONG, NOW, limits)
    assert [tariff.version for tariff in sent.past] == [1, 2]
    assert sent.bounds.percent == 10
    assert scene.read(book.book_of, MINHANG, NOW, limits).bounds.percent == 2
