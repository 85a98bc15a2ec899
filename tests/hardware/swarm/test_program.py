"""``jiayou-sim station-swarm`` on the command line: what it refuses, and how it says so."""

import json
import resource
from pathlib import Path

import pytest

from hardware.__main__ import main
from hardware.swarm import crowd
from hardware.swarm.station import FAULTS
from hardware.swarm.truth import TruthMisread, read
from shared.errors import Refused
from tests.company.programs import free_port

GOOD = '{"station": "swarm-1", "password": "a word"}\n{"station": "swarm-2", "password": "another"}\n'


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "credentials.jsonl"
    path.write_text(GOOD)
    return path


def refused(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """The sentence with which a wrong option is refused."""
    with pytest.raises(SystemExit) as ended:
        main(["station-swarm", *map(str, words)])
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_the_help_names_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["station-swarm", "--help"])
    assert ended.value.code == 0
    said = "".join(capsys.readouterr().out.split())  # its lines break anywhere
    assert all(f"{name}: {means}".replace(" ", "") in said for name, means in FAULTS.items())


def test_a_broker_on_another_machine_needs_a_word(listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "Say --far" in refused(capsys, "--credentials", listed, "--broker", "10.0.0.1:1883")
    assert "write it as" in refused(capsys, "--credentials", listed, "--broker", "here")


def test_credentials_that_are_missing_or_wrong(listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "can't be read" in refused(capsys, "--credentials", listed.with_name("nothing"))
    assert "2 stations, and 3 were asked for" in refused(capsys, "--credentials", listed, "--stations", "3")
    listed.write_text("{}\n")
    assert "names no station and password" in refused(capsys, "--credentials", listed)
    listed.write_text('{"station": "../up", "password": ""}\n')
    assert "one whose id can't be" in refused(capsys, "--credentials", listed)


def test_options_that_can_not_be(listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = ("--credentials", listed)
    assert "Did you mean “late-letters”?" in refused(capsys, *common, "--fault", "late-leters")
    assert "--redeem" in refused(capsys, *common, "--redeem", "7")
    assert "--seconds" in refused(capsys, *common, "--seconds", "-1")
    assert "as an authority" in refused(capsys, *common, "--ca", listed)


def test_letters_that_nobody_acknowledged_end_with_one(listed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = listed.with_name("truth.json")
    port = f"127.0.0.1:{free_port()}"
    words = ("--seconds", "0.05", "--wait", "0.1", "--sale-every", "0.01", "--report", report, "--json")
    assert main(["station-swarm", "--broker", port, "--credentials", str(listed), *map(str, words)]) == 1
    said = capsys.readouterr()
    first, *_, last, truth = map(json.loads, said.out.splitlines())
    assert first == {"stations": 2, "broker": port, "seed": 1}
    assert last["waiting"] == last["letters"] == read(report.read_bytes()).unanswered > 2
    assert truth == json.loads(report.read_bytes())
    assert "never acknowledged" in said.err


def test_a_machine_that_opens_too_few_files_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, limits: raised.append(limits))
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (1_024, 4_096))
    crowd.must_have_room(1_000)
    assert raised == [(1_064, 4_096)]
    with pytest.raises(Refused, match="10000 stations need 10064 open files, and here a program may open 4096"):
        crowd.must_have_room(10_000)


def test_what_is_no_truth_is_refused() -> None:
    with pytest.raises(TruthMisread):
        read(b"{}")
