"""A running head office whose broker is away says so to whoever asks, and goes on."""

from pathlib import Path

import aiohttp
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from cloud import app, founding
from cloud.settings import BrokerListener, Line, Office, Settings
from shared.health import Health, Level
from shared.settings import Watch
from tests.company.programs import free_port


async def test_a_company_without_its_broker_is_failing_and_says_what_to_do(tmp_path: Path) -> None:
    port, nobody = free_port(), free_port()
    settings = Settings(
        str(tmp_path / "data"),
        broker=BrokerListener(port=nobody),
        line=Line(port=nobody),
        office=Office(port=free_port()),
        watch=Watch(port),
    )
    founding.found(settings, "王总")
    async with app.build(settings), aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/health", headers={"Accept-Language": "en"}) as answer:
            told = msgspec.json.decode(await answer.read(), type=Health)
            assert answer.status == 503
        async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            text = await answer.text()
    assert (told.level, told.parts[0].name) == (Level.FAILING, "broker")
    assert "jiayou-cloud broker" in told.parts[0].do
    read = {sample.name: sample.value for one in text_string_to_metric_families(text) for sample in one.samples}
    assert (read["jiayou_cloud_broker_connected"], read["jiayou_cloud_books_reachable"]) == (0, 1)
    assert read["jiayou_cloud_shards"] == 64
