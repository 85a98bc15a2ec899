"""A station and its doubles: whoever was there first stays."""

from msgspec.structs import replace

from cloud.store.lines import Line
from cloud.sync.identity import ALIVE, Alarms, Identities
from shared.messages import Hello

NOW = 1_800_000_100_000
EPOCH = 1_800_000_000


def hello(**other: object) -> Hello:
    first = Hello("pudong-1", EPOCH, "disk-a", 3, 50_000, NOW, 101, 90, 0, 0, 0, "0.1.0")
    return replace(first, **other)


def line(**other: object) -> Line:
    return Line("pudong-1", EPOCH, "disk-a", 90, 100, 3, NOW - 50_000)._replace(**other)  # type: ignore[arg-type]


def beat(first: Hello, after: int) -> Hello:
    """The same process, a while later."""
    return replace(first, mono=first.mono + after, live=True)


def test_a_station_is_itself_from_heartbeat_to_heartbeat() -> None:
    identities = Identities()
    for after in range(0, 60_000, 15_000):
        assert identities.judge(beat(hello(), after), line(), NOW + after) == ""
    assert identities.alive(NOW + 45_000) == ["pudong-1"]
    assert identities.alive(NOW + 45_000 + ALIVE) == []


def test_f50_a_second_machine_is_refused_while_the_first_is_alive() -> None:
    identities = Identities()
    second = hello(epoch=EPOCH + 500, store_id="disk-b", boot=1, mono=9_000, next_seq=1)
    fresh = line(epoch=EPOCH + 500, store_id="", highest=0, contiguous=0, boot=0, boot_zero=None)
    assert identities.judge(hello(), line(), NOW) == ""
    assert "Another machine" in identities.judge(second, fresh, NOW + 5_000)
    assert identities.judge(beat(hello(), 15_000), line(), NOW + 15_000) == "", "the first stays up"
    assert identities.judge(beat(second, 60_000), fresh, NOW + 15_000 + ALIVE) == "", "the first was switched off"


def test_f50_a_copied_disk_is_refused_while_the_original_is_alive() -> None:
    identities = Identities()
    copy = hello(boot=3, mono=1_000)
    assert identities.judge(hello(), line(), NOW) == ""
    assert "copy of this machine's disk" in identities.judge(copy, line(), NOW + 1_000)
    assert identities.judge(beat(hello(), 15_000), line(), NOW + 15_000) == ""


def test_a_restart_of_the_agent_is_no_double() -> None:
    identities = Identities()
    assert identities.judge(hello(), line(), NOW) == ""
    assert identities.judge(hello(boot=4, mono=800), line(), NOW + 3_000) == ""


def test_but_the_process_before_the_restart_must_not_come_back() -> None:
    identities = Identities()
    identities.judge(hello(boot=4, mono=800), line(), NOW)
    assert "copy" in identities.judge(hello(boot=3), line(), NOW + 3_000)


def test_another_store_under_the_same_epoch_is_refused_for_good() -> None:
    other = hello(store_id="disk-b")
    assert "same epoch" in Identities().judge(other, line(), NOW)


def test_an_old_backup_without_a_new_epoch_is_refused() -> None:
    """Its next letters would take the numbers of letters that head office has."""
    assert "old backup" in Identities().judge(hello(next_seq=80), line(highest=100), NOW)
    assert Identities().judge(hello(next_seq=101), line(highest=100), NOW) == ""


def test_a_hello_that_was_overtaken_by_its_own_letters_is_no_backup() -> None:
    identities = Identities()
    assert identities.judge(hello(next_seq=101), line(highest=100), NOW) == ""
    assert identities.judge(beat(hello(next_seq=101), 2_000), line(highest=105), NOW + 2_000) == ""
    repeated = replace(beat(hello(next_seq=101), 2_000), live=False)
    assert identities.judge(repeated, line(highest=105), NOW + 2_100) == ""


def test_an_alarm_is_raised_once_an_hour() -> None:
    alarms = Alarms()
    assert alarms.admit("pudong-1", "double", NOW)
    assert not alarms.admit("pudong-1", "double", NOW + 60_000)
    assert alarms.admit("minhang-2", "double", NOW + 60_000)
    assert alarms.admit("pudong-1", "double", NOW + 3_600_000)


def test_f50_an_old_disk_that_has_sold_more_than_it_forgot_is_known_by_its_start() -> None:
    """Its next number lies after all that head office has, so that nothing but its start tells what it is."""
    put_back = hello(boot=2, mono=700_000, next_seq=140)
    assert "an old backup" in Identities().judge(put_back, line(), NOW)
    assert Identities().judge(hello(boot=4, mono=700_000, next_seq=140), line(), NOW) == ""


def test_a_station_that_thinks_up_a_new_name_each_time_silences_no_other() -> None:
    alarms = Alarms()
    told = [alarms.admit("pudong-1", f"wrote for nobody-{number}", NOW) for number in range(20_000)]
    assert told.count(True) == 50
    assert alarms.admit("minhang-2", "double", NOW)
