"""The doctor: each part of a station sick and well, in words that say what to do."""

import json
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from edge.__main__ import main
from edge.engineer import machine
from edge.engineer.checks import house, neighbours
from edge.engineer.checks import lines as checks_of_lines
from edge.engineer.checks.findings import Finding, Judge, Level
from edge.engineer.doctor import findings
from edge.engineer.machine import Disk, certificate_ends
from edge.engineer.words import Tongue
from edge.settings import (
    BrokerSettings,
    LineSettings,
    PageSettings,
    PointSettings,
    PrinterSettings,
    Settings,
    StationSettings,
    StoreSettings,
)
from edge.store.database import Store
from hardware.registry import dispenser
from tests.edge.engineer.station import answering, line, running, settings, until
from tests.fakes.adapter import adapter
from tests.fakes.certificates import Authority

ENGLISH = Tongue(False)
JUDGE = Judge("part", ENGLISH)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
MEGABYTE = 1_000_000


def found(chosen: Settings, facts: dict[str, object] | None = None) -> dict[str, Finding]:
    """The worst of each part."""
    worst: dict[str, Finding] = {}
    for finding in findings(chosen, facts, ENGLISH):
        if finding.part not in worst or worst[finding.part].level is Level.OK:
            worst[finding.part] = finding
    return worst


def station(folder: Path, url: str = "/dev/none", **more: object) -> Settings:
    lines = (LineSettings("island", "wayne-dart", url, (PointSettings(1, 0x50, ("92#",)),)),)
    page = PageSettings(port=0)
    parts = {"lines": lines, "page": page} | more
    return Settings(StationSettings("s1", "x"), StoreSettings(str(folder / "s.db"), 1), **parts)  # type: ignore[arg-type]


def test_a_station_that_never_ran_is_well_but_for_its_line(tmp_path: Path) -> None:
    said = found(station(tmp_path))
    bad = {part for part, finding in said.items() if finding.level is Level.FAIL}
    assert bad == {"line island"}
    assert "plugged in" in said["line island"].do
    assert "first run" in said["store"].do
    assert (said["agent"].what, said["page"].level) == ("The agent is not running", Level.OK)


def test_every_finding_that_is_not_well_says_what_to_do(tmp_path: Path) -> None:
    broker = BrokerSettings("127.0.0.1", 9, password="word", tls=True)
    sick = station(tmp_path / "none", "usb:A50285BI", broker=broker, printer=PrinterSettings("tcp://127.0.0.1:9"))
    said = found(sick)
    assert {part for part, finding in said.items() if finding.level is Level.FAIL} == {
        "line island", "broker", "printer",
    }  # fmt: skip
    assert all(finding.do for finding in said.values() if finding.level is not Level.OK)
    assert "A50285BI" in said["line island"].what
    assert "127.0.0.1:9 can't be reached" in said["broker"].what


def test_a_machine_that_was_never_enrolled_is_told_how(tmp_path: Path) -> None:
    finding = found(station(tmp_path, broker=BrokerSettings("127.0.0.1", 9, tls=True)))["broker"]
    assert (finding.level, finding.what) == (Level.FAIL, "This machine is not enrolled")
    assert "jiayou-edge enrol" in finding.do


@pytest.mark.parametrize(
    ("now", "difference", "synchronised", "level"),
    [
        (NOW, None, True, Level.OK),
        (NOW, None, None, Level.OK),
        (NOW, 59_000, True, Level.OK),
        (NOW, -61_000, True, Level.WARN),
        (NOW, None, False, Level.WARN),
        (datetime(1970, 1, 1, tzinfo=UTC), None, True, Level.FAIL),
        (datetime(2107, 1, 1, tzinfo=UTC), None, True, Level.FAIL),
    ],
)
def test_a_clock(now: datetime, difference: int | None, synchronised: bool | None, level: Level) -> None:
    (finding,) = house.clock(JUDGE, now, difference, synchronised)
    assert finding.level is level


@pytest.mark.parametrize(
    ("free", "fsync", "level"),
    [
        (5_000, 4_000, Level.OK),
        (5_000, 900_000, Level.WARN),
        (500, 4_000, Level.WARN),
        (20, 4_000, Level.FAIL),
    ],
)
def test_a_disk(free: int, fsync: int, level: Level) -> None:
    assert house.room(JUDGE, Disk(free * MEGABYTE, fsync), 1_000 * MEGABYTE).level is level


def test_a_folder_that_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def readonly(_: Path) -> Disk:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(machine, "disk", readonly)
    said = found(station(tmp_path))["disk"]
    assert (said.level, "Read-only" in said.what) == (Level.FAIL, True)


