"""A wish of head office: it has a name, a deadline and an end, and only its own station can end it."""

import pytest

from cloud.stations import commands, events
from cloud.stations.commands import CommandState
from shared.errors import Refused
from shared.messages import (
    AgentStarted,
    CodesRefused,
    CommandEnded,
    Fact,
    PumpAlarmed,
    StationSwitched,
    StopPoint,
    SwitchStation,
)
from tests.cloud.scene import MINUTE, NOW, Scene, arrived


def states_of(scene: Scene, now: int, station: str = "pudong-1") -> list[CommandState]:
    return [command.state for command in scene.read(commands.latest, station, now)]


def test_a_command_is_sent_answered_and_over(scene: Scene) -> None:
    command = scene.write(commands.create, "pudong-1", StopPoint(3), "王总", NOW)
    assert states_of(scene, NOW) == [CommandState.WAITING]
    taken = scene.write(commands.take_waiting, ["pudong-1", "pudong-2"], NOW + 1)
    assert taken == {"pudong-1": [command]}
    assert states_of(scene, NOW + 2) == [CommandState.SENT]
    scene.tell(arrived(CommandEnded(command.id, True, "stopped"), at=NOW + 2_000))
    assert states_of(scene, NOW + 3) == [CommandState.DONE]
    assert scene.write(commands.take_waiting, ["pudong-1"], NOW + 4) == {}


def test_a_command_that_was_not_answered_is_sent_again_until_its_deadline(scene: Scene) -> None:
    scene.write(commands.create, "pudong-1", SwitchStation(False), "王总", NOW, 60)
    for at in (NOW, NOW + 15_000, NOW + 59_999):
        assert len(scene.write(commands.take_waiting, ["pudong-1"], at)["pudong-1"]) == 1
    assert scene.write(commands.take_waiting, ["pudong-1"], NOW + MINUTE) == {}
    assert states_of(scene, NOW + MINUTE) == [CommandState.RUN_OUT]


def test_a_late_answer_is_the_truth(scene: Scene) -> None:
    command = scene.write(commands.create, "pudong-1", StopPoint(0), "王总", NOW, 60)
    scene.tell(arrived(CommandEnded(command.id, False, "the deadline had passed"), at=NOW + 2 * MINUTE))
    (view,) = scene.read(commands.latest, "pudong-1", NOW + 3 * MINUTE)
    assert (view.state, view.detail) == (CommandState.REFUSED, "the deadline had passed")


def test_f115_a_station_can_not_end_the_command_of_another(scene: Scene) -> None:
    command = scene.write(commands.create, "pudong-1", StopPoint(3), "王总", NOW)
    scene.tell(arrived(CommandEnded(command.id, True), "minhang-1"))
    assert states_of(scene, NOW + 1) == [CommandState.WAITING]
    assert scene.read(events.latest, "minhang-1")[0].kind == "command_ended"


def test_commands_go_out_in_the_order_in_which_they_were_given(scene: Scene) -> None:
    given = [scene.write(commands.create, "pudong-1", StopPoint(n), "王总", NOW + n).id for n in range(4)]
    taken = scene.write(commands.take_waiting, ["pudong-1"], NOW + 9)["pudong-1"]
    assert (
        [command.id for command in taken]
        == given
        == [one.id for one in scene.read(commands.waiting, "pudong-1", NOW + 9)]
    )


@pytest.mark.parametrize(("station", "seconds"), [("atlantis-1", 60), ("pudong-1", 4), ("pudong-1", 86_401)])
def test_what_can_not_be_commanded_is_refused(small_scene: Scene, station: str, seconds: int) -> None:
    with pytest.raises(Refused):
        small_scene.write(commands.create, station, StopPoint(1), "王总", NOW, seconds)


def test_what_a_station_tells_of_itself_is_kept(scene: Scene) -> None:
    told: tuple[Fact, ...] = (
        AgentStarted("1.0", "store"),
        StationSwitched(True, "小李"),
        CodesRefused(5, NOW + MINUTE, "小李"),
        PumpAlarmed(3, "silent", "no answer for 5 s"),
    )
    facts = [arrived(body, seq=seq, at=NOW + seq) for seq, body in enumerate(told, 1)]
    scene.tell(*facts)
    scene.tell(*facts)
    found = scene.read(events.latest, "pudong-1")
    assert {event.kind for event in found} == {"started", "switched", "codes_refused", "pump_alarm"}
    alarm = next(event for event in found if event.kind == "pump_alarm")
    assert (alarm.point, alarm.detail["alarm"], len(found)) == (3, "silent", 4)
