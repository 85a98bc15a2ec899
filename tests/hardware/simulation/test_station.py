"""``jiayou-sim`` as a program: where it can be reached, its door, its truth, its exit codes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from hardware.__main__ import main
from hardware.line import Line
from hardware.ports import LineSettings

pytestmark = pytest.mark.slow

DART = LineSettings(9600, 8, "O", 1)
POLL = b"\x50\x20\xfa"
EOT = b"\x50\x70\xfa"
BYTE = 1_146


@contextmanager
def simulator(*words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The program, and what it says of itself."""
    command = [sys.executable, "-m", "hardware", "station", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said, process.stderr.read() if process.stderr else ""
        yield process, json.loads(said)
    finally:
        process.terminate()
        process.wait(10)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def ask(door: str, path: str, wish: dict[str, Any] | None = None) -> Any:
    body = None if wish is None else json.dumps(wish).encode()
    with urlopen(Request(door + path, data=body), timeout=5) as answer:
        return json.load(answer)


def exchange(line: Line, data: bytes) -> bytes:
    line.write(data)
    answer = line.read(1_000_000)
    while answer and len(answer) < 3:
        answer += line.read(100_000)
    return answer


# ── Reached ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_pumps_on_a_tcp_port_outlive_their_controllers() -> None:
    with simulator("--listen", "tcp:127.0.0.1:0", "--fast") as (_, said):
        for _ in range(3):
            line = Line(said["line"], DART).open()
            assert exchange(line, POLL) == EOT
            line.close()


def test_the_newest_controller_has_the_line() -> None:
    """An agent that was killed leaves a connection behind that nobody closes."""
    with simulator("--listen", "tcp:127.0.0.1:0", "--fast") as (_, said):
        dead, alive = Line(said["line"], DART).open(), Line(said["line"], DART).open()
        assert exchange(alive, POLL) == EOT
        dead.close()
        alive.close()


def test_a_pty_keeps_its_name_at_each_start(tmp_path: Path) -> None:
    link = tmp_path / "dispensers"
    for _ in range(2):
        with simulator("--listen", f"pty:{link}", "--fast") as (_, said):
            assert said["line"] == str(link)
            for _ in range(2):
                line = Line(str(link), DART).open()
                assert exchange(line, POLL) == EOT
                line.close()
        assert not link.is_symlink()


@pytest.mark.parametrize("turnaround", [12, 20])
def test_the_line_runs_at_its_true_speed(turnaround: int) -> None:
    """Three bytes there, the turnaround, three bytes back: on an absolute schedule, so that nothing adds up."""
    with simulator("--listen", "tcp:127.0.0.1:0", "--turnaround", str(turnaround)) as (_, said):
        line = Line(said["line"], DART).open()
        exchange(line, POLL)
        times = []
        for _ in range(30):
            started = time.monotonic_ns()
            assert exchange(line, POLL) == EOT
            times.append((time.monotonic_ns() - started) // 1_000)
        line.close()
    true = 6 * BYTE + turnaround * 1_000
    assert min(times) >= true
    assert median(times) < true + 4_000  # the rest is this machine's


# ── The door ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_people_are_sent_through_the_door_and_the_truth_comes_out(tmp_path: Path) -> None:
    report = tmp_path / "truth.json"
    words = ("--listen", "tcp:127.0.0.1:0", "--fast", "--control", "0", "--report", str(report), "--json")
    with simulator(*words, "--prices", "92#=7.36,95#=7.85,98#=9.1,0#=7.2") as (process, said):
        door = said["control"]
        (point, *others) = ask(door, "/lift", {"point": 1, "nozzle": 1})
        assert (point["nozzle"], point["state"], point["prices"]) == (1, "finished", {"1": 7360, "2": 7850})
        assert len(others) == 3
        assert ask(door, "/hang-up", {"point": 1})[0]["nozzle"] == 0
        ask(door, "/customer", {"point": 2, "nozzle": 2, "volume": 5_000})
        ask(door, "/silence", {"point": 3, "silent": True})
        ask(door, "/squeeze", {"point": 4, "rate": 500})
        ask(door, "/fault", {"name": "dropped-reply", "odds": 1})
        ask(door, "/close", {})
        assert ask(door, "/truth")["fillings"] == []
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["count"] == 0
        assert process.wait(10) == 0
    assert json.loads(report.read_text())["totalisers"]["2"] == {"1": 0, "2": 0}


def test_nonsense_at_the_door_is_refused_in_words() -> None:
    nonsense: list[tuple[str, dict[str, Any]]] = [
        ("/lift", {"point": 9, "nozzle": 1}),
        ("/lift", {"point": 1, "nozzle": 7}),
        ("/lift", {"point": 1}),
        ("/lift", {"point": 1, "nozzle": 1, "sideways": True}),
        ("/hang-up", {"point": 1, "volume": 5}),
        ("/fault", {"name": "gremlin", "odds": 1}),
        ("/dance", {}),
    ]
    with simulator("--listen", "tcp:127.0.0.1:0", "--fast", "--control", "127.0.0.1:0") as (_, said):
        for path, wish in nonsense:
            with pytest.raises(HTTPError) as refused:
                ask(said["control"], path, wish)
            assert refused.value.code == 400
            assert json.load(refused.value)["error"]


# ── Lines of any mix ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_plan_in_a_file_is_the_station_and_the_command_line_counts_for_more(tmp_path: Path) -> None:
    plan = tmp_path / "sim.toml"
    plan.write_text("""
        control = "0"
        prices = { "92#" = "7.36" }
        [[lines]]
        listen = "tcp:127.0.0.1:0"
        grades = [["92#"]]
        fast = true
        [[lines]]
        protocol = "gilbarco-two-wire"
        listen = "tcp:127.0.0.1:0"
        grades = [["92#"], ["92#"]]
        fast = true
        [[customers]]
        point = 3
        does = ["lift 1", "wait 60", "hang up"]
    """)
    with simulator("--plan", str(plan), "--prices", "92#=8.00") as (_, said):
        assert [(line["protocol"], line["points"]) for line in said["lines"]] == [
            ("wayne-dart", [1]),
            ("gilbarco-two-wire", [2, 3]),
        ]
        line = Line(said["lines"][0]["url"], DART).open()
        assert exchange(line, POLL) != b""
        line.close()
        end = time.monotonic() + 5
        while (points := ask(said["control"], "/points"))[2]["nozzle"] != 1 and time.monotonic() < end:
            time.sleep(0.05)
        assert [(point["line"], point["nozzle"], point["prices"]) for point in points] == [
            (1, 0, {"1": 8000}),
            (2, 0, {"1": 8000}),
            (2, 1, {"1": 8000}),
        ]


def test_a_fault_on_one_line_leaves_the_others_alone() -> None:
    words = [word for _ in range(2) for word in ("--line", "wayne-dart,listen=tcp:127.0.0.1:0,points=1,fast")]
    with simulator(*words, "--control", "0") as (_, said):
        ask(said["control"], "/fault", {"name": "dropped-reply", "odds": 1, "line": 1})
        deaf, well = (Line(line["url"], DART).open() for line in said["lines"])
        assert exchange(well, POLL) == EOT
        deaf.write(POLL)
        assert deaf.read(200_000) == b""
        deaf.close()
        well.close()
        with pytest.raises(HTTPError):
            ask(said["control"], "/fault", {"name": "dropped-reply", "odds": 1, "line": 3})


# ── The command line ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_points_are_built_as_asked() -> None:
    with simulator(
        "--listen", "tcp:127.0.0.1:0", "--fast", "--control", "0", "--point", "0#", "--point", "92#,95#,98#"
    ) as (
        _,
        said,
    ):
        assert [len(point["totalisers"]) for point in ask(said["control"], "/points")] == [1, 3]
    with simulator("--listen", "tcp:127.0.0.1:0", "--dispensers", "3", "--grades", "92#;0#") as (_, said):
        assert said["points"] == 6


@pytest.mark.parametrize(
    "words",
    [
        ["--protocol", "wayne-drat"],
        ["--fault", "gremlin"],
        ["--fault", "late-reply:7"],
        ["--dispensers", "17"],
        ["--turnaround", "fast"],
        ["--turnaround", "20:10"],
        ["--speed", "-1"],
        ["--prices", "92#=cheap"],
        ["--control", "0.0.0.0:80"],
        ["--line", "wayne-dart,pionts=3"],
        ["--line", "wayne-dart,habit.mood=bad"],
        ["--plan", "/nowhere/sim.toml"],
    ],
)
def test_a_wrong_option_ends_with_2_and_a_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["station", *words])
    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_a_port_that_is_taken_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["station", "--listen", f"tcp:127.0.0.1:{port}"]) == 1
        assert main(["station", "--listen", "tcp:127.0.0.1:0", "--control", str(port)]) == 1
    assert "can't be used" in capsys.readouterr().err


def test_a_place_that_is_no_place_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["station", "--listen", "gopher"]) == 1
    (tmp_path / "file").write_text("")
    assert main(["station", "--listen", f"pty:{tmp_path / 'file'}"]) == 1
    assert "can't be made" in capsys.readouterr().err


def test_help_tells_the_exit_codes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hardware", "station", "--help"], capture_output=True, text=True, check=True
    )
    assert "exit codes" in done.stdout
    assert os.linesep in done.stdout
