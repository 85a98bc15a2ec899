"""Probe, monitor, record, replay and status, as an engineer types them, on real ports and a running agent."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.__main__ import main
from edge.engineer import listening
from edge.engineer.commands import _addresses, said_of
from edge.engineer.lines import Lines, nothing, read
from edge.engineer.probe import Tried, Wishes, probe
from edge.engineer.replay import driven, paced
from edge.engineer.rows import Rows
from edge.engineer.visit import Visit, facts, place, reports
from edge.engineer.words import Colour, painted, tongue
from hardware.adapters import holder
from hardware.line import Line
from hardware.ports import LineSettings as Port
from hardware.registry import DISPENSERS, dispenser
from hardware.simulation.wire import PtySocket
from hardware.watch.recording import Entry, Head, RecordingMisread, Way, crossing, note, read_entries, read_head, write
from shared.errors import Refused
from tests.edge.engineer.station import answering, line, running, settings, until
from tests.fakes.adapter import Adapter, adapter

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
DART = dispenser("wayne-dart")


@pytest.fixture
def island(tmp_path: Path) -> Iterator[Adapter]:
    with adapter(tmp_path / "port", DART) as at:
        yield at


def config(folder: Path, at: Adapter) -> Path:
    points = "".join(
        f"[[lines.points]]\nnumber = {p.point}\naddress = {p.address}\nnozzles = ['92#', '95#']\n" for p in at.places
    )
    file = folder / "edge.toml"
    file.write_text(
        f"[station]\nid = 's1'\nname = 'x'\n[store]\npath = '{folder / 's.db'}'\nbudget_mb = 100\n[page]\nport = 0\n"
        f"[[lines]]\nname = '一号岛'\nprotocol = 'wayne-dart'\nurl = '{at.link}'\n{points}",
        "utf-8",
    )
    return file


# ── probe ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("protocol", sorted(DISPENSERS))
def test_probe_finds_who_answers_and_changes_nothing(
    tmp_path: Path, protocol: str, capsys: pytest.CaptureFixture[str]
) -> None:
    card = dispenser(protocol)
    first = card.first_address
    with adapter(tmp_path / "port", card, points=1) as at:
        before = [(pump.word, dict(pump.prices), dict(pump.body.totalisers)) for pump in at.pumps.values()]
        words = ["probe", str(at.link), "--protocol", protocol, "--addresses", str(first), "--json"]
        assert main(words) == 0
        after = [(pump.word, dict(pump.prices), dict(pump.body.totalisers)) for pump in at.pumps.values()]
    (tried,) = json.loads(capsys.readouterr().out)["tried"]
    assert [found["address"] for found in tried["found"]] == [first]
    assert all(found["state"] for found in tried["found"])
    assert tried["addresses"] == 1
    assert before == after


def test_probe_says_in_words_what_it_read(island: Adapter, capsys: pytest.CaptureFixture[str]) -> None:
    island.act(lambda pump, _: pump.body.totalisers.update({1: 123_450}))
    assert main(["probe", str(island.link), "--protocol", "wayne-dart", "--addresses", "0x50", "--language", "en"]) == 0
    said = capsys.readouterr().out
    assert "1 of 1 answer" in said
    assert "0x50" in said
    assert "totaliser 1: 123.45 L" in said


def test_probe_where_nobody_answers_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    socket = PtySocket()
    assert main(["probe", socket.url, "--protocol", "wayne-dart", "--addresses", "80-81", "--language", "zh"]) == 1
    assert "0/2 个地址应答" in capsys.readouterr().out
    socket.close()


def test_f11_probe_refuses_a_port_that_is_in_use_by_name(island: Adapter, capsys: pytest.CaptureFixture[str]) -> None:
    held = Line(str(island.link), DART.line).open()
    assert main(["probe", str(island.link), "--protocol", "wayne-dart"]) == 1
    assert f"in use by pytest (process {os.getpid()})" in capsys.readouterr().err.replace("python", "pytest")
    held.close()


@pytest.mark.parametrize("text", ["", "x", "9-1", "0-256", "-1", "1-2-3"])
def test_probe_takes_addresses_or_wrong_usage(text: str) -> None:
    assert _addresses("0x50-0x57") == range(0x50, 0x58)
    assert _addresses("7") == range(7, 8)
    with pytest.raises(SystemExit) as end:
        main(["probe", "/dev/x", "--addresses", text])
    assert end.value.code == 2


def hearing_ctrl_c() -> None:
    """As at a terminal. What a shell starts in the background ignores it, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_probe_ends_clean_at_ctrl_c(island: Adapter) -> None:
    other = subprocess.Popen(
        [sys.executable, "-m", "edge", "probe", str(island.link), "--protocol", "wayne-dart"],
        stderr=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=hearing_ctrl_c,
    )  # fmt: skip
    end = time.monotonic() + 20
    while f"(process {other.pid})" not in holder(str(island.link)):
        assert time.monotonic() < end
        time.sleep(0.02)
    other.send_signal(signal.SIGINT)
    said = other.communicate(timeout=10)[1]
    assert other.returncode == 130
    assert "Traceback" not in said


