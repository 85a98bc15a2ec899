"""What head office sets for all stations and for one: who gets which book, and whose name is on it."""

import pytest

from cloud.stations import site_settings
from cloud.stations.site_settings import SiteChange
from cloud.store import audit, counters
from shared.errors import Refused
from shared.messages import SettingsBook
from shared.site import SiteSettings
from tests.cloud.scene import NOW, STATIONS, Scene

FIRST, SECOND, THIRD = STATIONS


def books(scene: Scene) -> dict[str, SettingsBook]:
    with scene.books.read() as connection:
        return dict(site_settings.books_of(connection, STATIONS, NOW))


def decide(scene: Scene, wanted: SiteSettings, station: str = "") -> None:
    with scene.books.begin() as connection:
        site_settings.decide(connection, wanted, "王总", NOW, station)


def test_before_anything_is_set_there_is_nothing_to_send(scene: Scene) -> None:
    assert books(scene) == dict.fromkeys(STATIONS, SettingsBook(0, SiteSettings()))


def test_each_change_is_a_new_version_for_those_whom_it_concerns(scene: Scene) -> None:
    decide(scene, SiteSettings(receipt_top=("总部",), drip_limit=100))
    decide(scene, SiteSettings(receipt_top=("世纪大道 1 号",)), FIRST)
    found = books(scene)
    assert found[FIRST] == SettingsBook(2, SiteSettings(receipt_top=("世纪大道 1 号",), drip_limit=100))
    assert found[SECOND] == SettingsBook(1, SiteSettings(receipt_top=("总部",), drip_limit=100))
    assert found[SECOND] is found[THIRD], "packed once for ten thousand stations"
    decide(scene, SiteSettings(drip_limit=50))
    assert {station: book.version for station, book in books(scene).items()} == dict.fromkeys(STATIONS, 3)
    assert books(scene)[FIRST].settings == SiteSettings(receipt_top=("世纪大道 1 号",), drip_limit=50)


def test_a_name_stands_beside_it(scene: Scene) -> None:
    decide(scene, SiteSettings(receipts=False), FIRST)
    with scene.books.read() as connection:
        assert site_settings.latest(connection, FIRST) == SiteChange(SiteSettings(receipts=False), "王总", NOW)
        assert site_settings.latest(connection) == SiteChange()
        newest = audit.latest(connection, 1)[0]
        assert (newest.by, newest.act, newest.subject) == ("王总", "site_settings_set", FIRST)


@pytest.mark.parametrize(
    ("wanted", "station", "reason"),
    [
        (SiteSettings(drip_limit=-1), "", "out_of_bounds"),
        (SiteSettings(receipt_top=("x",) * 7), FIRST, "out_of_bounds"),
        (SiteSettings(), "atlantis-1", "unknown_station"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    scene: Scene, wanted: SiteSettings, station: str, reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        decide(scene, wanted, station)
    assert refused.value.reason == reason
    with scene.books.read() as connection:
        assert counters.version(connection, site_settings.BOOK, FIRST) == 0
