"""A running agent, looked at: its figures are the station's own, and its health says what is wrong."""

from pathlib import Path

import aiohttp
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from edge import app, attendant
from edge.settings import Settings, StationSettings, StoreSettings
from edge.watching.figures import Gathered, metrics
from edge.watching.how import how
from shared.face.texts import Texts
from shared.health import Health, Level
from shared.settings import Watch
from shared.tally import Tally
from tests.company.programs import free_port
from tests.edge.forecourt.yard import Yard, two_pumps

SECRET = "沪A12345"


async def look(port: int, path: str, language: str = "en") -> tuple[int, str]:
    headers = {"Accept-Language": language}
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}", headers=headers) as said,
    ):
        return said.status, await said.text()


async def test_the_agents_figures_are_the_stations_own(tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(StationSettings("s1", "一站"), StoreSettings(str(tmp_path / "s.db")), watch=Watch(port))
    settings = msgspec.structs.replace(settings, page=msgspec.structs.replace(settings.page, port=0))
    async with app.build(settings):
        status, text = await look(port, "/metrics")
        health = await look(port, "/health")
    read = {sample.name: sample.value for one in text_string_to_metric_families(text) for sample in one.samples}
    assert status == 200
    assert read["jiayou_edge_connected"] == 0
    assert read["jiayou_edge_outbox_letters"] >= 1, "that it has started is a fact, and head office does not have it"
    assert read["jiayou_edge_commit_seconds_count"] >= 1
    assert read["jiayou_edge_store_bytes"] > 4_096
    told = msgspec.json.decode(health[1], type=Health)
    assert (health[0], told.level) == (200, Level.UNWELL)
    broker = next(part for part in told.parts if part.name == "broker")
    assert broker.reason == "no_broker"
    assert "[broker]" in broker.do


async def test_a_port_that_is_taken_keeps_no_station_from_selling(tmp_path: Path) -> None:
    port = free_port()
    first = Settings(StationSettings("s1", "一站"), StoreSettings(str(tmp_path / "1.db")), watch=Watch(port))
    second = msgspec.structs.replace(first, store=StoreSettings(str(tmp_path / "2.db")))
    quiet = [msgspec.structs.replace(one, page=msgspec.structs.replace(one.page, port=0)) for one in (first, second)]
    async with app.build(quiet[0]), app.build(quiet[1]) as other:
        told = (await other.forecourt.view()).troubles
    assert "not_watched" in {trouble.reason for trouble in told}


async def test_health_is_failing_when_nothing_may_be_sold(tmp_path: Path) -> None:
    say = Texts(attendant.TEXTS).say("en")
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        view, points = await yard.forecourt.view(), await yard.forecourt.points()
        well = how("edge", view, points, say)
        assert {part.name for part in well.parts} >= {"store", "disk", "broker", "clock", "printer", "points"}
        yard.forecourt.troubles.set("disk", "disk_full")
        full = how("edge", await yard.forecourt.view(), points, say)
        assert (full.status, full.parts[0].name) == (503, "disk")
        assert "room" in full.parts[0].do
        yard.forecourt.troubles.set("disk", "")
        yard.pumps[1].fall_silent()
        await yard.phase(1, "inoperative")
        some = how("edge", await yard.forecourt.view(), await yard.forecourt.points(), say)
        assert some.status == 200
        yard.pumps[2].fall_silent()
        await yard.phase(2, "inoperative")
        none = how("edge", await yard.forecourt.view(), await yard.forecourt.points(), say)
        assert (none.status, none.parts[0].name) == (503, "points")


async def test_no_plate_and_no_person_is_among_the_figures(tmp_path: Path) -> None:
    async with Yard(tmp_path / "s.db", two_pumps()) as yard:
        await yard.price()
        await yard.serve(1, 20_000)
        view = await yard.forecourt.view()
        points = [msgspec.structs.replace(p, plate=SECRET, member=SECRET) for p in await yard.forecourt.points()]
        seen = Gathered(1, 0, view, points, [], Tally(), 1, 2, 0, {}, 0)
    said = [str(sample) for metric in metrics(seen) for sample in metric.samples]
    assert said
    assert not any(SECRET in line or "小李" in line for line in said)