# ── The agent's door ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_running_agent_is_looked_at_through_its_door(tmp_path: Path, island: Adapter) -> None:
    chosen = settings(tmp_path, [line(island)])
    store = Path(chosen.store.path)
    async with running(chosen) as agent:
        await until(lambda: answering(agent) == 2)
        assert place(store).stat().st_mode & 0o777 == 0o600
        (report,) = await asyncio.to_thread(reports, store)
        assert report["line"] == "一号岛"
        assert [point["answers"] for point in report["points"]] == [True, True]
        said = await asyncio.to_thread(facts, store)
        assert said is not None
        assert said["page_port"] == agent.page_port
        for question, why in (({"ask": "money"}, "Ask for"), ({"ask": "monitor", "line": "x"}, "There are: 一号岛")):
            with pytest.raises(Refused, match=why):
                await asyncio.to_thread(lambda asked: list(Visit(store, asked)), question)
    assert not place(store).exists()
    assert facts(store) is None
    assert reports(store) == []
    with pytest.raises(Refused, match="Is it running"):
        list(Visit(store, {"ask": "lines"}))


async def test_what_an_agent_says_on_a_line_is_recorded_as_it_happens(tmp_path: Path, island: Adapter) -> None:
    chosen = settings(tmp_path, [line(island)])
    async with running(chosen) as agent:
        await until(lambda: answering(agent) == 2)

        def listen() -> list[listening.Heard]:
            heard = listening.at_agent(Path(chosen.store.path), ("一号岛",))
            try:
                return [next(heard) for _ in range(12)]
            finally:
                heard.close()  # type: ignore[attr-defined]

        (head, first), *rest = await asyncio.to_thread(listen)
        assert (head.line, first, head.points[0].address) == ("一号岛", None, 0x50)
        entries = [entry for _, entry in rest if entry is not None]
        assert {entry.way for entry in entries} >= {Way.OUT, Way.IN}
        assert abs(head.began - time.time() * 1_000) < 20_000
        await until(lambda: not agent.lines.watch("一号岛")._taps)  # whoever went is not told any more


async def test_a_socket_can_stand_in_a_folder_with_a_long_name(tmp_path: Path, island: Adapter) -> None:
    deep = tmp_path / ("深" * 40) / ("x" * 60)
    deep.mkdir(parents=True)
    chosen = settings(deep, [line(island)])
    async with running(chosen):
        assert len(await asyncio.to_thread(reports, Path(chosen.store.path))) == 1


def test_a_line_that_nobody_has_is_refused() -> None:
    with pytest.raises(Refused, match="There are: none"):
        nothing().watch("x")
    nothing().note(1, "x")
    with pytest.raises(Refused, match="no such incident"):
        nothing().incident("../../etc/passwd")
    assert nothing().incidents() == []
    assert isinstance(nothing(), Lines)


