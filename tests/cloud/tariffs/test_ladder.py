"""A price climbs: sent, received, armed, applied, read back; head office sees where it stands on each nozzle."""

from typing import Any

from cloud.tariffs import book
from cloud.tariffs.deciding import NewTariff, make
from cloud.tariffs.ladder import Ladder, ladder
from shared.messages import PriceClimbed, Rung
from tests.cloud.scene import HOUR, MINUTE, NOW, STATIONS, Scene, arrived

PUDONG, OTHER, MINHANG = STATIONS


def climb(scene: Scene, seq: int, rung: Rung, at: int, station: str = PUDONG, epoch: int = 0, **more: Any) -> None:
    body = PriceClimbed(more.pop("tariff", 1), rung, **more)
    scene.tell(arrived(body, station, seq, at=at, **({"epoch": epoch} if epoch else {})))


def seen(scene: Scene, version: int = 1) -> Ladder:
    found: Ladder = scene.read(ladder, version, NOW)
    return found


def test_a_price_climbs_rung_by_rung(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 7_900}, NOW + HOUR, (PUDONG,)), "王总", NOW)
    (station,) = seen(scene).stations
    assert (station.sent_at, station.received_at, station.nozzles) == (None, None, ())

    sent = scene.read(book.book_of, PUDONG, NOW)
    scene.write(book.sent, {PUDONG: sent}, NOW + 1)
    scene.write(book.sent, {PUDONG: sent}, NOW + 15_000)
    climb(scene, 1, Rung.RECEIVED, NOW + 2)
    climb(scene, 2, Rung.ARMED, NOW + 3)
    (station,) = seen(scene).stations
    assert (station.sent_at, station.received_at, station.armed_at) == (NOW + 1, NOW + 2, NOW + 3)

    nozzle: dict[str, Any] = {"point": 1, "nozzle": 2, "grade": "92#", "unit_price": 7_900}
    climb(scene, 3, Rung.APPLIED, NOW + HOUR, **nozzle)
    (shown,) = seen(scene).stations[0].nozzles
    assert (shown.applied_at, shown.done) == (NOW + HOUR, False)
    climb(scene, 4, Rung.READ_BACK, NOW + HOUR + 200, **nozzle)
    found = seen(scene)
    assert (found.nozzles, found.read_back) == (1, 1)
    assert found.stations[0].nozzles[0].shown == 7_900


def test_a_dispenser_that_shows_another_price_is_not_done(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 7_900}), "王总", NOW)
    climb(scene, 1, Rung.READ_BACK, NOW, point=1, nozzle=1, grade="92#", unit_price=7_090)
    (nozzle,) = seen(scene).stations[1].nozzles or seen(scene).stations[2].nozzles or seen(scene).stations[0].nozzles
    assert (nozzle.shown, nozzle.wished, nozzle.done) == (7_090, 7_900, False)


def test_a_failure_shows_until_it_is_overcome(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 7_900}, stations=(PUDONG,)), "王总", NOW)
    nozzle: dict[str, Any] = {"point": 1, "nozzle": 1, "grade": "92#", "unit_price": 7_900}
    climb(scene, 1, Rung.FAILED, NOW + 1, detail="it is fuelling", **nozzle)
    (failed,) = seen(scene).stations[0].nozzles
    assert (failed.failed_at, failed.detail) == (NOW + 1, "it is fuelling")
    climb(scene, 2, Rung.APPLIED, NOW + 2, **nozzle)
    (well,) = seen(scene).stations[0].nozzles
    assert (well.failed_at, well.detail, well.applied_at) == (None, "", NOW + 2)


def test_nozzles_that_an_older_price_has_reached_are_waited_for(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 7_850, "95#": 8_360}, stations=(PUDONG,)), "王总", NOW)
    for seq, (point, grade) in enumerate(((1, "92#"), (2, "92#"), (3, "95#")), 1):
        climb(scene, seq, Rung.READ_BACK, NOW, point=point, nozzle=1, grade=grade, unit_price=7_850)
    scene.write(make, NewTariff({"92#": 7_900}, stations=(PUDONG,)), "王总", NOW)
    climb(scene, 9, Rung.READ_BACK, NOW + 1, tariff=2, point=1, nozzle=1, grade="92#", unit_price=7_900)
    found = seen(scene, 2)
    assert (found.nozzles, found.read_back) == (2, 1)
    assert [nozzle.point for nozzle in found.stations[0].nozzles] == [1, 2]


def test_a_nozzle_of_a_store_that_was_replaced_is_not_waited_for(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 7_850}, stations=(PUDONG,)), "王总", NOW)
    climb(scene, 1, Rung.READ_BACK, NOW, point=8, nozzle=1, grade="92#", unit_price=7_850)
    scene.write(make, NewTariff({"92#": 7_900}, stations=(PUDONG,)), "王总", NOW)
    climb(
        scene, 1, Rung.READ_BACK, NOW + MINUTE, epoch=1_795_200_000, tariff=2, point=1, nozzle=1, grade="92#",
        unit_price=7_900,
    )  # fmt: skip
    assert [nozzle.point for nozzle in seen(scene, 2).stations[0].nozzles] == [1]


def test_a_rung_of_a_tariff_that_nobody_made_is_kept_all_the_same(scene: Scene) -> None:
    climb(scene, 1, Rung.RECEIVED, NOW, tariff=77)
    assert len(scene.rows_of("price_rung")) == 1
