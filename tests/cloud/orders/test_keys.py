"""The command keys over their life: founded, rotated, and believed by stations that were away."""

import pytest

from cloud.coupons.sealing import Seal
from cloud.orders import keys
from cloud.orders.signing import OfficePen
from cloud.store import command_keys
from edge.sync.orders import OrderDoor
from shared import topics
from shared.errors import Unavailable
from shared.messages import OrderRefused, Stored
from shared.wire import pack
from tests.cloud.scene import NOW, STATIONS, Scene

STATION = STATIONS[0]
STORED = pack(Stored(1, 2))


class Office:
    """Head office's pen, and stations with what they hold."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.pen = OfficePen(scene.seal, lambda: NOW)
        scene.write(keys.found, scene.seal, "init", NOW)
        scene.read(self.pen.refresh)

    def rotate(self) -> None:
        self.scene.write(keys.rotate, self.scene.seal, "王总", NOW)
        self.scene.read(self.pen.refresh)

    def station(self) -> OrderDoor:
        """A station that is enrolled now."""
        self.refused: list[OrderRefused] = []
        return OrderDoor(STATION, self.scene.read(keys.public), lambda: NOW, self.refused.append, lambda *_: None)

    def writes(self, door: OrderDoor) -> bytes | None:
        """Something signed, as the station hears it."""
        topic = topics.down(STATION, topics.STORED)
        return door.pass_in(topic, self.pen.signed(topic, STORED))

    def greets(self, door: OrderDoor) -> bool:
        """What a hello brings it, when its keys are old; whether they could be told."""
        frame = self.scene.read(self.pen.keys_for, STATION, door.version)
        if frame is not None:
            door.pass_in(topics.down(STATION, topics.KEYS), frame)
        return frame is not None


@pytest.fixture
def office(small_scene: Scene) -> Office:
    return Office(small_scene)


def test_two_keys_are_founded_once_and_their_private_halves_are_sealed(office: Office) -> None:
    office.scene.write(keys.found, office.scene.seal, "init", NOW)
    rows = office.scene.read(command_keys.every)
    assert [row.id for row in rows] == [1, 2]
    with pytest.raises(Unavailable):
        office.scene.read(keys.signing, Seal(bytes(31) + b"\1"))
    assert all(len(row.sealed_private) > 32 for row in rows)


def test_a_station_understands_everything_right_after_a_rotation(office: Office) -> None:
    door = office.station()
    office.rotate()
    assert office.writes(door) == STORED
    assert office.greets(door)
    office.rotate()
    assert office.writes(door) == STORED


def test_a_station_that_was_away_for_five_rotations_recovers_by_one_hello(office: Office) -> None:
    door = office.station()
    for _ in range(5):
        office.rotate()
    assert office.writes(door) is None
    assert office.greets(door)
    assert office.writes(door) == STORED
    assert door.version == 7


def test_a_station_with_keys_of_other_books_is_told_nothing_that_it_could_not_believe(office: Office) -> None:
    door = office.station()
    assert office.scene.read(office.pen.keys_for, STATION, 9) is None
    assert office.writes(door) == STORED


def test_without_a_key_nothing_is_signed(small_scene: Scene) -> None:
    pen = OfficePen(small_scene.seal, lambda: NOW)
    small_scene.read(pen.refresh)
    with pytest.raises(Unavailable):
        pen.signed(topics.down(STATION, topics.STORED), STORED)