# ── monitor, record, replay ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_passive_listener_hears_frames_and_says_nothing() -> None:
    socket = PtySocket()
    heard = listening.at_port(socket.url, "wayne-dart", Port(9_600, 8, "O", 1))
    head, nothing_yet = next(heard)
    assert (head.protocol, nothing_yet) == ("wayne-dart", None)
    socket.write(bytes.fromhex("50 20 FA"))
    _, entry = next(heard)
    assert entry is not None
    assert entry.raw == bytes.fromhex("50 20 FA")
    assert socket.read([]) == b""
    heard.close()  # type: ignore[attr-defined]
    socket.close()


def test_a_session_is_recorded_and_read_aloud(
    tmp_path: Path, island: Adapter, capsys: pytest.CaptureFixture[str]
) -> None:
    file, store = config(tmp_path, island), tmp_path / "s.db"
    agent = subprocess.Popen(
        [sys.executable, "-m", "edge", "run", "--config", str(file)], stderr=subprocess.DEVNULL, cwd=ROOT
    )
    try:
        end = time.monotonic() + 20
        while not (told := reports(store)) or not all(point["answers"] for point in told[0]["points"]):
            assert time.monotonic() < end
            time.sleep(0.05)
        saved = tmp_path / "island.jsonl"
        assert main(["record", str(saved), "--config", str(file), "--seconds", "0.5"]) == 0
        assert main(["record", str(saved), "--config", str(file)]) == 1
        assert "can't be written" in capsys.readouterr().err
        assert main(["status", "--config", str(file)]) == 0
        assert "line 一号岛" in capsys.readouterr().out
        assert main(["status", "--config", str(file), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["lines"][0]["points"][1]["address"] == 0x51
        monitor = subprocess.Popen(
            [sys.executable, "-m", "edge", "monitor", "--config", str(file)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=hearing_ctrl_c,
        )  # fmt: skip
        assert monitor.stdout is not None
        first, *rows = [monitor.stdout.readline() for _ in range(5)]
        assert first.startswith("一号岛 · wayne-dart · 9600 8O1")
        monitor.send_signal(signal.SIGINT)
        err = monitor.communicate(timeout=10)[1]
        assert (monitor.returncode, err) == (0, "")
        assert any("POLL" in row for row in rows)
        assert not any("\033" in row for row in rows)
    finally:
        agent.terminate()
        agent.wait(15)
    assert main(["replay", str(saved), "--fast"]) == 0
    aloud = capsys.readouterr().out
    assert "→   1  50 20 FA" in aloud
    assert "EOT" in aloud
    assert main(["replay", str(saved), "--fast", "--json"]) == 0
    assert all(json.loads(row)["way"] for row in capsys.readouterr().out.splitlines())


def test_a_recording_of_a_quiet_port_ends_in_its_time(tmp_path: Path) -> None:
    socket = PtySocket()
    saved = tmp_path / "quiet.jsonl"
    began = time.monotonic()
    assert main(["record", str(saved), socket.url, "--protocol", "wayne-dart", "--seconds", "0.3"]) == 0
    assert time.monotonic() - began < 5
    assert read(saved)[1] == []
    socket.close()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["monitor"], "where to listen"),
        (["monitor", "/dev/null"], "--protocol"),
        (["monitor", "/dev/none", "--protocol", "wayne-dart"], "no serial port"),
        (["replay", "/dev/none"], "can't be read"),
        (["replay", "/dev/null"], "no recording"),
    ],
)
def test_what_can_t_be_listened_to_is_one_sentence(
    words: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 1
    said = capsys.readouterr().err
    assert why in said
    assert len(said.strip().splitlines()) == 1


async def test_a_recording_from_the_start_makes_a_session_tell_the_same_again(tmp_path: Path, island: Adapter) -> None:
    """Put before a session, the recorded answers lead to the events that were told then."""
    chosen = settings(tmp_path, [line(island)])
    async with running(chosen) as agent:
        await until(lambda: answering(agent) == 2)
        watch = agent.lines.watch("一号岛")
        entries = watch.entries()
        head = watch.head
    told = [entry.what for entry in driven(head, entries)]
    then = [entry.what for entry in entries if entry.way is Way.TOLD]
    answered = [what for what in told if what["type"] == "PointAnswered"]
    assert answered == [what for what in then if what["type"] == "PointAnswered"]
    assert any(what["type"] == "PumpStateRead" for what in told)
    file = tmp_path / "r.jsonl"
    file.write_text(write(head, entries), "utf-8")
    assert read(file) == (head, entries)


def test_a_recording_without_points_can_only_be_read() -> None:
    with pytest.raises(Refused, match="only be read"):
        list(driven(Head("x", "wayne-dart"), []))


def test_replay_keeps_the_time_of_the_recording() -> None:
    entries = [crossing(at, Way.OUT, 1, b"P") for at in (500, 250_500, 60_000_000)]
    slept: list[float] = []
    assert list(paced(entries, fast=False, sleep=slept.append)) == entries
    assert slept == [0.25, 10.0]
    slept.clear()
    assert list(paced(entries, fast=True, sleep=slept.append)) == entries
    assert slept == []


def test_rows_say_when_who_and_what_in_colours_only_where_wanted() -> None:
    head = Head("一号岛", "wayne-dart", 1_795_400_000_000, Port(9_600, 8, "O", 1), why="point_silent", point=1)
    rows = Rows(head, 480)
    assert rows.title() == "一号岛 · wayne-dart · 9600 8O1 · point_silent (point 1)"
    assert rows.of(crossing(1_000, Way.OUT, 1, bytes.fromhex("50 20 FA")))[0].endswith("POLL")
    two = rows.of(crossing(1_000, Way.IN, 1, bytes.fromhex("50 C1 FA 50 70 FA")))
    assert [row.split()[-1] for row in two] == ["ACK", "EOT"]
    assert rows.of(note(1, 0, "disputed"))[0].endswith("#   -  text disputed")
    assert "✗" in rows.of(crossing(1, Way.IN, 1, b"\x50\x31\x01"))[0]
    assert Rows(head, paint=True).of(note(1, 0, "x"))[0].startswith(Colour.WARNING)
    (unknown,) = Rows(Head("x", "smoke-signals")).of(Entry(0, Way.IN, 1, "50"))
    assert "no protocol" in unknown


def test_a_language_is_spoken_as_asked_or_as_the_machine_speaks() -> None:
    for wanted, spoken, said in (
        ("", "", "是"),
        ("", "zh_CN.UTF-8", "是"),
        ("", "en_GB", "yes"),
        ("en", "zh_CN", "yes"),
    ):
        assert tongue(wanted, {"LANG": spoken})("是", "yes") == said
    assert painted("x", Colour.GOOD, False) == "x"


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("50 20 FA\n")
    with pytest.raises(RecordingMisread):
        read(tmp_path / "r")
    assert list(read_entries([])) == []
    with pytest.raises(RecordingMisread):
        read_head("")


def test_decode_cuts_a_stream_and_speaks_in_rows(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "hex").write_text("50 20\nFA 50 70\nzz\nFA\n")
    assert main(["decode", "--protocol", "wayne-dart", "--stream", "--rows", str(tmp_path / "hex")]) == 0
    assert capsys.readouterr().out.splitlines() == ["POLL", "EOT"]
    assert main(["decode", "--protocol", "wayne-dart", "--stream", str(tmp_path / "hex")]) == 0
    assert [json.loads(row)["data"] for row in capsys.readouterr().out.splitlines()] == ["50 20 FA", "50 70 FA"]


def test_probe_leaves_out_addresses_that_a_protocol_can_t_count_to(tmp_path: Path) -> None:
    socket = PtySocket()
    look = Wishes(socket.url, range(0x50, 0x52))
    tried = probe(look, [card for card in DISPENSERS.values() if 0x50 not in card.addresses])
    assert all((each.addresses, each.found) == (0, []) for each in tried)
    socket.close()


def test_probe_says_when_somebody_speaks_but_not_like_this(capsys: pytest.CaptureFixture[str]) -> None:
    tried = [Tried("wayne-dart", Port(9_600, 8, "O", 1), 32, [], strange=7)]
    assert "7 bytes or frames made no sense" in "\n".join(said_of(tried, tongue("en", {})))
    assert "7 个无法理解" in "\n".join(said_of(tried, tongue("zh", {})))
