"""Beside a line: books, the last frames, and incidents with what was said before and after."""

import json
from pathlib import Path

import pytest

from hardware.ports import (
    AlarmRaised,
    Blemish,
    Blemished,
    FillingRead,
    PointAnswered,
    PointOnLine,
    PointSilent,
    ReadState,
)
from hardware.watch.incidents import Shelf, too_many
from hardware.watch.recording import Head, Way, read_entries, read_head
from hardware.watch.reports import Moment
from hardware.watch.watch import AFTER, LAST, LineWatch

HEAD = Head("island", "wayne-dart", points=(PointOnLine(1, 0x50, 2), PointOnLine(2, 0x51, 2)))
POLL, EOT = b"\x50\x20\xfa", b"\x50\x70\xfa"


class Line:
    """A watch, the shelf beside it, and what it said of noise."""

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder / "incidents")
        self.noise: list[str | None] = []
        self.watch = LineWatch(HEAD, "/dev/x", self.shelf, on_noise=self.noise.append)
        self.now = 0

    def good(self, times: int = 1, point: int = 1) -> None:
        for _ in range(times):
            self.now += 25_000
            self.watch.sent(self.now, point, POLL)
            self.watch.heard(self.now + 20_000, EOT[:1])
            self.watch.heard(self.now + 22_000, EOT[1:])
            self.watch.answered(self.now + 22_000, 22_000)

    def bad(self, times: int = 1, point: int = 1) -> None:
        for _ in range(times):
            self.now += 130_000
            self.watch.sent(self.now, point, POLL)
            self.watch.timed_out(self.now + 120_000)

    def incidents(self) -> list[list[str]]:
        """The files, written out, each as its lines."""
        self.shelf.start()
        self.shelf.stop()
        return [path.read_text().splitlines(keepends=True) for path in self.shelf.files()]


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(tmp_path)


def test_each_point_has_its_own_book(line: Line) -> None:
    line.watch.told(PointAnswered(1))
    line.good(3, 1)
    line.bad(1, 2)
    line.good(1, 2)
    line.watch.told(Blemished(2, Blemish.NOISE, 5))
    report = line.watch.report()
    one, two = report.points
    assert (one.health.exchanges, one.health.time_outs, one.answers, one.address) == (3, 0, True, 0x50)
    assert (two.health.exchanges, two.health.time_outs, two.health.retries) == (2, 1, 1)
    assert (two.health.blemishes, one.health.blemishes) == ({"noise": 5}, {})
    assert (report.health.exchanges, report.health.time_outs, report.health.retries) == (5, 1, 1)
    assert (report.line, report.url, report.well) == ("island", "/dev/x", True)
    json.dumps(report.health.blemishes)


def test_a_pump_that_is_switched_off_spends_nothing_of_the_budget(line: Line) -> None:
    line.watch.told(PointAnswered(2))
    line.bad(3, 2)
    line.watch.told(PointSilent(2))
    line.bad(500, 2)
    line.good(500, 1)
    report = line.watch.report()
    assert report.health.time_outs == 3
    assert report.health.probes == 500
    assert line.noise == []


def test_a_line_that_fails_too_often_is_said_once_in_words_and_once_to_be_well(line: Line) -> None:
    line.good(300)
    line.bad(5, 1)
    line.bad(3, 2)
    line.good(64)
    assert line.noise == ["2.2 % of its last exchanges got no answer, most at fuelling point 1."]
    assert line.watch.report().noisy
    line.good(1_200)
    assert line.noise[-1] is None
    assert len(line.noise) == 2
    assert not line.watch.report().noisy


def test_the_pieces_of_an_answer_are_remembered_as_one(line: Line) -> None:
    line.good()
    out, back = line.watch.entries()
    assert (out.way, out.raw, back.way, back.raw) == (Way.OUT, POLL, Way.IN, EOT)
    assert back.at - out.at == 22_000


def test_only_the_last_frames_are_remembered(line: Line) -> None:
    line.good(LAST)
    assert len(line.watch.entries()) == LAST