def test_the_real_disk_and_clock_can_be_measured(tmp_path: Path) -> None:
    measured = machine.disk(tmp_path)
    assert measured.free > 0
    assert measured.fsync > 0
    assert list(tmp_path.iterdir()) == []
    assert machine.synchronised() in (True, False, None)


def test_the_books_are_looked_through(tmp_path: Path) -> None:
    chosen = station(tmp_path)
    Store.open(Path(chosen.store.path), "s1").close()
    assert found(chosen)["store"].level is Level.OK
    foreign = Settings(StationSettings("s2", "x"), chosen.store, page=chosen.page)
    assert "belongs to station" in found(foreign)["store"].what
    data = bytearray(Path(chosen.store.path).read_bytes())
    data[4_096 : len(data) - 4_096] = bytes(len(data) - 8_192)
    Path(chosen.store.path).write_bytes(data)
    assert found(chosen)["store"].level is Level.FAIL


def test_f11_a_port_that_another_program_has_is_said_with_its_name(tmp_path: Path) -> None:
    port = tmp_path / "ttyS9"
    port.touch()
    with port.open() as held:
        minicom = subprocess.Popen(["sleep", "60"], pass_fds=[held.fileno()])
    try:
        chosen = station(tmp_path, str(port)).lines[0]
        (finding,) = checks_of_lines.line(JUDGE, chosen, None)
        assert (finding.level, f"in use by sleep (process {minicom.pid})" in finding.what) == (Level.FAIL, True)
        (finding,) = checks_of_lines.line(JUDGE, chosen, minicom.pid)  # it is the agent itself
        assert finding.level is Level.OK
    finally:
        minicom.kill()
        minicom.wait()


def test_a_page_s_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = found(station(tmp_path, page=PageSettings(port=taken.getsockname()[1])))["page"]
    assert said.level is Level.FAIL
    assert "page.port" in said.do


@pytest.mark.parametrize(("days", "level"), [(300, Level.OK), (13, Level.WARN), (-1, Level.FAIL)])
def test_a_certificate(days: int, level: Level) -> None:
    assert neighbours.until(JUDGE, "broker", NOW + timedelta(days=days, hours=1), NOW).level is level
    assert neighbours.until(JUDGE, "broker", None, NOW).level is Level.OK


def test_when_a_certificate_ends_is_read_from_its_file(tmp_path: Path) -> None:
    file = Path(Authority(tmp_path, "ca").certify("own")[0])
    pem = file.read_bytes()
    file.write_bytes(b"Bag Attributes\n" + pem)
    assert certificate_ends(file) == x509.load_pem_x509_certificate(pem).not_valid_after_utc
    for wrong in (b"", b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", pem[:80] + b"\n" + pem[-26:]):
        file.write_bytes(wrong)
        with pytest.raises(ValueError, match="is no certificate"):
            certificate_ends(file)


@pytest.mark.parametrize(
    ("word", "level"), [("ok", Level.OK), ("unknown", Level.WARN), ("paper_out", Level.FAIL), ("absent", Level.FAIL)]
)
def test_a_printer_in_the_agent_s_hand(word: str, level: Level) -> None:
    (finding,) = neighbours.printer(JUDGE, PrinterSettings("usb:0416:5011"), {"printer": word})
    assert finding.level is level


async def test_a_line_that_the_agent_has_is_well(tmp_path: Path) -> None:
    with adapter(tmp_path / "port", dispenser("wayne-dart")) as at:
        chosen = settings(tmp_path, [line(at)])
        async with running(chosen) as agent:
            await until(lambda: answering(agent) == 2)
            said = found(chosen, await agent.facts())
    assert said["line 一号岛"].level is Level.OK
    assert "The agent is running" in said["agent"].what
    assert said["page"].what.endswith("answers")


def test_doctor_at_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "edge.toml"
    least = (
        f"[station]\nid = 's1'\nname = 'x'\n[store]\npath = '{tmp_path / 's.db'}'\nbudget_mb = 1\n[page]\nport = 0\n"
    )
    file.write_text(least, "utf-8")
    assert main(["doctor", "--config", str(file), "--language", "en"]) == 0
    assert "✓ config" in capsys.readouterr().out
    file.write_text(least + "[broker]\nhost = '127.0.0.1'\nport = 9\n", "utf-8")
    assert main(["doctor", "--config", str(file), "--language", "zh"]) == 1
    assert "✗ broker       连不上 127.0.0.1:9" in capsys.readouterr().out
    assert main(["doctor", "--config", str(file), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["well"] is False
    assert {"part", "level", "what", "do"} == set(said["findings"][0])
