"""``jiayou-edge`` at the command line: exit codes, sentences, and the agent as a process."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.store.database import Store
from hardware.simulation.check import read_sales
from tests.fakes.ends import sell

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
FRAME = "51 30 01 01 00 A2 9C 03 FA"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "edge.toml"
    file.write_text(
        f"[station]\nid = 's1'\nname = '第一加油站'\n[store]\npath = '{tmp_path / 's.db'}'\n[page]\nport = 0\n",
        encoding="utf-8",
    )
    return file


def run(*words: str | Path, given: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "edge", *map(str, words)]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=30, cwd=ROOT, check=False)


@pytest.mark.parametrize("words", [(), ("nothing",), ("run",), ("decode", "--protocol", "none"), ("attendant",)])
def test_wrong_usage_ends_with_2(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2


@pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("attendant", "add", "--help"), ("--version",)])
def test_help_ends_with_0(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 0
    assert capsys.readouterr().out


def test_a_good_configuration_is_said_to_be_good(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", str(config)]) == 0
    assert "可用" in capsys.readouterr().out


def test_a_bad_configuration_is_one_sentence_and_1(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(config.read_text("utf-8").replace("path", "pth"), "utf-8")
    for words in (["check-config", str(config)], ["run", "--config", str(config)]):
        assert main(words) == 1
        said = capsys.readouterr().err.strip().splitlines()
        assert len(said) == 1
        assert "Did you mean “path”?" in said[0]


def test_decoding_survives_any_input() -> None:
    given = f"{FRAME}\n\nzz\n" + "51" * 5_000 + "\n\x00\xff\n" + FRAME.replace("A2", "A3") + "\n"
    done = run("decode", "--protocol", "wayne-dart", given=given)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert lines[0]["error"] is None
    assert lines[0]["address"] == 0x51
    assert all(line["error"] for line in lines[1:])
    assert len(lines) >= 6


def test_decoding_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    done = run("decode", "--protocol", "wayne-dart", tmp_path / "none")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)


def test_status_before_the_first_start_says_so(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--config", str(config), "--json"]) == 1
    assert "no store" in capsys.readouterr().err


def test_sales_are_told_one_a_line_as_the_judge_of_simulated_stations_reads_them(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sales", "--config", str(config)]) == 1
    assert "no store" in capsys.readouterr().err
    store = Store.open(tmp_path / "s.db", "s1")
    store.call(sell, store, 3)
    store.close()
    assert main(["sales", "--config", str(config)]) == 0
    told = read_sales(capsys.readouterr().out.encode())
    assert isinstance(told, list)
    assert [sale.volume for sale in told] == [20_001, 20_002, 20_003]


def test_attendants_come_and_go_beside_a_running_agent(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agent = subprocess.Popen(
        [sys.executable, "-m", "edge", "run", "--config", str(config)], stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert agent.stderr is not None
    try:
        while "agent_started" not in (line := agent.stderr.readline()):
            assert line, "the agent ended by itself"
        assert main(["attendant", "add", "小李", "--config", str(config), "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert said["name"] == "小李"
        assert len(said["pin"]) == 6
        assert main(["attendant", "list", "--config", str(config), "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == [{"name": "小李", "role": "attendant"}]
        assert main(["attendant", "remove", "小李", "--config", str(config)]) == 0
        assert main(["attendant", "remove", "小李", "--config", str(config)]) == 1
        capsys.readouterr()
        assert main(["status", "--config", str(config), "--json"]) == 0
        status = json.loads(capsys.readouterr().out)
        assert (status["running_as"], status["boot"], status["backlog"]) == (agent.pid, 1, 1)
        for words in (["run"], ["downgrade", "--to", "001"]):
            assert main([*words, "--config", str(config)]) == 1
            assert str(agent.pid) in capsys.readouterr().err
    finally:
        agent.send_signal(signal.SIGTERM)
        rest = agent.communicate(timeout=15)[1]
    assert agent.returncode == 0
    assert main(["downgrade", "--to", "001", "--config", str(config)]) == 0
    assert "004_orders" in capsys.readouterr().out
    assert main(["downgrade", "--to", "077", "--config", str(config)]) == 1
    assert "001" in capsys.readouterr().err
    assert "agent_ended" in rest
    assert "Traceback" not in rest