def test_an_incident_is_kept_with_what_was_said_before_and_after(line: Line) -> None:
    line.good(300)
    line.watch.note(1, "disputed filling")
    assert line.watch.report().health.exchanges == 300
    line.good(AFTER)
    (lines,) = line.incidents()
    head, entries = read_head(lines[0]), list(read_entries(lines[1:]))
    assert (head.why, head.point, head.line, head.protocol) == ("disputed filling", 1, "island", "wayne-dart")
    at = next(i for i, entry in enumerate(entries) if entry.way is Way.NOTE)
    assert at >= 100
    assert len(entries) - at > AFTER - 2
    assert entries[0].at == 0


def test_a_point_that_falls_silent_is_an_incident_and_one_that_never_was_there_is_none(line: Line) -> None:
    line.watch.told(PointSilent(2))
    line.good()
    line.watch.told(PointAnswered(1))
    line.watch.told(PointSilent(1))
    line.watch.ended()
    (lines,) = line.incidents()
    assert (read_head(lines[0]).why, read_head(lines[0]).point) == ("point_silent", 1)


def test_a_computer_that_starts_anew_is_an_incident_and_other_alarms_are_not(line: Line) -> None:
    line.watch.told(AlarmRaised(1, "pressure_lost", 0x0B))
    line.watch.told(AlarmRaised(1, "cpu_reset", 1))
    line.watch.ended()
    (lines,) = line.incidents()
    assert read_head(lines[0]).why == "cpu_reset"


def test_a_lost_line_is_kept_at_once_and_its_points_are_not_incidents_of_their_own(line: Line) -> None:
    line.watch.told(PointAnswered(1))
    line.good(5)
    line.watch.lost("The adapter was pulled.")
    line.watch.lost("There is no serial port.")
    line.watch.told(PointSilent(1))
    report = line.watch.report()
    assert (report.well, report.trouble, report.lost) == (False, "There is no serial port.", 1)
    assert abs(report.lost_at) > 0
    line.watch.well()
    assert line.watch.report().well
    line.watch.ended()
    (lines,) = line.incidents()
    assert read_head(lines[0]).why == "line_lost"


def test_a_port_that_never_was_there_is_no_incident(line: Line) -> None:
    line.watch.lost("There is no serial port.")
    assert line.incidents() == []


def test_the_same_incident_is_kept_once_a_minute(line: Line) -> None:
    for _ in range(50):
        line.watch.note(1, "disputed filling")
    line.watch.note(2, "disputed filling")
    line.watch.ended()
    assert len(line.incidents()) == 2


def test_running_figures_don_t_push_the_frames_out(line: Line) -> None:
    line.good()
    for _ in range(2 * LAST):
        line.watch.told(FillingRead(1, 1_000, 785))
    assert [entry.way for entry in line.watch.entries()] == [Way.OUT, Way.IN]


def test_somebody_can_listen_for_a_while(line: Line) -> None:
    heard: list[Moment] = []
    end = line.watch.tap(heard.append)
    line.good()
    line.watch.asked(ReadState(1))
    end()
    line.good()
    assert [moment[1] for moment in heard] == [Way.OUT, Way.IN, Way.ASKED]


def test_the_shelf_drops_the_oldest(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}" for number in range(5)]
    for path in files:
        path.write_bytes(b"x" * 100)
    assert too_many(files, 3, 1_000) == files[3:]
    assert too_many(files, 9, 250) == files[2:]


def test_a_file_that_a_power_cut_left_half_written_is_swept_away(tmp_path: Path) -> None:
    folder = tmp_path / "incidents"
    folder.mkdir()
    (folder / "x.new").write_text("half")
    line = Line(tmp_path)
    line.watch.note(1, "x")
    line.watch.ended()
    assert len(line.incidents()) == 1
    assert [path.suffix for path in folder.iterdir()] == [".jsonl"]


def test_a_disk_that_takes_nothing_costs_the_incident_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "incidents").write_text("a file stands where the folder should")
    line = Line(tmp_path)
    line.watch.note(1, "x")
    line.watch.ended()
    assert line.incidents() == []
