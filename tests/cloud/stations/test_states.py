"""How a station is: heard when, missing what, holding which versions."""

import msgspec

from cloud.stations import states
from cloud.store import letters, lines
from cloud.store.letters import Posted
from cloud.tariffs.deciding import NewTariff, make
from shared.messages import Hello, PointState
from tests.cloud.scene import EPOCH, MINUTE, NOW, Scene

HELLO = Hello(
    "pudong-1", EPOCH, "store", 2, 0, NOW, 13, 9, NOW - MINUTE, 1, 0, "1.0", True, (PointState(1, "idle"),), "ok"
)


def hear(scene: Scene, seqs: list[int], hello: Hello = HELLO, epoch: int = EPOCH, at: int = NOW) -> None:
    """These letters have arrived, and then a hello."""
    with scene.books.begin() as connection:
        lines.lock(connection, [("pudong-1", epoch)], at)
        letters.keep(connection, [Posted("pudong-1", epoch, seq, "sale", b"", at + seq) for seq in seqs])
        end = letters.end_of_run(connection, "pudong-1", epoch, 0)
        lines.move_marks(connection, {("pudong-1", epoch): (end, max(seqs, default=0))}, at)
        told = lines.Heard("pudong-1", epoch, "store", at, 2, NOW, 1_500, msgspec.json.encode(hello).decode())
        lines.note_hellos(connection, [told])


def state(scene: Scene, now: int = NOW) -> states.StationState:
    found: states.StationState = scene.read(states.state, "pudong-1", now)
    return found


def test_a_station_that_was_never_heard(scene: Scene) -> None:
    found = state(scene)
    assert (found.connected, found.last_seen, found.missing, found.backlog, found.points) == (False, 0, 0, 0, ())


def test_a_station_that_is_well(scene: Scene) -> None:
    scene.write(make, NewTariff({"92#": 7_850}), "王总", NOW)
    hear(scene, list(range(1, 10)))
    found = state(scene)
    assert (found.connected, found.contiguous, found.highest, found.backlog) == (True, 9, 9, 3)
    assert (found.tariffs_held, found.tariffs_current, found.clock_difference) == (1, 1, 1_500)
    assert (found.points, found.printer, found.program, found.open) == ((PointState(1, "idle"),), "ok", "1.0", True)
    assert state(scene, NOW + 44_999).connected
    assert not state(scene, NOW + 45_000).connected


def test_gaps_show_with_the_time_since_when(scene: Scene) -> None:
    """“Three missing since 14:02.”"""
    hear(scene, [1, 2, 6, 7, 9])
    found = state(scene)
    assert (found.missing, found.missing_since, found.contiguous, found.highest) == (4, NOW + 6, 2, 9)
    gaps = scene.read(states.gaps, "pudong-1")
    assert [(gap.first, gap.last, gap.count, gap.since) for gap in gaps] == [(3, 5, 3, NOW + 6), (8, 8, 1, NOW + 9)]


def test_what_an_older_store_never_told_stays_missing(scene: Scene) -> None:
    hear(scene, [1, 4])
    hear(scene, [1, 2, 3], epoch=EPOCH + 1_000, at=NOW + MINUTE)
    found = state(scene, NOW + MINUTE)
    assert (found.epoch, found.missing, found.contiguous) == (EPOCH + 1_000, 2, 3)


def test_every_station_is_in_the_list(scene: Scene) -> None:
    hear(scene, [1])
    found = scene.read(states.states, NOW)
    assert [(one.id, one.connected, one.dealer) for one in found] == [
        ("minhang-1", False, "南方加油"),
        ("pudong-1", True, "东方石油"),
        ("pudong-2", False, "东方石油"),
    ]
