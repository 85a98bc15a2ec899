"""The engineer's page: lines, points and incidents, drawn from the books of lines that are made here."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from edge.attendant.lines import LABELS, shown
from edge.attendant.site import build
from edge.engineer.lines import Lines
from hardware.ports import Blemish, Blemished, LineSettings, PointAnswered, PointOnLine, PointSilent
from hardware.watch.incidents import Shelf
from hardware.watch.recording import Head
from hardware.watch.watch import LineWatch
from tests.edge.attendant.conftest import Station
from tests.edge.attendant.scene import settings
from tests.shared.face.stage import Browser

HEAD = Head(
    "一号岛", "wayne-dart", 0, LineSettings(9_600, 8, "O", 1), (PointOnLine(1, 0x50, 2), PointOnLine(2, 0x51, 2))
)


def busy(folder: Path) -> Lines:
    """A line on which one point answers and another does not, with two incidents on the shelf."""
    shelf = Shelf(folder / "incidents")
    watch = LineWatch(HEAD, "/dev/serial/by-id/usb-FTDI", shelf)
    watch.told(PointAnswered(1))
    watch.told(PointAnswered(2))
    start = time.monotonic_ns() // 1_000
    for now in range(start, start + 250 * 25_000, 25_000):
        watch.sent(now, 1, bytes.fromhex("50 20 FA"))
        watch.heard(now + 20_000, bytes.fromhex("50 70 FA"))
        watch.answered(now + 20_000, 20_000)
    watch.sent(start, 2, bytes.fromhex("51 20 FA"))
    watch.timed_out(start + 120_000)
    watch.told(Blemished(1, Blemish.MISREAD, 3))
    watch.heard(start + 130_000, b"<b>")
    watch.sent(start + 140_000, 2, bytes.fromhex("51 20 FA"))
    watch.told(PointSilent(2))
    watch.note(1, "<script>alert(1)</script>")
    watch.ended()
    shelf.start()
    shelf.stop()
    return Lines({"一号岛": watch}, shelf)


@pytest.fixture
async def browser(station: Station) -> AsyncIterator[Browser]:
    lines = busy(station.folder)
    client = TestClient(TestServer(build(station.forecourt, station.store, settings(station.folder), lines)))
    await client.start_server()
    yield Browser(client)
    await client.close()


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", ("事件", "无应答", "加油位失去应答")), ("en", ("Incidents", "Silent", "fell silent"))],
)
async def test_lines_and_points_are_shown_with_their_figures(
    browser: Browser, language: str, words: tuple[str, ...]
) -> None:
    await browser.look("/")
    await browser.post("/face/choose", language=language)
    for path in ("/lines", "/lines/rows"):
        assert await browser.look(path) == 200
        assert "Undefined" not in browser.text
        for word in (*words, "一号岛", "0x51", "20 / 20"):
            assert word in browser.text, (path, word)


async def test_an_incident_is_shown_frame_by_frame_and_nothing_in_it_is_believed(browser: Browser) -> None:
    await browser.look("/lines")
    names = [part.split('"')[0] for part in browser.text.split("/lines/incidents/")[1:]]
    assert len(names) == 2
    for name in names:
        assert await browser.look(f"/lines/incidents/{name}") == 200
        assert "POLL" in browser.text
        assert "<script>alert" not in browser.text


@pytest.mark.parametrize("name", ["none.jsonl", "..%2Fstation.sqlite", "x", "%2e%2e.jsonl"])
async def test_an_incident_that_is_not_there_is_not_found(browser: Browser, name: str) -> None:
    assert await browser.look(f"/lines/incidents/{name}") == 404


async def test_a_damaged_incident_is_not_found_and_spoils_no_list(browser: Browser, station: Station) -> None:
    (station.folder / "incidents" / "2026-x.jsonl").write_text("half a line")
    assert await browser.look("/lines") == 200
    assert "2026-x" not in browser.text
    assert await browser.look("/lines/incidents/2026-x.jsonl") == 404


async def test_a_station_without_lines_says_what_to_do(station: Station) -> None:
    client = TestClient(TestServer(station.page()))
    await client.start_server()
    browser = Browser(client)
    assert await browser.look("/lines") == 200
    assert "[[lines]]" in browser.text
    await client.close()


def test_what_is_drawn_of_a_point(tmp_path: Path) -> None:
    report = busy(tmp_path).reports()[0]
    line, (one, two) = shown(report), [shown(point) for point in report.points]
    assert len(line.failures) == len(LABELS) == 12
    assert sum(line.failures) == 1
    assert (one.share, one.times, one.strange) == ("0.0", "20 / 20", 3)
    assert (two.share, two.times) == ("–", "–")
