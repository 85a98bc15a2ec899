"""What gauges tell is in the books once, whatever comes late, twice, or of a tank that nobody knows."""

from typing import Any

from cloud.tanks import listing
from shared.clock import TimeQuality
from shared.messages import TankAlarmed, TankDelivered, TankRead
from shared.tanks import TankLevel
from tests.cloud.scene import EPOCH, MINUTE, NOW, Scene, arrived, stamp

GAUGE = "液位仪"


def level(litres: int) -> TankLevel:
    return TankLevel(volume=litres * 1_000, ullage=(30_000 - litres) * 1_000, water_height=2_000, temperature=15_250)


def read(litres: int, **more: Any) -> TankRead:
    return TankRead(GAUGE, more.pop("tank", 1), level(litres), "1 号罐", "92#", 30_000_000, **more)


def delivered(started: str = "2026-11-21 06:10") -> TankDelivered:
    return TankDelivered(GAUGE, 1, started, "2026-11-21 06:42", level(3_000), level(15_000), "92#")


def test_the_last_level_is_the_one_that_the_station_told_last(scene: Scene) -> None:
    scene.tell(arrived(read(18_000), seq=1, at=NOW), arrived(read(17_500), seq=2, at=NOW + MINUTE))
    scene.tell(arrived(read(9_999), seq=0, at=NOW - MINUTE))
    [tank] = scene.read(listing.of_station, "pudong-1")
    assert (tank.level, tank.read_at, tank.filled, tank.known) == (level(17_500), NOW + MINUTE, 58, True)
    since = scene.read(listing.levels, tank, NOW)
    assert since == [(NOW, 18_000_000), (NOW + MINUTE, 17_500_000)]


def test_a_new_store_of_the_station_goes_on_where_the_old_one_ended(scene: Scene) -> None:
    scene.tell(arrived(read(18_000), seq=900, at=NOW))
    scene.tell(arrived(read(12_000), seq=1, epoch=EPOCH + 1_000, at=NOW + MINUTE))
    assert scene.read(listing.of_station, "pudong-1")[0].level.volume == 12_000_000


def test_a_delivery_that_two_stores_of_a_station_tell_came_once(scene: Scene) -> None:
    scene.tell(arrived(delivered(), seq=1))
    scene.tell(arrived(delivered(), seq=5, epoch=EPOCH + 1_000), arrived(delivered("2026-11-22 06:00"), seq=6))
    told = scene.read(listing.deliveries, "pudong-1")
    assert [one.started for one in told] == ["2026-11-22 06:00", "2026-11-21 06:10"]
    assert [one.volume for one in told] == [12_000_000, 12_000_000]


def test_a_letter_of_a_tank_that_nobody_knows_is_accepted_and_the_tank_stands_out(scene: Scene) -> None:
    scene.tell(arrived(TankAlarmed(GAUGE, 7, "leak", 2, True), seq=1))
    scene.tell(arrived(TankRead(GAUGE, 8, level(500)), seq=2))
    seven, eight = scene.read(listing.of_station, "pudong-1")
    assert (seven.known, seven.read_at, [one.alarm for one in seven.alarms]) == (False, 0, ["leak"])
    assert (eight.known, eight.level.volume, eight.filled) == (False, 500_000, 0)
    scene.tell(arrived(read(500, tank=8), seq=3))
    assert scene.read(listing.of_station, "pudong-1")[1].known


def test_an_alarm_stands_until_it_is_told_to_be_over(scene: Scene) -> None:
    scene.tell(arrived(read(18_000), seq=1))
    scene.tell(arrived(TankAlarmed(GAUGE, 1, "high_water", 3, True, "92#"), seq=2, at=NOW))
    [tank] = scene.read(listing.of_station, "pudong-1")
    assert [(one.alarm, one.since) for one in tank.alarms] == [("high_water", NOW)]
    scene.tell(arrived(TankAlarmed(GAUGE, 1, "high_water", 3, False, "92#"), seq=3, at=NOW + MINUTE))
    assert scene.read(listing.of_station, "pudong-1")[0].alarms == ()
    assert [one.raised for one in scene.read(listing.alarms, "pudong-1")] == [False, True]


def test_an_alarm_of_a_store_that_is_gone_does_not_stand_for_ever(scene: Scene) -> None:
    scene.tell(arrived(read(18_000), seq=1))
    scene.tell(arrived(TankAlarmed(GAUGE, 1, "high_water", 3, True, "92#"), seq=2))
    scene.tell(arrived(read(18_000), seq=1, epoch=EPOCH + 1_000))
    assert scene.read(listing.of_station, "pudong-1")[0].alarms == ()


def test_the_same_letters_again_change_nothing(scene: Scene) -> None:
    facts = [
        arrived(read(18_000), seq=1),
        arrived(delivered(), seq=2),
        arrived(TankAlarmed(GAUGE, 1, "leak", 2, True), seq=3),
    ]
    scene.tell(*facts)
    once = [scene.rows_of(name) for name in ("tank", "tank_reading", "tank_delivery", "tank_alarm")]
    scene.tell(*facts)
    assert once == [scene.rows_of(name) for name in ("tank", "tank_reading", "tank_delivery", "tank_alarm")]


def test_stations_do_not_see_each_others_tanks(scene: Scene) -> None:
    scene.tell(arrived(read(18_000), "pudong-1"), arrived(read(5_000), "minhang-1"))
    found = scene.read(listing.of_stations, ["pudong-1", "minhang-1", "pudong-2"])
    assert {station: views[0].level.volume for station, views in found.items()} == {
        "pudong-1": 18_000_000,
        "minhang-1": 5_000_000,
    }


def test_times_of_a_wrong_clock_are_put_right_when_the_station_is_met(scene: Scene) -> None:
    from cloud.store import times

    wrong = stamp(86_400_000, TimeQuality.OFF, boot=3, mono=5_000)
    scene.tell(arrived(read(18_000), seq=1, stamp=wrong), arrived(delivered(), seq=2, stamp=wrong))
    scene.write(times.restore_others, "pudong-1", EPOCH, 3, NOW)
    assert scene.read(listing.of_station, "pudong-1")[0].read_at == NOW + 5_000
    assert scene.read(listing.deliveries, "pudong-1")[0].told_at == NOW + 5_000
