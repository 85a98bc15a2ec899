"""Stations are let in and shut out; whose they are stands from the first day on."""

from typing import Any

import bcrypt
import pytest

from cloud.access import auditing
from cloud.stations import passwords, register, states
from cloud.stations.register import NewStation
from cloud.store import stations
from cloud.store.tables import StationRow
from shared.errors import Refused
from tests.cloud.scene import NOW, STATIONS, Scene


def test_a_station_gets_a_password_that_the_gate_can_verify_and_nobody_can_read(scene: Scene) -> None:
    admitted = scene.write(register.add, NewStation("new-1", "新站", "东方石油", "华东"), "王总", NOW)
    (row,) = [row for row in scene.rows(StationRow) if row.id == "new-1"]
    assert passwords.fits(admitted.password, row.password_hash)
    assert admitted.password not in str(row)
    assert admitted.password not in str(scene.rows_of("audit"))
    assert set(scene.read(stations.passwords, {*STATIONS, "new-1", "nobody"})) == {*STATIONS, "new-1"}


def test_a_revoked_station_has_no_password_any_more_and_its_id_is_never_given_again(scene: Scene) -> None:
    scene.write(register.revoke, "pudong-1", "王总", NOW)
    assert scene.read(stations.passwords, {"pudong-1"}) == {}
    assert scene.read(states.state, "pudong-1", NOW).revoked_at == NOW
    with pytest.raises(Refused, match="There is, or was, a station"):
        scene.write(register.add, NewStation("pudong-1", "新站", "东方石油", "华东"), "王总", NOW)
    with pytest.raises(Refused):
        scene.write(register.revoke, "pudong-1", "王总", NOW)
    assert scene.read(auditing.page)[0].act == "station_revoked"


def test_a_stolen_password_is_replaced(scene: Scene) -> None:
    old = scene.read(stations.passwords, set(STATIONS))
    admitted = scene.write(register.new_password, "pudong-2", "王总", NOW)
    new = scene.read(stations.passwords, set(STATIONS))
    assert passwords.fits(admitted.password, new["pudong-2"])
    assert {name for name in new if new[name] != old[name]} == {"pudong-2"}


def test_dealer_and_region_are_found_by_id_or_name(scene: Scene) -> None:
    scene.write(register.add_dealer, "北方能源", "王总", NOW, "north")
    for number, words in enumerate(("north", "北方能源")):
        scene.write(register.add, NewStation(f"n-{number}", "北站", words, "华东"), "王总", NOW)
        assert scene.read(states.state, f"n-{number}", NOW).dealer_id == "north"


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (NewStation("Pudong", "站", "东方石油", "华东"), "bad_station_id"),
        (NewStation("a/b", "站", "东方石油", "华东"), "bad_station_id"),
        (NewStation("a.b", "站", "东方石油", "华东"), "bad_station_id"),
        (NewStation("ok-1", "", "东方石油", "华东"), "bad_name"),
        (NewStation("ok-1", "a\nb", "东方石油", "华东"), "bad_name"),
        (NewStation("ok-1", "站", "没有的", "华东"), "unknown_dealer"),
        (NewStation("ok-1", "站", "东方石油", "没有的"), "unknown_region"),
        (NewStation("pudong-1", "站", "东方石油", "华东"), "exists"),
    ],
)
def test_what_can_not_be_a_station_is_refused_with_a_sentence(small_scene: Scene, new: NewStation, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        small_scene.write(register.add, new, "王总", NOW)
    assert refused.value.reason == reason


@pytest.mark.parametrize("add", [register.add_dealer, register.add_region])
def test_a_dealer_or_region_is_there_once(small_scene: Scene, add: Any) -> None:
    small_scene.write(add, "华北", "王总", NOW)
    with pytest.raises(Refused, match="already"):
        small_scene.write(add, "华北", "王总", NOW)


@pytest.mark.parametrize("stored", ["", "$2a$04$broken", "sha256:", "secret"])
def test_what_is_no_hash_fits_no_password(stored: str) -> None:
    assert not passwords.fits("secret", stored)


def test_a_password_of_the_first_days_is_still_good() -> None:
    stored = bcrypt.hashpw(b"secret", bcrypt.gensalt(4, prefix=b"2a")).decode()
    assert passwords.fits("secret", stored)
    assert not passwords.fits("Secret", stored)
